"""The start page: what is next for you, how the queue's views stand, what has failed. Members go to their portal."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for

from app import presence
from app.domain.errors import Conflict, Invalid
from app.domain.permissions import STAFF, Permission, Role
from app.domain.states import WaitKind
from app.extensions import db
from app.queries import staff_home, staff_mails, staff_queue, staff_rows, staff_sales
from app.queries.staff_queue import CAP, Filters, Queue, View
from app.services import batches
from app.services.batches import Verb
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.staff import frame, rows, words, work
from app.web.staff.refusal import Refusal

NEXT = 6


def home() -> Any:
    """GET /"""
    if actor().role not in STAFF:
        return redirect(url_for("portal.home"), 303)
    return frame.answer("staff/home.html", "staff/_home.html", current=url_for("staff.home"), **_context())


def retry_alike() -> Any:
    """POST /failures/retry: all items that failed at one step in one way are tried again, as a batch."""
    step, error_class = request.form.get("step", "")[:80], request.form.get("error_class", "")[:40] or None
    try:
        ids = staff_home.failed_alike(step, error_class)
        batch = batches.start(actor(), Verb.RETRY, ids, form_key=request.form.get("form_key", "")[:64] or None,
                              about=f"Failed at {request.form.get('title', '')[:200] or step}")  # fmt: skip
    except (Conflict, Invalid):
        db.session.rollback()
        said = "None of these items is failed any more: somebody was faster, or they went on by themselves."
        return frame.answer("staff/home.html", "staff/_home.html", 409, current=url_for("staff.home"),
                            **_context(refusal=Refusal("retry", None, {}, said)))  # fmt: skip
    where = f"/batches/{batch}"
    if htmx:
        return Response(status=204, headers={"HX-Redirect": where})
    return redirect(where, 303)


def fragment(said: str = "", refusal: Refusal | None = None) -> str:
    """The live part alone, after an action in one of its rows."""
    return render_template("staff/_home.html", **_context(said, refusal))


def _context(said: str = "", refusal: Refusal | None = None) -> dict[str, Any]:
    sales = actor().role is Role.SALES
    following = _following()
    return {
        "sales": sales,
        "next": following,
        "present": presence.here().of([shown.row.id for shown in following], actor()),
        "to_confirm": [_asked(order) for order in staff_sales.to_confirm(NEXT)] if sales else [],
        "unanswered": [_unanswered(task) for task in staff_sales.unanswered(NEXT)] if sales else [],
        "more_url": url_for("staff.work", view=View.UNCLAIMED.value),
        "tiles": [_tile(tile) for tile in staff_queue.tiles(actor(), work.target())],
        "failures": [(one, words.ERROR_CLASSES.get(one.error_class or "", ("Failed", ""))) for one in _failures()],
        "failed_url": url_for("staff.work", view=View.FAILED.value),
        "tickets": staff_home.tickets_to_act_on() if sales else 0,
        "pauses": staff_home.pauses(),
        "may_retry": frame.may_now(Permission.ITEM_ACT),
        "failed_mails": staff_mails.failed() if frame.may_now(Permission.MAIL_MANAGE) else 0,
        "may_see_engine": frame.may_now(Permission.ENGINE_SEE),
        "said": said,
        "refusal": refusal,
    }


def _following() -> list[rows.ShownRow]:
    """What one has claimed, then what nobody has, each by what is due first. An administrator works no items."""
    if actor().role is Role.ADMIN:
        return []
    mine, free = (
        Queue(view, Filters(), actor(), work.target()).page(size=NEXT).ids for view in (View.MINE, View.UNCLAIMED)
    )
    found = staff_rows.rows([*mine, *free])
    if actor().role is Role.SALES:  # what Sales confirm is shown order by order
        found = [row for row in found if row.wait_kind is not WaitKind.CONFIRM]
    return [rows.shown(row, work.target(), _query(row)) for row in found[:NEXT]]


def _failures() -> list[staff_home.Failure]:
    return staff_home.failures() if frame.may_now(Permission.ITEM_READ) else []


def _asked(order: staff_sales.SalesTask) -> dict[str, Any]:
    return {"order": order, "due": words.due(order.due_at, order.opened_at),
            "by": order.requestor.get("full_name") or order.requestor.get("email") or ""}  # fmt: skip


def _unanswered(task: staff_sales.SalesTask) -> dict[str, Any]:
    return {"order": task, "due": words.due(task.due_at, task.opened_at)}


def _query(row: staff_rows.ItemRow) -> dict[str, str]:
    view = View.MINE if row.claimed_by_id == actor().user_id else View.UNCLAIMED
    return {"view": view.value}


def _tile(tile: staff_queue.Tile) -> dict[str, Any]:
    told = [f"oldest {words.span(words.since(tile.oldest))}"] if tile.oldest else []
    told += [f"{words.number_words(tile.late, CAP)} over target"] if tile.late else []
    tone = {View.UNCLAIMED: "paused", View.FAILED: "failed", View.WAITING: "waiting"}.get(tile.view, "")
    return {
        "label": frame.VIEW_LABELS[tile.view],
        "url": url_for("staff.work", view=tile.view.value),
        "number": words.number_words(tile.count, CAP),
        "meta": " · ".join(told) or "nothing here",
        "tone": tone if tile.count else "",
    }
