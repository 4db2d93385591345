"""The page of one item: how far it is, what it waits for, what can be done about it, and its story."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from app.domain.errors import Malformed
from app.domain.permissions import Permission
from app.queries import staff_item
from app.queries.staff_queue import Queue
from app.web.staff import frame, item_view, work
from app.web.staff.refusal import Refusal


def item(item_id: uuid.UUID) -> Response:
    """GET /items/<id>: the page, or its live part alone."""
    context = _context(item_id, request.args)
    return frame.answer("staff/item.html", "staff/_item.html", current=context["rail_at"], **context)


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
    return _question(item_id, "staff/cancel.html", undone=staff_item.compensations(item_id))


def _question(item_id: uuid.UUID, template: str, **more: Any) -> Response:
    context = _context(item_id, request.args)
    return make_response(render_template(template, **context, nav=frame.nav(""), **more))


def log_text(item_id: uuid.UUID) -> Response:
    """GET /items/<id>/log.txt: the whole log, oldest first, in UTC."""
    found = staff_item.page(item_id, with_call=False)
    lines = [item_view.log_line(entry) for entry in reversed(staff_item.logs(item_id, None))]
    response = make_response("\n".join(lines) + "\n")
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'inline; filename="item-{found.row.name.replace("/", "-")}.txt"'
    return response


def _context(item_id: uuid.UUID, args: Mapping[str, str], refusal: Refusal | None = None) -> dict[str, Any]:
    page = staff_item.page(item_id, with_call=frame.may_now(Permission.PAYLOAD_READ))
    way = _way(item_id, args)
    debug = args.get("debug", "1") != "0"
    here = url_for("staff.item", item_id=item_id, **way["query"], debug=None if debug else "0")
    return {
        **way,
        "it": page,
        "row": page.row,
        "here": here,
        "debug": debug,
        "debug_url": url_for("staff.item", item_id=item_id, **way["query"], debug="0" if debug else None),
        "refusal": refusal,
        **item_view.view(page, debug=debug, target=work.target()),
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
