"""The migrations make exactly the schema that the models describe, on both databases, and take it away again."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Connection, inspect, text

from app.extensions import db
from app.site import create_app
from tests.support.schema import DATABASES, test_config

CURE = (
    "Until the first release there is one migration; make it anew: rm migrations/versions/0001_initial.py && "
    "DATABASE_URL=sqlite:///:memory: flask --app wsgi db revision --autogenerate -m initial --rev-id 0001"
)
EmptyApp = Callable[[], Flask]


@pytest.fixture(params=DATABASES)
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmptyApp]:
    """Makes an app on a database without tables."""
    made: list[tuple[Flask, str]] = []

    def make() -> Flask:
        name = f"m_{uuid.uuid4().hex}"
        on_sqlite = request.param == "sqlite"
        url = f"sqlite:///{tmp_path / name}.db" if on_sqlite else request.getfixturevalue("postgres").create(name)
        made.append((create_app(test_config(url, "redis://127.0.0.1:1/0", tmp_path / "var")), name))
        return made[-1][0]

    yield make
    for app, name in made:
        with app.app_context():
            db.engine.dispose()
        if request.param == "postgresql":
            request.getfixturevalue("postgres").drop(name)


def _migrated(app: Flask) -> Flask:
    with app.app_context():
        flask_migrate.upgrade()
    return app


def _spoken(connection: Connection) -> dict[str, Any]:
    """Every table with its columns, keys, checks and indexes (their conditions included), as the database says it."""
    there = inspect(connection)
    tables = sorted(name for name in there.get_table_names() if name != "alembic_version")
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in there.get_columns(table)},
            "primary": there.get_pk_constraint(table),
            "foreign": sorted(there.get_foreign_keys(table), key=lambda key: str(key["name"])),
            "unique": sorted(there.get_unique_constraints(table), key=lambda key: str(key["name"])),
            "checks": sorted((str(c["name"]), c["sqltext"]) for c in there.get_check_constraints(table)),
            "indexes": {i["name"]: (i["column_names"], i["unique"], _where(i)) for i in there.get_indexes(table)},
        }
        for table in tables
    }


def _where(index: Any) -> str:
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))


def test_the_migrations_make_exactly_the_models_schema(empty_app: EmptyApp) -> None:
    with _migrated(empty_app()).app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = [
            found for found in compare_metadata(context, db.metadata) if not _only_the_words_of_an_enum(found)
        ]
        by_migration = _spoken(connection)
    assert not differences, f"{differences}\n{CURE}"
    with empty_app().app_context():
        db.create_all()
        with db.engine.connect() as connection:
            assert by_migration == _spoken(connection), CURE


def _only_the_words_of_an_enum(found: Any) -> bool:
    """An enum is kept as text of the same length, so that a new word needs no migration."""
    one = found[0] if isinstance(found, list) else found
    return bool(one[0] == "modify_type" and one[5].length == getattr(one[6], "length", None))


def test_partial_indexes_keep_their_conditions(empty_app: EmptyApp) -> None:
    with _migrated(empty_app()).app_context(), db.engine.connect() as connection:
        spoken = _spoken(connection)
    assert spoken["wait"]["indexes"]["uq_wait_open"] == (["item_id"], True, "open") or (
        spoken["wait"]["indexes"]["uq_wait_open"][2].strip("()") == "open"
    )
    assert "vlan_reserved" in spoken["service"]["indexes"]["uq_service_vlan"][2]


def test_migrating_twice_and_downgrading_leave_nothing_odd(empty_app: EmptyApp) -> None:
    app = _migrated(_migrated(empty_app()))
    with app.app_context():
        flask_migrate.downgrade(revision="base")
        with db.engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
            assert not connection.execute(text("SELECT count(*) FROM alembic_version")).scalar()


def test_the_statements_can_be_printed_without_running_them(
    empty_app: EmptyApp, capsys: pytest.CaptureFixture[str]
) -> None:
    with empty_app().app_context():
        flask_migrate.upgrade(sql=True)
        with db.engine.connect() as connection:
            assert not inspect(connection).get_table_names()
    said = capsys.readouterr().out
    assert "CREATE TABLE order_item" in said
    assert "CREATE UNIQUE INDEX uq_wait_open ON wait (item_id) WHERE open" in said
