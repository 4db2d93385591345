"""The engine's rules are tried in a room of their own, on both databases.

The tests of a file share a database, which each of them finds empty: making one costs more than most of them.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.extensions import db
from app.site import create_app
from tests.conftest import TEMPLATE
from tests.engine.room import TRIAL, Room
from tests.support.postgres import PostgresServer
from tests.support.schema import DATABASES, copy_sqlite, test_config
from workers.pipeline import breaker
from workers.pipeline.handler import HANDLERS

NOWHERE = "redis://127.0.0.1:1/0"
"""Nothing here needs Redis: the room catches the wake-ups itself."""


@pytest.fixture(scope="module", params=DATABASES)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("engine")
    if request.param == "sqlite":
        yield from _app(copy_sqlite(request.getfixturevalue("sqlite_template"), folder / "handoff.db"), folder)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t_{uuid.uuid4().hex}"
    yield from _app(server.create(name, TEMPLATE), folder)
    server.drop(name)


def _app(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(test_config(url, NOWHERE, folder / "var", max_attempts=3, max_crashes=3))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def config(app: Flask) -> Config:
    found: Config = app.config["HANDOFF"]
    return found


@pytest.fixture
def room(app: Flask, config: Config) -> Iterator[Room]:
    clock.reset()
    breaker.forget()
    with app.app_context():
        yield Room(app, config)
        db.session.rollback()
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
        db.session.remove()
    HANDLERS.pop(f"{TRIAL}:new", None)
    clock.reset()
    breaker.forget()
