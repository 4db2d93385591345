"""Mails: what waits, what was sent lately, what failed and why; and letting what failed be sent again."""

import re
import uuid
from dataclasses import fields
from typing import Any

from flask import Response, flash, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Invalid
from app.domain.notices import Event
from app.extensions import db
from app.logs import redact
from app.queries import staff_mails
from app.queries.notice_words import LABELS
from app.queries.staff_mails import MailFilters
from app.services.mails import again
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.admin.forms import form_key

PAGE = "staff/admin/mails.html"
TABS = {"failed": "Failed", "waiting": "Waiting", "sent": "Sent lately", "all": "All"}
ACCOUNT_KINDS = {
    "invitation": "Invitation to sign in", "reset": "Link for a new password",
    "new_address": "Link to confirm an address", "address_changed": "Address was changed",
    "password_changed": "Password was changed", "second_factor": "Sign-in with a code", "digest": "What is over target",
}  # fmt: skip
KINDS: dict[str, str] = {**{event.value: LABELS[event] for event in Event}, **ACCOUNT_KINDS}
STATES = {"pending": ("queued", "Waiting"), "sent": ("done", "Sent"), "failed": ("failed", "Failed")}


def mails() -> Response:
    """GET /admin/mails?show=&q=&kind=&cursor="""
    return _list()


def _list(status: int = 200, conflict: str = "") -> Response:
    filters, counts = _filters(), staff_mails.counts()
    show = frame.asked("show") or ("failed" if counts.failed else "waiting" if counts.waiting else "sent")
    if show not in staff_mails.SHOWS:
        raise Invalid("There is no such list.", [Finding("/show", "choice", "Show failed, waiting, sent or all.")])
    page = staff_mails.page(show, filters, request.args.get("cursor", ""))
    at = {"show": show, **filters.as_dict()}
    number = {"failed": counts.failed, "waiting": counts.waiting}
    return frame.answer(
        PAGE, PAGE, status, current=url_for("staff.mails"), show=show, filters=filters, kinds=KINDS, states=STATES,
        rows=page.rows, conflict=conflict, at=at, counts=counts, reason=_reason,
        configured=bool(frame.config().smtp_url),
        failed=staff_mails.failed_that_fit(filters) if show == "failed" else 0, most=again.MOST_AT_ONCE,
        tabs=[{"label": label, "current": one == show, "count": number.get(one) or None,
               "tone": "failed" if one == "failed" else "",
               "url": url_for("staff.mails", show=one, **filters.as_dict())} for one, label in TABS.items()],
        older_url=url_for("staff.mails", **at, cursor=page.older) if page.older else None,
    )  # fmt: skip


def _filters() -> MailFilters:
    filters = MailFilters(**{one.name: frame.asked(one.name) for one in fields(MailFilters)})
    if filters.kind and filters.kind not in KINDS:
        said = f"There is no kind of mail “{filters.kind[:40]}”."
        raise Invalid("There is no such kind.", [Finding("/kind", "choice", said)])
    return filters


def _reason(error: str | None) -> str:
    """Why it failed, without an address that opens something by itself: a mail server may quote what it refuses."""
    ours = re.escape(frame.config().public_url)
    return re.sub(rf"{ours}/\S+", f"{frame.config().public_url}/…", str(redact(error or "")))


def send_mail_again(mail_id: uuid.UUID) -> Any:
    """POST /admin/mails/<id>/send-again"""
    try:
        again.send_again(mail_id, actor(), form_key())
    except Conflict as why:
        db.session.rollback()
        return _list(409, why.detail)
    flash("The mail is on its way again.", "success")
    return _back()


def send_mails_again() -> Any:
    """POST /admin/mails/send-again: all failed mails that fit the filters."""
    wanted = staff_mails.failed_ids(_filters(), again.MOST_AT_ONCE)
    number = again.send_all_again(wanted, actor(), form_key())
    if number is None:
        flash("This form had been sent already.", "warning")
        return _back()
    said = f"{number} {'mail is' if number == 1 else 'mails are'} on the way again."
    if left := len(wanted) - number:
        said += f" {left} stayed: somebody was faster, or their links do not work any more."
    flash(said, "success" if number else "warning")
    return _back()


def _back() -> Any:
    """To the list that the button stood on."""
    return redirect(url_for("staff.mails", show=frame.asked("show") or None, **_filters().as_dict()), 303)
