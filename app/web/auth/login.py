"""The sign-in page: address and password, then a code where the person has switched that on."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from app.domain.errors import NotSignedIn
from app.services import access, second_factor
from app.web.auth import code, openid
from app.web.auth.browser import config, enter, home_of, safe_next


class LoginForm(FlaskForm):
    email = EmailField("E-mail address", [InputRequired("Enter your e-mail address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=access.LONGEST_PASSWORD)])


def login() -> Any:
    if current_user.is_authenticated:
        return redirect(home_of(current_user.record), 303)
    return _page(LoginForm())


def _page(form: LoginForm, status: int = 200) -> Any:
    html = render_template("auth/login.html", form=form, next_url=safe_next(), providers=openid.offered(config()))
    return html, status


def sign_in() -> Any:
    form = LoginForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        user = access.check_password(form.email.data, form.password.data, request.remote_addr or "")
    except NotSignedIn as why:
        form.password.errors = [*form.password.errors, why.detail]
        return _page(form, 401)
    if second_factor.is_on(user.id):
        return code.ask(user, safe_next())
    return enter(user, safe_next(), how="password")


def sign_out() -> Any:
    access.sign_out(current_user.secret)
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"), 303)
