"""ConneXions: a partner's port carries a member's service."""

from typing import Any

import pytest

from app.domain.models import Order
from app.queries.catalogue_world import DatabaseWorld
from app.services import items, orders
from app.services.actor import Actor
from tests import cast
from tests.handlers.exchange import ENGINEER, MEMBER, Exchange, change, new

MAC = "12:13:14:15:16:17"
SEED: dict[str, Any] = {
    "port_group_id": cast.PORT_GROUP, "bandwidth": 0, "vlan_id": 123, "mac_address": MAC,
    "location": "Mon", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/1",
}  # fmt: skip
PARTNER = Actor("Rae Broker", account_ids=frozenset({cast.PARTNER}))
LAMP = {"account_id": cast.CUSTOMER, "organisation": "Lamp Studios", "handle": "lamp_studios", "asn": "64501"}
LIGHTHOUSE = {"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media", "handle": "lighthouse"}
CONFIGURED = (
    "Your service has been configured. Please configure your side and confirm; "
    "without an answer the order completes by itself."
)
ON_THE_NETWORK: dict[str, Any] = {
    "service_number": 106001, "service_type": "connexions", "account": cast.PARTNER, "port": "edge2-dev ge-3/0/1",
    "vlan_id": 123, "bandwidth_mbps": 0, "mac_address": MAC, "fabric": "jsp1", "location": "Mon",
}  # fmt: skip


def new_service(exchange: Exchange, **more: Any) -> Order:
    return exchange.ordered(new("connexions", **{**SEED, **more}), account=cast.PARTNER, sub_customer=LAMP)


def changed(exchange: Exchange, **details: Any) -> Order:
    return exchange.ordered(change("connexions", "modify", cast.CONNEXIONS, **details), sub_customer=LIGHTHOUSE)


def test_a_new_service_tells_its_story_with_the_statuses_as_the_seed_prints_them(exchange):
    order = new_service(exchange)
    assert exchange.story(order) == [
        ("ordered", None, "Your order has been received."),
        ("inventory", None, "Creating services for order items."),
        ("inventory", "quality_assurance", "New service created for order item 1. Service number 106001."),
        ("quality_assurance", None, "Starting quality assurance check for the order."),
        ("quality_assurance", "provisioning", "All service checks completed for service 106001."),
        ("provisioning", None, "Provisioning items"),
        ("provisioning", "provisioning", "Service 106001 is connected now."),
        ("provisioning", "awaiting_member", CONFIGURED),
    ]
    assert exchange.item(order).name == "connexions - 106001"


def test_its_plan_is_written_down_whole_before_it_runs(exchange):
    order = new_service(exchange)
    assert exchange.steps(order) == {
        "reserve_vlan": "succeeded",
        "reserve_mac": "succeeded",
        "create_service": "succeeded",
        "bandwidth_fits_port_group": "succeeded",
        "measure_port_up": "succeeded",
        "checks_done": "succeeded",
        "review_connect_service": "succeeded",
        "judge_connect_service": "succeeded",
        "connect_service": "succeeded",
        "connect_service_done": "succeeded",
        "register_active": "succeeded",
        "wait_for_member": "started",
        "member_is_content": "pending",
        "activate_service": "pending",
    }
    stages = [row.stage.value for row in exchange.plan(order)]
    assert stages == ["inventory"] * 3 + ["quality_assurance"] * 3 + ["provisioning"] * 8


def test_a_new_service_is_registered_and_connected_once(exchange):
    order = new_service(exchange)
    assert exchange.network(order) == [("connect_service", ON_THE_NETWORK)]
    assert exchange.inventory(order) == ["create", "update"]
    there = exchange.registered(106001)
    assert (there["state"], there["account_id"], there["sub_account_id"]) == ("active", cast.PARTNER, cast.CUSTOMER)
    assert (there["order_number"], there["details"]) == (order.number, exchange.item(order).details)


def test_the_noc_reads_what_was_checked_and_that_it_was_simulated(exchange):
    told = exchange.debug(new_service(exchange, bandwidth=200))
    assert "VLAN 123 reserved." in told
    assert "A service of 200 Mbit/s fits the port group's 10000 Mbit/s." in told
    assert "Check that the partner's port is up: edge2-dev ge-3/0/1 is up. (simulated)" in told
    assert any(words.startswith("connect_service done, revision edge2-dev r1.") for words in told)


def test_a_new_service_waits_for_its_member_and_then_completes_by_itself(exchange):
    order = new_service(exchange)
    assert (exchange.order(order).status, exchange.item(order).status) == ("awaiting_member", "awaiting_member")
    assert exchange.ticket(order)["status"] == "awaiting_user"
    assert exchange.service(106001).state == "pre_active"

    exchange.pass_time(seconds=exchange.config.member_ready_seconds - 60)
    exchange.work(order)
    assert not exchange.has_ended(order)

    exchange.pass_time(seconds=120)
    exchange.work(order)
    assert (exchange.order(order).status, exchange.order(order).outcome) == ("completed", "full")
    assert exchange.item(order).facts["confirmed"] == "no answer in time"
    assert exchange.told(order)[-1] == "Service 106001 is active."
    assert exchange.notes(order)[-1] == "Services for all order items provisioned."
    assert exchange.ticket(order)["status"] == "resolved"


def test_a_member_who_confirms_does_not_wait(exchange):
    order = new_service(exchange)
    exchange.resume(order, by=PARTNER)
    assert exchange.order(order).status == "completed"


def test_an_active_service_has_its_record(exchange):
    order = new_service(exchange, bandwidth=500)
    exchange.resume(order, by=PARTNER)
    service = exchange.service(106001)
    assert (service.state, service.vlan_reserved, service.mac_reserved) == ("active", True, True)
    assert (service.account_id, service.sub_account_id) == (cast.PARTNER, cast.CUSTOMER)
    assert (service.capacity, service.details["bandwidth"]) == (500, 500)
    assert service.technical_summary == f"edge2-dev ge-3/0/1, VLAN 123, {MAC}"
    assert (service.billing_start is not None, service.billing_end) == (True, None)


def test_cancelling_while_the_member_is_awaited_takes_everything_back(exchange):
    order = new_service(exchange)
    orders.cancel(order.id, MEMBER, "Changed our minds")
    exchange.work(order)
    assert exchange.actions(order) == ["connect_service", "remove_service"]
    assert exchange.network(order)[1][1]["service_number"] == 106001
    assert exchange.registered(106001)["state"] == "cancelled"
    service = exchange.service(106001)
    assert (service.state, service.vlan_reserved, service.mac_reserved) == ("cancelled", False, False)
    assert exchange.steps(order)["connect_service"] == "undone"
    assert (exchange.order(order).status, exchange.ticket(order)["status"]) == ("cancelled", "resolved")


def test_what_a_cancelled_order_held_can_be_ordered_again(exchange):
    first = new_service(exchange)
    orders.cancel(first.id, MEMBER, "Changed our minds")
    exchange.work(first)
    again = new_service(exchange)
    assert exchange.network(again) == [("connect_service", {**ON_THE_NETWORK, "service_number": 106002})]


@pytest.mark.parametrize(
    ("holder", "same", "words"),
    [
        ("group_vlan_holder", {"mac_address": "00:00:5e:00:53:77"}, "VLAN 123 is already in use by another service"),
        ("mac_holder", {"vlan_id": 124}, f"MAC address {MAC} is already in use on jsp1."),
    ],
)
def test_of_two_orders_that_were_checked_at_the_same_time_the_later_fails_in_words(
    exchange, monkeypatch, holder, same, words
):
    monkeypatch.setattr(DatabaseWorld, holder, lambda *_: None)  # neither was stored when the other was checked
    winner, loser = new_service(exchange), new_service(exchange, **same)
    assert exchange.item(winner).status == "awaiting_member"
    assert exchange.item(loser).status == "error"
    assert words in exchange.item(loser).last_error
    assert exchange.actions(loser) == []

    orders.cancel(winner.id, MEMBER, "Wrong port")
    exchange.work(winner)
    items.retry(exchange.item(loser).id, ENGINEER, version=None)
    exchange.work(loser)
    assert exchange.item(loser).status == "awaiting_member"


def test_a_bandwidth_change_sends_what_stays_as_well(exchange):
    order = changed(exchange, bandwidth=1_000)
    assert exchange.network(order) == [
        ("modify_service", {
            "service_number": cast.CONNEXIONS, "service_type": "connexions", "account": cast.HARBOUR,
            "port": "edge2-dev ge-3/0/2", "vlan_id": 701, "bandwidth_mbps": 1_000,
            "mac_address": "00:00:5e:00:53:02", "fabric": "jsp1", "location": "Mon",
        })
    ]  # fmt: skip
    service = exchange.service(cast.CONNEXIONS)
    assert (service.capacity, service.details["bandwidth"], service.details["vlan_id"]) == (1_000, 1_000, 701)
    assert exchange.registered(cast.CONNEXIONS)["details"] == service.details
    assert exchange.order(order).status == "completed"
    assert exchange.told(order)[-1] == f"Service {cast.CONNEXIONS} has been changed."


def test_a_change_moves_the_reservation(exchange):
    order = changed(exchange, vlan_id=702, mac_address="00:00:5e:00:53:03")
    service = exchange.service(cast.CONNEXIONS)
    assert (service.vlan_id, service.vlan_reserved) == (702, True)
    assert (service.mac_address, service.mac_reserved) == ("00:00:5e:00:53:03", True)
    assert exchange.order(order).status == "completed"


def test_until_a_change_is_done_its_old_vlan_is_not_free(exchange, far):
    far.fault("network", "unavailable", verb="plan", next=1)
    under_way = exchange.place(change("connexions", "modify", cast.CONNEXIONS, vlan_id=702), sub_customer=LIGHTHOUSE)
    exchange.step(under_way)
    other = exchange.place(
        new("connexions", **{**SEED, "vlan_id": 701, "port_group_id": cast.HARBOUR_GROUP,
                             "connexions_port": "edge2-dev ge-3/0/2"})
    )  # fmt: skip
    exchange.step(other)
    assert "VLAN 701 is already in use" in exchange.item(other).last_error

    exchange.work(under_way)
    items.retry(exchange.item(other).id, ENGINEER, version=None)
    exchange.work(other)
    assert exchange.item(other).status == "awaiting_member"


def test_two_changes_of_a_service_take_turns_so_that_neither_undoes_the_other(exchange, far):
    far.fault("network", "unavailable", verb="plan", next=1)
    first = exchange.place(change("connexions", "modify", cast.CONNEXIONS, bandwidth=1_000), sub_customer=LIGHTHOUSE)
    exchange.step(first)
    second = exchange.place(change("connexions", "modify", cast.CONNEXIONS, vlan_id=702), sub_customer=LIGHTHOUSE)
    exchange.step(second)
    assert exchange.wait_of(second).title == f"Waits for item {first.number}/1"
    assert exchange.actions(second) == []

    exchange.work(first)
    exchange.pass_time(seconds=20)
    exchange.work(second)
    sent = exchange.network(second)[-1][1]
    assert (sent["bandwidth_mbps"], sent["vlan_id"]) == (1_000, 702)
    assert exchange.service(cast.CONNEXIONS).details["bandwidth"] == 1_000


def test_a_cancelled_change_puts_the_service_back_as_it_was(exchange, far):
    far.fault("inventory", "unavailable")
    order = changed(exchange, bandwidth=1_000, vlan_id=702, asn=64_505)
    assert exchange.item(order).status == "error"
    far.clear()
    orders.cancel(order.id, ENGINEER, "Wrong service")
    exchange.work(order)

    (_, asked), (_, back) = exchange.network(order)
    assert (asked["bandwidth_mbps"], asked["vlan_id"]) == (1_000, 702)
    assert (back["bandwidth_mbps"], back["vlan_id"], back["clear"]) == (2_000, 701, ["asn"])
    service = exchange.service(cast.CONNEXIONS)
    assert (service.state, service.vlan_id, service.details["bandwidth"]) == ("active", 701, 2_000)
    assert exchange.registered(cast.CONNEXIONS)["details"] == service.details


def test_a_ceased_service_leaves_the_network_and_gives_its_vlan_back(exchange):
    order = exchange.ordered(change("connexions", "cease", cast.CONNEXIONS), sub_customer=LIGHTHOUSE)
    assert exchange.actions(order) == ["remove_service"]
    assert exchange.registered(cast.CONNEXIONS)["state"] == "ceased"
    service = exchange.service(cast.CONNEXIONS)
    assert (service.state, service.vlan_reserved, service.billing_end is not None) == ("ceased", False, True)
    assert exchange.told(order)[-1] == f"Service {cast.CONNEXIONS} has been ceased."
    assert exchange.order(order).status == "completed"


def test_a_cancelled_cease_connects_the_service_again(exchange, far):
    far.fault("inventory", "unavailable")
    order = exchange.ordered(change("connexions", "cease", cast.CONNEXIONS), sub_customer=LIGHTHOUSE)
    far.clear()
    orders.cancel(order.id, ENGINEER, "Not after all")
    exchange.work(order)
    assert exchange.actions(order) == ["remove_service", "connect_service"]
    assert exchange.network(order)[1][1]["vlan_id"] == 701
    assert exchange.service(cast.CONNEXIONS).state == "active"
    assert exchange.registered(cast.CONNEXIONS)["state"] == "active"


def test_a_second_cease_says_that_the_service_has_ended(exchange, far):
    one = exchange.place(change("connexions", "cease", cast.CONNEXIONS), sub_customer=LIGHTHOUSE)
    two = exchange.place(change("connexions", "cease", cast.CONNEXIONS), sub_customer=LIGHTHOUSE)
    exchange.work(one)
    exchange.work(two)
    assert exchange.item(two).last_error == f"Service {cast.CONNEXIONS} is ceased, not active."


def test_a_job_that_failed_is_submitted_anew_when_an_engineer_retries_from_there(exchange, far):
    far.fault("network", "unavailable", verb="submit", next=1)
    order = exchange.place(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    exchange.step(order)  # planned, but not submitted yet; meanwhile somebody else takes the VLAN
    rival = {**ON_THE_NETWORK, "service_number": 900, "mac_address": "00:00:5e:00:53:09"}
    exchange.systems.network.submit("rival", "connect_service", rival)
    exchange.work(order)
    assert "VLAN 123 on edge2-dev ge-3/0/1 is used by service 900" in exchange.item(order).last_error
    assert "retry from “Connect the service”" in exchange.item(order).last_error

    exchange.systems.network.submit("rival-gone", "remove_service", {"service_number": 900})
    items.retry_from(exchange.item(order).id, ENGINEER, "connect_service", version=None)
    exchange.work(order)
    assert exchange.item(order).status == "awaiting_member"
    jobs = [effect for effect in far.effects() if effect["parameters"].get("service_number") == 106001
            and effect["verb"] == "submit"]  # fmt: skip
    assert len(jobs) == len({job["key"] for job in jobs}) == 2
