"""One's own sign-in: another e-mail address, and codes from an app."""

from typing import Any

import segno
from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from markupsafe import Markup

from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import User
from app.extensions import db
from app.services import access, accounts, links, second_factor
from app.services.links import ADDRESS
from app.web.auth.browser import config
from app.web.staff.own_frame import own_frame


def _me() -> User:
    user: User = current_user.record
    return user


def security() -> Any:
    return _page()


def _page(status: int = 200, errors: list[Finding] | None = None, at: str = "", typed: str = "",
          codes: list[str] | None = None) -> Any:  # fmt: skip
    """`at`: the form that the errors belong to; `codes`: recovery codes that were just made."""
    user = _me()
    enrolment = second_factor.enrolment(user, config())
    html = render_template(
        "auth/security.html", on=second_factor.is_on(user.id), left=second_factor.codes_left(user.id),
        enrolment=enrolment, picture=_picture(enrolment.uri) if enrolment else "", errors=errors or [], at=at,
        typed=typed, codes=codes, **own_frame(),
    )  # fmt: skip
    return make_response(html, status)


def _picture(uri: str) -> Markup:
    """The QR code as SVG without styles, which the page's policy forbids; dark on light, whatever the theme."""
    return Markup(
        segno.make_qr(uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
    )


def _done(said: str) -> Any:
    flash(said, "success")
    return redirect(url_for("auth.security"), 303)


def begin_factor() -> Any:
    try:
        second_factor.begin(_me())
    except Conflict:
        db.session.rollback()
    return redirect(url_for("auth.security"), 303)


def confirm_factor() -> Any:
    """Answers with the recovery codes, this once."""
    try:
        codes = second_factor.confirm(_me(), request.form.get("code", "")[:100], config())
    except Invalid as why:
        db.session.rollback()
        return _page(422, why.errors, "confirm")
    except Conflict as why:
        db.session.rollback()
        flash(why.detail, "warning")
        return redirect(url_for("auth.security"), 303)
    return _page(codes=codes)


def new_codes() -> Any:
    try:
        codes = second_factor.new_codes(_me(), _password())
    except Invalid as why:
        db.session.rollback()
        return _page(422, why.errors, "codes")
    return _page(codes=codes)


def switch_off() -> Any:
    try:
        second_factor.switch_off(_me(), _password())
    except Invalid as why:
        db.session.rollback()
        return _page(422, why.errors, "off")
    return _done("Sign-in with a code is off.")


def _password() -> str:
    return request.form.get("current", "")[: access.LONGEST_PASSWORD]


def ask_address() -> Any:
    typed = request.form.get("email", "").replace("\x00", "")[:300]
    try:
        new = accounts.ask_new_address(_me().id, typed, _password())
    except Invalid as why:
        db.session.rollback()
        return _page(422, why.errors, "address", typed)
    return _done(f"We have sent a link to {new}. Your address changes when you open it.")


def confirm_address_page(token: str) -> Any:
    """A look changes nothing: programs that scan mails follow links."""
    found = links.look(config(), ADDRESS, token)
    return render_template("auth/address.html", old=found.user.email, new=found.email)


def confirm_address(token: str) -> Any:
    user = accounts.confirm_address(config(), token)
    if current_user.is_authenticated and current_user.record.id != user.id:
        access.sign_out(current_user.secret)  # somebody else's browser: they should not go on by mistake
        logout_user()
        session.clear()
    flash(f"From now on you sign in with {user.email}.", "success")
    return redirect(url_for("auth.login"), 303)
