"""Keeps `expected_completion_date` of open items and orders what the forecast says now.

Nine of ten of their like were completed by that date. It is no change of the order: versions and `modified_at` stay.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update

from app.domain import clock
from app.domain.models import Order, OrderItem
from app.domain.models.base import table_of
from app.extensions import db
from app.queries import forecast

UNENDED = text("order_item.state not in ('idle', 'done', 'cancelled', 'rejected')")
"""In the words of the partial index."""
AT_A_TIME = 100
TOLD_ALIKE = timedelta(minutes=1)
item, order = table_of(OrderItem), table_of(Order)


@dataclass
class Round:
    """Where a worker is on its way through the open items; anybody may walk it, as often as they like."""

    seen: datetime | None = None
    place: tuple[datetime, uuid.UUID] | None = None

    def go(self) -> int:
        """What has changed since the last time, and the next stretch of all others; how many dates were written."""
        now = clock.now()
        asked = self._changed() | self._next()
        self.seen = now
        return refresh(sorted(asked))

    def _changed(self) -> set[uuid.UUID]:
        if self.seen is None:
            return set()
        rows = select(Order.id).where(Order.modified_at >= self.seen - TOLD_ALIKE).limit(AT_A_TIME)
        return set(db.session.scalars(rows.order_by(Order.modified_at.desc())))

    def _next(self) -> set[uuid.UUID]:
        rows = select(OrderItem.order_id, OrderItem.status_since, OrderItem.id).where(UNENDED)
        if self.place is not None:
            since, last = self.place
            later = (OrderItem.status_since > since) | ((OrderItem.status_since == since) & (OrderItem.id > last))
            rows = rows.where(OrderItem.status_since >= since, later)
        found = db.session.execute(rows.order_by(OrderItem.status_since, OrderItem.id).limit(AT_A_TIME)).all()
        self.place = (found[-1].status_since, found[-1].id) if len(found) == AT_A_TIME else None
        return {row.order_id for row in found}


def refresh(order_ids: Sequence[uuid.UUID]) -> int:
    """Write the dates of these orders where they say something else; commits. Rows in somebody's hands are left out."""
    told = forecast.of_orders(order_ids)
    written = _write(item, {key: one.by for key, one in told.items.items()})
    written += _write(order, {key: one.by for key, one in told.orders.items()})
    db.session.commit()
    return written


def _write(table: Any, wanted: Mapping[uuid.UUID, datetime]) -> int:
    if not wanted:
        return 0
    rows = db.session.execute(
        select(table.c.id, table.c.expected_completion_date)
        .where(table.c.id.in_(list(wanted)))
        .order_by(table.c.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    stale = [row.id for row in rows if _differs(row.expected_completion_date, wanted[row.id])]
    for one in stale:
        db.session.execute(update(table).where(table.c.id == one).values(expected_completion_date=wanted[one]))
    return len(stale)


def _differs(stored: datetime | None, wanted: datetime) -> bool:
    """By more than a twentieth of what is left: a date that moves each minute tells nobody anything."""
    if stored is None:
        return True
    return abs(stored - wanted) > max(TOLD_ALIKE, abs(wanted - clock.now()) / 20)
