"""The start page: what is next for you, how the queue's views stand, what has failed. Members go to their portal."""

from typing import Any

from flask import redirect, render_template, url_for

from app.domain.permissions import STAFF, Permission, Role
from app.queries import staff_home, staff_queue, staff_rows
from app.queries.staff_queue import CAP, Filters, Queue, View
from app.web.guard import actor
from app.web.staff import frame, rows, words, work
from app.web.staff.refusal import Refusal

NEXT = 6


def home() -> Any:
    """GET /"""
    if actor().role not in STAFF:
        return redirect(url_for("portal.orders"), 303)
    return frame.answer("staff/home.html", "staff/_home.html", current=url_for("staff.home"), **_context())


def fragment(said: str = "", refusal: Refusal | None = None) -> str:
    """The live part alone, after an action in one of its rows."""
    return render_template("staff/_home.html", **_context(said, refusal))


def _context(said: str = "", refusal: Refusal | None = None) -> dict[str, Any]:
    mine, free = (
        Queue(view, Filters(), actor(), work.target()).page(size=NEXT).ids for view in (View.MINE, View.UNCLAIMED)
    )
    following = staff_rows.rows([*mine, *free])
    sales = actor().role is Role.SALES
    return {
        "heading": "Needs you" if sales else "Next for you",
        "next": [rows.shown(row, work.target(), _query(row)) for row in following[:NEXT]],
        "more_url": url_for("staff.work", view=View.UNCLAIMED.value),
        "tiles": [_tile(tile) for tile in staff_queue.tiles(actor(), work.target())],
        "failures": staff_home.failures(),
        "failed_url": url_for("staff.work", view=View.FAILED.value),
        "tickets": staff_home.tickets_to_act_on() if sales else 0,
        "pauses": staff_home.pauses(),
        "may_see_engine": frame.may_now(Permission.ENGINE_SEE),
        "said": said,
        "refusal": refusal,
    }


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
