"""Order logs: the story of an order, line by line."""

from flask import Response, url_for

from app.domain.errors import Finding, Forbidden, Invalid
from app.domain.story import Line
from app.queries import api as queries
from app.services import logs as log_verbs
from app.web import guard
from app.web.api import answering, bodies, reading
from app.web.api.answers import LogAnswer, LogList
from app.web.api.described import described
from app.web.api.filters import LogFilters, NoFilters

TAG = "Order logs"


@described("List order logs", TAG, LogList, filters=LogFilters)
def list_logs() -> Response:
    """Newest first; with `since` from the earliest to the latest. A token that is bound to an account sees the
    messages for members only."""
    asked = reading.query(LogFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    sort = queries.log_sort(filters)
    found = queries.logs(guard.actor(), filters, asked.limit, answering.position(sort, asked.cursor))
    shower = answering.shower()
    return answering.page(found, sort, [shower.log(row) for row in found.rows])


@described("Write an order log", TAG, LogAnswer, status=201, body=bodies.OrderLog, keyed=True)
def create_log() -> Response:
    """Adds a line to an order's story, and tells its ticket the same. The statuses are noted as they are now."""
    reading.query(NoFilters)
    wanted = reading.body(bodies.OrderLog)
    return answering.creating(lambda: _write(wanted))


def _write(wanted: bodies.OrderLog) -> tuple[LogAnswer, str]:
    actor = guard.actor()
    _check(wanted)
    line = Line(wanted.user_message or None, wanted.debug_message or None)
    uid = log_verbs.write(wanted.order_id, line, actor, wanted.order_item_id)
    shown = answering.shower().log(queries.log(uid))
    return shown, url_for("api.list_logs", order_id=wanted.order_id)


def _check(wanted: bodies.OrderLog) -> None:
    actor = guard.actor()
    order = queries.order(actor, wanted.order_id)
    if order is None:
        raise Invalid("There is no such order.", [Finding("/order_id", "reference", "There is no such order.")])
    if not actor.acts_for(order.account_id):
        raise Forbidden("Only who placed this order may write into its log.")
    if wanted.order_item_id is not None and wanted.order_item_id not in {item.id for item in order.items}:
        words = "There is no such item in this order."
        raise Invalid(words, [Finding("/order_item_id", "reference", words)])
    if not (wanted.user_message or "").strip() and not (wanted.debug_message or "").strip():
        words = "Give a user_message, a debug_message, or both."
        raise Invalid(words, [Finding("/user_message", "required", words)])
    if wanted.debug_message and not actor.trusted:
        raise Forbidden("Only the exchange's own programs may write debug messages.")
