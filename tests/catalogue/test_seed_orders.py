"""The orders that the seed prints pass the catalogue, with its names and types."""

import pytest

from app.catalogue import check_order
from tests.catalogue import fake_world as w
from tests.catalogue.orders import items_of, seed

NAMES = ["connexions_new", "port_and_peering_unit", "join_pvlan", "pvlan_p2p_with_unit", "connexions_modify"]


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_accepted(name: str):
    order = seed(name)
    assert check_order(order["type"], items_of(order), w.FakeWorld()).findings == []


def test_the_details_of_the_connexions_order_come_out_as_they_went_in():
    order = seed("connexions_new")
    checked = check_order(order["type"], items_of(order), w.FakeWorld())
    assert checked.items[0].details == order["items"][0]["details"]


def test_the_unit_of_the_private_vlan_waits_for_it():
    order = seed("pvlan_p2p_with_unit")
    assert check_order(order["type"], items_of(order), w.FakeWorld()).items[1].depends_on == (1,)


def test_the_join_is_told_from_a_new_private_vlan_by_the_order_type():
    order = seed("join_pvlan")
    checked = check_order("join_pvlan", items_of(order), w.FakeWorld())
    assert [item.is_join for item in checked.items] == [True, False]
    assert check_order("normal", items_of(order), w.FakeWorld()).findings[0].rule == "unknown"


def test_a_join_order_needs_something_to_join():
    order = seed("join_pvlan")
    findings = check_order("join_pvlan", items_of(order)[1:], w.FakeWorld()).findings
    assert [(one.pointer, one.rule) for one in findings] == [("/items", "required")]


def test_the_port_order_is_worked_by_hand():
    order = seed("port_and_peering_unit")
    assert not any(item.automated for item in check_order("normal", items_of(order), w.FakeWorld()).items)
