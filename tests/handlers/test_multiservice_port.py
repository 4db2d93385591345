"""Ports: taken from stock, patched by an engineer, judged by their light, configured, changed and given up."""

from typing import Any

import pytest

from app.domain.errors import Forbidden, Invalid
from app.domain.models import Account, Order, Port, Switch
from app.extensions import db
from app.services import items, orders
from tests import cast
from tests.handlers.exchange import ENGINEER, MEMBER, SALES, Exchange, change, new

FIRST = "edge1-lon2 xe-0/0/0"


def port(**more: Any) -> Any:
    usual = {"fabric": "lon2", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q",
             "presentation_type": "LC/PC (Single-mode fibre)"}  # fmt: skip
    return new("multiservice_port", **{**usual, **more})


def free(exchange: Exchange) -> int:
    return exchange.free_ports("edge1-lon2", 10_000)


def test_a_new_port_pauses_for_the_patch_before_anything_is_configured(exchange):
    order = exchange.ordered(port())
    wait = exchange.wait_of(order)
    assert (wait.title, wait.kind, wait.audience) == ("Patch the cross-connect", "manual", "team:engineering")
    assert wait.tell.startswith(f"Patch {FIRST} in LD8 to the member's rack (LC/PC (Single-mode fibre))")
    assert list(wait.ask) == ["patch_position", "light_dbm"]
    assert (exchange.order(order).status, exchange.item(order).stage) == ("awaiting_agent", "provisioning")
    assert exchange.actions(order) == []
    assert free(exchange) == 3


def test_one_click_later_the_port_is_configured_and_active(exchange):
    order = exchange.ordered(port())
    exchange.patch(order)
    assert exchange.network(order) == [
        ("enable_port", {
            "service_number": 106001, "service_type": "multiservice_port", "account": cast.HARBOUR, "ports": [FIRST],
            "port": FIRST, "encapsulation": "dot1q", "speed_mbps": 10_000, "fabric": "lon2", "location": "LD8",
        })
    ]  # fmt: skip
    assert exchange.inventory(order) == ["create", "update"]
    assert (exchange.registered(106001)["state"], exchange.registered(106001)["ports"]) == ("active", [FIRST])
    service = exchange.service_of(order)
    assert (service.state, service.capacity, service.technical_summary) == ("active", 10_000, FIRST)
    assert [(one.label, one.patch_position) for one in service.ports] == [(FIRST, "LD8-R12-PP03/17")]
    assert exchange.order(order).status == "completed"


def test_the_story_of_a_port(exchange):
    order = exchange.ordered(port())
    exchange.patch(order)
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
    assert f"Assigned {FIRST}." in exchange.debug(order)
    assert "Patch the cross-connect: resumed by Nell Patcher." in exchange.debug(order)
    assert f"{FIRST} receives -3.2 dBm at LD8-R12-PP03/17." in exchange.debug(order)
    assert exchange.ticket_statuses(order) == ["awaiting_agent", "pending", "resolved"]


def test_too_weak_a_light_stops_in_words_and_the_patch_is_asked_for_again(exchange):
    order = exchange.ordered(port())
    exchange.patch(order, light=-21.5)
    assert exchange.item(order).status == "error"
    assert exchange.item(order).last_error == (
        f"{FIRST} receives -21.5 dBm; -14 dBm or better is needed. "
        "Clean or replace the patch, then retry from “Patch the cross-connect”."
    )
    assert exchange.actions(order) == []

    items.retry_from(exchange.item(order).id, ENGINEER, "patch_cross_connect", version=None)
    exchange.work(order)
    assert exchange.wait_of(order).title == "Patch the cross-connect"
    exchange.patch(order, light=-4)
    assert (exchange.order(order).status, exchange.actions(order)) == ("completed", ["enable_port"])


def test_an_answer_that_is_no_light_level_is_refused_by_name(exchange):
    order = exchange.ordered(port())
    with pytest.raises(Invalid) as refused:
        items.resume(exchange.item(order).id, ENGINEER, {"patch_position": "R1", "light_dbm": "bright"}, version=None)
    assert [one.pointer for one in refused.value.errors] == ["/answers/light_dbm"]
    assert exchange.item(order).status == "awaiting_agent"


def test_no_free_port_stops_in_words_and_goes_on_when_there_is_one(exchange):
    cast.more_ports(1, "edge1-lon2")
    taken = [exchange.place(port()) for _ in range(5)]
    late = taken.pop()
    cast.ports_go(1, "edge1-lon2")
    exchange.work(*taken, late)
    assert exchange.item(late).status == "error"
    assert exchange.item(late).last_error == "0 of 1 ports of 10000 Mbit/s are free on lon2 in LD8."
    assert exchange.inventory(late) == []

    orders.cancel(taken[2].id, MEMBER, "Not needed")
    exchange.work(taken[2])
    items.retry(exchange.item(late).id, ENGINEER, version=None)
    exchange.work(late)
    assert exchange.item(late).facts["ports"] == ["edge1-lon2 xe-0/0/2"]


def test_taking_ports_again_takes_no_more(exchange):
    order = exchange.ordered(port())
    exchange.patch(order, light=-30)
    items.retry_from(exchange.item(order).id, ENGINEER, "assign_ports", version=None)
    exchange.work(order)
    assert (free(exchange), exchange.item(order).facts["ports"]) == (3, [FIRST])
    assert exchange.inventory(order) == ["create"]


def test_cancelling_at_the_patch_gives_the_port_back(exchange):
    order = exchange.ordered(port())
    orders.cancel(order.id, MEMBER, "No rack space")
    exchange.work(order)
    assert free(exchange) == 4
    assert exchange.actions(order) == []
    assert exchange.registered(106001)["state"] == "cancelled"
    assert exchange.service_of(order).state == "cancelled"


def test_cancelling_a_configured_port_takes_it_down_first(exchange, far):
    far.pretend(FIRST, "port_up", "down")
    order = exchange.ordered(port())
    exchange.patch(order)
    assert exchange.item(order).last_error == f"{FIRST} is down. (simulated)"
    orders.cancel(order.id, ENGINEER, "Broken optics")
    exchange.work(order)
    assert exchange.actions(order) == ["enable_port", "disable_port"]
    assert free(exchange) == 4
    assert db.session.query(Port).filter(Port.patch_position.is_not(None)).count() == 0
    assert exchange.order(order).status == "cancelled"


def test_a_bundle_is_of_one_switch_and_all_its_links_are_checked(exchange):
    db.session.add(Switch(name="edge0-lon2", fabric_code="lon2", location_code="LD8"))
    db.session.flush()
    db.session.add(Port(switch_name="edge0-lon2", name="xe-0/0/0", capacity=10_000))
    db.session.commit()
    order = exchange.ordered(port(quantity=2, encapsulation="none"))
    exchange.patch(order)
    ports = ["edge1-lon2 xe-0/0/0", "edge1-lon2 xe-0/0/1"]
    asked = exchange.network(order)[0][1]
    assert (asked["ports"], asked["port"], asked["encapsulation"]) == (ports, ports[0], "none")
    assert exchange.service_of(order).capacity == 20_000
    assert any("2 of 2 links of the bundle" in words for words in exchange.debug(order))
    assert exchange.steps(order)["measure_lacp"] == "succeeded"


def test_a_bundle_with_a_dead_link_is_not_handed_over(exchange, far):
    far.pretend(FIRST, "lacp", 1)
    order = exchange.ordered(port(quantity=2, encapsulation="none"))
    exchange.patch(order)
    assert "1 of 2 links of the bundle collect and distribute (LACP)" in exchange.item(order).last_error


def test_a_single_port_has_no_bundle_to_check(exchange):
    order = exchange.ordered(port())
    exchange.patch(order)
    assert exchange.steps(order)["measure_lacp"] == "skipped"


def test_a_port_of_100_gbit_waits_for_sales(exchange):
    order = exchange.ordered(port(port_capacity=100_000))
    assert exchange.order(order).status == "awaiting_order_confirmation"
    assert exchange.wait_of(order).tell == "Sales confirm this order because it asks for a port of 100 Gbit/s."
    assert exchange.free_ports("edge1-lon2", 100_000) == 4
    assert exchange.ticket(order)["status"] == "awaiting_user"
    with pytest.raises(Forbidden):
        items.resume(exchange.item(order).id, MEMBER, {}, version=None)

    orders.confirm(order.id, SALES)
    exchange.work(order)
    assert exchange.wait_of(order).title == "Patch the cross-connect"
    assert exchange.free_ports("edge1-lon2", 100_000) == 3


def test_each_order_of_a_flagged_account_waits_for_sales(exchange):
    db.session.get_one(Account, cast.HARBOUR).flagged = True
    order = exchange.ordered(port())
    assert exchange.order(order).status == "awaiting_order_confirmation"
    orders.reject(order.id, SALES, "Unpaid bills")
    assert (exchange.order(order).status, exchange.service_of(order).state) == ("rejected", "cancelled")
    assert exchange.told(order)[-1] == "The order was declined: Unpaid bills"
    assert free(exchange) == 4


def edited(exchange: Exchange, **more: Any) -> Order:
    return exchange.ordered(change("multiservice_port", "edit_encap", cast.PORT, encapsulation="qinq"), **more)


def test_another_encapsulation_is_sent_and_recorded(exchange):
    order = edited(exchange)
    assert exchange.network(order) == [
        ("edit_encapsulation", {
            "service_number": cast.PORT, "service_type": "multiservice_port", "account": cast.HARBOUR,
            "ports": ["edge1-edi2 xe-0/0/3"], "port": "edge1-edi2 xe-0/0/3", "encapsulation": "qinq",
            "speed_mbps": 10_000, "fabric": "edi2", "location": "PUL",
        })
    ]  # fmt: skip
    service = exchange.service(cast.PORT)
    assert (service.details["encapsulation"], service.capacity) == ("qinq", 10_000)
    assert exchange.registered(cast.PORT)["details"]["encapsulation"] == "qinq"
    assert exchange.order(order).status == "completed"


def test_a_cancelled_edit_goes_back_to_the_old_encapsulation(exchange, far):
    far.fault("inventory", "unavailable")
    order = edited(exchange)
    far.clear()
    orders.cancel(order.id, ENGINEER, "Not agreed with the member")
    exchange.work(order)
    assert [asked["encapsulation"] for _, asked in exchange.network(order)] == ["qinq", "dot1q"]
    assert exchange.registered(cast.PORT)["details"]["encapsulation"] == "dot1q"
    assert exchange.service(cast.PORT).details["encapsulation"] == "dot1q"


def test_a_port_that_is_given_up_goes_down_and_back_into_stock(exchange):
    before = exchange.free_ports("edge1-edi2", 10_000)
    order = exchange.ordered(change("multiservice_port", "cease", cast.PORT))
    ((action, asked),) = exchange.network(order)
    assert (action, asked["ports"]) == ("disable_port", ["edge1-edi2 xe-0/0/3"])
    assert exchange.free_ports("edge1-edi2", 10_000) == before + 1
    assert exchange.service(cast.PORT).state == "ceased"
    assert exchange.registered(cast.PORT)["state"] == "ceased"


def test_a_cancelled_cease_brings_the_port_up_again_as_it_was(exchange, far):
    far.fault("inventory", "unavailable")
    order = exchange.ordered(change("multiservice_port", "cease", cast.PORT))
    far.clear()
    orders.cancel(order.id, ENGINEER, "They stay")
    exchange.work(order)
    assert exchange.actions(order) == ["disable_port", "enable_port"]
    up = exchange.network(order)[1][1]
    assert (up["ports"], up["encapsulation"], up["account"]) == (["edge1-edi2 xe-0/0/3"], "dot1q", cast.HARBOUR)
    assert [one.label for one in exchange.service(cast.PORT).ports] == ["edge1-edi2 xe-0/0/3"]


def test_a_port_that_got_a_service_meanwhile_is_not_ceased(exchange):
    order = exchange.place(change("multiservice_port", "cease", cast.PORT))
    unit = exchange.place(new("peering_unit", port=cast.PORT, fabric="edi2", location="PUL", service_capacity=0,
                              mac_address="00:00:5e:00:53:44"))  # fmt: skip
    exchange.work(order)
    number = exchange.item(unit).service_number
    assert exchange.item(order).last_error == f"The port still carries services {number}; cease them first."
    assert exchange.actions(order) == []
