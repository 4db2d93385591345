"""API tokens of programs: the list, a new one whose secret is shown once, and revoking."""

import math
import uuid
from typing import Any

from flask import Response, flash, redirect, request, url_for

from app.domain import clock
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.extensions import db
from app.queries import staff_admin
from app.services import users as user_verbs
from app.services.once import once
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.admin.forms import TokenForm, first_time, form_key, put_findings

LABELS = {"living": "Living", "ended": "Ended", "all": "All"}


def tokens() -> Response:
    """GET /admin/tokens?show=&cursor="""
    return _list()


def _list(status: int = 200, conflict: str = "") -> Response:
    show = frame.asked("show") or "living"
    if show not in staff_admin.TOKEN_STATES:
        raise Invalid("There is no such list.", [Finding("/show", "choice", "Show living, ended or all tokens.")])
    page = staff_admin.tokens(show, request.args.get("cursor", ""))
    return frame.answer(
        "staff/admin/tokens.html", "staff/admin/tokens.html", status, current=url_for("staff.tokens"), show=show,
        conflict=conflict, tokens=[(one, staff_admin.token_state(one, clock.now())) for one in page.tokens],
        tabs=[{"label": label, "current": one == show, "count": None, "url": url_for("staff.tokens", show=one)}
              for one, label in LABELS.items()],
        older_url=url_for("staff.tokens", show=show, cursor=page.older) if page.older else None,
    )  # fmt: skip


def new_token() -> Response:
    """GET /admin/tokens/new?user="""
    return _new(TokenForm(formdata=None, user=frame.asked("user", 254)))


def _new(form: TokenForm, status: int = 200, rest: list[Finding] | None = None) -> Response:
    return frame.answer(
        "staff/admin/token_new.html", "staff/admin/token_new.html", status, current=url_for("staff.tokens"), form=form,
        rest=rest, users=staff_admin.program_users(),
    )  # fmt: skip


def add_token() -> Any:
    """POST /admin/tokens: answers with the secret, this once."""
    form = TokenForm()
    if not first_time("token added"):
        flash("This form had been sent already; the token is there, and its secret was shown then.", "warning")
        return redirect(url_for("staff.tokens"), 303)
    try:
        secret = _made(form)
    except Invalid as why:
        db.session.rollback()
        return _new(form, why.status, put_findings(form, why.errors))
    return frame.answer(
        "staff/admin/secret.html", "staff/admin/secret.html", 201, current=url_for("staff.tokens"),
        title="The token is made.", secret=secret, label="Secret", back=url_for("staff.tokens"),
        back_label="To the tokens",
        text="Put it where the program finds it. It is shown only now; only its hash is kept.",
    )  # fmt: skip


def _made(form: TokenForm) -> str:
    findings = []
    days: float | None = None
    typed = (form.expires_days.data or "").strip()
    if typed:
        days = _number(typed)
        if days is None:
            findings.append(Finding("/expires_days", "format", "Type a number of days, or leave it empty."))
    if not (form.name.data or "").strip():
        findings.append(Finding("/name", "required", "Say what it is for, so that somebody knows when to revoke it."))
    user = None
    try:
        user = user_verbs.by_email(form.user.data or "")
        if not user.active:
            findings.append(Finding("/user", "state", f"{user.name} is inactive: its tokens are refused."))
    except NotFound as why:
        findings.append(Finding("/user", "reference", why.detail))
    if findings or user is None:
        raise Invalid("The token could not be made.", findings)
    scopes = list(dict.fromkeys(form.scopes.data or []))
    return user_verbs.add_token(user, scopes, (form.name.data or "").strip(), days, by=actor().name)


def _number(typed: str) -> float | None:
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def revoke_token(token_id: uuid.UUID) -> Any:
    """POST /admin/tokens/<id>/revoke"""
    try:
        if once(form_key(), actor(), "token revoked", token_id):
            user_verbs.revoke_token(str(token_id), by=actor().name)
        else:
            db.session.rollback()
    except Conflict as why:
        db.session.rollback()
        return _list(409, why.detail)
    flash("The token is refused from now on.", "success")
    return redirect(frame.local_path(request.form.get("back", ""), url_for("staff.tokens")), 303)
