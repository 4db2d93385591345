"""Changing an order and its items from a form: everything that was changed, or nothing."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import Invalid, NotFound
from app.domain.models import Order
from app.extensions import db
from app.services import named_people, order_changes
from app.services.actor import Actor
from app.services.once import once_and_whole


@dataclass(frozen=True)
class ItemChange:
    """What is to change of one item: see `order_changes.change_item`."""

    item_id: uuid.UUID
    number: int
    changes: dict[str, Any]


def edit(
    order_id: uuid.UUID, actor: Actor, changes: dict[str, Any], items: Sequence[ItemChange], *, version: int,
    form_key: str | None = None,
) -> None:  # fmt: skip
    """Change the order and some of its items, all or nothing; people who are to be kept join the address book. Errors
    as of `order_changes`; a finding about an item points to `/items/<its number>/…`."""

    def do() -> None:
        order = db.session.get(Order, order_id)
        if order is None:
            raise NotFound("There is no such order.")
        keeps_at = order.sub_account_id or order.account_id
        order_changes.change(order_id, actor, _kept(changes, keeps_at, actor), version=version)
        for one in items:
            _edit_item(replace(one, changes=_kept(one.changes, keeps_at, actor)), actor)

    once_and_whole(actor, "edit order", form_key, do, order_id)


def _kept(changes: Mapping[str, Any], account_id: str, actor: Actor) -> dict[str, Any]:
    people = changes.get("contacts")
    return {**changes, **({"contacts": named_people.kept(people, account_id, actor)} if people else {})}


def _edit_item(one: ItemChange, actor: Actor) -> None:
    try:
        order_changes.change_item(one.item_id, actor, one.changes)
    except Invalid as why:
        found = [replace(error, pointer=f"/items/{one.number}{error.pointer}") for error in why.errors]
        raise Invalid(f"Item {one.number}: {why.detail}", found) from None
