"""Forgotten passwords and invitations: a mailed link leads to the page where one chooses a password."""

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from app.domain.errors import Invalid
from app.extensions import db
from app.services import access, accounts, links
from app.services.links import INVITATION, RESET
from app.web.auth.browser import config

TITLES = {INVITATION: "Choose a password", RESET: "Choose a new password"}


class ForgotForm(FlaskForm):
    email = EmailField("E-mail address", [InputRequired()], render_kw={"autocomplete": "username", "maxlength": 254})


class ChooseForm(FlaskForm):
    new = PasswordField(
        "New password", [InputRequired()], description=f"At least {access.SHORTEST_PASSWORD} characters.",
        render_kw={"autocomplete": "new-password", "maxlength": access.LONGEST_PASSWORD},
    )  # fmt: skip
    again = PasswordField(
        "New password again",
        [InputRequired()],
        render_kw={"autocomplete": "new-password", "maxlength": access.LONGEST_PASSWORD},
    )


def forgot() -> Any:
    return render_template("auth/forgot.html", form=ForgotForm(), sent_to="")


def ask_reset() -> Any:
    """The same answer whether the address is known or not."""
    form = ForgotForm()
    email = (form.email.data or "").strip()
    if not email:
        form.email.errors = ["Enter your e-mail address."]
        return render_template("auth/forgot.html", form=form, sent_to=""), 422
    accounts.ask_reset(email.replace("\x00", ""), request.remote_addr or "")
    return render_template("auth/forgot.html", form=form, sent_to=email)


def invitation(token: str) -> Any:
    return _choose(INVITATION, token)


def reset(token: str) -> Any:
    return _choose(RESET, token)


def _choose(purpose: str, token: str, form: ChooseForm | None = None, status: int = 200) -> Any:
    """Changes nothing: programs that scan mails follow links."""
    found = links.look(config(), purpose, token)
    html = render_template(
        "auth/choose.html", form=form or ChooseForm(formdata=None), title=TITLES[purpose], email=found.user.email
    )
    return html, status


def accept_invitation(token: str) -> Any:
    return _chosen(INVITATION, token)


def choose_after_reset(token: str) -> Any:
    return _chosen(RESET, token)


def _chosen(purpose: str, token: str) -> Any:
    form = ChooseForm()
    try:
        accounts.choose_password(config(), purpose, token, form.new.data or "", form.again.data or "")
    except Invalid as why:
        db.session.rollback()
        for finding in why.errors:
            field = form[finding.pointer.strip("/")]
            field.errors = [*field.errors, finding.detail]
        return _choose(purpose, token, form, 422)
    session.clear()
    flash("Your password is set. Please sign in with it.", "success")
    return redirect(url_for("auth.login"), 303)
