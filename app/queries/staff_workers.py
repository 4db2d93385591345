"""How the machine is: workers, what each stage has to do, the systems it calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.domain import clock
from app.domain.models import FarSystem, Order, OutboxMessage, StagePause, WorkerBeat
from app.domain.models.orders import OrderItem
from app.domain.states import Stage, State
from app.extensions import db
from app.queries import staff_rows
from app.queries.staff_queue import UNENDED
from app.queries.staff_rows import ItemRow

QUIET = timedelta(seconds=15)
"""A worker without a sign of life for so long is taken for gone."""
FORGOTTEN = timedelta(hours=1)
MOST_REFUSED = 50


@dataclass(frozen=True)
class Worker:
    beat: WorkerBeat
    item: ItemRow | None
    alive: bool


@dataclass(frozen=True)
class StageLoad:
    """What a stage has to do: due now, later (a pause between tries), running, and since when the oldest is due."""

    stage: Stage
    due: int
    later: int
    running: int
    oldest: datetime | None
    pause: StagePause | None


@dataclass(frozen=True)
class Outbox:
    """Messages to other systems that are not delivered yet."""

    pending: int
    failed: int
    oldest: datetime | None


def workers() -> list[Worker]:
    """All that have been heard of lately, the living first."""
    now = clock.now()
    beats = db.session.scalars(
        select(WorkerBeat).where(WorkerBeat.beat_at > now - FORGOTTEN).order_by(WorkerBeat.host, WorkerBeat.name)
    ).all()
    items = {row.id: row for row in staff_rows.rows([beat.item_id for beat in beats if beat.item_id])}
    found = [
        Worker(beat, items.get(beat.item_id) if beat.item_id else None, beat.beat_at > now - QUIET) for beat in beats
    ]
    return sorted(found, key=lambda one: not one.alive)


def loads() -> list[StageLoad]:
    """One for each stage, in one query and one for the pauses. Items that have not begun count for the first."""
    now = clock.now()
    stage = func.coalesce(OrderItem.stage, Stage.INVENTORY.value).label("stage")
    moving = OrderItem.state.in_([State.READY, State.BACKOFF])
    due = moving & (OrderItem.run_after <= now)
    rows = db.session.execute(
        select(
            stage,
            func.count().filter(due).label("due"),
            func.count().filter(moving & (OrderItem.run_after > now)).label("later"),
            func.count().filter(OrderItem.state == State.RUNNING).label("running"),
            func.min(OrderItem.run_after).filter(due).label("oldest"),
        )
        .where(UNENDED)
        .group_by(stage)
    )
    found = {Stage(row.stage): row for row in rows}
    pauses = {pause.stage: pause for pause in db.session.scalars(select(StagePause))}
    return [
        StageLoad(one, row.due, row.later, row.running, row.oldest, pauses.get(one))
        if (row := found.get(one))
        else StageLoad(one, 0, 0, 0, None, pauses.get(one))
        for one in Stage
    ]


def far_systems() -> dict[str, FarSystem]:
    """Those that have ever failed, by name; a system without a row has never given trouble."""
    return {one.name: one for one in db.session.scalars(select(FarSystem).order_by(FarSystem.name))}


@dataclass(frozen=True)
class Refused:
    """A message that was refused for good, and the order it is about."""

    message: OutboxMessage
    order_number: int


def refused() -> list[Refused]:
    """The newest messages that were refused for good."""
    rows = db.session.execute(
        select(OutboxMessage, Order.number)
        .join(Order, Order.id == OutboxMessage.order_id)
        .where(OutboxMessage.state == "failed")
        .order_by(OutboxMessage.id.desc())
        .limit(MOST_REFUSED)
    )
    return [Refused(row[0], row[1]) for row in rows]


def outbox() -> Outbox:
    row = db.session.execute(
        select(
            func.count().filter(OutboxMessage.state == "pending").label("pending"),
            func.count().filter(OutboxMessage.state == "failed").label("failed"),
            func.min(OutboxMessage.created_at).filter(OutboxMessage.state == "pending").label("oldest"),
        ).where(OutboxMessage.state.in_(["pending", "failed"]))
    ).one()
    return Outbox(row.pending, row.failed, row.oldest)
