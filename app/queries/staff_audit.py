"""The audit trail, newest first, narrowed by who, what, about what and when.

Rows are read along their ids, which grow with time; no filter but the order's has an index, as each would cost every
step of every item. So one page looks at no more than `WINDOW` rows, and says so where there may be more behind them.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.domain.models import Audit, Order, OrderItem
from app.extensions import db
from app.queries import staff_paging

PAGE = 100
WINDOW = 300_000
PORTION = 20_000
SLACK = 5_000
"""Rows are numbered when they are written and dated a moment before: at the edge of a period look a little further."""
RECENT = 20_000


@dataclass(frozen=True)
class AuditFilters:
    """What the trail is narrowed to. `about`: an order's number or exactly a subject; `since` is in, `until` is not."""

    who: str = ""
    what: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True)
class AuditPage:
    """`orders`: the numbers of the orders that the rows are about; `further`: where to look on for older ones."""

    rows: Sequence[Audit]
    orders: dict[uuid.UUID, int]
    newer: str | None
    older: str | None
    further: str | None


@dataclass(frozen=True)
class Seal:
    """How far the trail is sealed: the number of the last row in the chain, and how many wait for it."""

    last: int
    waiting: int


def page(filters: AuditFilters, cursor: str) -> AuditPage:
    """`cursor` as for orders; `Malformed` if it is nonsense."""
    towards_newer, number = staff_paging.read(cursor)
    first, high = _bounds(filters)
    low, order = first, _order_of(filters.about)
    statement = select(Audit).where(*_conditions(filters))
    if order is not None:
        statement = statement.where(Audit.order_id == order)
    elif towards_newer and number is not None:
        high = min(high, number + WINDOW)
    else:
        low = max(low, min(high, number if number is not None else high) - WINDOW)
    rows, newer, older = staff_paging.page(statement.where(Audit.id >= low, Audit.id < high), Audit.id, cursor, PAGE)
    further = f"<{low}" if low > first and older is None and not towards_newer else None
    return AuditPage(rows, _numbers(rows), newer, older, further)


def _conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.who:
        found.append(Audit.by == filters.who)
    if filters.what:
        found.append(Audit.what == filters.what)
    if filters.about and _order_of(filters.about) is None:
        found.append(Audit.subject == filters.about)
    if filters.since:
        found.append(Audit.at >= filters.since)
    if filters.until:
        found.append(Audit.at < filters.until)
    return found


def _order_of(about: str) -> uuid.UUID | None:
    """The order with this number."""
    if not (about.isascii() and about.isdecimal() and len(about) < 10):
        return None
    return db.session.scalar(select(Order.id).where(Order.number == int(about)))


def _bounds(filters: AuditFilters) -> tuple[int, int]:
    """The ids that the period lies between: from the first, below the second."""
    lowest: int | None = db.session.scalar(select(func.min(Audit.id)))
    highest: int | None = db.session.scalar(select(func.max(Audit.id)))
    if lowest is None or highest is None:
        return 0, 0
    low = max(lowest, _first_at(filters.since, lowest, highest) - SLACK) if filters.since else lowest
    high = _first_at(filters.until, lowest, highest) + SLACK if filters.until else highest + 1
    return low, min(high, highest + 1)


def _first_at(moment: datetime, low: int, high: int) -> int:
    """The id of about the first row at or after a moment, by halving: each look reads one row of the primary key."""
    while low < high:
        middle = (low + high) // 2
        at = db.session.scalar(select(Audit.at).where(Audit.id >= middle).order_by(Audit.id).limit(1))
        if at is not None and at < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _numbers(rows: Sequence[Audit]) -> dict[uuid.UUID, int]:
    ids = {row.order_id for row in rows if row.order_id}
    if not ids:
        return {}
    return dict(db.session.execute(select(Order.id, Order.number).where(Order.id.in_(ids))).all())


def every(filters: AuditFilters) -> Iterator[tuple[Any, ...]]:
    """All rows that fit, the newest first, read in portions: the cells of a table."""
    low, high = _bounds(filters)
    order = _order_of(filters.about)
    conditions = _conditions(filters) + ([Audit.order_id == order] if order is not None else [])
    step = PORTION if order is None else max(1, high - low)
    for top in range(high, low, -step):
        portion = (
            select(Audit, Order.number, OrderItem.item_number)
            .outerjoin(Order, Order.id == Audit.order_id)
            .outerjoin(OrderItem, OrderItem.id == Audit.item_id)
            .where(*conditions, Audit.id >= max(low, top - step), Audit.id < top)
            .order_by(Audit.id.desc())
        )
        for row, number, item_number in db.session.execute(portion):
            yield (row.seq, row.at, row.by, row.what, number, item_number, row.subject, row.before, row.after,
                   row.reason, row.digest)  # fmt: skip
        db.session.expunge_all()


def deeds() -> list[str]:
    """What has been done lately, to choose from."""
    newest = db.session.scalar(select(func.max(Audit.id))) or 0
    return list(
        db.session.scalars(select(Audit.what).where(Audit.id > newest - RECENT).distinct().order_by(Audit.what))
    )


def seal() -> Seal:
    last = db.session.scalar(select(func.max(Audit.seq))) or 0
    return Seal(last, db.session.scalar(select(func.count()).where(Audit.seq.is_(None))) or 0)
