"""Orders as the desk lists them: narrowed, sorted, page by page; and what of them Sales must deal with."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from app.domain import clock
from app.domain.errors import Malformed
from app.domain.models import Account, Fabric, Order, OrderItem, Service, Wait
from app.domain.states import ENDED_STATUSES, Status, WaitKind
from app.extensions import db
from app.queries import staff_rows, staff_search
from app.queries.staff_queue import OPEN
from app.queries.staff_rows import ItemRow
from app.queries.staff_sales import Needs

__all__ = ["Filters", "Needs", "OrderPage", "Sort", "count", "counts", "page"]

OPEN_STATUSES = [status for status in Status if status not in ENDED_STATUSES]
PAGE = 50
CAP = 10_000
"""Beyond this a count says “10,000+”."""
MEMBERS = 200
"""More members than this whose name fits a search are not looked at: the search must be narrowed."""
CHANNELS = {"portal": "Portal", "desk": "Staff desk", "api": "OMS API", "ixapi": "IX-API", "tmf": "TMF622"}
TYPES = {"normal": "Normal", "join_pvlan": "Join private VLAN"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sort(StrEnum):
    NEWEST = auto()
    OLDEST = auto()
    CHANGED = auto()


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; empty = everything. `account`: its id, sub-customers' orders included.

    `placed` and `changed`: since when. `late`: a wished completion or an answer is overdue.
    """

    q: str = ""
    status: str = ""
    type: str = ""
    account: str = ""
    channel: str = ""
    fabric: str = ""
    placed: datetime | None = None
    changed: datetime | None = None
    needs: str = ""
    late: bool = False

    def in_force(self) -> dict[str, Any]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True)
class OrderPage:
    """Some orders with their items; cursors of the pages before and after."""

    orders: list[Order]
    items: dict[uuid.UUID, list[ItemRow]]
    before: str | None
    after: str | None


def page(filters: Filters, sort: Sort, cursor: str) -> OrderPage:
    """The page at a cursor, or the first. `Malformed` if the cursor is nonsense."""
    orders, before, after = _rows(filters, sort, cursor, PAGE)
    return OrderPage(orders, staff_rows.of_orders([one.id for one in orders]), before, after)


def chunk(filters: Filters, sort: Sort, cursor: str, size: int) -> tuple[list[Order], str | None]:
    """Some of these orders, and the cursor of the next ones; without their items."""
    orders, _, after = _rows(filters, sort, cursor, size)
    db.session.expunge_all()  # a long list must not pile up
    return orders, after


def count(filters: Filters) -> int:
    """How many orders fit; no further than `CAP` + 1."""
    return db.session.scalar(select(func.count()).select_from(_found(filters, Order.id).limit(CAP + 1).subquery())) or 0


def counts() -> dict[str, int]:
    """How many open orders have each status. Named one by one, so that the index is read instead of the table."""
    rows = db.session.execute(
        select(Order.status, func.count()).where(Order.status.in_(OPEN_STATUSES)).group_by(Order.status)
    )
    return {status.value: number for status, number in rows}


def _rows(filters: Filters, sort: Sort, cursor: str, size: int) -> tuple[list[Order], str | None, str | None]:
    back, place = _read(sort, cursor)
    statement = _found(filters, Order).options(joinedload(Order.account), joinedload(Order.sub_account))
    keys = [Order.modified_at, Order.number] if sort is Sort.CHANGED else [Order.number]
    downwards = (sort is not Sort.OLDEST) is not back
    if place is not None:
        here, there = (tuple_(*keys), tuple_(*place)) if len(keys) > 1 else (keys[0], place[0])
        statement = statement.where(here < there if downwards else here > there)
    ordered = statement.order_by(*(key.desc() if downwards else key for key in keys)).limit(size + 1)
    rows = list(db.session.scalars(ordered))
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    before = f"<{_place(sort, rows[0])}" if rows and (more if back else place is not None) else None
    after = f">{_place(sort, rows[-1])}" if rows and (more or back) else None
    return rows, before, after


def _place(sort: Sort, order: Order) -> str:
    """Where a row stands in the list, as a cursor says it."""
    if sort is not Sort.CHANGED:
        return str(order.number)
    return f"{(order.modified_at - _EPOCH) // timedelta(microseconds=1)}.{order.number}"


def _read(sort: Sort, cursor: str) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    parts = cursor[1:].split(".")
    plain = all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts)
    if cursor[0] not in "<>" or not plain or len(parts) != (2 if sort is Sort.CHANGED else 1):
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    number = int(parts[-1])
    if number > staff_search.LARGEST:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    at = [_EPOCH + timedelta(microseconds=int(parts[0]))] if sort is Sort.CHANGED else []
    return cursor[0] == "<", [*at, number]


def _found(filters: Filters, what: Any) -> Select[Any]:
    conditions = [_CONDITIONS[name](value) for name, value in filters.in_force().items()]
    return select(what).where(*conditions)


def _fits(text: str) -> ColumnElement[bool]:
    """An order's number or alias, the alias of its batch, its PO number, or its member."""
    members = (
        select(Account.id)
        .where(or_(Account.organisation.icontains(text, autoescape=True), Account.handle == text.lower()))
        .limit(MEMBERS)
    )
    conditions: list[ColumnElement[bool]] = [
        Order.account_id.in_(members), Order.sub_account_id.in_(members), Order.alias == text.upper(),
        Order.batch_alias == text.upper(), Order.po_number == text,
    ]  # fmt: skip
    if text.isascii() and text.isdecimal() and len(text) < 10:
        conditions.append(Order.number == int(text))
    return or_(*conditions)


def _on(fabric: str) -> ColumnElement[bool]:
    """An item of the order is about a service there."""
    return Order.id.in_(
        select(OrderItem.order_id)
        .join(Service, Service.id == OrderItem.service_id)
        .where(Service.fabric_code == fabric)
    )


def _waiting(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """An item of the order has such an open wait."""
    return Order.id.in_(select(OrderItem.order_id).join(Wait, Wait.item_id == OrderItem.id).where(OPEN, *conditions))


def _needing(what: str) -> ColumnElement[bool]:
    ours, theirs = Wait.audience == "team:sales", Wait.audience.startswith("account:", autoescape=True)
    return {
        Needs.CONFIRMATION: lambda: _waiting(Wait.kind == WaitKind.CONFIRM, ours),
        Needs.AGREEMENT: lambda: _waiting(Wait.kind == WaitKind.CONFIRM, theirs),
        Needs.MEMBER: lambda: _waiting(Wait.kind == WaitKind.MEMBER),
        Needs.HANDS: lambda: _waiting(Wait.kind == WaitKind.MANUAL, ours),
    }[Needs(what)]()


def _late(_yes: bool) -> ColumnElement[bool]:
    now = clock.now()
    missed = and_(Order.status.in_(OPEN_STATUSES), Order.requested_completion_date < now)
    return or_(missed, _waiting(Wait.due_at < now))


_CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "q": _fits,
    "status": lambda status: Order.status == status,
    "type": lambda kind: Order.type == kind,
    "account": lambda account: or_(Order.account_id == account, Order.sub_account_id == account),
    "channel": lambda channel: Order.channel == channel,
    "fabric": _on,
    "placed": lambda since: Order.created_at >= since,
    "changed": lambda since: Order.modified_at >= since,
    "needs": _needing,
    "late": _late,
}


def fabrics() -> list[tuple[str, str]]:
    """Code and name of every peering LAN."""
    return [(row.code, row.name) for row in db.session.execute(select(Fabric.code, Fabric.name).order_by(Fabric.name))]


def organisation(account_id: str) -> str:
    """What an account is called; its id if it is not known."""
    return db.session.scalar(select(Account.organisation).where(Account.id == account_id)) or account_id
