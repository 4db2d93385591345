"""Whom an order can name: the contacts of who orders and, where it is for a customer, of that customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from app.domain.models import Account, Contact
from app.extensions import db

MOST = 500
"""More are not listed in a form; anybody can still be named in words."""


@dataclass(frozen=True)
class Entry:
    """One contact."""

    contact_id: str
    full_name: str
    email: str
    phone: str

    @property
    def label(self) -> str:
        return f"{self.full_name} ({self.email})" if self.email else self.full_name


@dataclass(frozen=True)
class Book:
    """The contacts, by organisation. `keeps_at`: what the account is called that new ones are kept for."""

    shelves: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    keeps_at: str = ""

    def entries(self) -> list[Entry]:
        return [one for shelf in self.shelves.values() for one in shelf]

    def has(self, contact_id: str) -> bool:
        return any(one.contact_id == contact_id for one in self.entries())


def of(account_id: str, sub_account_id: str | None) -> Book:
    """In one query. The customer's people come first, for it is the customer's service."""
    wanted = [one for one in (sub_account_id, account_id) if one]
    rows = db.session.execute(
        select(Account.id, Account.organisation, Contact)
        .outerjoin(Contact, Contact.account_id == Account.id)
        .where(Account.id.in_(wanted))
        .order_by(Contact.full_name, Contact.id)
        .limit(MOST)
    ).all()
    rows = sorted(rows, key=lambda row: wanted.index(row.id))
    shelves: dict[str, list[Entry]] = {}
    for row in rows:
        shelf = shelves.setdefault(row.organisation, [])
        if row.Contact is not None:
            one = row.Contact
            shelf.append(Entry(one.id, one.full_name, one.email, one.phone))
    return Book({name: shelf for name, shelf in shelves.items() if shelf}, next(iter(shelves), ""))
