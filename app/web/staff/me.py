"""Oneself: how pages look, one's password, and where one is signed in."""

from typing import Any
from zoneinfo import available_timezones

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField
from wtforms.fields import SelectChoice as Choice
from wtforms.validators import InputRequired

from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.permissions import STAFF
from app.extensions import db
from app.queries import staff_admin
from app.services import access, digest, people
from app.services.mails import choices
from app.web.guard import actor
from app.web.staff import frame

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


THEMES = [Choice("", "As the system has it"), Choice("light", "Light"), Choice("dark", "Dark")]
DENSITIES = [Choice("", "Usual: rows of 40 pixels"), Choice("compact", "Compact: rows of 32 pixels")]


class SettingsForm(FlaskForm):
    timezone = SelectField("Time zone", validate_choice=False)
    theme = SelectField("Theme", choices=THEMES, validate_choice=False)
    density = SelectField("Density", choices=DENSITIES, validate_choice=False)
    shortcuts = BooleanField(
        "Keyboard shortcuts", description="Single keys such as j, k, c and r act on lists and items."
    )
    digest = BooleanField("Daily mail", description="Each morning, if something is over its target.")


class PasswordForm(FlaskForm):
    current = PasswordField(
        "Present password", [InputRequired()], render_kw={"autocomplete": "current-password", "maxlength": 200}
    )
    new = PasswordField(
        "New password", [InputRequired()], description=f"At least {access.SHORTEST_PASSWORD} characters.",
        render_kw={"autocomplete": "new-password", "maxlength": 200},
    )  # fmt: skip
    again = PasswordField(
        "New password again", [InputRequired()], render_kw={"autocomplete": "new-password", "maxlength": 200}
    )


def me() -> Response:
    """GET /me"""
    return _page()


def save_settings() -> Any:
    """POST /me"""
    form = SettingsForm()
    try:
        people.change_settings(
            current_user.record.id, timezone=form.timezone.data or "", theme=form.theme.data or "",
            density=form.density.data or "", shortcuts=bool(form.shortcuts.data),
        )  # fmt: skip
    except Invalid as why:
        _put(form, why)
        return _page(settings=form, status=422)
    if actor().role in digest.READERS:
        choices.save(current_user.email, {digest.KIND: bool(form.digest.data)}, by=actor().name)
    return _back("Your settings are saved.")


def change_password() -> Any:
    """POST /me/password: every other session ends."""
    form = PasswordForm()
    try:
        ended = people.change_password(
            current_user.record.id, form.current.data or "", form.new.data or "", form.again.data or "",
            current_user.secret,
        )  # fmt: skip
    except Invalid as why:
        _put(form, why)
        return _page(password=form, status=422)
    return _back("Your password is changed." + (f" You are signed out elsewhere ({ended})." if ended else ""))


def end_session(mark: str) -> Any:
    """POST /me/sessions/<mark>/end"""
    try:
        people.end_session(current_user.record.id, mark[:16], current_user.secret)
    except NotFound:  # a second click, or it ended by itself: it is as was wished
        db.session.rollback()
        return _back("That session has ended.")
    except Conflict as why:
        db.session.rollback()
        return _page(conflict=why.detail, status=409)
    return _back("That session has ended.")


def end_others() -> Any:
    """POST /me/sessions/end-others"""
    ended = people.end_other_sessions(current_user.record.id, current_user.secret)
    return _back(f"You are signed out in {ended} other {'browser' if ended == 1 else 'browsers'}.")


def _back(said: str) -> Any:
    flash(said, "success")
    return redirect(url_for("staff.me"), 303)


def _put(form: FlaskForm, why: Invalid) -> None:
    db.session.rollback()
    for finding in why.errors:
        field = form[finding.pointer.strip("/")]
        field.errors = [*field.errors, finding.detail]


def _page(
    settings: SettingsForm | None = None, password: PasswordForm | None = None, conflict: str = "", status: int = 200
) -> Response:
    form = settings or SettingsForm(formdata=None, obj=current_user.record, digest=_wants_digest())
    usual = Choice("", f"The exchange's: {frame.config().exchange_timezone}")
    form.timezone.choices = [usual, *(Choice(zone, zone) for zone in ZONES)]
    staff = actor().role in STAFF
    around = {"nav": frame.nav(url_for("staff.me")), "nav_url": url_for("staff.rail", at="/me")} if staff else {}
    sessions = [
        (one, access.mark_of(one), access.is_this(one, current_user.secret), browser_words(one.user_agent))
        for one in staff_admin.sessions(current_user.record.id)
    ]
    return make_response(
        render_template(
            "staff/me.html", digests=actor().role in digest.READERS and frame.config().digest_hour >= 0,
            frame="base.html" if staff else "portal.html", form=form, conflict=conflict,
            password=password or PasswordForm(formdata=None), sessions=sessions, **around,
        ),
        status,
    )  # fmt: skip


def _wants_digest() -> bool:
    return choices.wants(choices.of([current_user.email]), current_user.email, digest.KIND)


def browser_words(agent: str) -> str:
    """“Firefox on Linux” where it can be told; else what the browser says of itself."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for sign, name in systems if sign in agent), "")
    return f"{browser} on {system}" if browser and system else browser or agent[:80] or "Unknown browser"
