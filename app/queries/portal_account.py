"""A member's account: what we know of it, its contacts and logins, and a reseller's customers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.domain.models import Account, Contact, Order, User
from app.extensions import db
from app.services.actor import Actor

MOST_SHOWN = 200


@dataclass(frozen=True)
class Login:
    """Somebody of the account who signs in."""

    name: str
    email: str
    active: bool


@dataclass(frozen=True)
class Customer:
    """A reseller's customer, with how many orders there are for it."""

    id: str
    organisation: str
    asn: int | None
    handle: str | None
    orders: int


@dataclass(frozen=True)
class AccountPart:
    """The page of one account."""

    id: str
    organisation: str
    asn: int | None
    handle: str | None
    reseller: str
    contacts: Sequence[Contact]
    logins: list[Login]
    customers: list[Customer]


def account(actor: Actor, account_id: str) -> AccountPart | None:
    """One of this actor's accounts; None if it is somebody else's, or none."""
    found = db.session.get(Account, account_id)
    if found is None or account_id not in actor.account_ids:
        return None
    reseller = db.session.get(Account, found.reseller_id) if found.reseller_id else None
    return AccountPart(
        id=found.id, organisation=found.organisation, asn=found.asn, handle=found.handle,
        reseller=reseller.organisation if reseller else "", contacts=_contacts(account_id),
        logins=_logins(account_id), customers=_customers(actor, account_id),
    )  # fmt: skip


def _contacts(account_id: str) -> Sequence[Contact]:
    of = select(Contact).where(Contact.account_id == account_id)
    return db.session.scalars(of.order_by(Contact.full_name, Contact.id).limit(MOST_SHOWN)).all()


def _logins(account_id: str) -> list[Login]:
    rows = db.session.execute(
        select(User.name, User.email, User.active)
        .where(User.account_id == account_id)
        .order_by(User.name, User.email)
        .limit(MOST_SHOWN)
    )
    return [Login(*row) for row in rows]


def _customers(actor: Actor, account_id: str) -> list[Customer]:
    """Only of whoever may act for them: a reseller."""
    orders = select(func.count(Order.id)).where(Order.sub_account_id == Account.id).scalar_subquery()
    rows = db.session.execute(
        select(Account.id, Account.organisation, Account.asn, Account.handle, orders)
        .where(Account.reseller_id == account_id, Account.id.in_(actor.account_ids))
        .order_by(Account.organisation, Account.id)
        .limit(MOST_SHOWN)
    )
    return [Customer(*row) for row in rows]
