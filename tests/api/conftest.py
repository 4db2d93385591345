"""What the API's tests share: the exchange, programs with tokens, and a worker that does what is due."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import workers.handlers  # noqa: F401  (registers every handler)
from app.config import Config
from app.domain import clock
from app.domain.models import Order, OrderItem
from app.domain.states import LIVE
from app.extensions import db
from tests import cast
from tests.conftest import empty_database
from workers import mailer, outbox
from workers.bench import make_bench
from workers.pipeline import runner
from workers.pipeline.runner import Bench

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
def bench(app: Flask, config: Config) -> Bench:
    """What a worker works with."""
    return make_bench(app, config)


@pytest.fixture
def work(app: Flask, bench: Bench) -> Callable[[], None]:
    """A worker that takes every item as far as it goes."""

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


@dataclass
class HelpDesk:
    """Where tickets are kept. What the order has to tell, its mails too, leaves when somebody looks."""

    app: Flask
    bench: Bench

    def ticket(self, order: dict[str, Any]) -> dict[str, Any]:
        """The ticket that is being worked."""
        return self._kept(order, "ticket_number")

    def information(self, order: dict[str, Any]) -> dict[str, Any]:
        """The extra ticket for Sales, or nothing."""
        return self._kept(order, "info_ticket_number")

    def notes(self, order: dict[str, Any]) -> list[str]:
        """The progress notes of the ticket that is being worked, without those for the NOC."""
        messages = self.ticket(order)["messages"]
        return [one["body"] for one in messages if one["is_note"] and not one["internal"]]

    def deliver(self, order: dict[str, Any]) -> None:
        with self.app.app_context():
            order_id = uuid.UUID(order["id"])
            mailer.deliver(order_id, self.bench.systems.notifier, self.bench.config)
            outbox.deliver(order_id, self.bench.systems, self.bench.config)

    def _kept(self, order: dict[str, Any], column: str) -> dict[str, Any]:
        self.deliver(order)
        with self.app.app_context():
            number = getattr(db.session.get_one(Order, uuid.UUID(order["id"])), column)
            db.session.rollback()  # the tickets are kept through a connection of their own
            return dict(self.bench.systems.ticketing.get(number)) if number else {}


@pytest.fixture
def help_desk(app: Flask, bench: Bench) -> HelpDesk:
    return HelpDesk(app, bench)
