"""How the two databases are spoken to: pragmas, writers that lock up front, readers that do not."""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import Pool

ASK_AFTER_S = 1.0

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


@event.listens_for(Pool, "checkin")
def _on_checkin(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that has lain idle is asked whether it still lives; one that was used a moment ago is not, as a
    worker takes one for each of its many short transactions."""
    idle = time.monotonic() - record.info.get("idle_since", math.inf)
    if ASK_AFTER_S < idle < math.inf and isinstance(connection, psycopg.Connection):
        try:
            connection.autocommit = True
            connection.execute("")
            connection.autocommit = False
        except psycopg.Error as gone:
            raise InvalidatePoolError("The connection was lost while nobody used it.") from gone


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    """A writer that starts with a read and upgrades later loses updates or dies; so it locks at its beginning."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")
