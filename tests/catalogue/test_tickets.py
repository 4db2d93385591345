"""What tickets say of the rarer orders; those that were printed are told whole in tests/api/test_linx_cases.py."""

from typing import Any

import pytest

from app.catalogue import Names
from app.catalogue.tickets import TicketItem, TicketOrder, body, properties, subject
from tests.catalogue.orders import seed

EXCHANGE = "Example Exchange"
NAMES = Names(fabrics={"imn1": "Island LAN", "jsp1": "Test LAN"}, services={103127: "edge1-la2-lon2 xe2"})


def told(name: str, **more: Any) -> tuple[TicketOrder, list[TicketItem]]:
    order = seed(name)
    items = [
        TicketItem(
            one["item_number"], one["service_type"], one["item_action"], one["details"], one.get("service_number")
        )
        for one in order["items"]
    ]
    facts = TicketOrder(
        number=order["name"],
        requestor=order["requestor"],
        type=order["type"],
        sub_customer=order.get("sub_customer"),
        **more,
    )
    return facts, items


def test_a_unit_of_an_existing_private_vlan_says_of_which():
    order, _ = told("pvlan_p2p_with_unit")
    unit = TicketItem(1, "pvlan_unit", "new", {"pvlan": 104001, "port": 103127, "vlan_id": 444})
    assert "Private VLAN:..... Service 104001" in body(order, [unit], EXCHANGE, NAMES)


BEFORE = {
    "connexions_port": "edge2-dev ge-3/0/1",
    "fabric": "jsp1",
    "location": "Mon",
    "vlan_id": 701,
    "bandwidth": 2000,
}


def changed(**details: Any) -> tuple[TicketOrder, list[TicketItem]]:
    order, _ = told("connexions_modify")
    return order, [TicketItem(1, "connexions", "modify", details, 106552, BEFORE)]


def test_a_change_of_bandwidth_goes_up_or_down_and_unpoliced_is_most():
    movements = {
        mbps: properties(*_first(changed(bandwidth=mbps)))["provisioning"].rpartition(" - ")[2]
        for mbps in (0, 1000, 2000, 3000)
    }
    assert movements == {0: "Upgrade", 1000: "Downgrade", 2000: "Change", 3000: "Upgrade"}
    assert properties(*_first(changed(vlan_id=5)))["provisioning"].endswith("Change")


def _first(what: tuple[TicketOrder, list[TicketItem]]) -> tuple[TicketOrder, TicketItem]:
    return what[0], what[1][0]


def test_a_cease_says_so():
    order, _ = told("pvlan_p2p_with_unit")
    port = TicketItem(1, "multiservice_port", "cease", {}, 103127, {"fabric": "edi2"})
    text = body(order, [port], EXCHANGE, NAMES)
    assert "Service Number:..... edge1-la2-lon2 xe2" in text
    assert text.endswith("Service:..... To be ceased")


@pytest.mark.parametrize(("channel", "words"), [("ixapi", "the IX-API"), ("portal", "the Example Exchange Portal")])
def test_the_channel_is_named(channel: str, words: str):
    order, items = told("pvlan_p2p_with_unit", channel=channel)
    assert f"received via {words}\n" in body(order, items, EXCHANGE)


def test_the_site_is_named_as_its_lan_is_called():
    order, items = told("port_and_peering_unit")
    assert properties(order, items[0], NAMES)["site"] == "Island LAN > SEC"


def test_notes_and_po_number_are_told_where_there_are_any():
    order, items = told("pvlan_p2p_with_unit", notes="Call first.", po_number="PO 7")
    assert body(order, items, EXCHANGE).endswith(
        "*Additional information*\nPO Number:..... PO 7\nNotes:..... Call first."
    )


def test_an_order_that_the_catalogue_does_not_know_still_gets_a_ticket():
    order, _ = told("pvlan_p2p_with_unit")
    item = TicketItem(1, "telex", "new", {"baud": 50})
    assert subject(order, [item]) == "OMS: New service order from Harbour Connect (Order ID: 103523)"
    assert "baud:..... 50" in body(order, [item], EXCHANGE)
    assert properties(order, item)["product"] == "telex"
    assert "New Example Exchange Order" in body(order, [], EXCHANGE)
