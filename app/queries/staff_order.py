"""Everything that the desk's page of one order shows, in a number of queries that does not grow with what there is."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from app.domain import lifecycle
from app.domain.errors import NotFound
from app.domain.models import ItemDependency, Order, OrderItem, OrderLog, Service, StepRow, Ticket, User, Wait
from app.domain.permissions import Role
from app.domain.states import ENDED, PERSON_WAITS
from app.extensions import db
from app.queries import names, portal_order, staff_rows
from app.queries.portal_order import OrderPart
from app.queries.staff_rows import ItemRow
from app.services.actor import Actor

LOG_LINES = 300
RELATED = 50


class LogPart(StrEnum):
    """Which lines of the log are shown."""

    ALL = auto()
    USER = auto()  # what the member reads
    DEBUG = auto()
    NOTES = auto()  # what staff wrote for staff


@dataclass(frozen=True)
class Question:
    """An open wait that a person answers, of one of the order's items."""

    wait: Wait
    item_id: uuid.UUID
    item_number: int
    item_version: int
    claimed_by: str | None


@dataclass(frozen=True)
class Link:
    """An item of this order and one of another that it needs, or that needs it."""

    own_number: int
    order_id: uuid.UUID
    order_number: int
    item_number: int
    item: ItemRow


@dataclass(frozen=True)
class OrderDetail:
    """One order with all that belongs to it. `seen`: as its member sees it; `detail_rows`: item → what was ordered."""

    order: Order
    seen: OrderPart | None
    items: list[ItemRow]
    detail_rows: dict[uuid.UUID, list[tuple[str, str]]]
    parent: Order | None
    children: Sequence[Order]
    needs: list[Link]
    needed_by: list[Link]
    logs: list[OrderLog]
    services: Sequence[Service]
    tickets: Sequence[Ticket]
    questions: list[Question]


def detail(order_id: uuid.UUID, part: LogPart = LogPart.ALL) -> OrderDetail:
    """`NotFound` if there is no such order."""
    order = find(order_id)
    needs, needed_by = _links(order_id)
    return OrderDetail(
        order=order,
        seen=as_member(order),
        items=staff_rows.of_orders([order_id])[order_id],
        detail_rows=_details(order),
        parent=db.session.get(Order, order.parent_order_id) if order.parent_order_id else None,
        children=_children(order_id),
        needs=needs,
        needed_by=needed_by,
        logs=logs(order_id, part),
        services=_services(order_id),
        tickets=_tickets(order.number),
        questions=_questions(order_id),
    )  # fmt: skip


def find(order_id: uuid.UUID) -> Order:
    """The order with its accounts and who looks after it; `NotFound` if there is none."""
    order = db.session.execute(
        select(Order)
        .where(Order.id == order_id)
        .options(joinedload(Order.account), joinedload(Order.sub_account), joinedload(Order.assigned_to))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def as_member(order: Order) -> OrderPart | None:
    """The very page that the ordering account sees."""
    member = Actor(order.account.organisation, role=Role.MEMBER, account_ids=frozenset({order.account_id}))
    return portal_order.order(member, order.account_id, order.id)


def _details(order: Order) -> dict[uuid.UUID, list[tuple[str, str]]]:
    """What each item orders, in the catalogue's words; a change as “old → new”."""
    items = items_of(order.id)
    called = names.for_items(items)
    return {one.id: portal_order.item_details(one, order.type, called) for one in items}


def _children(order_id: uuid.UUID) -> Sequence[Order]:
    return db.session.scalars(
        select(Order)
        .where(Order.parent_order_id == order_id)
        .options(joinedload(Order.account))
        .order_by(Order.number)
        .limit(RELATED)
    ).all()


_own, _other = aliased(OrderItem), aliased(OrderItem)


def _links(order_id: uuid.UUID) -> tuple[list[Link], list[Link]]:
    """What items of other orders these items need, and which of those need them."""
    found: list[list[Any]] = []
    for own, other in ((ItemDependency.item_id, ItemDependency.needs_id),
                       (ItemDependency.needs_id, ItemDependency.item_id)):  # fmt: skip
        statement = (
            select(_own.item_number.label("own"), _other.id, Order.id.label("order_id"), Order.number,
                   _other.item_number)
            .select_from(ItemDependency)
            .join(_own, _own.id == own)
            .join(_other, _other.id == other)
            .join(Order, Order.id == _other.order_id)
            .where(_own.order_id == order_id, _other.order_id != order_id)
            .order_by(_own.item_number, Order.number, _other.item_number)
            .limit(RELATED)
        )  # fmt: skip
        found.append(list(db.session.execute(statement)))
    shown = {row.id: row for row in staff_rows.rows([row.id for rows in found for row in rows])}
    needs, needed_by = (
        [Link(row.own, row.order_id, row.number, row.item_number, shown[row.id]) for row in rows] for rows in found
    )
    return needs, needed_by


def _services(order_id: uuid.UUID) -> Sequence[Service]:
    return db.session.scalars(
        select(Service)
        .where(Service.id.in_(select(OrderItem.service_id).where(OrderItem.order_id == order_id)))
        .order_by(Service.number)
    ).all()


def _tickets(order_number: int) -> Sequence[Ticket]:
    return db.session.scalars(select(Ticket).where(Ticket.order_number == order_number).order_by(Ticket.number)).all()


_PARTS: dict[LogPart, ColumnElement[bool]] = {
    LogPart.ALL: true(),
    LogPart.USER: and_(OrderLog.user_message.is_not(None), OrderLog.internal == false()),
    LogPart.DEBUG: and_(OrderLog.debug_message.is_not(None), OrderLog.internal == false()),
    LogPart.NOTES: OrderLog.internal == true(),
}


def logs(order_id: uuid.UUID, part: LogPart = LogPart.ALL, limit: int | None = LOG_LINES) -> list[OrderLog]:
    """The log, newest first."""
    lines = select(OrderLog).where(OrderLog.order_id == order_id, _PARTS[part]).order_by(OrderLog.id.desc())
    return list(db.session.scalars(lines.limit(limit)))


def _questions(order_id: uuid.UUID) -> list[Question]:
    rows = db.session.execute(
        select(Wait, OrderItem.id, OrderItem.item_number, OrderItem.version, User.name)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .outerjoin(User, User.id == Wait.claimed_by_id)
        .where(OrderItem.order_id == order_id, Wait.open, Wait.kind.in_(PERSON_WAITS))
        .order_by(OrderItem.item_number)
        .execution_options(populate_existing=True)
    )
    return [Question(*row) for row in rows]


@dataclass(frozen=True)
class Ending:
    """What cancelling would do to one item. `undone`: steps that are taken back, in this order."""

    item: ItemRow
    undone: list[StepRow]
    ends: bool


def endings(order_id: uuid.UUID) -> list[Ending]:
    """What cancelling the order would do now, item by item."""
    done: dict[uuid.UUID, list[StepRow]] = defaultdict(list)
    for step in db.session.scalars(
        select(StepRow)
        .join(OrderItem, OrderItem.id == StepRow.item_id)
        .where(OrderItem.order_id == order_id, StepRow.undo_key.is_not(None))
        .order_by(StepRow.item_id, StepRow.position.desc())
    ):
        if lifecycle.may_have_acted(step):
            done[step.item_id].append(step)
    rows = staff_rows.of_orders([order_id])[order_id]
    return [Ending(row, [] if row.state in ENDED else done[row.id], row.state not in ENDED) for row in rows]


def colleagues() -> list[tuple[uuid.UUID, str]]:
    """Who may look after an order: Sales and engineers who can sign in, by name."""
    rows = db.session.execute(
        select(User.id, User.name)
        .where(User.active, or_(User.role == Role.SALES, User.role == Role.ENGINEER))
        .order_by(func.lower(User.name))
    )
    return [(row.id, row.name) for row in rows]


def item_number(order_id: uuid.UUID, item_id: uuid.UUID) -> int | None:
    """The number of an item of this order; None if it is none of its items."""
    return db.session.scalar(
        select(OrderItem.item_number).where(OrderItem.id == item_id, OrderItem.order_id == order_id)
    )


def items_of(order_id: uuid.UUID) -> Sequence[OrderItem]:
    """The order's items by their numbers."""
    return db.session.scalars(
        select(OrderItem).where(OrderItem.order_id == order_id).order_by(OrderItem.item_number)
    ).all()
