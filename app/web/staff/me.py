"""One's own settings: time zone, theme, density, shortcuts."""

from typing import Any
from zoneinfo import available_timezones

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField
from wtforms.fields import SelectChoice as Choice

from app.domain.errors import Invalid
from app.extensions import db
from app.services import people
from app.web.staff import frame
from app.web.staff.own_frame import own_frame

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


THEMES = [Choice("", "As the system has it"), Choice("light", "Light"), Choice("dark", "Dark")]


class SettingsForm(FlaskForm):
    timezone = SelectField("Time zone", validate_choice=False)
    theme = SelectField("Theme", choices=THEMES, validate_choice=False)
    density = SelectField("Density", choices=[Choice("", "Usual"), Choice("compact", "Compact")], validate_choice=False)
    shortcuts = BooleanField(
        "Keyboard shortcuts", description="Single keys such as j, k, c and r act on lists and items."
    )


def me() -> Response:
    """GET /me"""
    return _page(SettingsForm(obj=current_user.record))


def save() -> Any:
    """POST /me"""
    form = SettingsForm()
    try:
        people.change_settings(
            current_user.record.id, timezone=form.timezone.data or "", theme=form.theme.data or "",
            density=form.density.data or "", shortcuts=bool(form.shortcuts.data),
        )  # fmt: skip
    except Invalid as why:
        db.session.rollback()
        for finding in why.errors:
            field = form[finding.pointer.strip("/")]
            field.errors = [*field.errors, finding.detail]
        return _page(form, 422)
    flash("Your settings are saved.", "success")
    return redirect(url_for("staff.me"), 303)


def _page(form: SettingsForm, status: int = 200) -> Response:
    usual = Choice("", f"The exchange's: {frame.config().exchange_timezone}")
    form.timezone.choices = [usual, *(Choice(zone, zone) for zone in ZONES)]
    return make_response(render_template("staff/me.html", form=form, **own_frame()), status)
