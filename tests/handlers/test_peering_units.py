"""Peering units of members and of resellers' customers: tested in quarantine, then moved into production."""

from typing import Any

import pytest

from app.domain.models import Order
from app.queries.catalogue_world import DatabaseWorld
from app.services import items, orders
from tests import cast
from tests.handlers.exchange import ENGINEER, MEMBER, Exchange, change, new

PORT = "edge1-edi2 xe-0/0/3"
MAC, OTHER_MAC = "00:00:5e:00:53:10", "00:00:5e:00:53:11"
LIGHTHOUSE = {"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media", "handle": "lighthouse"}
KINDS = pytest.mark.parametrize("kind", ["peering_unit", "reseller_peering_unit"])


def unit(kind: str = "peering_unit", **more: Any) -> Any:
    usual = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 1_000, "mac_address": MAC}
    return new(kind, **{**usual, **more})


def ordered(exchange: Exchange, kind: str = "peering_unit", **more: Any) -> Order:
    return exchange.ordered(unit(kind, **more), sub_customer=LIGHTHOUSE if kind.startswith("reseller") else None)


@KINDS
def test_a_new_unit_goes_through_quarantine_into_production(exchange, kind):
    order = ordered(exchange, kind)
    known = {
        "service_number": 106001, "service_type": kind, "account": cast.HARBOUR, "port": PORT,
        "bandwidth_mbps": 1_000, "mac_address": MAC, "fabric": "edi2", "location": "PUL",
    }  # fmt: skip
    assert exchange.network(order) == [("open_quarantine", known), ("connect_service", known)]
    assert exchange.inventory(order) == ["create", "update"]
    assert exchange.order(order).status == "completed"
    service = exchange.service_of(order)
    assert (service.state, service.mac_reserved, service.mac_address) == ("active", True, MAC)
    assert service.technical_summary == f"{PORT}, {MAC}"
    assert (exchange.registered(106001)["state"], exchange.registered(106001)["ports"]) == ("active", [PORT])


@KINDS
def test_the_story_of_a_unit(exchange, kind):
    order = ordered(exchange, kind)
    assert exchange.story(order) == [
        ("ordered", None, "Your order has been received."),
        ("inventory", None, "Creating services for order items."),
        ("inventory", "quality_assurance", "New service created for order item 1. Service number 106001."),
        ("quality_assurance", None, "Starting quality assurance check for the order."),
        ("quality_assurance", "provisioning", "All service checks completed for service 106001."),
        ("provisioning", None, "Provisioning items"),
        ("provisioning", "provisioning", "Service 106001 is connected now."),
        ("provisioning", "completed", "Service 106001 is active."),
    ]
    checked = [words for words in exchange.debug(order) if words.endswith("(simulated)")]
    assert checked == [
        f"Check the MAC address seen in quarantine: Source MAC addresses seen in quarantine: {MAC}; "
        f"the order says {MAC}. (simulated)",
        "Check that only IPv4, ARP and IPv6 are sent: Frames seen: ARP, IPv4, IPv6; nothing else. (simulated)",
        "Check that ARP and neighbour discovery are answered: ARP and neighbour discovery are answered. (simulated)",
        "Check the violation counter again: 0 frames from another MAC address were dropped. (simulated)",
    ]


def test_a_resellers_unit_belongs_to_its_customer(exchange):
    order = ordered(exchange, "reseller_peering_unit")
    service = exchange.service_of(order)
    assert (service.account_id, service.sub_account_id) == (cast.HARBOUR, cast.LIGHTHOUSE)
    assert exchange.registered(service.number)["sub_account_id"] == cast.LIGHTHOUSE
    body = exchange.ticket(order)["messages"][0]["body"]
    assert "*Partner Details*\nOrganisation Name:..... Harbour Connect" in body
    assert "*Member Details*\nOrganisation Name:..... Lighthouse Media\nMember Handle:..... lighthouse" in body


def test_another_mac_address_in_quarantine_stops_before_production(exchange, far):
    far.pretend(PORT, "quarantine_mac", [OTHER_MAC])
    order = ordered(exchange)
    assert exchange.item(order).status == "error"
    assert exchange.item(order).last_error == (
        f"Source MAC addresses seen in quarantine: {OTHER_MAC}; the order says {MAC}. (simulated)"
    )
    assert exchange.actions(order) == ["open_quarantine"]
    assert exchange.ticket(order)["status"] == "awaiting_agent"

    far.pretend(PORT, "quarantine_mac", None)
    items.retry(exchange.item(order).id, ENGINEER, version=None)
    exchange.work(order)
    assert exchange.actions(order) == ["open_quarantine", "connect_service"]
    assert exchange.order(order).status == "completed"


@pytest.mark.parametrize(
    ("check", "seen", "words"),
    [
        ("frame_types", ["ARP", "IPv4", "STP", "LLDP"], "also STP, LLDP"),
        ("arp_nd", False, "ARP and neighbour discovery are not answered"),
        ("quarantine_mac", [MAC, OTHER_MAC], f"{MAC}, {OTHER_MAC}"),
    ],
)
def test_nothing_that_an_exchange_forbids_leaves_quarantine(exchange, far, check, seen, words):
    far.pretend(PORT, check, seen)
    order = ordered(exchange)
    assert words in exchange.item(order).last_error
    assert exchange.actions(order) == ["open_quarantine"]


def test_cancelling_in_quarantine_takes_the_unit_out_of_it(exchange, far):
    far.pretend(PORT, "arp_nd", False)
    order = ordered(exchange)
    orders.cancel(order.id, MEMBER, "Another router first")
    exchange.work(order)
    assert exchange.actions(order) == ["open_quarantine", "close_quarantine"]
    assert (exchange.service_of(order).state, exchange.service_of(order).mac_reserved) == ("cancelled", False)
    assert exchange.registered(106001)["state"] == "cancelled"


def test_cancelling_in_production_undoes_everything_backwards(exchange, far):
    far.pretend(PORT, "violation_counter", 7)
    order = ordered(exchange)
    assert exchange.item(order).stage == "provisioning"
    orders.cancel(order.id, ENGINEER, "Broken router")
    exchange.work(order)
    assert exchange.actions(order) == ["open_quarantine", "connect_service", "remove_service", "close_quarantine"]
    undone = [key for key, state in exchange.steps(order).items() if state == "undone"]
    assert undone == ["reserve_mac", "create_service", "open_quarantine", "connect_service"]


def test_a_unit_on_a_port_of_the_same_order_waits_for_it(exchange):
    port = new("multiservice_port", fabric="lon2", location="LD8", port_capacity=10_000)
    order = exchange.ordered(port, unit(port={"item": 1}, fabric="lon2", location="LD8"))
    assert exchange.wait_of(order, 2).title == f"Waits for item {order.number}/1"
    assert exchange.item(order, 2).status == "ordered"
    assert exchange.actions(order, 2) == []

    exchange.patch(order)
    assert exchange.actions(order, 2) == ["open_quarantine", "connect_service"]
    assert exchange.network(order, 2)[0][1]["port"] == "edge1-lon2 xe-0/0/0"
    assert exchange.order(order).outcome == "full"
    port_number = exchange.item(order).service_number
    assert exchange.item(order, 2).details["port"] == {"item": 1}  # as it was sent
    assert exchange.service_of(order, 2).details["port"] == port_number
    assert exchange.registered(exchange.item(order, 2).service_number)["details"]["port"] == port_number


def test_a_unit_whose_port_was_cancelled_asks_a_person(exchange):
    port = new("multiservice_port", fabric="lon2", location="LD8", port_capacity=10_000)
    order = exchange.ordered(port, unit(port={"item": 1}, fabric="lon2", location="LD8"))
    items.cancel(exchange.item(order).id, ENGINEER, "No space")
    exchange.work(order)
    assert exchange.item(order, 2).status == "awaiting_agent"
    assert f"{order.number}/1 (cancelled)" in exchange.wait_of(order, 2).tell

    exchange.resume(order, 2, decision="go on without it")
    number = exchange.item(order).service_number
    assert exchange.item(order, 2).last_error == f"Port service {number} is cancelled with 0 physical ports."


def test_independent_units_move_without_each_other(exchange, far):
    far.pretend(PORT, "quarantine_mac", [OTHER_MAC])
    port = new("multiservice_port", fabric="lon2", location="LD8", port_capacity=10_000)
    order = exchange.ordered(unit(), port)
    assert (exchange.item(order, 1).status, exchange.item(order, 2).status) == ("error", "awaiting_agent")
    exchange.patch(order, 2)
    assert (exchange.item(order, 1).status, exchange.item(order, 2).status) == ("error", "completed")
    assert exchange.order(order).status == "error"


def test_of_two_who_want_one_mac_address_the_later_fails_in_words(exchange, monkeypatch):
    monkeypatch.setattr(DatabaseWorld, "mac_holder", lambda *_: None)  # checked at the same time
    winner, loser = ordered(exchange), ordered(exchange)
    assert exchange.order(winner).status == "completed"
    assert exchange.item(loser).last_error == f"MAC address {MAC} is already in use on edi2."
    assert exchange.actions(loser) == []


def test_one_mac_address_may_stand_on_two_fabrics(exchange):
    port = new("multiservice_port", fabric="lon2", location="LD8", port_capacity=10_000)
    order = exchange.ordered(unit(), port, unit(port={"item": 2}, fabric="lon2", location="LD8"))
    exchange.patch(order, 2)
    assert exchange.order(order).outcome == "full"


@KINDS
def test_a_new_mac_address_replaces_the_old_one_when_the_change_is_done(exchange, kind):
    number = exchange.item(ordered(exchange, kind)).service_number
    order = exchange.ordered(change(kind, "modify", number, mac_address=OTHER_MAC, service_capacity=500))
    ((action, asked),) = exchange.network(order)
    assert (action, asked["mac_address"], asked["bandwidth_mbps"], asked["port"]) == (
        "modify_service", OTHER_MAC, 500, PORT,
    )  # fmt: skip
    service = exchange.service(number)
    assert (service.mac_address, service.mac_reserved, service.capacity) == (OTHER_MAC, True, 500)
    assert exchange.registered(number)["details"] == service.details
    assert exchange.order(ordered(exchange)).status == "completed"  # the old address is free again


def test_until_the_change_is_done_nobody_gets_the_old_mac_address(exchange, far):
    number = exchange.item(ordered(exchange)).service_number
    far.fault("network", "unavailable", verb="plan", next=1)
    under_way = exchange.place(change("peering_unit", "modify", number, mac_address=OTHER_MAC))
    exchange.step(under_way)
    other = ordered(exchange)
    assert exchange.item(other).last_error == f"MAC address {MAC} is already in use on edi2."

    orders.cancel(under_way.id, ENGINEER, "Not now")
    exchange.work(under_way)
    assert (exchange.service(number).mac_address, exchange.service(number).state) == (MAC, "active")


def test_a_cancelled_change_of_a_unit_is_taken_back_on_the_network(exchange, far):
    number = exchange.item(ordered(exchange)).service_number
    far.pretend(PORT, "violation_counter", 3)
    order = exchange.ordered(change("peering_unit", "modify", number, mac_address=OTHER_MAC))
    orders.cancel(order.id, ENGINEER, "Wrong address")
    exchange.work(order)
    assert [asked["mac_address"] for _, asked in exchange.network(order)] == [OTHER_MAC, MAC]
    assert exchange.service(number).mac_address == MAC


@KINDS
def test_a_unit_that_ends_gives_its_mac_address_back(exchange, kind):
    number = exchange.item(ordered(exchange, kind)).service_number
    order = exchange.ordered(change(kind, "cease", number))
    assert exchange.actions(order) == ["remove_service"]
    assert (exchange.service(number).state, exchange.service(number).mac_reserved) == ("ceased", False)
    assert exchange.registered(number)["state"] == "ceased"
    assert exchange.order(ordered(exchange)).status == "completed"
