"""Signing in and out."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.auth import login, unsubscribe
from app.web.guard import routes

bp = Blueprint("auth", __name__)

routes(
    bp,
    ("GET", "/login", login.login, Permission.OPEN),
    ("POST", "/login", login.sign_in, Permission.OPEN),
    ("POST", "/logout", login.sign_out, Permission.SIGNED_IN),
    ("GET", "/mail/stop/<token>", unsubscribe.stop_mail, Permission.OPEN),
    ("POST", "/mail/stop/<token>", unsubscribe.stop_mail_now, Permission.OPEN),
)
