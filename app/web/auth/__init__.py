"""Signing in and out."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.auth import login
from app.web.guard import routes

bp = Blueprint("auth", __name__)

routes(
    bp,
    ("GET", "/login", login.login, Permission.OPEN),
    ("POST", "/login", login.sign_in, Permission.OPEN),
    ("POST", "/logout", login.sign_out, Permission.SIGNED_IN),
)
