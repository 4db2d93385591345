"""Who orders, completed from what is known of them, and whether they may."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app.domain.errors import Finding, Forbidden, Invalid
from app.domain.models import Account, Contact, User
from app.extensions import db
from app.services.actor import Actor
from app.services.order_input import OrderInput

FIELDS = ("contact_id", "account_id", "organisation", "email", "full_name", "phone")


def requestor(said: dict[str, Any], actor: Actor, user: User) -> dict[str, Any]:
    """The requestor's six fields. What is not said is filled in from the account and the contact where they are known.

    Whoever is bound to an account orders as that account unless it names another one that it acts for, as a reseller
    does for its customers; `Forbidden` for any other. Its organisation is what the account is called, and its contact
    one of the account's; where none is named, who orders is the person that is signed in, or whose token it is.
    """
    known = dict.fromkeys(FIELDS) | {name: value for name, value in said.items() if value is not None}
    known["account_id"] = known["account_id"] or user.account_id
    if known["account_id"] is None:
        missing = Finding("/requestor/account_id", "required", "Say which account orders.")
        raise Invalid("It is not said who orders.", [missing])
    if not (actor.trusted or actor.is_staff):
        _may_order(known, actor, user)
    account = db.session.get(Account, known["account_id"])
    if account is not None and (not actor.trusted or not known["organisation"]):
        known["organisation"] = account.organisation
    return _with_contact(known, user)


def completed(wanted: OrderInput, actor: Actor, user: User) -> OrderInput:
    """An order whose requestor and sub-customer stand as somebody said them, with what is known of them."""
    said = requestor(wanted.requestor, actor, user)
    account_id = said["account_id"]
    customer = sub_customer(wanted.sub_customer, account_id, actor)
    return replace(wanted, account_id=account_id, requestor=said, sub_customer=customer)


def _may_order(known: dict[str, Any], actor: Actor, user: User) -> None:
    if not actor.acts_for(known["account_id"]):
        raise Forbidden("This token can order as its own account only; a customer of yours is the sub_customer.")
    if known["contact_id"] is None:
        known["contact_id"] = user.contact_id if known["account_id"] == user.account_id else None
        known["full_name"] = known["full_name"] or user.name
        known["email"] = known["email"] or user.email
    else:
        contact = db.session.get(Contact, known["contact_id"])
        if contact is None or contact.account_id != known["account_id"]:
            words = "There is no such contact at this account."
            raise Invalid(words, [Finding("/requestor/contact_id", "reference", words)])


def _with_contact(known: dict[str, Any], user: User) -> dict[str, Any]:
    contact = db.session.get(Contact, known["contact_id"]) if known["contact_id"] else None
    if contact is not None and contact.account_id == known["account_id"]:
        for name in ("email", "full_name", "phone"):
            known[name] = getattr(contact, name) if known[name] is None else known[name]
    return known


def sub_customer(said: dict[str, Any] | None, account_id: str, actor: Actor) -> dict[str, Any] | None:
    """The sub-customer's four fields, completed; `Forbidden` if a bound token names somebody else's customer."""
    if said is None:
        return None
    if not actor.trusted and not _is_customer(said["account_id"], account_id):
        raise Forbidden("This token can order only for its own account and that account's customers.")
    account = db.session.get(Account, said["account_id"])
    asn = str(account.asn) if account and account.asn else None
    named = said.get("organisation") if actor.trusted or account is None else None
    return {
        "organisation": named or (account.organisation if account else None),
        "account_id": said["account_id"],
        "asn": said.get("asn") or asn,
        "handle": said.get("handle") or (account.handle if account else None),
    }


def _is_customer(account_id: str, reseller_id: str | None) -> bool:
    found = db.session.execute(select(Account.id).where(Account.id == account_id, Account.reseller_id == reseller_id))
    return reseller_id is not None and found.first() is not None
