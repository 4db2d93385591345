"""How the two databases are spoken to: pragmas, writers that lock up front, readers that do not."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Inside, transactions only read. On SQLite they do not queue for the one write lock."""
    mark = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(mark)


def set_reading(on: bool) -> None:
    """For the web, whose request has no `with` around it: GET and HEAD read."""
    _reading.set(on)


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    """A writer that starts with a read and upgrades later loses updates or dies; so it locks at its beginning."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")
