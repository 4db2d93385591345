"""How migrations run: in one transaction, one migrator at a time, with and without a database at hand (`--sql`)."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

from app.domain.models.base import UtcDateTime
from app.extensions import db

MIGRATORS_LOCK = 7_206_120
SETTINGS = {
    "target_metadata": db.metadata,
    "compare_type": True,
    "compare_server_default": True,
    "render_as_batch": current_app.config["HANDOFF"].on_sqlite,
}


def render(kind: str, what: Any, autogen: AutogenContext) -> str | bool:
    """How our own column types stand in a migration, which must not change when their classes do."""
    if kind == "type" and isinstance(what, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(what, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if kind == "type" and isinstance(what, sa.Enum):
        return f"sa.String(length={what.length})"  # so that a new word needs no migration
    return False


def same_type(_context: Any, _column: Any, _metadata_column: Any, there: Any, ours: Any) -> bool | None:
    """Words of an enum are kept as text of a given length. None: compare as Alembic does."""
    if isinstance(ours, sa.Enum):
        return not (isinstance(there, sa.String) and there.length == ours.length)
    return None


def offline() -> None:
    """Print the statements instead of running them."""
    context.configure(
        url=db.engine.url.render_as_string(hide_password=False), literal_binds=True, render_item=render, **SETTINGS
    )
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Outside a transaction. Rebuilding a table drops the old one, which with foreign keys on would take the
            # rows that refer to it along.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(connection=connection, render_item=render, **{**SETTINGS, "compare_type": same_type})
        with context.begin_transaction():
            alone(connection)
            context.run_migrations()
            nothing_dangles(connection)
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def alone(connection: Connection) -> None:
    """Whoever migrates at the same moment waits, and then finds nothing left to do. Migrating may take its time."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATORS_LOCK})


def nothing_dangles(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        dangling = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall()
        if dangling:
            raise RuntimeError(
                f"After the migration {len(dangling)} rows refer to rows that are not there: {dangling[:3]}"
            )


if context.is_offline_mode():
    offline()
else:
    online()
