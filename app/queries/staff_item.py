"""Everything that the page of one item shows, in a number of queries that does not depend on how much there is."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.catalogue import Names
from app.domain.errors import NotFound
from app.domain.models import (
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
from app.domain.states import PASSED_STEPS, StepState
from app.extensions import db
from app.queries import names, staff_rows
from app.queries.staff_rows import ItemRow

LOG_LINES = 200


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

    @property
    def current(self) -> StepRow | None:
        return next((step for step in self.steps if step.position == self.item.cursor), None)

    @property
    def passed(self) -> int:
        return sum(step.state in PASSED_STEPS for step in self.steps)


def page(item_id: uuid.UUID, *, with_call: bool) -> ItemPage:
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
        logs=logs(item_id),
        call=_last_call(item_id, item.cursor) if with_call else None,
        needs=needs,
        needed_by=needed_by,
        names=names.for_items([item]),
        pause=db.session.get(StagePause, item.stage) if item.stage else None,
    )


def logs(item_id: uuid.UUID, limit: int | None = LOG_LINES) -> list[OrderLog]:
    """The item's log, newest first."""
    return list(
        db.session.scalars(
            select(OrderLog).where(OrderLog.item_id == item_id).order_by(OrderLog.id.desc()).limit(limit)
        )
    )


def _last_call(item_id: uuid.UUID, cursor: int) -> OutboundCall | None:
    return db.session.scalars(
        select(OutboundCall)
        .join(StepRow, (StepRow.item_id == OutboundCall.item_id) & (StepRow.key == OutboundCall.step_key))
        .where(OutboundCall.item_id == item_id, StepRow.position == cursor)
        .order_by(OutboundCall.id.desc())
        .limit(1)
    ).first()


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
class Compensation:
    """A step that a cancel would undo."""

    position: int
    title: str
    state: StepState


def compensations(item_id: uuid.UUID) -> list[Compensation]:
    """What a cancel would undo, in the order in which it would: the last step that may have acted comes first."""
    may_have_acted = [*PASSED_STEPS, StepState.STARTED, StepState.FAILED, StepState.UNKNOWN]
    rows = db.session.execute(
        select(StepRow.position, StepRow.title, StepRow.state)
        .where(StepRow.item_id == item_id, StepRow.undo_key.is_not(None), StepRow.state.in_(may_have_acted))
        .order_by(StepRow.position.desc())
    )
    return [Compensation(row.position, row.title, row.state) for row in rows]


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
