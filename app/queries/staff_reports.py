"""What the reports say about a period: grouped in the database, never row by row, and kept for a minute.

A period is the time in which orders were placed (or, for pauses, in which they began). Months and days are UTC's.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, extract, func, literal_column, select

from app.domain import clock
from app.domain.models import Account, Fabric, Order, OrderItem, Service, Wait
from app.domain.states import PERSON_WAITS, Stage, Status, WaitKind
from app.extensions import db
from app.queries.durations import seconds_of, usual_of

SAMPLES = 5_000
"""Time per stage is measured on so many of the period's newest orders at most."""
BUSIEST = 10
MOST_STEPS = 100
KEPT_S = 60.0
DAILY = timedelta(days=45)
"""Up to this length a period is shown by days, a longer one by months."""

Report = TypeVar("Report")
_kept: "WeakKeyDictionary[Engine, dict[Any, tuple[float, Any]]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Period:
    """From `since` on, before `until`."""

    since: datetime
    until: datetime

    @property
    def daily(self) -> bool:
        return self.until - self.since <= DAILY

    def slots(self) -> list[str]:
        """Its days (“2026-11-20”) or months (“2026-11”), all of them, also where nothing happened."""
        day, last = self.since.astimezone(UTC).date(), (self.until - timedelta(microseconds=1)).astimezone(UTC).date()
        found: list[str] = []
        while day <= last:
            found.append(day.isoformat() if self.daily else day.isoformat()[:7])
            day = day + timedelta(days=1) if self.daily else _next_month(day)
        return found


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def kept(name: str, period: Period, read: Callable[[Period], Report]) -> Report:
    """A report as it was read within the last minute, else read now."""
    mine = _kept.setdefault(db.engine, {})
    key, now = (name, period.since, period.until), time.monotonic()
    if key in mine and now - mine[key][0] < KEPT_S:
        found: Report = mine[key][1]
        return found
    for old in [one for one, (at, _) in mine.items() if now - at >= KEPT_S]:
        del mine[old]
    fresh = read(period)
    mine[key] = (now, fresh)
    return fresh


def forget() -> None:
    """Read afresh at the next question."""
    _kept.clear()


def _placed(period: Period) -> ColumnElement[bool]:
    return Order.created_at.between(period.since, period.until - timedelta(microseconds=1))


def _slot(period: Period) -> ColumnElement[str]:
    """The day or month in which an order was placed."""
    length = 10 if period.daily else 7
    if db.engine.dialect.name == "postgresql":
        pattern = "'YYYY-MM-DD'" if period.daily else "'YYYY-MM'"
        return func.to_char(func.timezone(literal_column("'UTC'"), Order.created_at), literal_column(pattern))
    return func.substr(Order.created_at, literal_column("1"), literal_column(str(length)))


@dataclass(frozen=True)
class OrdersReport:
    """Orders by status, and by slot and status."""

    by_status: dict[Status, int]
    by_slot: dict[str, dict[Status, int]]


def orders(period: Period) -> OrdersReport:
    slot = _slot(period).label("slot")
    rows = db.session.execute(
        select(slot, Order.status, func.count().label("number")).where(_placed(period)).group_by(slot, Order.status)
    )
    by_status: dict[Status, int] = defaultdict(int)
    by_slot: dict[str, dict[Status, int]] = {one: {} for one in period.slots()}
    for row in rows:
        by_status[row.status] += row.number
        by_slot.setdefault(row.slot, {})[row.status] = row.number
    return OrdersReport(dict(by_status), by_slot)


@dataclass(frozen=True)
class Automation:
    """Completed items, and those of them that no person had to touch."""

    completed: int = 0
    untouched: int = 0

    @property
    def rate(self) -> float | None:
        """Between 0 and 1; None where nothing was completed."""
        return self.untouched / self.completed if self.completed else None

    def plus(self, completed: int, untouched: int) -> "Automation":
        return Automation(self.completed + completed, self.untouched + untouched)


@dataclass(frozen=True)
class AutomationReport:
    """All, by slot, and by service type and action."""

    all: Automation
    by_slot: dict[str, Automation]
    by_kind: dict[tuple[str, str], Automation]


def automation(period: Period) -> AutomationReport:
    slot = _slot(period).label("slot")
    paused = select(Wait.id).where(Wait.item_id == OrderItem.id, Wait.kind.in_(PERSON_WAITS)).exists()
    rows = db.session.execute(
        select(slot, OrderItem.service_type, OrderItem.action, func.count().label("number"),
               func.count().filter(paused).label("paused"))
        .join(Order, Order.id == OrderItem.order_id)
        .where(_placed(period), OrderItem.status == Status.COMPLETED)
        .group_by(slot, OrderItem.service_type, OrderItem.action)
    )  # fmt: skip
    whole, by_kind = Automation(), dict[tuple[str, str], Automation]()
    by_slot = {one: Automation() for one in period.slots()}
    for row in rows:
        more = (row.number, row.number - row.paused)
        whole = whole.plus(*more)
        by_slot[row.slot] = by_slot.get(row.slot, Automation()).plus(*more)
        kind = (row.service_type, row.action)
        by_kind[kind] = by_kind.get(kind, Automation()).plus(*more)
    return AutomationReport(whole, by_slot, by_kind)


@dataclass(frozen=True)
class StageTime:
    """Seconds that half and nine tenths of `count` items stayed below. `service_type`: empty for all together."""

    stage: Stage
    service_type: str
    count: int
    p50: float
    p90: float


def stage_times(period: Period) -> list[StageTime]:
    """Of the items that were completed among the period's newest orders: all together first, then by service type."""
    recent = (
        select(Order.id)
        .where(_placed(period), Order.status == Status.COMPLETED)
        .order_by(Order.created_at.desc())
        .limit(SAMPLES)
    )
    rows = db.session.execute(
        select(OrderItem.service_type, OrderItem.stages_begun, OrderItem.stages_ended).where(
            OrderItem.order_id.in_(recent.scalar_subquery()), OrderItem.status == Status.COMPLETED
        )
    )
    samples: dict[tuple[str, Stage], list[float]] = defaultdict(list)
    for service_type, begun, ended in rows:
        for stage in Stage:
            if stage.value in begun and stage.value in ended:
                seconds = seconds_of(begun[stage.value], ended[stage.value])
                samples["", stage].append(seconds)
                samples[service_type, stage].append(seconds)
    kinds = sorted({kind for kind, _ in samples})
    return [
        StageTime(stage, kind, len(values), (usual := usual_of(values)).p50, usual.p90)
        for kind in kinds
        for stage in Stage
        if (values := samples.get((kind, stage)))
    ]


@dataclass(frozen=True)
class Pause:
    """How often items stopped here for a person, how many stand there now, and the mean time to the answer (s)."""

    title: str
    kind: WaitKind
    count: int
    open: int
    mean: float | None


def pauses(period: Period) -> list[Pause]:
    """The most frequent first; no more than `MOST_STEPS`."""
    rows = db.session.execute(
        select(Wait.title, Wait.kind, func.count().label("number"), func.count().filter(Wait.open).label("open"),
               func.avg(_seconds(Wait.opened_at, Wait.closed_at)).label("mean"))
        .where(Wait.kind.in_(PERSON_WAITS), Wait.opened_at >= period.since, Wait.opened_at < period.until)
        .group_by(Wait.title, Wait.kind)
        .order_by(func.count().desc(), Wait.title)
        .limit(MOST_STEPS)
    )  # fmt: skip
    return [
        Pause(row.title, row.kind, row.number, row.open, float(row.mean) if row.mean is not None else None)
        for row in rows
    ]


def _seconds(begin: Any, end: Any) -> Any:
    if db.engine.dialect.name == "postgresql":
        return extract("epoch", end - begin)
    return (func.julianday(end) - func.julianday(begin)) * literal_column("86400.0")


@dataclass(frozen=True)
class Busy:
    """A member or a peering LAN, and how much was ordered."""

    key: str
    name: str
    count: int


@dataclass(frozen=True)
class BusiestReport:
    """Members by orders, peering LANs by items."""

    members: Sequence[Busy]
    lans: Sequence[Busy]


def busiest(period: Period) -> BusiestReport:
    number = func.count().label("number")
    top = (
        select(Order.account_id, number).where(_placed(period)).group_by(Order.account_id)
        .order_by(number.desc(), Order.account_id).limit(BUSIEST).subquery()
    )  # fmt: skip
    members = db.session.execute(
        select(top.c.account_id, Account.organisation, top.c.number)
        .join(Account, Account.id == top.c.account_id)
        .order_by(top.c.number.desc(), Account.organisation)
    )
    lans = db.session.execute(
        select(Service.fabric_code, func.max(Fabric.name), number)
        .select_from(OrderItem)
        .join(Order, Order.id == OrderItem.order_id)
        .join(Service, Service.id == OrderItem.service_id)
        .outerjoin(Fabric, Fabric.code == Service.fabric_code)
        .where(_placed(period), Service.fabric_code.is_not(None))
        .group_by(Service.fabric_code)
        .order_by(number.desc(), Service.fabric_code)
        .limit(BUSIEST)
    )
    return BusiestReport(
        [Busy(*row) for row in members], [Busy(row[0] or "", row[1] or row[0] or "", row[2]) for row in lans]
    )


def first_order() -> datetime:
    """When the first order was placed; now while there is none."""
    return db.session.scalar(select(func.min(Order.created_at))) or clock.now()
