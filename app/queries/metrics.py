"""What a monitoring system asks. Every answer comes from an index over what is alive, or from the newest rows by id, so
that it costs the same however long the history is.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import and_, case, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

from app import queues
from app.domain import clock, lifecycle
from app.domain.models import Audit, FarSystem, OrderItem, OutboundCall, OutboxMessage, StepRow, Wait, WorkerBeat
from app.domain.models.base import table_of
from app.domain.models.orders import UNENDED
from app.domain.states import Stage, State
from app.extensions import db
from app.queries import staff_mails

item = table_of(OrderItem)
WINDOW = timedelta(minutes=5)
"""Durations and calls are those of the last so long, and of the newest `NEWEST` rows at most."""
NEWEST = 2000
ALIVE = timedelta(seconds=15)
"""A worker without a sign of life for so long is taken for gone."""


@dataclass(frozen=True)
class Spread:
    """How long something took in the window, in seconds."""

    count: int
    p50: float
    p95: float
    failed: int = 0


@dataclass
class Snapshot:
    """All that is measured, at one moment. Ages in seconds."""

    items: dict[tuple[str, str], int] = field(default_factory=dict)  # status, stage → live items
    due: dict[str, int] = field(default_factory=dict)  # stage → items that a worker should take
    oldest: dict[str, float] = field(default_factory=dict)  # stage → age of the one that is due longest
    waits: dict[str, int] = field(default_factory=dict)
    steps: dict[str, Spread] = field(default_factory=dict)
    calls: dict[str, Spread] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)  # far system → failures in a row
    shut: dict[str, bool] = field(default_factory=dict)  # far system → its breaker is open
    outbox: dict[tuple[str, str], int] = field(default_factory=dict)  # system, state → messages
    outbox_oldest: float = 0.0
    mails: dict[str, int] = field(default_factory=dict)  # pending, failed → mails
    workers: int = 0
    unsealed: int = 0


def snapshot() -> Snapshot:
    """Read everything that stands in the database."""
    clock.measure(db.engine)
    now = clock.now()
    found = Snapshot()
    _items(found, now)
    _outbox(found, now)
    mails = staff_mails.counts()
    found.mails = {"pending": mails.waiting, "failed": mails.failed}
    waits = select(Wait.kind, func.count().label("number")).where(text("open")).group_by(Wait.kind)
    found.waits = {row.kind.value: row.number for row in db.session.execute(waits)}
    found.steps = _steps(now)
    found.calls = _calls(now)
    for system in db.session.scalars(select(FarSystem)):
        found.failures[system.name] = system.failures
        found.shut[system.name] = system.open_until is not None and system.open_until > now
    found.workers = live_workers(now)
    found.unsealed = db.session.scalars(select(func.count()).where(Audit.seq.is_(None))).one()
    return found


def live_workers(now: datetime) -> int:
    """How many workers have said lately that they live."""
    return db.session.scalars(select(func.count()).where(WorkerBeat.beat_at > now - ALIVE)).one()


def queue_lengths() -> dict[str, int]:
    """Wake-ups that stand in Redis, by queue; nothing while Redis is away."""
    wakes = queues.here()
    try:
        return {name: wakes.depth(name) for name in queues.QUEUES}
    except RedisError:
        return {}


def _items(found: Snapshot, now: datetime) -> None:
    rows = db.session.execute(
        select(item.c.status, item.c.stage, func.count().label("number")).where(UNENDED).group_by("status", "stage")
    )
    for row in rows:
        found.items[row.status.value, row.stage.value if row.stage else "none"] = row.number
    since = case((item.c.state == State.RUNNING, item.c.lease_until), else_=item.c.run_after)
    due = select(item.c.stage, func.count().label("number"), func.min(since).label("since"))
    found.due = dict.fromkeys(Stage, 0)
    found.oldest = dict.fromkeys(Stage, 0.0)
    for row in db.session.execute(due.where(lifecycle.claimable(now)).group_by(item.c.stage)):
        stage = row.stage or Stage.INVENTORY  # what has not begun stands in the first queue
        found.due[stage] += row.number
        found.oldest[stage] = max(found.oldest[stage], (now - row.since).total_seconds())


def _outbox(found: Snapshot, now: datetime) -> None:
    rows = db.session.execute(
        select(OutboxMessage.system, OutboxMessage.state, func.count().label("number"),
               func.min(OutboxMessage.created_at).label("since"))
        .where(OutboxMessage.state.in_(["pending", "failed"]))
        .group_by(OutboxMessage.system, OutboxMessage.state)
    )  # fmt: skip
    for row in rows:
        found.outbox[row.system, row.state] = row.number
        if row.state == "pending":
            found.outbox_oldest = max(found.outbox_oldest, (now - row.since).total_seconds())


def _steps(now: datetime) -> dict[str, Spread]:
    """By the audit trail's newest rows: steps themselves have no order of ending."""
    rows = db.session.execute(
        select(StepRow.key, StepRow.started_at, StepRow.ended_at)
        .join(Audit, and_(Audit.item_id == StepRow.item_id, Audit.subject == StepRow.key))
        .where(Audit.id > _newest(Audit.id), Audit.at > now - WINDOW, Audit.what == "step succeeded")
    )
    return _spreads((key, (ended - begun).total_seconds(), False) for key, begun, ended in rows if begun and ended)


def _calls(now: datetime) -> dict[str, Spread]:
    rows = db.session.execute(
        select(OutboundCall.system, OutboundCall.milliseconds, OutboundCall.error).where(
            OutboundCall.id > _newest(OutboundCall.id), OutboundCall.made_at > now - WINDOW
        )
    )
    return _spreads((system, milliseconds / 1000, error is not None) for system, milliseconds, error in rows)


def _newest(column: "InstrumentedAttribute[int]") -> int:
    last = db.session.scalars(select(func.max(column))).one()
    return (last or 0) - NEWEST


def _spreads(measured: Iterable[tuple[str, float, bool]]) -> dict[str, Spread]:
    seconds: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    for key, took, failure in measured:
        seconds[key].append(max(0.0, took))
        failed[key] += failure
    return {key: Spread(len(all_), _rank(all_, 0.5), _rank(all_, 0.95), failed[key]) for key, all_ in seconds.items()}


def _rank(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]
