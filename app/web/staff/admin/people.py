"""People who sign in: the list, one of them, and what an administrator changes."""

import uuid
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from flask import Response, flash, redirect, request, url_for

from app.domain import clock
from app.domain.errors import Conflict, Finding, HandoffError, Invalid
from app.domain.permissions import Role
from app.extensions import db
from app.queries import staff_admin
from app.queries.staff_admin import UserFilters
from app.services import accounts, user_admin
from app.services import users as user_verbs
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.admin.forms import UserForm, first_time, form_key, put_findings
from app.web.staff.me import browser_words

SHOWS = (("", "Active"), ("inactive", "Inactive"), ("all", "All"))


def users() -> Response:
    """GET /admin/users?q=&role=&show=&cursor="""
    filters = UserFilters(**{one.name: frame.asked(one.name) for one in fields(UserFilters)})
    if filters.role and filters.role not in set(Role):
        raise Invalid(
            "There is no such role.", [Finding("/role", "choice", f"There is no role “{filters.role[:40]}”.")]
        )
    page = staff_admin.users(filters, request.args.get("cursor", ""))
    return frame.answer(
        "staff/admin/users.html", "staff/admin/users.html", current=url_for("staff.users"), filters=filters, found=page,
        roles=list(Role), tabs=_tabs(filters), filtered=bool(filters.q or filters.role),
        newer_url=_url(filters, page.before) if page.before else None,
        older_url=_url(filters, page.after) if page.after else None,
    )  # fmt: skip


def _url(filters: UserFilters, cursor: str = "") -> str:
    at: dict[str, Any] = {"cursor": cursor} if cursor else {}
    return url_for("staff.users", **filters.as_dict(), **at)


def _tabs(filters: UserFilters) -> list[dict[str, Any]]:
    return [
        {"label": label, "current": filters.show == show, "count": None,
         "url": _url(UserFilters(filters.q, filters.role, show))}
        for show, label in SHOWS
    ]  # fmt: skip


def new_user() -> Response:
    """GET /admin/users/new"""
    return _new(UserForm(role=Role.ENGINEER.value))


def _new(form: UserForm, status: int = 200, rest: list[Finding] | None = None) -> Response:
    return frame.answer(
        "staff/admin/user_new.html", "staff/admin/user_new.html", status, current=url_for("staff.users"), form=form,
        rest=rest, accounts=staff_admin.accounts(),
    )  # fmt: skip


def add_user() -> Any:
    """POST /admin/users: invites by mail, or answers with the start password, this once."""
    form = UserForm()
    by_mail = request.form.get("way") != "password"
    password = form.password.data or user_admin.made_password()
    if not first_time("user added"):
        flash("This form had been sent already; the user is there, and a made password was shown then.", "warning")
        return redirect(url_for("staff.users", q=form.email.data), 303)
    try:
        if by_mail and form.password.data:
            words = "Who is invited chooses a password; leave this empty, or add them with it."
            raise Invalid("The user could not be added.", [Finding("/password", "match", words)])
        account = user_admin.account_id_of(form.account.data or "")
        said = (form.email.data or "", form.name.data or "", form.role.data or "")
        if by_mail:
            user = accounts.invite(*said, account, by=actor().name)
        else:
            user = user_verbs.add(*said, password, account, by=actor().name)
    except (Invalid, Conflict) as why:
        db.session.rollback()
        found = why.errors or [Finding("/email", "taken", why.detail)]
        return _new(form, why.status, put_findings(form, found))
    if by_mail:
        return _back(user.id, f"A link to choose a password is on its way to {user.email}.")
    if not form.password.data:
        return _shown(user.id, password, f"{user.name} can sign in now.", 201)
    return _back(user.id, f"{user.name} can sign in now, with the password you chose.")


def _shown(user_id: uuid.UUID, password: str, title: str, status: int = 200) -> Response:
    """A made password, which no other page will show again."""
    return frame.answer(
        "staff/admin/secret.html", "staff/admin/secret.html", status, current=url_for("staff.users"), title=title,
        secret=password, label="Password", back=url_for("staff.user", user_id=user_id), back_label="To the user",
        text="Hand it over by a safe way. It is shown only now; they change it under their own settings.",
    )  # fmt: skip


def user(user_id: uuid.UUID) -> Response:
    """GET /admin/users/<id>"""
    return _page(user_id)


def _page(
    user_id: uuid.UUID, form: UserForm | None = None, status: int = 200, conflict: str = "",
    rest: list[Finding] | None = None, password_error: str = "",
) -> Response:  # fmt: skip
    found = staff_admin.user(user_id)
    one = found.user
    form = form or UserForm(formdata=None, name=one.name, role=one.role.value, account=one.account_id or "")
    return frame.answer(
        "staff/admin/user.html", "staff/admin/user.html", status, current=url_for("staff.users"), found=found, user=one,
        form=form, conflict=conflict, rest=rest, password_error=password_error, version=user_admin.version_of(one),
        accounts=staff_admin.accounts(), is_self=one.id == actor().user_id, browser_words=browser_words,
        tokens=[(token, staff_admin.token_state(token, clock.now())) for token in found.tokens],
    )  # fmt: skip


def change_user(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/change"""
    form = UserForm()
    try:
        user_admin.change(
            user_id, actor(), name=form.name.data or "", role=form.role.data or "",
            account_id=user_admin.account_id_of(form.account.data or ""), version=request.form.get("version", "")[:16],
            form_key=form_key(),
        )  # fmt: skip
    except Invalid as why:
        db.session.rollback()
        return _page(user_id, form, 422, rest=put_findings(form, why.errors))
    except Conflict as why:
        db.session.rollback()
        return _page(user_id, form, 409, why.detail)
    return _back(user_id, "The user is changed.")


def deactivate(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/deactivate"""
    return _do(user_id, lambda: user_admin.deactivate(user_id, actor(), form_key()), "They cannot sign in any more.")


def reactivate(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/reactivate"""
    return _do(user_id, lambda: user_admin.reactivate(user_id, actor(), form_key()), "They can sign in again.")


def end_sessions(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/end-sessions"""
    return _do(
        user_id, lambda: user_admin.end_sessions(user_id, actor(), form_key()), "They are signed out everywhere."
    )


def give_password(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/password: a chosen one, or a made one that is shown this once."""
    chosen = request.form.get("password", "")[:200]
    password = chosen or user_admin.made_password()
    try:
        given = user_admin.give_password(user_id, actor(), password, form_key())
    except Invalid as why:
        db.session.rollback()
        return _page(user_id, status=422, password_error=why.errors[0].detail)
    if not given:
        flash("This form had been sent already; the password was shown then.", "warning")
        return redirect(url_for("staff.user", user_id=user_id), 303)
    if chosen:
        return _back(user_id, "The new password holds, and their sessions have ended.")
    return _shown(user_id, password, "The new password holds.")


def _do(user_id: uuid.UUID, do: Callable[[], None], said: str) -> Any:
    try:
        do()
    except Conflict as why:
        db.session.rollback()
        return _page(user_id, status=409, conflict=why.detail)
    except HandoffError:
        db.session.rollback()
        raise
    return _back(user_id, said)


def _back(user_id: uuid.UUID, said: str) -> Any:
    flash(said, "success")
    if user_id == actor().user_id and not staff_admin.sessions(user_id):
        return redirect(url_for("auth.login"), 303)
    return redirect(url_for("staff.user", user_id=user_id), 303)
