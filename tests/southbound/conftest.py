"""The far systems in every implementation: local on both databases, and HTTP against the simulator."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.domain.models import Account, Service
from app.extensions import db
from app.site import create_app
from tests.conftest import TEMPLATE
from tests.support.far_side import FarSide
from tests.support.postgres import PostgresServer
from tests.support.schema import copy_sqlite, test_config
from workers.southbound import Systems, systems_from


@pytest.fixture(scope="module")
def shared_far_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarSide]:
    far = FarSide(tmp_path_factory.mktemp("far"), ("--job-seconds", "0.05")).start()
    yield far
    far.close()


@pytest.fixture
def far_side(shared_far_side: FarSide) -> Iterator[FarSide]:
    """A simulator that does nothing wrong yet. What other tests of this file did there stays: use own keys."""
    shared_far_side.clear()
    yield shared_far_side
    shared_far_side.clear()


@pytest.fixture
def start_far_side(tmp_path: Path) -> Iterator[Callable[..., FarSide]]:
    """Starts simulators for one test alone, to kill them."""
    started: list[FarSide] = []

    def start(*arguments: str, name: str = "far") -> FarSide:
        started.append(FarSide(tmp_path / name, arguments).start())
        return started[-1]

    yield start
    for far in started:
        far.close()


@pytest.fixture
def redis_url() -> str:
    """Nothing here needs Redis: nobody listens there."""
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def local_systems(app: Flask, config: Config) -> Iterator[Systems]:
    """The local defaults, on each kind of database."""
    with app.app_context():
        _services()
        yield systems_from(config)
        db.session.remove()


@pytest.fixture(params=["local on sqlite", "local on postgresql", "http"])
def systems(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Systems]:
    """Every implementation, one after the other: what a contract test runs against."""
    if request.param == "http":
        far: FarSide = request.getfixturevalue("far_side")
        http = systems_from(far.config(tmp_path))
        yield http
        http.close()
        return
    with _database(request, tmp_path) as url:
        config = test_config(url, redis_url, tmp_path / "var")
        app = create_app(config)
        with app.app_context():
            _services()
            yield systems_from(config)
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "local on sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "handoff.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t_{uuid.uuid4().hex}"
    yield server.create(name, TEMPLATE)
    server.drop(name)


def _services() -> None:
    """Services that orders have made, not registered yet."""
    db.session.add(Account(id="acc-1", organisation="Alpha Networks"))
    db.session.flush()
    db.session.add_all(
        Service(number=number, service_type="connexions", account_id="acc-1") for number in range(106500, 106510)
    )
    db.session.commit()


@pytest.fixture
def http_systems(far_side: FarSide, tmp_path: Path) -> Iterator[Systems]:
    """HTTP clients that lose their patience after half a second."""
    impatient = systems_from(far_side.config(tmp_path, call_connect_seconds=0.5, call_read_seconds=0.5))
    yield impatient
    impatient.close()


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def another_key() -> str:
    return str(uuid.uuid4())


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    yield
    clock.reset()
