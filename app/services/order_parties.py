"""Who an order is of: its account, its contact, the reseller's customer it is for.

One orders as an account that one acts for (`access.accounts_of`): one's own, a reseller also as its customers. Each may
order for a customer of the ordering account, the sub-customer; but only who acts for that customer may name what the
customer has bought itself.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import Account, Contact
from app.extensions import db
from app.services.actor import Actor
from app.services.order_input import OrderInput


def account(wanted: OrderInput, actor: Actor) -> Account:
    """The ordering account. A trusted program may name one that is not known yet; it is made from what it says."""
    found = db.session.get(Account, wanted.account_id)
    if found is None:
        if not actor.trusted:
            raise NotFound("There is no such account.")
        found = _make_account(wanted.account_id, wanted.requestor, "/requestor")
    _contact(wanted.requestor, found)
    return found


def _make_account(account_id: str, said: dict[str, Any], pointer: str, **more: Any) -> Account:
    organisation = str(said.get("organisation") or "").strip()
    if not organisation:
        raise Invalid(
            "This account is not known yet.",
            [Finding(f"{pointer}/organisation", "required", "A new account needs the organisation's name.")],
        )
    made = Account(id=account_id, organisation=organisation, **more)
    db.session.add(made)
    db.session.flush()
    return made


def _contact(said: dict[str, Any], of: Account) -> Contact | None:
    contact_id = said.get("contact_id")
    if not contact_id:
        return None
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        contact = Contact(
            id=contact_id, account_id=of.id, full_name=said.get("full_name") or said.get("email") or contact_id,
            email=said.get("email") or "", phone=said.get("phone") or "",
        )  # fmt: skip
        db.session.add(contact)
        db.session.flush()
    elif contact.account_id != of.id:
        raise Invalid(
            "The contact belongs to another account.",
            [Finding("/requestor/contact_id", "reference", "There is no such contact at this account.")],
        )
    return contact


def sub_account(wanted: OrderInput, of: Account, actor: Actor) -> Account | None:
    """The reseller's customer for whom it orders, if there is one."""
    said = wanted.sub_customer
    if said is None:
        return None
    missing = Finding("/sub_customer/account_id", "required", "Say which customer the order is for.")
    if not said.get("account_id"):
        raise Invalid("The sub-customer has no account.", [missing])
    known = db.session.get(Account, said["account_id"])
    if known is None and actor.trusted:
        asn = int(said["asn"]) if str(said.get("asn") or "").isdigit() else None
        handle = said.get("handle")
        taken = handle and db.session.execute(select(Account.id).where(Account.handle == handle)).first()
        known = _make_account(
            said["account_id"], said, "/sub_customer", asn=asn, handle=None if taken else handle, reseller_id=of.id
        )
    if known is None or known.reseller_id != of.id:
        raise Invalid(
            "The sub-customer is not one of this account's.",
            [Finding("/sub_customer/account_id", "reference", "There is no such customer of this account.")],
        )
    if findings := list(_not_as_known(said, known)):
        raise Invalid("The sub-customer is known to be another.", findings)
    return known


def _not_as_known(said: dict[str, Any], known: Account) -> Iterator[Finding]:
    """What is said of the customer must be what the exchange knows, where it knows it: its tickets tell it."""
    asn, handle = str(said.get("asn") or ""), str(said.get("handle") or "")
    if asn.isdigit() and known.asn is not None and int(asn) != known.asn:
        words = f"{known.organisation} is known to have AS{known.asn}; leave this out, or ask us to change it."
        yield Finding("/sub_customer/asn", "match", words)
    if handle and known.handle is not None and handle.casefold() != known.handle.casefold():
        words = f"{known.organisation} is known by the handle {known.handle}; leave this out, or ask us to change it."
        yield Finding("/sub_customer/handle", "match", words)


def people_of(wanted: OrderInput) -> set[str]:
    """Whose contacts the order may name: of who orders, and of the customer it is for."""
    customer = (wanted.sub_customer or {}).get("account_id")
    return {wanted.account_id} | ({customer} if customer else set())


def ids(of: Account, sub: Account | None, actor: Actor) -> set[str]:
    """Whose services and port groups the order may name."""
    theirs = sub is not None and (actor.trusted or actor.is_staff or sub.id in actor.account_ids)
    return {of.id} | ({sub.id} if sub is not None and theirs else set())
