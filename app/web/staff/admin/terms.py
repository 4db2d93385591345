"""The terms: their versions, a new one for now or for later, and those that are still to come."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.domain import clock
from app.domain.errors import Conflict, Finding, Invalid
from app.extensions import db
from app.queries import staff_terms
from app.queries.staff_terms import VersionRow
from app.services import terms as member_terms
from app.services import terms_admin
from app.services.terms_admin import TermsWish
from app.web.guard import actor
from app.web.portal import forms
from app.web.render import zone
from app.web.staff import frame
from app.web.staff.admin.forms import form_key

LIST, PAGE, FORM = "staff/admin/terms.html", "staff/admin/terms_version.html", "staff/admin/terms_form.html"
STATES = {"coming": ("waiting", "To come"), "in force": ("done", "In force"), "earlier": ("cancelled", "Earlier")}


def terms() -> Response:
    """GET /admin/terms"""
    return _list()


def _list(status: int = 200, conflict: str = "") -> Response:
    rows = staff_terms.versions()
    return frame.answer(
        LIST, LIST, status, current=url_for("staff.terms"), rows=rows, states=STATES, conflict=conflict,
        drafts=staff_terms.drafts(), now=next((row for row in rows if row.state == "in force"), None),
        coming=[row for row in reversed(rows) if row.state == "coming"],
    )  # fmt: skip


def new_terms() -> Response:
    """GET /admin/terms/new: begins with the words that are in force."""
    latest = member_terms.current()
    return _form(None, forms.made(_controls(new=True), None, {"text": latest.text if latest else ""}))


def send_new_terms() -> Any:
    """POST /admin/terms/new: look at it, or save it."""
    form = forms.made(_controls(new=True), request.form, {})
    version = (form["name"].data or "").strip()
    return _sent(None, form, version, lambda wish: terms_admin.publish(wish, actor(), form_key()))


def terms_version(version: str) -> Response:
    """GET /admin/terms/<version>: its words and who accepted it; while it is to come, the form."""
    found = staff_terms.version(version)
    if found.state == "coming":
        return _form(found, _filled(found))
    return frame.answer(
        PAGE, PAGE, current=url_for("staff.terms"), found=found, states=STATES, accepted=staff_terms.accepted(version),
        most=staff_terms.MOST,
    )  # fmt: skip


def _filled(found: VersionRow) -> Form:
    present = {"text": found.terms.text, "in_force_from": forms.typed_moment(found.terms.in_force_from)}
    return forms.made(_controls(new=False), None, present)


def send_terms(version: str) -> Any:
    """POST /admin/terms/<version>"""
    found = staff_terms.version(version)
    form = forms.made(_controls(new=False), request.form, {})
    seen = request.form.get("version", "")[:16]
    return _sent(found, form, version, lambda wish: terms_admin.change(wish, actor(), seen=seen, form_key=form_key()))


def withdraw_terms(version: str) -> Any:
    """POST /admin/terms/<version>/withdraw"""
    try:
        terms_admin.withdraw(version, actor(), form_key())
    except Conflict as why:
        db.session.rollback()
        return _list(409, why.detail)
    flash(f"Version {version} will not come in force.", "success")
    return redirect(url_for("staff.terms"), 303)


def _controls(*, new: bool) -> type[Form]:
    plain = {"autocomplete": "off"}
    words = f"{zone().key} time. Empty: at once, and then its words stay for good."
    fields: dict[str, Any] = {}
    if new:
        fields["name"] = StringField(
            "Version", [InputRequired()], description="Such as 2027-1; orders name it.",
            render_kw={"maxlength": 20, **plain},
        )  # fmt: skip
    fields["in_force_from"] = forms.moment_of("In force from", words)
    fields["text"] = TextAreaField(
        "The terms", [InputRequired()], description="Plain paragraphs, as members read them.",
        render_kw={"rows": 16},
    )  # fmt: skip
    return type("TermsForm", (Form,), fields)


def _sent(found: VersionRow | None, form: Form, version: str, save: Callable[[TermsWish], None]) -> Any:
    if request.form.get("step") != "save":
        return _form(found, form, keep=True)
    typed = (form["in_force_from"].data or "").strip()
    moment = forms.moment(typed) if typed else None
    try:
        if typed and moment is None:
            raise Invalid("", [Finding("/in_force_from", "format", "This is not a date and time.")])
        save(TermsWish(version, form["text"].data or "", moment))
    except Invalid as why:
        db.session.rollback()
        return _form(found, form, 422, findings=why.errors, keep=True)
    except Conflict as why:
        db.session.rollback()
        return _conflict(version, form, why.detail)
    flash(f"Version {version} is saved.", "success")
    return redirect(url_for("staff.terms"), 303)


def _conflict(version: str, form: Form, said: str) -> Response:
    """With what was typed; where the version has come in force meanwhile, as a new one to be made of it."""
    now = staff_terms.version(version)
    return _form(now if now.state == "coming" else None, _renamed(form, now), 409, conflict=said)


def _renamed(form: Form, now: VersionRow) -> Form:
    if now.state == "coming":
        return form
    return forms.made(_controls(new=True), None, {"text": form["text"].data or ""})


def _form(
    found: VersionRow | None, form: Form, status: int = 200, *, findings: list[Finding] | None = None,
    conflict: str = "", keep: bool = False,
) -> Response:  # fmt: skip
    """`keep`: the form is made from what was seen before, not from what there is now."""
    told = []
    for one in findings or []:
        name = {"/version": "name"}.get(one.pointer, one.pointer.strip("/"))
        forms.add_error(form, name, one.detail)
        told.append(Finding(f"/{name}", one.rule, one.detail))
    seen = request.form.get("version", "")[:16] if keep else ""
    return frame.answer(
        FORM, FORM, status, current=url_for("staff.terms"), found=found, form=form, findings=told, conflict=conflict,
        key=request.form.get("form_key", "")[:64] if keep else "", drafts=staff_terms.drafts(),
        here=url_for("staff.terms_version", version=found.terms.version) if found else url_for("staff.new_terms"),
        seen=(seen or terms_admin.version_of(found.terms)) if found else None, in_force=member_terms.current(),
        moment=_moment(form), name=found.terms.version if found else _name(form),
    )  # fmt: skip


def _name(form: Form) -> str:
    return (form["name"].data or "").strip() or "…"


def _moment(form: Form) -> datetime | None:
    """When it would come in force, as far as that can be read; None for at once."""
    found = forms.moment(form["in_force_from"].data)
    return found if found is not None and found > clock.now() else None
