"""Insert or, where the row is there already, update: both databases know it, each in a dialect of its own."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db


def insert_for(table: Any) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if db.engine.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
