"""Everything that the page of one item shows, in a number of queries that does not depend on how much there is."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from app.catalogue import Names
from app.domain import lifecycle
from app.domain.errors import NotFound
from app.domain.models import (
    Audit,
    ItemDependency,
    Order,
    OrderItem,
    OrderLog,
    OutboundCall,
    Service,
    StagePause,
    StepRow,
    Wait,
)
from app.domain.states import PASSED_STEPS, Status, StepState, WaitKind
from app.extensions import db
from app.queries import names, staff_rows
from app.queries.staff_rows import ItemRow

LOG_LINES = 200
DEEDS = 100


class LogPart(StrEnum):
    """What of an item's log is asked for."""

    ALL = ""
    MEMBER = "user"  # what the member reads
    DEBUG = "debug"  # what only staff read
    FAILED = "failed"  # why steps failed


@dataclass(frozen=True)
class LogWish:
    """A part of the log, of one step if `step` is its key."""

    part: LogPart = LogPart.ALL
    step: str = ""


@dataclass(frozen=True)
class Neighbour:
    """Another item that this one needs, or that needs it."""

    row: ItemRow
    waived: bool


@dataclass(frozen=True)
class ItemPage:
    """One item with all that belongs to it. `call`: the present step's last call to a far system, if asked for."""

    row: ItemRow
    item: OrderItem
    order: Order
    steps: list[StepRow]
    wait: Wait | None
    logs: list[OrderLog]
    call: OutboundCall | None
    needs: list[Neighbour]
    needed_by: list[Neighbour]
    names: Names
    pause: StagePause | None
    told_steps: frozenset[str]  # steps that the log has lines about
    deeds: list[Audit]  # what people did with it, newest first

    @property
    def current(self) -> StepRow | None:
        return next((step for step in self.steps if step.position == self.item.cursor), None)

    @property
    def passed(self) -> int:
        return sum(step.state in PASSED_STEPS for step in self.steps)


def page(item_id: uuid.UUID, *, with_call: bool, wish: LogWish = LogWish()) -> ItemPage:
    """`NotFound` if there is no such item. `with_call`: the viewer may read what far systems were sent."""
    item = db.session.execute(
        select(OrderItem)
        .where(OrderItem.id == item_id)
        .options(
            joinedload(OrderItem.order).joinedload(Order.account),
            joinedload(OrderItem.order).joinedload(Order.sub_account),
            joinedload(OrderItem.service).selectinload(Service.ports),
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    steps = db.session.scalars(select(StepRow).where(StepRow.item_id == item_id).order_by(StepRow.position)).all()
    wait = db.session.execute(
        select(Wait).where(Wait.item_id == item_id, Wait.open).options(joinedload(Wait.claimed_by))
    ).scalar_one_or_none()
    needs, needed_by = _dependencies(item_id)
    return ItemPage(
        row=staff_rows.rows([item_id])[0],
        item=item,
        order=item.order,
        steps=list(steps),
        wait=wait,
        logs=logs(item_id, wish),
        call=_last_call(item_id, None if item.cancelling else item.cursor) if with_call else None,
        needs=needs,
        needed_by=needed_by,
        names=names.for_items([item]),
        pause=db.session.get(StagePause, item.stage) if item.stage else None,
        told_steps=_told_steps(item_id),
        deeds=_deeds(item_id),
    )


def exists(item_id: uuid.UUID) -> bool:
    return db.session.execute(select(OrderItem.id).where(OrderItem.id == item_id)).first() is not None


def logs(item_id: uuid.UUID, wish: LogWish, limit: int | None = LOG_LINES) -> list[OrderLog]:
    """The asked part of the item's log, newest first."""
    found = select(OrderLog).where(OrderLog.item_id == item_id)
    if wish.step:
        found = found.where(OrderLog.step_key == wish.step)
    conditions = {
        LogPart.MEMBER: OrderLog.user_message.is_not(None),
        LogPart.DEBUG: OrderLog.debug_message.is_not(None),
        LogPart.FAILED: and_(OrderLog.item_status == Status.ERROR, OrderLog.by == "system"),
    }
    if wish.part in conditions:
        found = found.where(conditions[wish.part])
    return list(db.session.scalars(found.order_by(OrderLog.id.desc()).limit(limit)))


def _told_steps(item_id: uuid.UUID) -> frozenset[str]:
    told = select(OrderLog.step_key).where(OrderLog.item_id == item_id, OrderLog.step_key.is_not(None)).distinct()
    return frozenset(key for key in db.session.scalars(told) if key)


def _deeds(item_id: uuid.UUID) -> list[Audit]:
    """What people did, not what workers did: that is what the steps tell."""
    found = select(Audit).where(Audit.item_id == item_id, Audit.by != "worker").order_by(Audit.id.desc())
    return list(db.session.scalars(found.limit(DEEDS)))


def _last_call(item_id: uuid.UUID, cursor: int | None) -> OutboundCall | None:
    """Of the step at the cursor; without one (while steps are undone) of whichever was called for last."""
    calls = select(OutboundCall).where(OutboundCall.item_id == item_id)
    if cursor is not None:
        mine = (StepRow.item_id == OutboundCall.item_id) & (StepRow.key == OutboundCall.step_key)
        calls = calls.join(StepRow, mine).where(StepRow.position == cursor)
    return db.session.scalars(calls.order_by(OutboundCall.id.desc()).limit(1)).first()


def _dependencies(item_id: uuid.UUID) -> tuple[list[Neighbour], list[Neighbour]]:
    links = db.session.execute(
        select(ItemDependency.item_id, ItemDependency.needs_id, ItemDependency.waived).where(
            (ItemDependency.item_id == item_id) | (ItemDependency.needs_id == item_id)
        )
    ).all()
    found = {
        row.id: row for row in staff_rows.rows([link.needs_id for link in links] + [link.item_id for link in links])
    }
    needs = [Neighbour(found[link.needs_id], link.waived) for link in links if link.item_id == item_id]
    needed_by = [Neighbour(found[link.item_id], link.waived) for link in links if link.needs_id == item_id]
    return needs, needed_by


@dataclass(frozen=True)
class Undoing:
    """What a cancel does to the steps that have been done, or may have been."""

    undone: list[StepRow]  # in the order in which they are undone
    stays: list[StepRow]  # what has no way back: it took effect outside, and stays as it is


def undoing(item_id: uuid.UUID) -> Undoing:
    """The last step that may have acted is undone first. Steps that only looked or noted are in neither list."""
    steps = db.session.scalars(select(StepRow).where(StepRow.item_id == item_id).order_by(StepRow.position.desc()))
    begun = [step for step in steps if step.started_at is not None and step.state is not StepState.UNDONE]
    acted = [step for step in begun if step.state is not StepState.SKIPPED or step.tries]
    return Undoing(
        [step for step in acted if lifecycle.may_have_acted(step)],
        [step for step in reversed(acted) if step.undo_key is None and _outside(step)],
    )


def _outside(step: StepRow) -> bool:
    """A far system or a person did something that nothing takes back."""
    if step.kind == "auto":
        return not step.key.startswith("measure_")
    return step.kind == WaitKind.MANUAL.value and step.state in PASSED_STEPS


@dataclass(frozen=True)
class Change:
    """Who changed an item last, and when."""

    by: str
    at: datetime
    version: int


def last_change(item_id: uuid.UUID) -> Change | None:
    row: Any = db.session.execute(
        select(OrderItem.changed_by, OrderItem.modified_at, OrderItem.version).where(OrderItem.id == item_id)
    ).first()
    return Change(row.changed_by, row.modified_at, row.version) if row else None
