"""Accounts, contacts and services for programs, one page at a time."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true

from app.domain.models import Account, Contact, Service
from app.domain.models.inventory import called
from app.extensions import db
from app.queries import keyset
from app.queries.keyset import Key, Page, Sort
from app.services import address_book as verbs
from app.services.actor import Actor

Filters = Mapping[str, Any]
SERVICES = Sort("number", (Key(Service.number, lambda row: row.number),))
ACCOUNTS = Sort("id", (Key(Account.id, lambda row: row.id, False),))
CONTACTS = Sort("id", (Key(Contact.id, lambda row: row.id, False),))

SERVICE_COLUMNS = {
    "account_id": Service.account_id, "sub_account_id": Service.sub_account_id, "service_type": Service.service_type,
    "service_number": Service.number, "state": Service.state,
}  # fmt: skip


def visible(actor: Actor) -> ColumnElement[bool]:
    """Services of the actor's accounts, and those that a reseller has for them."""
    if actor.trusted:
        return true()
    return or_(Service.account_id.in_(actor.account_ids), Service.sub_account_id.in_(actor.account_ids))


def services(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[Service]:
    which = [_told(name, value) for name, value in filters.items()] or [true()]
    listing = keyset.Listing(select(Service), select(Service.id).where(*which), Service.id, SERVICES)
    return keyset.page(listing, _service_parts(actor), limit, after)


def _told(name: str, value: Any) -> ColumnElement[bool]:
    return called(value) if name == "service_alias" else SERVICE_COLUMNS[name] == value


def _service_parts(actor: Actor) -> list[ColumnElement[bool]]:
    """`visible` in parts, of which each can be read from an index."""
    if actor.trusted:
        return [true()]
    accounts = sorted(actor.account_ids)
    return [Service.account_id.in_(accounts), Service.sub_account_id.in_(accounts)]


def service(actor: Actor, service_id: uuid.UUID) -> Service | None:
    return db.session.scalars(select(Service).where(Service.id == service_id, visible(actor))).one_or_none()


def accounts(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[Account]:
    which = [Account.reseller_id == value for value in filters.values()] or [true()]
    listing = keyset.Listing(select(Account), select(Account.id).where(*which), Account.id, ACCOUNTS)
    return keyset.page(listing, [verbs.visible(actor)], limit, after)


def contacts(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[Contact]:
    which = [Contact.account_id == value for value in filters.values()] or [true()]
    listing = keyset.Listing(select(Contact), select(Contact.id).where(*which), Contact.id, CONTACTS)
    return keyset.page(listing, [verbs.visible_contacts(actor)], limit, after)
