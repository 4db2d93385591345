"""The page of one item: how far it is, what it waits for, what can be done about it, and its story."""

import functools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from app import presence
from app.domain.errors import Malformed, NotFound
from app.domain.permissions import Permission
from app.domain.states import ENDED_STATUSES
from app.queries import forecast, staff_item
from app.queries.staff_item import LogWish
from app.queries.staff_queue import Queue
from app.web.guard import actor
from app.web.staff import frame, item_log, item_sheet, item_view, work
from app.web.staff.refusal import Refusal


def item(item_id: uuid.UUID) -> Response:
    """GET /items/<id>: the page, or its live part alone."""
    context = _context(item_id, request.args)
    presence.here().note(item_id, actor())
    return frame.answer("staff/item.html", "staff/_item.html", current=context["rail_at"], **context)


def typing(item_id: uuid.UUID) -> Response:
    """POST /items/<id>/typing: somebody has begun to type there. A hint for the others, kept for seconds."""
    if not staff_item.exists(item_id):
        raise NotFound("There is no such item.")
    presence.here().note(item_id, actor(), typing=True)
    return Response(status=204)


def fragment(item_id: uuid.UUID, args: Mapping[str, str], said: str = "") -> str:
    """The live part alone, after an action."""
    return render_template("staff/_item.html", **_context(item_id, args), said=said)


def refused(item_id: uuid.UUID, args: Mapping[str, str], refusal: Refusal) -> Response:
    """The page (or its live part) with what was refused, and what was typed."""
    context = _context(item_id, args, refusal)
    return frame.answer("staff/item.html", "staff/_item.html", refusal.status, current=context["rail_at"], **context)


def next_url(item_id: uuid.UUID, args: Mapping[str, str]) -> str:
    """Where “and next” leads: the next item of the queue one came from, else the queue."""
    wish = work.read(args)
    _, after = work.queue_of(wish).neighbours(item_id)
    return url_for("staff.item", item_id=after, **wish.query()) if after else wish.url()


def takeover_page(item_id: uuid.UUID) -> Response:
    """GET /items/<id>/takeover: the dialog as a page of its own."""
    return _question(item_id, "staff/takeover.html")


def cancel_page(item_id: uuid.UUID) -> Response:
    """GET /items/<id>/cancel: what a cancel would undo, before one decides."""
    return _question(item_id, "staff/cancel.html", undoing=staff_item.undoing(item_id))


def job_sheet(item_id: uuid.UUID) -> Response:
    """GET /items/<id>/job-sheet: what somebody in the field takes along, on paper or on a phone."""
    page = staff_item.page(item_id, with_call=False)
    way = _way(item_id, request.args)
    return make_response(
        render_template(
            "staff/jobsheet.html", nav=frame.nav(""), it=page, row=page.row, sheet=item_sheet.sheet(page),
            here=url_for("staff.item", item_id=item_id, **way["query"]),
        )
    )  # fmt: skip


def _question(item_id: uuid.UUID, template: str, **more: Any) -> Response:
    context = _context(item_id, request.args)
    return make_response(render_template(template, **context, nav=frame.nav(""), **more))


def log_text(item_id: uuid.UUID) -> Response:
    """GET /items/<id>/log.txt: the log, or the part of it that is asked for, oldest first, in UTC."""
    found = staff_item.page(item_id, with_call=False)
    entries = staff_item.logs(item_id, item_log.read(request.args), None)
    response = make_response("".join(item_log.text_line(entry) + "\n" for entry in reversed(entries)))
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'inline; filename="item-{found.row.name.replace("/", "-")}.txt"'
    return response


def _context(item_id: uuid.UUID, args: Mapping[str, str], refusal: Refusal | None = None) -> dict[str, Any]:
    wish = item_log.read(args)
    page = staff_item.page(item_id, with_call=frame.may_now(Permission.PAYLOAD_READ), wish=wish)
    way = _way(item_id, args)
    return {
        **way,
        "it": page,
        "row": page.row,
        "here": url_for("staff.item", item_id=item_id, **way["query"], **item_log.query(wish)),
        "refusal": refusal,
        "forecast": _forecast(page),
        "others_here": presence.words(presence.here().of([item_id], actor()).get(item_id, ())),
        **_log(page, wish, way["query"]),
        **item_view.view(page, work.target(), way["query"]),
    }


def _forecast(page: staff_item.ItemPage) -> Any:
    if page.row.status in ENDED_STATUSES:
        return None
    return forecast.of_orders([page.row.order_id]).items.get(page.row.id)


def _log(page: staff_item.ItemPage, wish: LogWish, query: dict[str, Any]) -> dict[str, Any]:
    """The log's lines, and the way to its other parts."""
    at: Callable[..., str] = functools.partial(url_for, "staff.item", item_id=page.row.id, **query, _anchor="log")
    step = {"step": wish.step} if wish.step else {}
    return {
        "log": item_log.lines(page.logs),
        "log_empty": item_log.EMPTY[wish.part],
        "log_tabs": [
            {"label": label, "current": part is wish.part, "url": at(**item_log.query(LogWish(part)), **step)}
            for part, label in item_log.PARTS.items()
        ],
        "log_step": item_log.about_step(page, wish) if wish.step else "",
        "log_whole_url": at(**item_log.query(LogWish(wish.part))),
        "log_text_url": url_for("staff.log_text", item_id=page.row.id, **item_log.query(wish)),
        "deeds": item_log.deeds(page),
    }


def _way(item_id: uuid.UUID, args: Mapping[str, str]) -> dict[str, Any]:
    """Previous and next in the queue one came from, if one came from a queue."""
    if not args.get("view"):
        return {"query": {}, "rail_at": "", "queue_url": None, "prev_url": None, "next_url": None}
    try:
        wish = work.read(args)
    except Malformed:
        return {"query": {}, "rail_at": "", "queue_url": None, "prev_url": None, "next_url": None}
    queue: Queue = work.queue_of(wish)
    before, after = queue.neighbours(item_id)
    return {
        "query": wish.query(),
        "rail_at": url_for("staff.work", view=wish.view.value),
        "queue_url": wish.url(),
        "queue_label": frame.VIEW_LABELS[wish.view],
        "prev_url": url_for("staff.item", item_id=before, **wish.query()) if before else None,
        "next_url": url_for("staff.item", item_id=after, **wish.query()) if after else None,
    }
