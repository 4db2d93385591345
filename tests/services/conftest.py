"""The services on both databases, on the small exchange of the cast."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

import workers.handlers  # noqa: F401 - registers them
from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import Order
from app.domain.permissions import Role
from app.extensions import db
from app.services import orders
from app.services.actor import Actor
from app.services.stock import Stock
from tests import cast
from workers.pipeline import runner
from workers.pipeline.runner import Bench
from workers.southbound import systems_from

CRM = Actor("CRM", role=Role.SALES, trusted=True)
ENGINEER = Actor("Nell Patcher", role=Role.ENGINEER)
SALES = Actor("Sam Quote", role=Role.SALES)
MEMBER = Actor("Ada Quayside", role=Role.MEMBER, account_ids=frozenset({cast.HARBOUR}))
MEMBER2 = Actor("Lou Lantern", role=Role.MEMBER, account_ids=frozenset({cast.LIGHTHOUSE}))

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""

Place = Callable[..., Order]


@pytest.fixture
def redis_url() -> str:
    """Nothing here needs Redis: nobody listens there."""
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def exchange(app: Flask) -> Iterator[Flask]:
    """The app with the cast, inside its context."""
    clock.reset()
    with app.app_context():
        cast.load()
        yield app
        db.session.remove()
    clock.reset()


@pytest.fixture
def place(exchange: Flask, config: Config) -> Place:
    """Places an order of Harbour's as the CRM would, and commits it."""

    def placed(*items: ItemInput, actor: Actor = CRM, **more: Any) -> Order:
        said = {"account_id": cast.HARBOUR, "channel": "portal", **more}
        said.setdefault("requestor", {"account_id": said["account_id"], "organisation": "Harbour Connect"})
        order = orders.place(orders.OrderInput(items=items, **said), actor, config)
        db.session.commit()
        return order

    return placed


@pytest.fixture
def work(exchange: Flask, config: Config) -> Callable[[Order], None]:
    """Workers take the order's items a turn further, with the local systems."""
    bench = Bench(systems_from(config), config, Stock(config))

    def worked(order: Order) -> None:
        for item_id in [item.id for item in order.items]:
            db.session.rollback()
            runner.advance(item_id, bench)
        db.session.expire_all()

    return worked


def new_port(**more: Any) -> ItemInput:
    usual = {"fabric": "lon2", "location": "LD8", "port_capacity": 10_000}
    return ItemInput("multiservice_port", "new", {**usual, **more})


def new_unit(**more: Any) -> ItemInput:
    usual = {
        "port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 100,
        "mac_address": "00:00:5e:00:53:20",
    }  # fmt: skip
    return ItemInput("peering_unit", "new", {**usual, **more})


def join() -> list[ItemInput]:
    return [
        ItemInput("pvlan", "new", {"pvlan_service_account_id": cast.LIGHTHOUSE}),
        ItemInput("multiservice_port", "edit_encap", {"encapsulation": "DOT1Q"}, service_number=cast.PORT),
    ]
