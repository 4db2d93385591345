"""Batches as pages show them: how far, and what came of each item."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.domain.errors import Malformed, NotFound
from app.domain.models import Batch, BatchItem
from app.extensions import db
from app.queries import staff_rows
from app.queries.staff_rows import ItemRow

PAGE, RECENT = 50, 50
STATES = ("failed", "pending", "done")


@dataclass(frozen=True)
class Result:
    """What came of one item."""

    position: int
    item: ItemRow
    state: str
    sentence: str | None
    at: datetime | None


@dataclass(frozen=True)
class BatchPage:
    """A batch, how many of its items are in which state, some of the results, and where the next ones begin."""

    batch: Batch
    counts: dict[str, int]
    results: list[Result]
    before: int | None
    after: int | None


def page(batch_id: uuid.UUID, state: str, cursor: str) -> BatchPage:
    """`state`: only those, or “” for all. `cursor`: “>49” = behind that position, “<50” = before it."""
    batch = db.session.get(Batch, batch_id, options=[joinedload(Batch.by)], populate_existing=True)
    if batch is None:
        raise NotFound("There is no such batch. Batches are kept for 30 days.")
    rows, backwards = _entries(batch_id, state, cursor)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    items = {one.id: one for one in staff_rows.rows([row.item_id for row in rows])}
    results = [
        Result(row.position, items[row.item_id], row.state, row.sentence, row.at)
        for row in rows
        if row.item_id in items
    ]
    has_before = bool(rows) and (more if backwards else bool(cursor))
    has_after = bool(rows) and (backwards or more)
    return BatchPage(
        batch, counts(batch_id), results,
        rows[0].position if has_before else None, rows[-1].position if has_after else None,
    )  # fmt: skip


def counts(batch_id: uuid.UUID) -> dict[str, int]:
    """How many of its items are in each state."""
    rows = db.session.execute(
        select(BatchItem.state, func.count()).where(BatchItem.batch_id == batch_id).group_by(BatchItem.state)
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in STATES}


def _entries(batch_id: uuid.UUID, state: str, cursor: str) -> tuple[list[BatchItem], bool]:
    if state and state not in STATES:
        raise Malformed(f"There is no state “{state[:40]}” of a batch's items.")
    statement = select(BatchItem).where(BatchItem.batch_id == batch_id)
    if state:
        statement = statement.where(BatchItem.state == state)
    backwards = cursor.startswith("<")
    if cursor:
        edge = _position(cursor)
        statement = statement.where(BatchItem.position < edge if backwards else BatchItem.position > edge)
    ordered = statement.order_by(BatchItem.position.desc() if backwards else BatchItem.position)
    found = db.session.scalars(ordered.limit(PAGE + 1).execution_options(populate_existing=True)).all()
    return list(found), backwards


def _position(cursor: str) -> int:
    digits = cursor[1:]
    if cursor[0] not in "<>" or not (digits.isascii() and digits.isdecimal()) or len(digits) > 6:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    return int(digits)


def recent() -> list[tuple[Batch, int]]:
    """The newest batches, with how many of their items failed."""
    failed = (
        select(func.count()).where(BatchItem.batch_id == Batch.id, BatchItem.state == "failed").correlate(Batch)
    ).scalar_subquery()
    newest = select(Batch, failed).options(joinedload(Batch.by)).order_by(Batch.created_at.desc()).limit(RECENT)
    return [(row[0], row[1]) for row in db.session.execute(newest)]
