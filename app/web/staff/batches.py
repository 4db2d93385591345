"""Acting upon many items: POST /batches freezes them, the batch's page shows how far it is and each item's result."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, flash, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Invalid
from app.extensions import db
from app.queries import staff_batches
from app.queries.staff_batches import BatchPage
from app.services import batches as verbs
from app.services.batches import Verb
from app.web.guard import actor
from app.web.staff import frame, rows, wishes, work
from app.web.staff.refusal import Refusal

LABELS = {
    "claim": "Claim", "unclaim": "Give back", "retry": "Retry", "hold": "Hold", "release": "Release",
}  # fmt: skip
RESULTS = {"failed": ("failed", "Failed"), "pending": ("queued", "Not yet"), "done": ("done", "Done")}
LONGEST_REASON = 1000
TABS = (("", "All"), ("failed", "Failed"), ("pending", "Not yet"), ("done", "Done"))


def start_batch() -> Any:
    """POST /batches: freeze what is selected, or all that matches, and lead to the batch."""
    back = frame.local_path(request.form.get("back", ""), url_for("staff.work"))
    args = dict(parse_qsl(urlsplit(back).query))
    try:
        ids, about = _chosen(args)
        batch_id = verbs.start(
            actor(), request.form.get("verb", ""), ids, reason=_reason(), about=about,
            form_key=request.form.get("form_key", "")[:64] or None,
        )  # fmt: skip
    except Invalid as why:
        db.session.rollback()
        return _refused(args, why)
    return redirect(url_for("staff.batch", batch_id=batch_id), 303)


def _chosen(args: dict[str, str]) -> tuple[list[uuid.UUID], str]:
    if request.form.get("all"):
        return work.ids_of(args, _as_of())
    return [one for text in request.form.getlist("item") if (one := _uuid(text))], "Selected by hand"


def _reason() -> str:
    return request.form.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]


def _as_of() -> datetime | None:
    """When the list was looked at: what has come since is not meant."""
    try:
        at = datetime.fromisoformat(request.form.get("as_of", ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None and 2000 < at.year < 9000 else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _refused(args: dict[str, str], why: Invalid) -> Response:
    """The list again, with what was selected and typed."""
    findings = why.errors or [Finding("", "rule", why.detail)]
    picked = frozenset(request.form.getlist("item"))
    refusal = Refusal("bulk", None, request.form.to_dict(), findings=findings, picked=picked)
    wish = wishes.read(args)
    return frame.answer(
        "staff/work.html", "staff/_work.html", refusal.status, current=url_for("staff.work", view=wish.view.value),
        **work.context(wish, refusal=refusal),
    )  # fmt: skip


def batches() -> Response:
    """GET /batches: the newest ones."""
    found = [
        {"batch": batch, "title": title(batch), "badge": badge(batch.finished_at is not None, failed)}
        for batch, failed in staff_batches.recent()
    ]
    return frame.answer("staff/batches.html", "staff/batches.html", current="", found=found)


def batch(batch_id: uuid.UUID) -> Response:
    """GET /batches/<id>: how far it is and what came of each item."""
    return _page(batch_id)


def retry_batch(batch_id: uuid.UUID) -> Any:
    """POST /batches/<id>/retry: those that failed, once more."""
    try:
        verbs.again(batch_id, actor())
    except Conflict as why:
        db.session.rollback()
        return _page(batch_id, why.detail, 409)
    flash("The failed ones are tried again.", "success")
    return redirect(url_for("staff.batch", batch_id=batch_id), 303)


def _page(batch_id: uuid.UUID, sentence: str = "", status: int = 200) -> Response:
    state, cursor = request.args.get("state", ""), request.args.get("cursor", "")
    found = staff_batches.page(batch_id, state, cursor)

    def url(**more: Any) -> str:
        return url_for("staff.batch", batch_id=batch_id, state=state or None, **more)

    one = found.batch
    return frame.answer(
        "staff/batch.html", "staff/_batch.html", status, current="",
        batch=one, title=title(one), counts=found.counts, sentence=sentence,
        here=url(**({"cursor": cursor} if cursor else {})),
        badge=badge(one.finished_at is not None, found.counts["failed"]),
        ended=found.counts["done"] + found.counts["failed"],
        results=[(result, RESULTS[result.state], rows.item_url(result.item)) for result in found.results],
        tabs=_tabs(found, state),
        prev_url=url(cursor=f"<{found.before}") if found.before is not None else None,
        next_url=url(cursor=f">{found.after}") if found.after is not None else None,
        may_retry=one.finished_at is not None and found.counts["failed"] and verbs.may_start(actor(), Verb(one.verb)),
    )  # fmt: skip


def title(one: Any) -> str:
    """“Retry 137 items”."""
    return f"{LABELS[one.verb]} {one.total:,} {'item' if one.total == 1 else 'items'}"


def badge(finished: bool, failed: int) -> tuple[str, str]:
    """The key of icon and colours, and the words."""
    if not finished:
        return "running", "At work"
    return ("failed", "Finished with failures") if failed else ("done", "Finished")


def _tabs(found: BatchPage, state: str) -> list[dict[str, Any]]:
    counts = {"": found.batch.total, **found.counts}
    return [
        {
            "label": label, "count": counts[key], "current": key == state,
            "url": url_for("staff.batch", batch_id=found.batch.id, state=key or None),
        }
        for key, label in TABS
    ]  # fmt: skip
