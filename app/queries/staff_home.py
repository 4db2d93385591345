"""What the desk's start page shows besides the queue itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.domain.models import OrderItem, StagePause, StepRow, Ticket
from app.extensions import db
from app.queries.staff_queue import FAILED

MOST = 6


@dataclass(frozen=True)
class Failure:
    """Items that stopped at the same step in the same way."""

    step_key: str
    step: str
    error_class: str | None
    count: int
    oldest: datetime


def failures() -> list[Failure]:
    """Failed items grouped by step and kind of error, the most frequent first."""
    rows = db.session.execute(
        select(StepRow.key, func.max(StepRow.title), OrderItem.error_class, func.count(),
               func.min(OrderItem.status_since))
        .join(StepRow, (StepRow.item_id == OrderItem.id) & (StepRow.position == OrderItem.cursor))
        .where(FAILED)
        .group_by(StepRow.key, OrderItem.error_class)
        .order_by(func.count().desc(), func.min(OrderItem.status_since))
        .limit(MOST)
    )  # fmt: skip
    return [Failure(*row) for row in rows]


def tickets_to_act_on() -> int:
    """Tickets of the Sales queue that wait for somebody to act."""
    return db.session.execute(
        select(func.count()).where(
            Ticket.queue == "sales", Ticket.status == "awaiting_agent", Ticket.read_only.is_(False)
        )
    ).scalar_one()


def pauses() -> list[StagePause]:
    """Stages that somebody has paused."""
    return list(db.session.scalars(select(StagePause).order_by(StagePause.since)))
