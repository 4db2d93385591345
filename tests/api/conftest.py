"""What the API's tests share: the exchange, programs with tokens, and a worker that does what is due."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import workers.handlers  # noqa: F401  (registers every handler)
from app.config import Config
from app.domain import clock
from app.domain.models import OrderItem
from app.domain.states import LIVE
from app.extensions import db
from tests import cast
from tests.conftest import empty_database
from workers.bench import make_bench
from workers.pipeline import runner

MOST_TURNS = 30


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """PostgreSQL; a test that depends on the database asks for both by `both_databases`."""
    return empty_database(getattr(request, "param", "postgresql"), request, tmp_path)


@pytest.fixture(autouse=True)
def exchange(app: Flask) -> Iterator[None]:
    """Every test of the API starts with the cast's exchange."""
    with app.app_context():
        cast.load()
    yield
    clock.reset()


@pytest.fixture
def crm(app: Flask) -> FlaskClient:
    """The CRM: a trusted program with every scope."""
    return cast.program(app)


@pytest.fixture
def member(app: Flask) -> FlaskClient:
    """A program of Harbour Connect, bound to that account, with every scope."""
    return cast.program(app, cast.MEMBER)


@pytest.fixture
def work(app: Flask, config: Config) -> Callable[[], None]:
    """A worker that takes every item as far as it goes."""
    bench = make_bench(app, config)

    def turn() -> None:
        with app.app_context():
            for _ in range(MOST_TURNS):
                words = {runner.advance(item_id, bench) for item_id in _live()}
                if words <= {"not due"}:
                    return

    return turn


def _live() -> list[uuid.UUID]:
    found = list(db.session.scalars(select(OrderItem.id).where(OrderItem.state.in_(LIVE))))
    db.session.rollback()
    return found


@pytest.fixture
def placed(crm: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Place one of the seed's orders and answer its JSON."""

    def place(seed: str = "connexions_new", **more: Any) -> dict[str, Any]:
        answer = crm.post("/oms/orders", json=cast.order(seed, **more))
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    return place
