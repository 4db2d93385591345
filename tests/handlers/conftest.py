"""One far side, one app for all tests here; each test finds the small exchange as if nothing had happened yet.

The far systems are spoken to over HTTP. SQLite suffices: what depends on the database stands in tests/services.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

import workers.handlers  # noqa: F401 - registers them
from app.config import Config
from app.domain import clock
from app.extensions import db
from app.site import create_app
from tests import cast
from tests.handlers.exchange import Exchange
from tests.support.far_side import FarSide
from tests.support.schema import copy_sqlite
from workers.pipeline import breaker
from workers.southbound import Systems, systems_from


@pytest.fixture(scope="session")
def far_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarSide]:
    far = FarSide(tmp_path_factory.mktemp("far"), ("--job-seconds", "0")).start()
    yield far
    far.close()


@pytest.fixture
def far(far_process: FarSide) -> FarSide:
    """The far side, as if nothing had been done there yet."""
    far_process.forget()
    return far_process


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the app works on."""
    return tmp_path_factory.mktemp("handlers") / "handoff.db"


@pytest.fixture(scope="session")
def config(far_process: FarSide, database: Path) -> Config:
    """Nobody listens at the public address: the results of network jobs are polled."""
    far = far_process.config(database.parent / "var", public_url="http://127.0.0.1:1", exchange_name="Example Exchange")
    return replace(far, database_url=f"sqlite:///{database}")


@pytest.fixture(scope="session")
def systems(config: Config) -> Iterator[Systems]:
    systems = systems_from(config)
    yield systems
    systems.close()


@pytest.fixture(scope="session")
def app(config: Config, sqlite_template: Path, database: Path) -> Iterator[Flask]:
    app = create_app(config)
    copy_sqlite(sqlite_template, database)
    with app.app_context():
        event.listen(db.engine, "connect", _in_no_hurry_to_the_disk)
        cast.load()
        db.session.remove()
        db.engine.dispose()
    shutil.copyfile(database, database.with_suffix(".cast"))
    yield app


def _in_no_hurry_to_the_disk(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def exchange(app: Flask, config: Config, database: Path, far: FarSide, systems: Systems) -> Iterator[Exchange]:
    for leftover in database.parent.glob("handoff.db-*"):
        leftover.unlink()
    shutil.copyfile(database.with_suffix(".cast"), database)
    clock.reset()
    breaker.forget()
    with app.app_context():
        yield Exchange(config, far, systems)
        db.session.remove()
        db.engine.dispose()
    clock.reset()
    breaker.forget()
