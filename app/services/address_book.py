"""Accounts and their contacts, as programs keep them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.exc import IntegrityError

from app.domain import story
from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound
from app.domain.models import Account, Contact, Order, User
from app.domain.permissions import Role
from app.extensions import db
from app.services.actor import Actor

FIELDS = ("full_name", "email", "phone")


@dataclass(frozen=True)
class NewAccount:
    """An account to be made; without an id it gets one."""

    organisation: str
    account_id: str | None = None
    handle: str | None = None
    asn: int | None = None
    reseller_id: str | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """Accounts that this actor may read: its own and its customers'; a trusted program's all."""
    if actor.trusted:
        return true()
    return or_(Account.id.in_(actor.account_ids), Account.reseller_id.in_(actor.account_ids))


def find(account_id: str, actor: Actor) -> Account:
    found = db.session.scalars(select(Account).where(Account.id == account_id, visible(actor))).one_or_none()
    if found is None:
        raise NotFound("There is no such account.")
    return found


def create(wanted: NewAccount, actor: Actor, own: User) -> Account:
    """Make an account; flushes, the caller commits. A reseller's program makes customers of its own account.

    `Conflict` if the id or the handle is taken; `Forbidden` for members who are no resellers.
    """
    reseller = wanted.reseller_id
    if not actor.trusted:
        if own.role is not Role.RESELLER:
            raise Forbidden("Only resellers make accounts, for their own customers.")
        if reseller not in (None, own.account_id):
            raise Forbidden("This token can make customers of its own account only.")
        reseller = own.account_id
    elif reseller is not None and db.session.get(Account, reseller) is None:
        words = f"There is no account “{reseller}”."
        raise Invalid(words, [Finding("/reseller_id", "reference", words)])
    if not wanted.organisation.strip():
        raise Invalid("The account has no name.", [Finding("/organisation", "required", "Say what it is called.")])
    if wanted.account_id is not None and db.session.get(Account, wanted.account_id) is not None:
        raise Conflict("There is an account with this id already.")
    if wanted.handle and db.session.scalars(select(Account.id).where(Account.handle == wanted.handle)).first():
        raise Conflict("There is an account with this handle already.")
    made = Account(
        id=wanted.account_id or f"account-{uuid.uuid4()}", organisation=wanted.organisation.strip(),
        handle=wanted.handle or None, asn=wanted.asn, reseller_id=reseller,
    )  # fmt: skip
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict("There is an account with this id or handle already.") from None
    story.audit(actor.name, "account made", subject=made.organisation, after={"account_id": made.id})
    return made


def visible_contacts(actor: Actor) -> ColumnElement[bool]:
    """Contacts of the accounts that this actor may read."""
    return true() if actor.trusted else Contact.account_id.in_(select(Account.id).where(visible(actor)))


def find_contact(contact_id: str, actor: Actor) -> Contact:
    query = select(Contact).where(Contact.id == contact_id, visible_contacts(actor))
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such contact.")
    return found


def add_contact(account_id: str, contact_id: str | None, values: Mapping[str, Any], actor: Actor) -> Contact:
    """Add somebody to an account; `Forbidden` for an account that is not the actor's, `Conflict` for a known id."""
    readable = db.session.scalars(select(Account.id).where(Account.id == account_id, visible(actor))).one_or_none()
    if readable is None:
        if actor.trusted:
            words = f"There is no account “{account_id}”."
            raise Invalid(words, [Finding("/account_id", "reference", words)])
        raise Forbidden("This token can add contacts to its own account and that account's customers only.")
    if contact_id is not None and db.session.get(Contact, contact_id) is not None:
        raise Conflict("There is a contact with this id already.")
    made = Contact(id=contact_id or f"contact-{uuid.uuid4()}", account_id=account_id, full_name="", email="", phone="")
    _write(made, values)
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict("There is a contact with this id already.") from None
    story.audit(actor.name, "contact added", subject=made.full_name, after={"contact_id": made.id})
    return made


def change_contact(contact_id: str, values: Mapping[str, Any], actor: Actor) -> Contact:
    """Set what is given; what orders say of their requestor stays as it was when they were placed."""
    found = find_contact(contact_id, actor)
    _write(found, values)
    db.session.flush()
    story.audit(actor.name, "contact changed", subject=found.full_name, after={"contact_id": found.id})
    return found


def _write(contact: Contact, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(contact, name, (values[name] or "").strip())
    if not contact.full_name:
        raise Invalid("The contact has no name.", [Finding("/full_name", "required", "Say the person's name.")])


def delete_contact(contact_id: str, actor: Actor) -> None:
    """Forget a contact; `Conflict` while an order or somebody who signs in is still known by it."""
    found = find_contact(contact_id, actor)
    for column in (Order.contact_id, User.contact_id):
        if db.session.execute(select(column).where(column == contact_id).limit(1)).first():
            raise Conflict("Orders or people who sign in are known by this contact, so it cannot be deleted.")
    story.audit(actor.name, "contact deleted", subject=found.full_name, after={"contact_id": contact_id})
    db.session.delete(found)
    db.session.flush()
