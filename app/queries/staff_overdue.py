"""What is over its target, for the team whose it is to deal with."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.domain import clock
from app.domain.models import OrderItem, Wait
from app.domain.permissions import Team
from app.extensions import db
from app.queries import staff_rows
from app.queries.staff_queue import FAILED, OPEN
from app.queries.staff_rows import ItemRow


@dataclass(frozen=True)
class Overdue:
    """How many there are, and those that were due first, each with when it was due."""

    count: int
    rows: list[tuple[ItemRow, datetime]]


def of_team(team: Team, failed_target: timedelta, most: int) -> Overdue:
    """Waits past their due time; for engineers also far systems that take too long, and failures nobody dealt with."""
    now = clock.now()
    waits = select(Wait.item_id, Wait.due_at).where(OPEN, Wait.due_at < now, _of(team))
    found: list[tuple[uuid.UUID, datetime]] = [
        (row[0], row[1]) for row in db.session.execute(waits.order_by(Wait.due_at).limit(most)) if row[1] is not None
    ]
    count = _count(waits)
    if team is Team.ENGINEERING:
        before = now - failed_target
        failed = select(OrderItem.id, OrderItem.status_since).where(FAILED, OrderItem.status_since < before)
        rows = db.session.execute(failed.order_by(OrderItem.status_since).limit(most))
        found += [(row[0], row[1] + failed_target) for row in rows]
        count += _count(failed)
    due = dict(sorted(found, key=lambda one: one[1])[:most])
    return Overdue(count, [(row, due[row.id]) for row in staff_rows.rows(list(due))])


def _count(some: Any) -> int:
    return db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _of(team: Team) -> ColumnElement[bool]:
    mine = Wait.audience == f"team:{team.value}"
    return or_(mine, Wait.audience.like("system:%")) if team is Team.ENGINEERING else mine
