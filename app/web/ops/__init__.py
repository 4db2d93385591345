"""What operators' tools ask: does it live, is it ready, how is it."""

from flask import Blueprint, Flask

bp = Blueprint("ops", __name__)


def init_app(app: Flask) -> None:
    """Nothing to bind yet."""
