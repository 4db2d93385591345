"""What the desk's start page shows besides the queue itself."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from app.domain.models import OrderItem, StagePause, StepRow, Ticket
from app.extensions import db
from app.queries.staff_queue import CAP, FAILED

MOST = 6


@dataclass(frozen=True)
class Failure:
    """Items that stopped at the same step in the same way. `sentence`: what one of them says; `wordings`: how many
    different sentences they have."""

    step_key: str
    step: str
    error_class: str | None
    count: int
    oldest: datetime
    sentence: str | None
    wordings: int


_HERE = and_(StepRow.item_id == OrderItem.id, StepRow.position == OrderItem.cursor)


def failures() -> list[Failure]:
    """Failed items grouped by step and kind of error, the most frequent first."""
    rows = db.session.execute(
        select(StepRow.key, func.max(StepRow.title), OrderItem.error_class, func.count(),
               func.min(OrderItem.status_since), func.min(OrderItem.last_error),
               func.count(OrderItem.last_error.distinct()))
        .join(StepRow, _HERE)
        .where(FAILED)
        .group_by(StepRow.key, OrderItem.error_class)
        .order_by(func.count().desc(), func.min(OrderItem.status_since))
        .limit(MOST)
    )  # fmt: skip
    return [Failure(*row) for row in rows]


def failed_alike(step_key: str, error_class: str | None) -> list[uuid.UUID]:
    """The items of one group, oldest failure first; as many as one batch may have."""
    found = select(OrderItem.id).join(StepRow, _HERE).where(FAILED, StepRow.key == step_key)
    alike = OrderItem.error_class.is_(None) if error_class is None else OrderItem.error_class == error_class
    return list(db.session.scalars(found.where(alike).order_by(OrderItem.status_since, OrderItem.id).limit(CAP)))


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
