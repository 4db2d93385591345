"""What an item needs outside of its own order: a service that exists, or an item of another order."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select

from app.catalogue import CheckedItem, ItemInput
from app.catalogue.world import ENDED_STATES
from app.domain.errors import Finding
from app.domain.models import Order, OrderItem, Service
from app.domain.states import LIVE, State
from app.extensions import db

SERVICE, ORDER_ITEM = "service", "order_item"
GONE = frozenset({State.CANCELLED, State.REJECTED})


@dataclass
class Links:
    """`items`: the inputs with nothing but item numbers left in `depends_on`, for the catalogue.
    `needs`: for each item the ids of the items elsewhere that must complete first."""

    items: list[ItemInput]
    needs: list[list[uuid.UUID]]
    findings: list[Finding]


def resolve(items: Sequence[ItemInput], account_ids: AbstractSet[str], dated: Sequence[bool]) -> Links:
    """Look up what is named. What is active or done already holds nothing up; what has ended can never be had.

    `dated`: for each item whether a date is wished for it. Such an item, and one that says what it waits for, is for
    later: it may be about a service that is still being set up.
    """
    links = Links([], [], [])
    for index, item in enumerate(items):
        own, outer = split(item.depends_on)
        needs = []
        for one in outer:
            found = _needed(one, account_ids)
            if isinstance(found, uuid.UUID):
                needs.append(found)
            elif found is not None:
                links.findings.append(Finding(f"/items/{index}/depends_on", *found))
        links.items.append(replace(item, depends_on=own, may_wait=dated[index] or bool(outer)))
        links.needs.append(needs)
    return links


def setting_up(items: Sequence[CheckedItem]) -> list[list[uuid.UUID]]:
    """For each item the ids of the items that set up the services which it names and which are not there yet."""
    numbers = {number for one in items for number in one.awaits}
    if not numbers:
        return [[] for _ in items]
    rows = db.session.execute(
        select(Service.number, OrderItem.id)
        .join(OrderItem, OrderItem.service_id == Service.id)
        .where(Service.number.in_(numbers), OrderItem.action == "new", OrderItem.state.in_(LIVE))
    )
    makers: dict[int, list[uuid.UUID]] = defaultdict(list)
    for number, item_id in rows:
        makers[number].append(item_id)
    return [[item_id for number in one.awaits for item_id in makers[number]] for one in items]


def split(raw: Any) -> tuple[Any, list[dict[str, Any]]]:
    """`depends_on` as sent → what is the catalogue's to read, and what names something outside of the order."""
    if not isinstance(raw, list | tuple):
        return raw, []
    outer = [one for one in raw if _is_outer(one)]
    return [one for one in raw if not _is_outer(one)], outer


def _is_outer(one: Any) -> bool:
    if not isinstance(one, dict) or len(one) != 1:
        return False
    name, value = next(iter(one.items()))
    return (name == SERVICE and type(value) is int) or (name == ORDER_ITEM and isinstance(value, str))


def _needed(one: dict[str, Any], account_ids: AbstractSet[str]) -> uuid.UUID | tuple[str, str] | None:
    """The item to wait for; None if nothing needs to be waited for; else rule and sentence of what is wrong."""
    if SERVICE in one:
        return _by_service(one[SERVICE], account_ids)
    return _by_item(one[ORDER_ITEM], account_ids)


def _by_service(number: int, account_ids: AbstractSet[str]) -> uuid.UUID | tuple[str, str] | None:
    own = or_(Service.account_id.in_(account_ids), Service.sub_account_id.in_(account_ids))
    known = 0 < number < 2**31
    service = db.session.scalars(select(Service).where(Service.number == number, own)).one_or_none() if known else None
    if service is None:
        return "reference", f"There is no service {number} of this account."
    if service.state in ENDED_STATES:
        return "state", f"Service {number} has ended."
    if service.state == "active":
        return None
    return db.session.scalars(
        select(OrderItem.id)
        .where(OrderItem.service_id == service.id, OrderItem.action == "new", OrderItem.state.in_(LIVE))
        .limit(1)
    ).one_or_none()


def _by_item(raw: str, account_ids: AbstractSet[str]) -> uuid.UUID | tuple[str, str] | None:
    unknown = "reference", "There is no such item in an order of this account."
    try:
        item_id = uuid.UUID(raw)
    except ValueError:
        return unknown
    own = or_(Order.account_id.in_(account_ids), Order.sub_account_id.in_(account_ids))
    row = db.session.execute(
        select(OrderItem.id, OrderItem.state, OrderItem.item_number, Order.number)
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.id == item_id, own)
    ).first()
    if row is None:
        return unknown
    if row.state is State.IDLE:
        return "state", f"Item {row.number}/{row.item_number} stands in a draft, which may never be submitted."
    if row.state in GONE:
        return "state", f"Item {row.number}/{row.item_number} has been {row.state.value}."
    return None if row.state is State.DONE else item_id
