"""What happens in the browser when somebody signs in: a fresh session, whatever was there before."""

from typing import Any

from flask import current_app, redirect, request, session, url_for
from flask_login import UserMixin, current_user, login_user

from app.config import Config
from app.domain.models import User, WebSession
from app.services import access
from app.web.extensions import login as manager


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


def config() -> Config:
    found: Config = current_app.config["HANDOFF"]
    return found


def enter(user: User, target: str, *, how: str) -> Any:
    """Sign this person in and go to `target`, else to their home."""
    secret = access.open_session(user, request.user_agent.string, config().session_hours, how=how)
    if current_user.is_authenticated:
        access.sign_out(current_user.secret)
    session.clear()  # a cookie from before the sign-in must not live on
    login_user(SignedIn(user, secret))
    return redirect(target or home_of(user), 303)


def home_of(user: User) -> str:
    return url_for("staff.home") if user.is_staff else url_for("portal.home")


def safe_next(wanted: str | None = None) -> str:
    """Where to go after signing in: only a path of this site."""
    wanted = request.values.get("next", "") if wanted is None else wanted
    local = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if local and not any(ord(sign) < 32 for sign in wanted) else ""
