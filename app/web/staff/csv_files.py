"""The queue as CSV: the filter in force, read page by page while it is sent, whatever its length."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Response, request

from app.domain import clock
from app.queries import staff_rows
from app.queries.staff_queue import Queue
from app.queries.staff_rows import ItemRow
from app.web.sheets import sheet
from app.web.staff import wishes, words, work

CHUNK = 500
QUEUE = (
    "Item", "Order", "Member", "For", "Service type", "Action", "Service", "Fabric", "Location", "Stage", "Step",
    "Status", "Owner", "Since (UTC)", "Due (UTC)", "Error", "What went wrong",
)  # fmt: skip


def work_csv() -> Response:
    """GET /work.csv with the queue's filters."""
    wish, _, _ = work.checked(wishes.read(request.args))
    queue = wishes.queue_of(wish)
    return sheet(f"handoff-{wish.view.value}", QUEUE, _items(queue, wishes.target()))


def _items(queue: Queue, target: timedelta) -> Iterator[list[Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = queue.page(cursor, CHUNK)
        yield from (_item(row, target) for row in staff_rows.rows(page.ids))
        cursor = page.after


def _item(row: ItemRow, target: timedelta) -> list[Any]:
    service, action = words.service_and_action(row.service_type, row.action, row.order_type)
    due = words.row_due(row, target)
    stage = words.STAGE_LABELS[row.stage] if row.stage else ""
    return [
        row.name, row.order_number, row.member, row.sub_member, service, action, row.service_number, row.fabric,
        row.site, stage, words.doing(row), words.item_badge(row).words, row.owner(clock.now()), row.since,
        due.at if due else None, row.error_class, row.error,
    ]  # fmt: skip
