"""The sign-in page."""

from typing import Any

from flask import current_app, redirect, render_template, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from app.domain.errors import NotSignedIn
from app.domain.models import User, WebSession
from app.extensions import login as manager
from app.services import access


class SignedIn(UserMixin):
    """A signed-in browser, as Flask-Login sees it: its id is the secret of a session kept on the server."""

    def __init__(self, record: User, secret: str) -> None:
        self.record = record
        self.secret = secret

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)  # name, theme, time zone: what pages ask of whoever looks at them

    def get_id(self) -> str:
        return self.secret


@manager.user_loader
def _load(secret: str) -> SignedIn | None:
    found: WebSession | None = access.session_of(secret)
    return SignedIn(found.user, secret) if found else None


class LoginForm(FlaskForm):
    email = EmailField("E-mail address", [InputRequired("Enter your e-mail address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=200)])


def login() -> Any:
    if current_user.is_authenticated:
        return redirect(home_of(current_user.record), 303)
    return render_template("auth/login.html", form=LoginForm(), next_url=_safe_next())


def sign_in() -> Any:
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form, next_url=_safe_next()), 422
    config = current_app.config["HANDOFF"]
    try:
        user, secret = access.sign_in(
            form.email.data,
            form.password.data,
            request.remote_addr or "",
            request.user_agent.string,
            config.session_hours,
        )
    except NotSignedIn as why:
        form.password.errors = [*form.password.errors, why.detail]
        return render_template("auth/login.html", form=form, next_url=_safe_next()), 401
    if current_user.is_authenticated:
        access.sign_out(current_user.secret)
    session.clear()  # a cookie from before the sign-in must not live on
    login_user(SignedIn(user, secret))
    return redirect(_safe_next() or home_of(user), 303)


def sign_out() -> Any:
    access.sign_out(current_user.secret)
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"), 303)


def home_of(user: User) -> str:
    return url_for("staff.home") if user.is_staff else url_for("portal.orders")


def _safe_next() -> str:
    """Where to go after signing in: only a path of this site."""
    wanted = request.values.get("next", "")
    local = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if local and not any(ord(sign) < 32 for sign in wanted) else ""
