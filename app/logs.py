"""Structured logs on standard error: one line per event, JSON or for a console, with request id, order and item.

    log = logs.get("workers")
    with logs.about(order="1042", item=3):
        log.info("step succeeded", step="reserve_vlan")

Records of other libraries (RQ, gunicorn, SQLAlchemy) come out in the same form. Nothing secret leaves: values under
secret-like names, bearer tokens and passwords inside addresses are masked.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from app.config import Config

MASK = "***"
SECRET_NAMES = re.compile(
    r"passw|secret|token|authorization|cookie|credential|api[_-]?key|private[_-]?key|ticketing_key|signature", re.I
)
PASSWORD_IN_URL = re.compile(r"(\w+://[^\s/:@]*):[^\s/@]+@")
BEARER = re.compile(r"(?i)\b(bearer|basic|key)\s+[a-z0-9._~+/=-]{12,}")
QUIET = {"werkzeug": logging.WARNING, "httpx": logging.WARNING, "httpcore": logging.WARNING, "alembic": logging.WARNING}


class StandardError(logging.Handler):
    """Writes to what is standard error at that moment, one whole line at a time."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def configure(config: Config) -> None:
    """Send every log record of this process to standard error. Calling it again replaces the earlier configuration."""
    handler = StandardError()
    handler.setFormatter(_formatter(config.log_format))
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other, StandardError)] + [handler]
    root.setLevel(config.log_level)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(max(level, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get(name: str = "handoff") -> structlog.stdlib.BoundLogger:
    """A logger; `log.info("what happened", key=value)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def about(**context: Any) -> AbstractContextManager[None]:
    """Every line inside the block, whoever writes it, carries these (request_id, order, item, step …)."""
    return bound_contextvars(**context)


def begin(**context: Any) -> None:
    """Forget the context of the last request or job on this thread and start with this one."""
    clear_contextvars()
    bind_contextvars(**context)


def redact(value: Any, name: str = "") -> Any:
    """The value with everything secret masked: by its name, and by what it looks like. Copies, never changes."""
    if isinstance(value, Mapping):
        return {key: redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, name) for inner in value]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return value
    if value and SECRET_NAMES.search(name):
        return MASK
    return BEARER.sub(rf"\1 {MASK}", PASSWORD_IN_URL.sub(rf"\1:{MASK}@", value))


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value if key.startswith("_") else redact(value, key) for key, value in event.items()}


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _formatter(form: str) -> structlog.stdlib.ProcessorFormatter:
    ends: list[Processor]
    if form == "json":
        ends = [structlog.processors.format_exc_info, _redacted, structlog.processors.JSONRenderer(default=str)]
    else:
        console = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        ends = [_redacted, console]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ends],
    )
