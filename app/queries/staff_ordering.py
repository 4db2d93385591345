"""What Sales choose from when they order for a member: the account, its people, its customers, its services."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.catalogue import SERVICE_TYPES
from app.domain.models import Account, Contact, Service
from app.domain.permissions import Role
from app.extensions import db
from app.queries import names, staff_search
from app.services.actor import Actor

MOST = 200
"""More services than this are not listed; the service's own page leads to its changes."""


@dataclass(frozen=True)
class Orderer:
    """The account that is ordered for. `member`: acts for it and, for a reseller, for its customers."""

    account: Account
    member: Actor
    contacts: Sequence[Contact]


def accounts(text: str) -> Sequence[Account]:
    """Accounts by name, handle, ASN or id."""
    return staff_search.find(text).members if text else []


def orderer(account_id: str) -> Orderer | None:
    """None if there is no such account."""
    account = db.session.get(Account, account_id)
    if account is None:
        return None
    customers = db.session.scalars(select(Account.id).where(Account.reseller_id == account_id)).all()
    contacts = db.session.scalars(
        select(Contact).where(Contact.account_id == account_id).order_by(Contact.full_name).limit(MOST)
    ).all()
    ids = frozenset({account_id, *customers})
    return Orderer(account, Actor(account.organisation, role=Role.MEMBER, account_ids=ids), contacts)


def whose(numbers: Sequence[int]) -> dict[int, str]:
    """The organisations that have these services."""
    rows = db.session.execute(
        select(Service.number, Account.organisation)
        .join(Account, Account.id == Service.account_id)
        .where(Service.number.in_(numbers))
    )
    return {row.number: row.organisation for row in rows}


def changes(who: Orderer) -> list[tuple[str, str]]:
    """What can be ordered for services that the account has: key for the form, words. Newest service first."""
    ids = who.member.account_ids
    rows = db.session.scalars(
        select(Service)
        .where(Service.state == "active", or_(Service.account_id.in_(ids), Service.sub_account_id.in_(ids)))
        .order_by(Service.number.desc())
        .limit(MOST)
    ).all()
    called = names.for_details([], [row.number for row in rows]).services
    found = []
    for row in rows:
        kind = SERVICE_TYPES.get(row.service_type)
        name = called.get(row.number, "")
        label = f"{kind.label if kind else row.service_type} {row.number}"
        label += f" ({name})" if name != str(row.number) else ""
        for action in kind.actions.values() if kind else ():
            if action.changes:
                found.append((f"{row.id}:{action.name.replace('_', '-')}", f"{label}: {action.label}"))
    return found
