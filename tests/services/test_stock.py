"""Ports, VLANs and MAC addresses: two who want the same at the same moment, on real connections."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.config import Config
from app.domain.errors import PermanentFailure
from app.domain.models import Order, OrderItem, Port, Service
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services.stock import Stock
from tests import cast
from tests.services.conftest import new_port, new_unit


@pytest.fixture
def stock(config: Config) -> Stock:
    return Stock(config)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are checked as if none of the others was stored yet."""
    for name in ("mac_holder", "vlan_holder", "group_vlan_holder"):
        monkeypatch.setattr(DatabaseWorld, name, lambda *_: None)


def race(app: Flask, do: Callable[[OrderItem], Any], *orders: Order) -> list[str]:
    """Each order's first item does it in a transaction of its own, all at the same moment; how each came out."""
    ids = [order.items[0].id for order in orders]
    db.session.rollback()
    start, outcomes = threading.Barrier(len(ids)), dict.fromkeys(ids, "")

    def run(item_id: Any) -> None:
        with app.app_context():
            start.wait(10)
            try:
                do(db.session.get_one(OrderItem, item_id))
                db.session.commit()
                outcomes[item_id] = "taken"
            except PermanentFailure as why:
                db.session.rollback()
                outcomes[item_id] = why.detail
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(item_id,)) for item_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes.values(), key=lambda word: word != "taken")


def test_one_of_two_gets_a_mac_address(exchange, place, stock, at_once):
    outcomes = race(exchange, lambda item: stock.reserve_mac(item, "00:00:5e:00:53:20"), place(new_unit()),
                    place(new_unit()))  # fmt: skip
    assert outcomes == ["taken", "MAC address 00:00:5e:00:53:20 is already in use on edi2."]


def test_one_of_two_gets_a_vlan(exchange, place, stock, at_once):
    outcomes = race(exchange, lambda item: stock.reserve_vlan(item, 77), place(new_unit()), place(new_unit()))
    assert outcomes == ["taken", "VLAN 77 is already in use by another service there."]


def test_one_vlan_on_two_ports_is_no_conflict(exchange, place, stock, at_once):
    other = place(new_port(), new_unit(port={"item": 1}, fabric="lon2", location="LD8"))
    stock.reserve_vlan(other.items[1], 77)
    stock.reserve_vlan(place(new_unit()).items[0], 77)


def test_no_port_is_given_twice(exchange, place, stock):
    wanted = [place(new_port()) for _ in range(2)]
    outcomes = race(exchange, lambda item: stock.take_ports(item, 1, 10_000), *wanted)
    assert "taken" in outcomes
    held = db.session.query(Port.service_id).filter(Port.service_id.in_([o.items[0].service_id for o in wanted])).all()
    assert len(held) == outcomes.count("taken") == len(set(held))


def test_the_last_port_is_given_once(exchange, place, stock):
    cast.more_ports(2, "edge1-lon2", 1_000)
    wanted = [place(new_port(port_capacity=1_000, quantity=3)) for _ in range(2)]
    cast.ports_go(2, "edge1-lon2", 1_000)
    outcomes = race(exchange, lambda item: stock.take_ports(item, 3, 1_000), *wanted)
    assert outcomes[0] == "taken"
    assert "ports of 1000 Mbit/s are free on lon2 in LD8 on one switch." in outcomes[1]


def test_ports_are_taken_in_the_order_of_their_numbers(exchange, place, stock):
    for _ in range(3):
        stock.take_ports(place(new_port()).items[0], 1, 10_000)
    db.session.add(Port(switch_name="edge1-lon2", name="xe-0/0/10", capacity=10_000))
    db.session.flush()
    assert stock.take_ports(place(new_port()).items[0], 1, 10_000) == ["edge1-lon2 xe-0/0/3"]


def test_a_ceased_port_goes_back_with_its_patch_forgotten(exchange, place, stock):
    item = place(new_port()).items[0]
    stock.take_ports(item, 1, 10_000)
    stock.record_patch(item, "R12-PP03/17")
    stock.cease(item)
    db.session.commit()
    port = db.session.query(Port).filter_by(switch_name="edge1-lon2", name="xe-0/0/0").one()
    assert (port.service_id, port.patch_position) == (None, None)


def test_a_vlan_that_was_given_back_can_be_taken(exchange, place, stock, at_once):
    first, second = place(new_unit()).items[0], place(new_unit()).items[0]
    stock.reserve_vlan(first, 77)
    stock.release_vlan(first, None)
    stock.reserve_vlan(second, 77)
    db.session.commit()
    assert (first.service.vlan_reserved, second.service.vlan_reserved) == (False, True)


def test_what_a_change_is_leaving_is_not_free_until_it_is_done(exchange, place, stock, at_once):
    changing, other = place(new_unit()).items[0], place(new_unit()).items[0]
    changing.facts = {"current": {"vlan_id": 77}}
    stock.reserve_vlan(changing, 78)
    with pytest.raises(PermanentFailure, match="VLAN 77 is already in use"):
        stock.reserve_vlan(other, 77)
    changing.facts = {}
    stock.reserve_vlan(other, 77)


def test_a_service_is_changed_by_one_item_at_a_time(exchange, place, stock):
    one, two = place(new_unit()).items[0], place(new_port()).items[0]
    two.service_id = one.service_id
    service = db.session.get_one(Service, one.service_id)
    assert stock.changing(service, two) is None
    one.facts = {"current": {"encapsulation": "dot1q"}}
    db.session.commit()
    assert stock.changing(service, two).id == one.id
    assert stock.changing(service, one) is None


def test_the_private_vlans_of_an_account_by_fabric_and_name(exchange, stock):
    assert [one.number for one in stock.pvlans_of(cast.LIGHTHOUSE)] == [cast.PVLAN]
    assert stock.pvlans_of(cast.LIGHTHOUSE, fabric="lon1") == []
    assert stock.pvlans_of(cast.LIGHTHOUSE, name="Film rushes")[0].number == cast.PVLAN
    assert stock.pvlans_of(cast.HARBOUR) == []


def test_what_people_did_by_hand_is_recorded_with_what_only_one_can_have(exchange, place, stock, at_once):
    first, second = place(new_unit()).items[0], place(new_unit()).items[0]
    stock.settle_by_hand(first, {})
    assert (first.service.state, first.service.mac_reserved) == ("active", True)
    db.session.commit()
    with pytest.raises(PermanentFailure, match="MAC address 00:00:5e:00:53:20 is already in use"):
        stock.settle_by_hand(second, {})
