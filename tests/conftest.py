"""The servers and databases that tests ask for by name. Each test gets a database of its own; the servers are shared.

database_url    an empty database with all tables: the test runs on SQLite and on PostgreSQL
redis_url       an empty Redis
app             the application on both
own_postgres, own_redis    servers that this test alone uses, to break them
"""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.config import Config
from app.extensions import db
from app.site import create_app
from tests.support import browser, shared
from tests.support.postgres import PostgresServer, PostgresUnavailable
from tests.support.redis import RedisServer
from tests.support.schema import DATABASES, copy_sqlite, make_schema, test_config

TEMPLATE = "handoff_template"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """In CI a test that did not run is a failure, with its reason."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} did not run, which is a failure in CI: {report.longrepr[2]}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last process of the run ends the server that they shared.

    pytest has given its folder free by now: another run on this machine may tidy it away at any moment. Then the server
    ends by itself, as it watches this process.
    """
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is None or os.environ.get("PYTEST_XDIST_WORKER"):
        return
    state = shared.folder(factory) / "postgres.json"
    with contextlib.suppress(FileNotFoundError):
        PostgresServer.attach(json.loads(state.read_text())).stop()
        state.unlink()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """One PostgreSQL for the whole run, started by whoever needs it first."""
    state = shared.folder(tmp_path_factory) / "postgres.json"
    with shared.lock(state):
        if state.exists():
            return PostgresServer.attach(json.loads(state.read_text()))
        server = _started(watch=shared.main_process())
        try:
            make_schema(server.create(TEMPLATE), tmp_path_factory.mktemp("schema"))
        except BaseException:
            server.stop()
            raise
        state.write_text(json.dumps(server.state()))
        return server


def _started(**options: Any) -> PostgresServer:
    try:
        return PostgresServer.start(**options)
    except PostgresUnavailable as why:
        pytest.fail(str(why), pytrace=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, made once for the whole run."""
    template = shared.folder(tmp_path_factory) / "template.db"
    with shared.lock(template):
        if not template.exists():
            building = template.with_suffix(".building")
            make_schema(f"sqlite:///{building}", tmp_path_factory.mktemp("schema"))
            building.rename(template)
    return template


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for each process of the run."""
    server = RedisServer().start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL with fsync that this test alone uses, and may crash."""
    server = _started(durable=True)
    yield server
    server.stop()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that this test alone uses, and may kill."""
    server = RedisServer().start()
    yield server
    server.stop()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all tables, on each kind.

    On one kind only: `@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)`.
    """
    return empty_database(request.param, request, tmp_path)


def empty_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of an empty database with all tables."""
    if kind == "sqlite":
        return copy_sqlite(request.getfixturevalue("sqlite_template"), folder / "handoff.db")
    address: str = request.getfixturevalue("empty_postgresql")
    return address


@pytest.fixture(scope="session")
def postgresql_of_this_process(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database that the tests of this process use one after the other."""
    name = f"t_{uuid.uuid4().hex}"
    postgres.create(name, TEMPLATE)
    yield name
    postgres.drop(name)


@pytest.fixture
def empty_postgresql(postgres: PostgresServer, postgresql_of_this_process: str) -> str:
    """The address of that database, emptied: making a new one would cost more than most tests."""
    postgres.empty(postgresql_of_this_process)
    return postgres.url(postgresql_of_this_process)


@pytest.fixture
def config(database_url: str, redis_url: str, tmp_path: Path) -> Config:
    """The settings of the app under test; override to change one: `return dataclasses.replace(config, …)`."""
    return test_config(database_url, redis_url, tmp_path / "var")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Compiled templates, shared by the apps of all tests: each would compile them again."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(config: Config, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The application on a fresh database."""
    app = create_app(config)
    app.jinja_env.bytecode_cache = compiled
    yield app
    for part in ("wakes", "signals"):
        app.extensions[part].redis.close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser of this machine, shut off from the outside."""
    try:
        return browser.launch_args(browser_type_launch_args)
    except browser.BrowserUnavailable as why:
        pytest.fail(str(why), pytrace=False)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "locale": "en-GB",
        "timezone_id": "Europe/London",
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",
    }
