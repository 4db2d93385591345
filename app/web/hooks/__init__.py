"""Signed messages from far systems."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.extensions import csrf
from app.web.guard import routes
from app.web.hooks import nca

bp = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(bp)

routes(
    bp,
    ("POST", "/nca", nca.receive, Permission.OPEN),
)
