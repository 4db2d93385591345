"""Tickets read as the seed prints them, with the exchange's own name."""

from typing import Any

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


def test_a_port_order_reads_as_in_the_seed():
    order, items = told("port_and_peering_unit")
    items[0].details["encapsulation"] = "none"  # type: ignore[index]
    assert subject(order, items) == "OMS: New port service order from Harbour Connect (Order ID: 103492)"
    assert body(order, items, EXCHANGE, NAMES).splitlines() == [
        "*New Example Exchange Port Order*",
        "A new port order has been received via the Example Exchange Portal",
        "(Order ID: 103492)",
        "",
        "*Member Details*",
        "Organisation Name:..... Harbour Connect",
        "Full Name:..... Ada Quayside",
        "Email:..... ada@harbour-connect.example",
        "Phone:.....",
        "",
        "*New Port details* (order item 1)",
        "Peering LAN:..... imn1",
        "Location:..... SEC",
        "Port Capacity:..... 1000",
        "Quantity:..... 1",
        "Encapsulation:..... None",
        "Port Type:..... multiservice_port",
        "Presentation Type:..... SC/PC (Single-mode fibre)",
        "Connected via:..... Layer 2 Provider",
        "",
        "*Additional Service changes*",
        "",
        "*Peering unit Service Details* (order item 2)",
        "Port:..... Use the new multiservice port",
        "Peering LAN:..... imn1",
        "Location:..... SEC",
        "Service Capacity:..... 1000",
        "Mac address:..... 12:13:14:15:16:17",
    ]


def test_a_port_order_has_the_properties_of_the_seed():
    order, items = told("port_and_peering_unit")
    assert properties(order, items[0], NAMES) == {
        "product": "Member Port",
        "category": "Member Request",
        "peering_lan": "IMN1",
        "priority": "Severity 4",
        "prov_status": "New",
        "provisioning": "",
        "site": "Island LAN > SEC",
        "prov_port_type": "1G",
    }


def test_a_private_vlan_order_reads_as_in_the_seed():
    order, items = told("pvlan_p2p_with_unit")
    text = body(order, items, EXCHANGE, NAMES)
    assert text.startswith("*New Private VLAN order*\nA new private vLAN order has been received via the ")
    assert (
        "*PVLAN Service Details* (order item 1)\n"
        "LAN:..... edi2\n"
        "Service Type:..... Point to Point\n"
        "Service Name:..... test-p2p-ecl-ec2\n"
        "Bandwidth:..... 50\n"
        "MAC ACL Protected:..... False\n"
    ) in text
    assert text.endswith("(order item 2)\nPort:..... edge1-la2-lon2 xe2\nVLAN ID:..... 444")


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


def test_a_partners_change_shows_partner_member_existing_and_requested():
    order, items = changed(bandwidth=1000)
    assert subject(order, items).startswith("OMS: Connexions port change service request from Harbour Connect")
    text = body(order, items, EXCHANGE, NAMES)
    assert text.startswith(
        "*ConneXions Member Service modification order*\n"
        "A ConneXions service modification order has been received via the Example Exchange Portal, "
        "this order is handled via OMS\n"
    )
    assert "*ConneXions Partner Details*\nOrganisation Name:..... Harbour Connect\n" in text
    assert (
        "*Example Exchange Member Details*\n"
        "Organisation Name:..... Lighthouse Media\n"
        "Member Handle:..... lighthouse_media\n"
    ) in text
    assert text.endswith(
        "*Existing ConneXions Member Service Details* (order item 1)\n"
        "Service Number:..... 106552\n"
        "ConneXions Port:..... edge2-dev ge-3/0/1\n"
        "LAN:..... jsp1\n"
        "Location:..... Mon\n"
        "VLAN ID:..... 701\n"
        "Service Capacity:..... 2000\n"
        "\n"
        "*Requested ConneXions Member Service Details* (order item 1)\n"
        "Service Capacity:..... 1000"
    )


def test_a_partners_change_has_the_properties_of_the_seed():
    order, items = changed(bandwidth=1000)
    found = properties(order, items[0], NAMES)
    assert found["provisioning"] == "ConneXions > CX Member Port - Downgrade"
    assert (found["prov_port_type"], found["site"], found["peering_lan"]) == ("ConneXions", "N/A", "JSP1")


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


def test_the_channel_is_named():
    order, items = told("pvlan_p2p_with_unit", channel="ixapi")
    assert "received via the IX-API\n" in body(order, items, EXCHANGE)


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
