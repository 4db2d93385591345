"""Orders as the desk lists and shows them."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from app.domain.errors import NotFound
from app.domain.models import Account, Order, OrderItem, OrderLog, Service, Ticket, Wait
from app.domain.states import ENDED_STATUSES, Status, WaitKind
from app.extensions import db
from app.queries import staff_paging, staff_rows
from app.queries.staff_rows import ItemRow

LOG_LINES = 300
OPEN_STATUSES = [status for status in Status if status not in ENDED_STATUSES]
MEMBERS = 200
"""More members than this whose name fits a search are not looked at: the search must be narrowed."""


@dataclass(frozen=True)
class OrderPage:
    """Orders, newest first, with their items; cursors of the pages before and after."""

    orders: list[Order]
    items: dict[uuid.UUID, list[ItemRow]]
    newer: str | None
    older: str | None


def page(text: str, status: str, cursor: str) -> OrderPage:
    """Orders that fit a search text and a status."""
    statement = _found(text, status).options(joinedload(Order.account), joinedload(Order.sub_account))
    orders, newer, older = staff_paging.page(statement, Order.number, cursor)
    return OrderPage(orders, staff_rows.of_orders([one.id for one in orders]), newer, older)


def _found(text: str, status: str) -> Select[Any]:
    statement = select(Order)
    if status:
        statement = statement.where(Order.status == status)
    if text:
        statement = statement.where(_fits(text))
    return statement


def _fits(text: str) -> Any:
    """An order's number or alias, its PO number, or its member."""
    members = (
        select(Account.id)
        .where(or_(Account.organisation.icontains(text, autoescape=True), Account.handle == text.lower()))
        .limit(MEMBERS)
    )
    conditions = [Order.account_id.in_(members), Order.sub_account_id.in_(members), Order.alias == text.upper()]
    if text.isdecimal() and len(text) < 10:
        conditions.append(Order.number == int(text))
    return or_(*conditions)


def counts() -> dict[str, int]:
    """How many open orders have each status. Named one by one, so that the index is read instead of the table."""
    rows = db.session.execute(
        select(Order.status, func.count()).where(Order.status.in_(OPEN_STATUSES)).group_by(Order.status)
    )
    return {status.value: count for status, count in rows}


@dataclass(frozen=True)
class OrderDetail:
    """One order with all that belongs to it. `confirms`: open questions whether it may go on."""

    order: Order
    items: list[ItemRow]
    parent: Order | None
    logs: list[OrderLog]
    services: list[Service]
    tickets: list[Ticket]
    confirms: list[Wait]


def detail(order_id: uuid.UUID) -> OrderDetail:
    """`NotFound` if there is no such order."""
    order = db.session.execute(
        select(Order)
        .where(Order.id == order_id)
        .options(joinedload(Order.account), joinedload(Order.sub_account), joinedload(Order.assigned_to))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if order is None:
        raise NotFound("There is no such order.")
    services = db.session.scalars(
        select(Service)
        .where(Service.id.in_(select(OrderItem.service_id).where(OrderItem.order_id == order_id)))
        .order_by(Service.number)
    )
    return OrderDetail(
        order=order,
        items=staff_rows.of_orders([order_id])[order_id],
        parent=db.session.get(Order, order.parent_order_id) if order.parent_order_id else None,
        logs=_logs(order_id),
        services=list(services),
        tickets=_tickets(order.number),
        confirms=_confirms(order_id),
    )  # fmt: skip


def _tickets(order_number: int) -> list[Ticket]:
    return list(db.session.scalars(select(Ticket).where(Ticket.order_number == order_number).order_by(Ticket.number)))


def _logs(order_id: uuid.UUID) -> list[OrderLog]:
    return list(
        db.session.scalars(
            select(OrderLog).where(OrderLog.order_id == order_id).order_by(OrderLog.id.desc()).limit(LOG_LINES)
        )
    )


def _confirms(order_id: uuid.UUID) -> list[Wait]:
    return list(
        db.session.scalars(
            select(Wait)
            .join(OrderItem, OrderItem.id == Wait.item_id)
            .where(OrderItem.order_id == order_id, Wait.open, Wait.kind == WaitKind.CONFIRM)
            .order_by(OrderItem.item_number)
        )
    )
