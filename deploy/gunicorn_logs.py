"""Gunicorn's own records in the form of all others."""

from typing import Any

from gunicorn.glogging import Logger

from app import logs
from app.config import Config


class Logs(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Hands everything to the root logger instead of writing it itself."""

    def setup(self, cfg: Any) -> None:
        config = Config.from_env()
        logs.configure(config)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(config.log_level)
        self.access_log.handlers.clear()
