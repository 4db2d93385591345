"""The demo exchange, loaded once for the whole run on each database, then copied for each test."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.services import demo
from app.site import create_app
from tests.conftest import TEMPLATE
from tests.ops.conftest import start_worker  # noqa: F401  (a fixture of these tests as well)
from tests.support import shared
from tests.support.postgres import PostgresServer
from tests.support.schema import DATABASES, copy_sqlite, test_config

DEMO_TEMPLATE = "handoff_demo"


def _load(url: str, data_dir: Path) -> None:
    app = create_app(test_config(url, "redis://127.0.0.1:1/0", data_dir))
    with app.app_context():
        demo.load(app.config["HANDOFF"])
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def demo_sqlite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A SQLite file with the demo in it."""
    template = shared.folder(tmp_path_factory) / "demo.db"
    with shared.lock(template):
        if not template.exists():
            building = template.with_suffix(".building")
            _load(copy_sqlite(sqlite_template, building), tmp_path_factory.mktemp("demo"))
            building.rename(template)
    return template


@pytest.fixture(scope="session")
def demo_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database with the demo in it."""
    state = shared.folder(tmp_path_factory) / "demo.json"
    with shared.lock(state):
        if not state.exists():
            _load(postgres.create(DEMO_TEMPLATE, TEMPLATE), tmp_path_factory.mktemp("demo"))
            state.write_text(json.dumps({"database": DEMO_TEMPLATE}))
    return DEMO_TEMPLATE


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the demo in it, on each kind."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("demo_sqlite"), tmp_path / "handoff.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t_{uuid.uuid4().hex}"
    yield server.create(name, request.getfixturevalue("demo_postgres"))
    server.drop(name)


@pytest.fixture
def loaded(app: Flask) -> Iterator[Flask]:
    """The app on such a database, inside its context."""
    with app.app_context():
        yield app
        db.session.remove()
