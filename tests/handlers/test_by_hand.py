"""What nobody automates: one manual step for each stage, a Sales ticket, and nothing is lost."""

import pytest

from app.catalogue import ItemInput
from app.services import orders
from tests import cast
from tests.handlers.exchange import MEMBER2, SALES, change, new
from tests.handlers.test_connexions import LAMP, SEED
from workers.pipeline.handler import HANDLERS

STEPS = ["by_hand_inventory", "by_hand_quality_assurance", "by_hand_provisioning", "record_by_hand"]


def seed_items() -> list[ItemInput]:
    wanted = cast.order("port_and_peering_unit")["items"]
    return [ItemInput(one["service_type"], one["item_action"], one["details"], None, None) for one in wanted]


def test_a_port_on_a_fabric_that_is_not_automated_is_worked_by_sales(exchange):
    order = exchange.ordered(*seed_items())
    assert exchange.order(order).status == "manual_processing"
    assert list(exchange.steps(order)) == STEPS
    assert exchange.wait_of(order).audience == "team:sales"
    assert exchange.item(order, 2).status == "ordered"  # it needs the port
    assert exchange.far.effects() == []


def test_only_a_sales_ticket_is_made(exchange):
    order = exchange.ordered(*seed_items())
    assert exchange.tickets_made(order) == 1
    ticket = exchange.ticket(order)
    assert (ticket["queue"], ticket["status"], ticket["read_only"]) == ("sales", "awaiting_agent", False)
    assert exchange.order(order).info_ticket_number is None


def test_sales_do_one_step_for_each_stage_and_the_records_follow(exchange):
    order = exchange.ordered(*seed_items())
    reached = []
    for number in (1, 1, 1, 2, 2, 2):
        reached.append((number, exchange.item(order, number).stage.value))
        assert exchange.item(order, number).status == "manual_processing"
        exchange.resume(order, number, by=SALES)
    assert reached == [
        (number, stage) for number in (1, 2) for stage in ("inventory", "quality_assurance", "provisioning")
    ]
    assert exchange.order(order).outcome == "full"
    assert {exchange.service_of(order, number).state for number in (1, 2)} == {"active"}
    assert exchange.service_of(order, 2).mac_reserved
    assert exchange.told(order)[-1].endswith("has been completed by our staff.")
    assert [words for words in exchange.told(order) if "Service" not in words] == [
        "Your order has been received.",
        "Creating services for order items.",
        "Starting quality assurance check for the order.",
        "Provisioning items",
    ]
    assert exchange.ticket(order)["status"] == "resolved"
    assert [one for one in exchange.far.effects() if one["system"] != "ticketing"] == []


@pytest.mark.parametrize(
    ("handler", "wanted", "more"),
    [
        ("connexions:new", new("connexions", **SEED), {"account": cast.PARTNER, "sub_customer": LAMP}),
        ("multiservice_port:cease", change("multiservice_port", "cease", cast.PORT), {}),
    ],
)
def test_without_a_handler_an_item_goes_to_manual_processing_and_is_not_lost(
    exchange, monkeypatch, handler, wanted, more
):
    monkeypatch.delitem(HANDLERS, handler)
    order = exchange.ordered(wanted, **more)
    assert (exchange.order(order).status, exchange.item(order).status) == ("manual_processing", "manual_processing")
    assert list(exchange.steps(order)) == STEPS
    ticket = exchange.ticket(order)
    assert (ticket["queue"], ticket["status"], ticket["read_only"]) == ("sales", "awaiting_agent", False)

    for _ in range(3):
        exchange.resume(order, by=SALES)
    assert exchange.order(order).status == "completed"
    assert exchange.service_of(order).state == ("active" if handler.endswith("new") else "ceased")
    assert exchange.ticket(order)["status"] == "resolved"


def test_two_items_without_a_handler_share_one_sales_ticket(exchange, monkeypatch):
    monkeypatch.delitem(HANDLERS, "multiservice_port:new")
    port = new("multiservice_port", fabric="lon2", location="LD8", port_capacity=10_000)
    order = exchange.ordered(port, port)
    assert {exchange.item(order, number).status for number in (1, 2)} == {"manual_processing"}
    assert exchange.tickets_made(order) == 3  # provisioning, information, and one for sales to act on


def test_a_join_without_a_handler_is_worked_by_hand_as_well(exchange, monkeypatch):
    monkeypatch.delitem(HANDLERS, "pvlan:new:join_pvlan")
    monkeypatch.delitem(HANDLERS, "pvlan:new")
    order = exchange.ordered(new("pvlan", pvlan_service_account_id=cast.LIGHTHOUSE), type="join_pvlan")
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    for _ in range(3):
        exchange.resume(order, by=SALES)
    assert exchange.order(order).status == "completed"
    assert exchange.told(order)[-1] == "Order item 1 has been completed by our staff."
    assert exchange.service(cast.PVLAN).state == "active"
