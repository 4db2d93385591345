"""How many ports are free: not those that a service holds, nor those that an order was promised."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.domain.models import Port, Service
from app.extensions import db
from app.queries import port_room
from app.queries.remembered import forget, remembering
from tests import cast

HERE = ("lon2", "LD8", 10_000)


@pytest.fixture(autouse=True)
def exchange(app: Flask) -> Iterator[None]:
    with app.app_context():
        cast.load()
        yield


def ordered(number: int, state: str = "pre_active", **details: Any) -> Service:
    details = {"fabric": "lon2", "location": "LD8", "port_capacity": 10_000, "quantity": 1, **details}
    made = Service(
        number=number, service_type="multiservice_port", state=state, account_id=cast.HARBOUR,
        fabric_code=details["fabric"], location_code=details["location"], details=details,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def test_what_was_promised_is_not_free_any_more():
    assert port_room.free_at(*HERE) == (4,)
    ordered(110_001)
    ordered(110_002, quantity=2)
    ordered(110_003, port_capacity=1_000)
    ordered(110_004, state="active")  # people gave it ports that are not ours
    ordered(110_005, state="cancelled")
    assert port_room.free_at(*HERE) == (1,)
    assert port_room.everywhere()["lon2", "LD8"] == {1_000: 3, 10_000: 1, 100_000: 4}


def test_a_service_that_has_its_ports_is_counted_once():
    service = ordered(110_001, quantity=2)
    for port in db.session.query(Port).filter_by(switch_name="edge1-lon2", capacity=10_000).limit(2):
        port.service_id = service.id
    db.session.flush()
    assert port_room.free_at(*HERE) == (2,)


def test_more_may_be_promised_than_there_is():
    for number in range(110_001, 110_007):
        ordered(number)
    assert port_room.free_at(*HERE) == (0,)
    assert 10_000 not in port_room.everywhere()["lon2", "LD8"]


def test_each_switch_counts_by_itself():
    db.session.add(Port(switch_name="edge2-lon1", name="xe-0/0/9", capacity=10_000))
    db.session.flush()
    assert port_room.free_at("lon1", "THN", 10_000) == (5,)
    assert port_room.free_at("lon1", "LD8", 10_000) == (4,)
    assert port_room.free_at("lon1", "Mon", 10_000) == ()


def test_orders_of_one_transaction_count_along():
    with remembering():
        assert port_room.free_at(*HERE) == (4,)
        port_room.promise(*HERE, 3)
        port_room.promise("lon2", "LD8", 1_000, 1)  # nobody asked for those
        assert port_room.free_at(*HERE) == (1,)
        forget()
        assert port_room.free_at(*HERE) == (4,)
