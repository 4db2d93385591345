"""The stored status words of items and orders, brought up to date in the transaction that changes them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from app.domain import after_commit, clock, notices, prepared, story
from app.domain.models import Order, OrderItem, Wait
from app.domain.models.base import table_of
from app.domain.states import (
    ENDED_STATUSES,
    STAGE_STATUSES,
    Stage,
    State,
    Status,
    WaitKind,
    item_status,
    order_status,
    outcome,
)
from app.extensions import db

item = table_of(OrderItem)
order = table_of(Order)
wait = table_of(Wait)


_ITEM = (
    select(
        item.c.id, item.c.order_id, item.c.state, item.c.stage, item.c.by_hand, item.c.held, item.c.status,
        item.c.stages_begun, item.c.stages_ended, wait.c.kind,
    )
    .outerjoin(wait, and_(wait.c.item_id == item.c.id, wait.c.open))
    .where(item.c.id == bindparam("item_id"))
)  # fmt: skip
_ORDER = (
    select(
        order.c.id, order.c.status, order.c.processing_date, order.c.stages_begun, order.c.stages_ended,
    )
    .where(order.c.id == bindparam("order_id"))
    .with_for_update(key_share=True)
)  # fmt: skip
_ITS_ITEMS = select(item.c.status, item.c.stage, item.c.stages_ended).where(item.c.order_id == bindparam("order_id"))


def refresh(item_id: uuid.UUID, then: Sequence[story.Line] | None = None) -> None:
    """Recompute the item's word and, if it or the stage changed, the order's. `then` = log lines of the item to write
    in between: they carry the item's new status and the order's old one."""
    refresh_all({item_id: then or ()})


def refresh_all(changed: Mapping[uuid.UUID, Sequence[story.Line]]) -> None:
    """As `refresh`, of items that changed in one go: no log row tells of an order between two of them."""
    orders = [_refresh_item(item_id, then) for item_id, then in changed.items()]
    for order_id in dict.fromkeys(orders):
        if order_id is not None:
            refresh_order(order_id)


def _refresh_item(item_id: uuid.UUID, then: Sequence[story.Line]) -> uuid.UUID | None:
    """The item's word, and its log lines; answer its order if that has to follow."""
    row = db.session.execute(_ITEM, {"item_id": item_id}).one()
    word = item_status(
        State(row.state), row.stage, WaitKind(row.kind) if row.kind else None, by_hand=row.by_hand, held=row.held
    )
    signal(item_id, row.order_id)
    # An item worked by hand enters its next stage under the same word.
    values = item_values(row, word, row.stage)
    if values:
        prepared.write(item, row.id, **values)
    for line in then:
        story.log(row.order_id, line, item_id=item_id)
    return row.order_id if values else None


def item_values(known: Any, word: Status, stage: Stage | None) -> dict[str, Any]:
    """What an item's row must say when its word becomes `word` in `stage`; nothing if it says so already.

    `known` has the item's status, stages_begun and stages_ended.
    """
    if word is known.status and (stage is None or stage.value in known.stages_begun):
        return {}
    now = clock.now()
    values: dict[str, Any] = {"status": word, "modified_at": now}
    if word is not known.status:
        values["status_since"] = now
    stamp = now.isoformat()
    stages = list(Stage)
    reached = stages.index(stage) if stage else -1
    finished = len(stages) if word is Status.COMPLETED else max(reached, 0)
    begun = {
        **known.stages_begun,
        **{s.value: stamp for s in stages[: reached + 1] if s.value not in known.stages_begun},
    }
    ended = {**known.stages_ended, **{s.value: stamp for s in stages[:finished] if s.value not in known.stages_ended}}
    if begun != known.stages_begun:
        values["stages_begun"] = begun
    if ended != known.stages_ended:
        values["stages_ended"] = ended
    if word is Status.COMPLETED:
        values["completion_date"] = now
    return values


def signal(item_id: uuid.UUID, order_id: uuid.UUID) -> None:
    """Open pages that show the item, its order or a queue look again after the commit."""
    after_commit.signal(f"item-{item_id}")
    after_commit.signal(f"order-{order_id}")
    after_commit.signal("queue")


@dataclass(frozen=True)
class OrderWords:
    """What an order's row says of its way; a worker that has its only item keeps it in mind."""

    id: uuid.UUID
    status: Status
    processing_date: datetime | None
    stages_begun: dict[str, str]
    stages_ended: dict[str, str]


def refresh_order(order_id: uuid.UUID, before: OrderWords | None = None, rows: Sequence[Any] = ()) -> OrderWords:
    """Derive the order's status from its items, date the transition, announce a stage it enters.

    The order's row is locked first, unless the caller has locked its only item: then `before` is what the order says
    and `rows` has the status, stage and stages_ended of that item.
    """
    if before is None:
        before = OrderWords(**db.session.execute(_ORDER, {"order_id": order_id}).one()._mapping)
        rows = db.session.execute(_ITS_ITEMS, {"order_id": order_id}).all()
    word = order_status(Status(row.status) for row in rows)
    now = clock.now()
    values: dict[str, Any] = {"modified_at": now}
    if word is not before.status:
        values |= {"status": word} | _dates(before, word, now)
        if word in ENDED_STATUSES:
            values["outcome"] = outcome(Status(row.status) for row in rows)
    entered, left = _stage_news(before, rows, word, now, values)
    written = _written(tuple(values), word is not before.status)
    version = db.session.execute(written, {"order_id": order_id, **prepared.parameters(values)}).scalar_one()
    told = [
        story.message(f"order:{order_id}:ended:{stage}", "ticketing", "note",
                      {"body": story.STAGE_ENDS[stage], "internal": False})
        for stage in left if stage in story.STAGE_ENDS
    ]  # fmt: skip
    for stage in entered:
        story.log(order_id, story.Line(user=story.STAGE_BEGINS[stage]), order_status=word, told=told)
    told += _ticket_follows(before, word, version)
    story.tell_all(order_id, told)
    if word is not before.status and word in notices.ENDS:
        notices.tell(order_id, notices.ENDS[word])
    news = {name: values[name] for name in ("processing_date", "stages_begun", "stages_ended") if name in values}
    return replace(before, status=word, **news)


@cache
def _written(columns: tuple[str, ...], raises_version: bool) -> ReturningUpdate[Any]:
    values = prepared.placeholders(columns)
    if raises_version:
        values["version"] = order.c.version + 1
    return update(order).where(order.c.id == bindparam("order_id")).values(values).returning(order.c.version)


def _dates(before: OrderWords, word: Status, now: Any) -> dict[str, Any]:
    field = {
        Status.AWAITING_ORDER_CONFIRMATION: "pending_date",
        Status.AWAITING_MEMBER: "pending_date",
        Status.HELD: "held_date",
        Status.COMPLETED: "completion_date",
        Status.CANCELLED: "cancellation_date",
        Status.REJECTED: "rejection_date",
    }.get(word)
    dates = {field: now} if field else {}
    if word in (*STAGE_STATUSES, Status.MANUAL_PROCESSING) and before.processing_date is None:
        dates["processing_date"] = now
    return dates


def _stage_news(
    before: OrderWords, rows: Sequence[Any], word: Status, now: Any, values: dict[str, Any]
) -> tuple[list[Stage], list[Stage]]:
    """Which stages the order enters for the first time, and which all of its items have now left behind."""
    stamp = now.isoformat()
    live = [row for row in rows if Status(row.status) not in (Status.CANCELLED, Status.REJECTED)]
    begun = {row.stage for row in live if row.stage}
    reached = max((list(Stage).index(stage) for stage in begun), default=-1)
    entered = [s for s in list(Stage)[: reached + 1] if s.value not in before.stages_begun]
    left = [
        s
        for s in Stage
        if live and all(s.value in row.stages_ended for row in live) and s.value not in before.stages_ended
    ]
    if entered:
        values["stages_begun"] = {**before.stages_begun, **{s.value: stamp for s in entered}}
    if left:
        values["stages_ended"] = {**before.stages_ended, **{s.value: stamp for s in left}}
    return entered, left


def _ticket_follows(before: OrderWords, word: Status, version: int) -> list[dict[str, Any]]:
    was, now = (story.TICKET_STATUS.get(status, "pending") for status in (before.status, word))
    if was == now:
        return []
    return [story.message(f"order:{before.id}:status:{version - 1}", "ticketing", "set_status", {"status": now})]
