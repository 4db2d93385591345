"""One far side for all tests here, which forgets everything before each; one small exchange for each test.

The far systems are spoken to over HTTP. SQLite suffices: what depends on the database stands in tests/services.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import workers.handlers  # noqa: F401 - registers them
from app.config import Config
from app.domain import clock
from app.extensions import db
from tests import cast
from tests.handlers.exchange import Exchange
from tests.support.far_side import FarSide
from tests.support.schema import copy_sqlite
from workers.pipeline import breaker
from workers.southbound import systems_from


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


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return copy_sqlite(sqlite_template, tmp_path / "handoff.db")


@pytest.fixture
def config(far: FarSide, database_url: str, tmp_path: Path) -> Config:
    """Nobody listens at the public address: the results of network jobs are polled."""
    far_config = far.config(tmp_path / "var", public_url="http://127.0.0.1:1", exchange_name="Example Exchange")
    return replace(far_config, database_url=database_url)


@pytest.fixture
def exchange(app: Flask, config: Config, far: FarSide) -> Iterator[Exchange]:
    clock.reset()
    breaker.forget()
    systems = systems_from(config)
    with app.app_context():
        cast.load()
        yield Exchange(config, far, systems)
        db.session.remove()
    systems.close()
    clock.reset()
    breaker.forget()
