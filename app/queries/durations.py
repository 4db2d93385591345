"""How long a stage usually takes, measured from what has been completed: p50 to p90, or nothing.

Never a guess: with fewer than `LEAST_SAMPLES` completed items of the same kind there is no answer. It is read from the
most recent completed orders only, so it costs the same however long the history is, and kept for a minute.
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from app.domain.models import Order, OrderItem
from app.domain.states import Stage, Status
from app.extensions import db

LEAST_SAMPLES = 5
RECENT_ORDERS = 500
KEPT_S = 60.0
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Kind:
    """What is comparable: the same service type and action, in the same order type, automated or by hand."""

    service_type: str
    action: str
    order_type: str
    by_hand: bool


@dataclass(frozen=True)
class Usual:
    """Seconds that half and nine tenths of the measured items stayed below."""

    p50: float
    p90: float


Measured = Mapping[tuple[Kind, Stage], Usual]
_kept: "WeakKeyDictionary[Engine, tuple[float, Measured]]" = WeakKeyDictionary()


def measured() -> Measured:
    """The usual durations by kind and stage; measured afresh at most once a minute."""
    kept = _kept.get(db.engine)
    if kept is not None and time.monotonic() - kept[0] < KEPT_S:
        return kept[1]
    found = measure()
    _kept[db.engine] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Measure afresh at the next question."""
    _kept.clear()


def measure() -> Measured:
    """The usual durations, read now; without items that waited for a wished completion, which tell nothing of us."""
    recent = select(Order.id).where(Order.status == Status.COMPLETED).order_by(Order.number.desc()).limit(RECENT_ORDERS)
    rows = db.session.execute(
        select(OrderItem.service_type, OrderItem.action, Order.type, OrderItem.by_hand, OrderItem.stages_begun,
               OrderItem.stages_ended)
        .join(Order, Order.id == OrderItem.order_id)
        .where(
            Order.id.in_(recent.scalar_subquery()), OrderItem.status == Status.COMPLETED,
            OrderItem.requested_completion_date.is_(None), Order.requested_completion_date.is_(None),
        )
    )  # fmt: skip
    samples: dict[tuple[Kind, Stage], list[float]] = defaultdict(list)
    for service_type, action, order_type, by_hand, begun, ended in rows:
        for stage in Stage:
            if stage.value in begun and stage.value in ended:
                seconds = seconds_of(begun[stage.value], ended[stage.value])
                samples[Kind(service_type, action, order_type, by_hand), stage].append(seconds)
    return {key: usual_of(values) for key, values in samples.items() if len(values) >= LEAST_SAMPLES}


def seconds_of(begun: str, ended: str) -> float:
    """The seconds between two stored times."""
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds())


def usual_of(values: list[float]) -> Usual:
    """p50 and p90 of some values; at least one."""
    ranked = sorted(values)
    return Usual(*(ranked[math.ceil(share * len(ranked)) - 1] for share in (0.5, 0.9)))


def together(usual: Measured, kinds: Iterable[Kind], stage: Stage) -> Usual | None:
    """For items that move side by side: as long as the slowest; None if one of them has no measured history."""
    found = [usual.get((kind, stage)) for kind in kinds]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return Usual(max(one.p50 for one in known), max(one.p90 for one in known))


def in_words(usual: Usual | None) -> str:
    """“5–20 min”, “up to 3 h”, “about 2 days”, “less than a minute”; empty where nothing was measured."""
    if usual is None:
        return ""
    if usual.p90 < MINUTE:
        return "less than a minute"
    size, one, many = next(unit for unit in _UNITS if usual.p90 < unit[0] * unit[3] or unit[3] == 0)[:3]
    low, high = round(usual.p50 / size), max(1, round(usual.p90 / size))
    unit = one if high == 1 else many
    if low == 0:
        return f"up to {high} {unit}"
    return f"about {high} {unit}" if low >= high else f"{low}–{high} {unit}"


_UNITS = ((MINUTE, "min", "min", 90), (HOUR, "h", "h", 36), (DAY, "day", "days", 0))
"""Size, its words for one and for many, and up to how many of it are said; 0 = any number."""
