"""The desk with its people signed in. On SQLite; what depends on the database says `both_databases`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Config
from app.domain import clock
from tests import cast
from tests.conftest import empty_database
from tests.web.desk import Desk, open_desk


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, or what the test asks for: `@pytest.mark.parametrize("database_url", […], indirect=True)`."""
    return empty_database(getattr(request, "param", "sqlite"), request, tmp_path)


@pytest.fixture
def desk(app: Flask, config: Config) -> Iterator[Desk]:
    clock.reset()
    yield open_desk(app, config)
    app.extensions["hub"].stop()
    clock.reset()


@pytest.fixture
def engineer(desk: Desk) -> FlaskClient:
    return cast.browser(desk.app, cast.ENGINEER)


@pytest.fixture
def colleague(desk: Desk) -> FlaskClient:
    """Another engineer."""
    return cast.browser(desk.app, cast.ENGINEER2)


@pytest.fixture
def sales(desk: Desk) -> FlaskClient:
    return cast.browser(desk.app, cast.SALES)


@pytest.fixture
def admin(desk: Desk) -> FlaskClient:
    return cast.browser(desk.app, cast.ADMIN)


@pytest.fixture
def member(desk: Desk) -> FlaskClient:
    return cast.browser(desk.app, cast.MEMBER)
