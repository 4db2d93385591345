"""When items and orders will be completed, from how long their like has taken (`app.queries.durations`).

The one place that forecasts: the pages, the stored `expected_completion_date` and the portal's “usually” have one
source. Where something has no measured history there is no forecast.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.domain import clock
from app.domain.models import ItemDependency, Order, OrderItem
from app.domain.states import ENDED_STATUSES, Stage, Status
from app.extensions import db
from app.queries import durations
from app.queries.durations import Kind, Measured

STAGES = list(Stage)


@dataclass(frozen=True)
class Forecast:
    """Half of its like were completed by `likely`, nine of ten by `by`. `overdue`: it is in its stage for longer than
    nine of ten were."""

    likely: datetime
    by: datetime
    wished: datetime | None = None
    overdue: bool = False

    @property
    def misses(self) -> str:
        """How it stands to the requested completion date: “will” miss it, “may” miss it, or empty."""
        if self.wished is None or self.by <= self.wished:
            return ""
        return "will" if self.likely > self.wished else "may"


@dataclass(frozen=True)
class Forecasts:
    """Of the asked orders and their live items; what cannot be told is not in it."""

    items: Mapping[uuid.UUID, Forecast]
    orders: Mapping[uuid.UUID, Forecast]


def of_orders(order_ids: Sequence[uuid.UUID]) -> Forecasts:
    """In two queries for any number of orders, beside the measured durations."""
    usual = durations.measured()
    if not usual or not order_ids:
        return Forecasts({}, {})
    rows = db.session.execute(_LIVE.where(OrderItem.order_id.in_(order_ids))).all()
    needs = _needs(order_ids)
    now = clock.now()
    found: dict[uuid.UUID, Forecast | None] = {}
    for row in _needed_first(rows, needs):
        found[row.id] = _of_item(row, usual, now, _starts(row, needs[row.id], found, now))
    return Forecasts({key: one for key, one in found.items() if one is not None}, _of_orders(rows, found))


_LIVE = (
    select(
        OrderItem.id, OrderItem.order_id, OrderItem.service_type, OrderItem.action, Order.type.label("order_type"),
        OrderItem.by_hand, OrderItem.status, OrderItem.stage, OrderItem.stages_begun, OrderItem.held,
        OrderItem.cancelling,
        func.coalesce(OrderItem.requested_start_date, Order.requested_start_date).label("start_wish"),
        func.coalesce(OrderItem.requested_completion_date, Order.requested_completion_date).label("completion_wish"),
    )
    .join(Order, Order.id == OrderItem.order_id)
    .where(OrderItem.status.not_in([*ENDED_STATUSES, Status.DRAFT]))
    .order_by(OrderItem.order_id, OrderItem.item_number)
)  # fmt: skip


def _needs(order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    """What the orders' items still wait for, by item."""
    needed = aliased(OrderItem)
    rows = db.session.execute(
        select(ItemDependency.item_id, needed.id, needed.expected_completion_date.label("expected"))
        .join(OrderItem, OrderItem.id == ItemDependency.item_id)
        .join(needed, needed.id == ItemDependency.needs_id)
        .where(OrderItem.order_id.in_(order_ids), ItemDependency.waived.is_(False), needed.status != Status.COMPLETED)
    )
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.item_id].append(row)
    return found


def _needed_first(rows: Iterable[Any], needs: Mapping[uuid.UUID, list[Any]]) -> list[Any]:
    """The items, each behind those of the same asking that it needs. The catalogue lets nobody order a circle."""
    by_id = {row.id: row for row in rows}
    ordered: dict[uuid.UUID, Any] = {}

    def put(item_id: uuid.UUID, on_the_way: frozenset[uuid.UUID]) -> None:
        if item_id in ordered or item_id in on_the_way or item_id not in by_id:
            return
        for need in needs.get(item_id, ()):
            put(need.id, on_the_way | {item_id})
        ordered[item_id] = by_id[item_id]

    for item_id in by_id:
        put(item_id, frozenset())
    return list(ordered.values())


def _starts(
    row: Any, needs: list[Any], found: Mapping[uuid.UUID, Forecast | None], now: datetime
) -> tuple[datetime, datetime] | None:
    """From when the item's remaining time counts, likely and at the latest; None if that cannot be told."""
    if row.stage is not None:
        return now, now
    likely = by = max(now, row.start_wish or now)
    for need in needs:
        if need.id in found:
            other = found[need.id]
        else:
            other = Forecast(need.expected, need.expected) if need.expected else None
        if other is None:
            return None
        likely, by = max(likely, other.likely), max(by, other.by)
    return likely, by


def _of_item(row: Any, usual: Measured, now: datetime, starts: tuple[datetime, datetime] | None) -> Forecast | None:
    if starts is None or row.held or row.cancelling:
        return None
    likely, by = starts
    overdue = False
    kind = Kind(row.service_type, row.action, row.order_type, row.by_hand)
    for stage in STAGES[STAGES.index(row.stage) if row.stage else 0 :]:
        known = usual.get((kind, stage))
        if known is None:
            return None
        spent = _spent(row, stage, now)
        likely += timedelta(seconds=max(0.0, known.p50 - spent))
        by += timedelta(seconds=max(0.0, known.p90 - spent))
        overdue = overdue or spent > known.p90
    if row.completion_wish and not row.start_wish:  # then only the switching on waits for the date
        likely, by = max(likely, row.completion_wish), max(by, row.completion_wish)
    return Forecast(likely, max(likely, by), row.completion_wish, overdue)


def _spent(row: Any, stage: Stage, now: datetime) -> float:
    begun = row.stages_begun.get(stage.value) if stage is row.stage else None
    return max(0.0, (now - datetime.fromisoformat(begun)).total_seconds()) if begun else 0.0


def _of_orders(rows: Iterable[Any], found: Mapping[uuid.UUID, Forecast | None]) -> dict[uuid.UUID, Forecast]:
    """An order is completed with the last of its items; one of them untold, and it is untold."""
    grouped: dict[uuid.UUID, list[Forecast | None]] = defaultdict(list)
    for row in rows:
        grouped[row.order_id].append(found[row.id])
    return {
        order_id: joined
        for order_id, some in grouped.items()
        if (joined := _joined([one for one in some if one is not None], len(some))) is not None
    }


def _joined(known: list[Forecast], asked: int) -> Forecast | None:
    if not known or len(known) < asked:
        return None
    wished = min((one.wished for one in known if one.wished), default=None)
    return Forecast(
        max(one.likely for one in known), max(one.by for one in known), wished, any(one.overdue for one in known)
    )
