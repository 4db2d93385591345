"""What keeps open pages fresh: one stream of signals per browser."""

from flask import Blueprint, Flask

from app import live
from app.config import Config
from app.domain.permissions import Permission
from app.web.guard import routes
from app.web.live import events
from app.web.live.hub import Hub

bp = Blueprint("live", __name__)

routes(
    bp,
    ("GET", "/events", events.events, Permission.SIGNED_IN),
)


def init_app(app: Flask) -> None:
    """One hub for this process; its reader starts with the first open stream, so after a server has forked."""
    config: Config = app.config["HANDOFF"]
    signals: live.Signals = app.extensions["signals"]
    app.extensions["hub"] = Hub(signals, most_streams(config.web_threads), config.web_streams)


def most_streams(threads: int) -> int:
    """How many of a process's threads streams may hold where they need one; the others stay free for pages."""
    return max(1, threads - max(3, threads // 4))
