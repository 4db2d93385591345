"""What operators' tools ask: does it live, is it ready, how is it.

Nobody needs to sign in here; what is told names no order and no person. The proxy in front should still let only the
monitoring system reach /metrics and /readyz.
"""

from flask import Blueprint, Flask

from app.domain.permissions import Permission
from app.web.guard import routes
from app.web.ops import http_metrics, views

bp = Blueprint("ops", __name__)

routes(
    bp,
    ("GET", "/healthz", views.healthz, Permission.OPEN),
    ("GET", "/readyz", views.readyz, Permission.OPEN),
    ("GET", "/metrics", views.metrics, Permission.OPEN),
)


def init_app(app: Flask) -> None:
    """Measure requests; before all other hooks, so that their time counts as well."""
    http_metrics.init_app(app)
