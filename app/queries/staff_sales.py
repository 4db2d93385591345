"""What Sales must deal with beside the queue: orders to confirm, questions that nobody answers in time."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app.domain import clock
from app.domain.models import Account, Order, OrderItem, Wait
from app.domain.models.base import Json
from app.domain.states import WaitKind
from app.extensions import db
from app.queries.staff_queue import OPEN


class Needs(StrEnum):
    """What an order waits for."""

    CONFIRMATION = auto()  # Sales' own
    AGREEMENT = auto()  # another account's
    MEMBER = auto()
    HANDS = auto()  # worked by hand by Sales


@dataclass(frozen=True)
class SalesTask:
    """An order that Sales must deal with. `late`: a member or an owner has not answered in time.

    `needs`: confirmation, or agreement and member where they are past their respond-by.
    """

    needs: Needs
    id: uuid.UUID
    number: int
    member: str
    requestor: Json
    items: int
    opened_at: datetime
    due_at: datetime | None
    title: str
    tell: str | None


def to_confirm(limit: int) -> list[SalesTask]:
    """Orders with an open question to Sales whether they may start, the one due first at the top."""
    return _tasks(and_(Wait.audience == "team:sales", Wait.kind == WaitKind.CONFIRM), limit)


def unanswered(limit: int) -> list[SalesTask]:
    """Only the questions that members, or owners of private VLANs, have not answered by their respond-by."""
    return _tasks(_overdue(), limit)


def _overdue() -> ColumnElement[bool]:
    return and_(Wait.audience.startswith("account:", autoescape=True), Wait.due_at < clock.now())


def _tasks(which: ColumnElement[bool], limit: int) -> list[SalesTask]:
    asked = (
        select(OrderItem.order_id, Wait.kind, Wait.audience, func.count().label("items"),
               func.min(Wait.opened_at).label("opened"), func.min(Wait.due_at).label("due"),
               func.min(Wait.title).label("title"), func.min(Wait.tell).label("tell"))
        .join(Wait, Wait.item_id == OrderItem.id)
        .where(OPEN, which)
        .group_by(OrderItem.order_id, Wait.kind, Wait.audience)
        .subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(asked, Order.number, Account.organisation, Order.requestor)
        .join(Order, Order.id == asked.c.order_id)
        .join(Account, Account.id == Order.account_id)
        .order_by(asked.c.due.is_(None), asked.c.due, Order.number)
        .limit(limit)
    )
    return [_task(row) for row in rows]


def _task(row: Any) -> SalesTask:
    kinds = {(WaitKind.CONFIRM, True): Needs.CONFIRMATION, (WaitKind.CONFIRM, False): Needs.AGREEMENT}  # fmt: skip
    return SalesTask(
        needs=kinds.get((row.kind, row.audience == "team:sales"), Needs.MEMBER), id=row.order_id, number=row.number,
        member=row.organisation, requestor=row.requestor, items=row._mapping["items"], opened_at=row.opened,
        due_at=row.due, title=row.title, tell=row.tell,
    )  # fmt: skip
