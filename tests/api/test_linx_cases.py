"""The orders that LINX showed, from POST to completed: what the CRM reads of them, their log, and their tickets.

Two things are not as it printed them: the MAC address 11:11:11:11:11:11 of its port order is multicast and refused, so
the order is replayed with 12:13:14:15:16:17; and a change creates no service, so its ticket does not say so.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.domain.models import Service
from app.extensions import db
from tests import cast
from tests.api.conftest import HelpDesk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Order = dict[str, Any]
PATCHED = {"patch_position": "LD8-R12-PP03/17", "light_dbm": -4.2}
MEMBER_DETAILS = [
    "*Member Details*",
    "Organisation Name:..... Harbour Connect",
    "Full Name:..... Ada Quayside",
    "Email:..... ada@harbour-connect.example",
    "Phone:.....",
]


class Crm:
    """The CRM: what it reads of an order, and what it does for people who answer."""

    def __init__(self, program: FlaskClient) -> None:
        self.program = program

    def order(self, order: Order) -> Order:
        found: Order = self.program.get(f"/oms/orders/{order['id']}").get_json()
        return found

    def statuses(self, order: Order) -> tuple[str, list[str]]:
        now = self.order(order)
        return now["status"], [item["status"] for item in now["items"]]

    def log(self, order: Order) -> list[str]:
        """What the member is told, a line each: name, order item, its status, user message."""
        rows = self.program.get(f"/oms/order-logs?order_id={order['id']}&limit=200").get_json()["items"]
        return [
            " | ".join(
                (row["name"].partition(" - ")[2], row["order_item_name"] or "", row["order_item_status"] or "",
                 row["user_message"])
            )
            for row in reversed(rows)
            if row["user_message"]
        ]  # fmt: skip

    def resume(self, order: Order, number: int, **answers: Any) -> None:
        item = self.order(order)["items"][number - 1]
        said = {"version": item["version"], "answers": answers}
        answer = self.program.post(f"/oms/order-items/{item['id']}/resume", json=said)
        assert answer.status_code == 200, answer.get_json()

    def service(self, number: int) -> dict[str, Any]:
        (found,) = self.program.get(f"/oms/services?service_number={number}").get_json()["items"]
        return dict(found)


@pytest.fixture
def book(crm: FlaskClient) -> Crm:
    return Crm(crm)


def first_message(ticket: dict[str, Any]) -> list[str]:
    text: str = next(one["body"] for one in ticket["messages"] if not one["is_note"])
    return text.splitlines()


# A port, and a peering unit on it (order 103492).


def test_a_port_with_a_peering_unit_on_a_lan_that_nobody_automates_is_processed_by_sales(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("port_and_peering_unit")
    port, unit = (item["service_number"] for item in order["items"])
    assert book.statuses(order) == ("ordered", ["ordered", "ordered"])
    assert [item["depends_on"] for item in order["items"]] == [[], [1]]

    work()
    assert book.statuses(order) == ("manual_processing", ["manual_processing", "ordered"])
    for number in (1, 1, 1, 2, 2, 2):  # one manual step for each stage
        book.resume(order, number)
        work()

    assert book.statuses(order) == ("completed", ["completed", "completed"])
    assert book.log(order) == [
        "Ordered |  |  | Your order has been received.",
        "Manual Processing |  |  | Creating services for order items.",
        "Manual Processing |  |  | Starting quality assurance check for the order.",
        "Manual Processing |  |  | Provisioning items",
        f"Manual Processing | multiservice_port - {port} | completed | Service {port} has been completed by our staff.",
        f"Manual Processing | peering_unit - {unit} | completed | Service {unit} has been completed by our staff.",
    ]
    assert [book.service(number)["state"] for number in (port, unit)] == ["active", "active"]
    assert book.service(unit)["details"]["port"] == port
    assert help_desk.ticket(order)["status"] == "resolved"
    assert help_desk.information(order) == {}  # Sales have the order itself


def test_its_sales_ticket_reads_as_it_was_printed(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("port_and_peering_unit")
    work()
    ticket = help_desk.ticket(order)
    assert (ticket["queue"], ticket["status"], ticket["read_only"]) == ("sales", "awaiting_agent", False)
    assert ticket["subject"] == f"OMS: New port service order from Harbour Connect (Order ID: {order['name']})"
    assert ticket["person"] == {"name": "Ada Quayside", "email": "ada@harbour-connect.example"}
    assert ticket["properties"] == {
        "Product": "Member Port", "Category": "Member Request", "Peering LAN": "IMN1", "Priority": "Severity 4",
        "Prov Status": "New", "Site": "IMN1 > SEC", "Prov Port Type": "1G",
    }  # fmt: skip
    assert first_message(ticket) == [
        "*New Example Exchange Port Order*",
        "A new port order has been received via the Example Exchange API",
        f"(Order ID: {order['name']})",
        "",
        *MEMBER_DETAILS,
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


def test_the_multicast_mac_address_that_was_printed_is_refused_with_its_reason(crm: FlaskClient) -> None:
    sent = cast.order("port_and_peering_unit")
    sent["items"][1]["details"]["mac_address"] = "11:11:11:11:11:11"
    refused = crm.post("/oms/orders", json=sent)
    assert refused.status_code == 422
    (found,) = refused.get_json()["errors"]
    assert (found["pointer"], found["rule"]) == ("/items/1/details/mac_address", "multicast")


def test_on_an_automated_lan_an_engineer_patches_the_port_and_the_unit_follows_by_itself(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    items = cast.order("port_and_peering_unit")["items"]
    for item in items:
        item["details"] |= {"fabric": "lon1", "location": "LD8"}
    order = placed("port_and_peering_unit", items=items)
    port, unit = (item["service_number"] for item in order["items"])
    work()
    assert book.statuses(order) == ("awaiting_agent", ["awaiting_agent", "ordered"])

    book.resume(order, 1, **PATCHED)
    work()

    assert book.statuses(order) == ("completed", ["completed", "completed"])
    assert help_desk.ticket(order)["queue"] == "provisioning"
    assert help_desk.notes(order) == [
        "Your order has been received.",
        "Creating services for order items.",
        f"New service created for order item 1. Service number {port}.",
        "Starting quality assurance check for the order.",
        f"All service checks completed for service {port}.",
        "Provisioning items",
        f"Service {port} is connected now.",
        f"Service {port} is active.",
        f"New service created for order item 2. Service number {unit}.",
        f"All service checks completed for service {unit}.",
        "Services for all order items validated.",
        f"Service {unit} is connected now.",
        f"Service {unit} is active.",
        "Services for all order items provisioned.",
    ]


# Joining a private VLAN, with a port that is tagged for it (order 103679).


@pytest.fixture
def untagged(app: Flask) -> None:
    """The port that is to be tagged is not, today."""
    with app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        changed = {**port.details, "encapsulation": "none"}
        db.session.execute(update(Service).where(Service.id == port.id).values(details=changed))
        db.session.commit()


@pytest.mark.usefixtures("untagged")
def test_a_join_waits_whole_for_the_owner_who_is_told_by_mail(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("join_pvlan")
    work()
    help_desk.deliver(order)

    assert order["type"] == "join_pvlan"
    waiting = "awaiting_order_confirmation"
    assert book.statuses(order) == (waiting, [waiting, waiting])
    pvlan, port = book.order(order)["items"]
    assert (pvlan["item_action"], pvlan["service_type"], pvlan["service_number"]) == ("new", "pvlan", None)
    assert (port["item_action"], port["service_type"]) == ("edit_encap", "multiservice_port")
    assert (port["service_number"], port["details"]) == (103127, {"encapsulation": "dot1q"})
    assert book.log(order)[1:] == [
        "Awaiting Order Confirmation | pvlan - | awaiting_order_confirmation | "
        "Email notification to Lighthouse Media, whose agreement is needed."
    ]
    assert help_desk.ticket(order)["status"] == "awaiting_user"


@pytest.mark.usefixtures("untagged")
def test_the_owner_agrees_and_both_items_go(
    app: Flask, book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("join_pvlan")
    work()
    help_desk.deliver(order)
    owner = cast.program(app, cast.MEMBER2)
    (asked,) = owner.get("/oms/requests").get_json()["items"]
    assert owner.get(f"/oms/orders/{order['id']}").status_code == 404
    assert owner.post(f"/oms/requests/{asked['id']}/agree").status_code == 200
    work()

    assert book.statuses(order) == ("completed", ["completed", "completed"])
    assert book.order(order)["items"][0]["service_number"] == cast.PVLAN
    assert book.service(cast.PORT)["details"]["encapsulation"] == "dot1q"
    assert book.service(cast.PVLAN)["account_id"] == cast.LIGHTHOUSE  # joined, not taken over
    assert "Inventory |  |  | Creating services for order items." in book.log(order)
    assert [line.rpartition(" | ")[2] for line in book.log(order)] == [
        "Your order has been received.",
        "Email notification to Lighthouse Media, whose agreement is needed.",
        "Creating services for order items.",
        f"The owner of private VLAN {cast.PVLAN} agreed that you join it.",
        "Starting quality assurance check for the order.",
        f"All service checks completed for service {cast.PVLAN}.",
        "Provisioning items",
        f"You have joined private VLAN {cast.PVLAN}.",
        f"All service checks completed for service {cast.PORT}.",
        f"Service {cast.PORT} has been changed.",
    ]
    ticket = help_desk.ticket(order)
    assert (ticket["queue"], ticket["status"]) == ("provisioning", "resolved")
    assert ticket["subject"] == f"OMS: Join private VLAN order from Harbour Connect (Order ID: {order['name']})"
    blocks = "\n".join(first_message(ticket)).split("\n\n")
    assert blocks[2] == "*PVLAN Service Details* (order item 1)\nPVLAN Owner:..... Lighthouse Media"
    assert blocks[3].splitlines()[0] == "*Existing Port details* (order item 2)"
    assert "Encapsulation:..... None" in blocks[3].splitlines()
    assert blocks[4] == "*Requested Port details* (order item 2)\nEncapsulation:..... Dot1Q"


# A private VLAN between two points, and a unit in it on VLAN 444 (order 103523).


def test_a_private_vlan_between_two_points_with_a_unit_on_vlan_444(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("pvlan_p2p_with_unit")
    pvlan, unit = (item["service_number"] for item in order["items"])
    work()

    assert book.statuses(order) == ("completed", ["completed", "completed"])
    assert book.log(order) == [
        "Ordered |  |  | Your order has been received.",
        "Inventory |  |  | Creating services for order items.",
        f"Inventory | pvlan - {pvlan} | quality_assurance | "
        f"New service created for order item 1. Service number {pvlan}.",
        "Quality Assurance |  |  | Starting quality assurance check for the order.",
        f"Quality Assurance | pvlan - {pvlan} | provisioning | All service checks completed for service {pvlan}.",
        "Provisioning |  |  | Provisioning items",
        f"Provisioning | pvlan - {pvlan} | provisioning | Service {pvlan} is connected now.",
        f"Provisioning | pvlan - {pvlan} | completed | Service {pvlan} is active.",
        f"Inventory | pvlan_unit - {unit} | quality_assurance | "
        f"New service created for order item 2. Service number {unit}.",
        f"Quality Assurance | pvlan_unit - {unit} | provisioning | All service checks completed for service {unit}.",
        f"Provisioning | pvlan_unit - {unit} | provisioning | Service {unit} is connected now.",
        f"Provisioning | pvlan_unit - {unit} | completed | Service {unit} is active.",
    ]
    made = book.service(pvlan)
    assert (made["name"], made["capacity"], made["details"]["pvlan_type"]) == ("test-p2p-ecl-ec2", 50, "p2p")
    inside = book.service(unit)
    assert (inside["state"], inside["details"]) == ("active", {"pvlan": pvlan, "port": cast.PORT, "vlan_id": 444})


def test_sales_get_a_read_only_ticket_of_it_that_names_the_one_that_is_worked(
    placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("pvlan_p2p_with_unit")
    work()
    worked, informing = help_desk.ticket(order), help_desk.information(order)
    assert (informing["queue"], informing["status"], informing["read_only"]) == ("sales", "resolved", True)
    note, body = informing["messages"]
    assert (note["is_note"], body["is_note"]) == (True, False)
    assert note["body"] == (
        "The service will be provisioned by self service automation. No action from sales is required. "
        f"Provisioning ticket number: {worked['number']}. Order ID: {order['id']}"
    )
    assert body["body"].splitlines() == [
        "*New Private VLAN order*",
        "A new private vLAN order has been received via the Example Exchange API",
        f"(Order ID: {order['name']})",
        "",
        *MEMBER_DETAILS,
        "",
        "*PVLAN Service Details* (order item 1)",
        "LAN:..... edi2",
        "Service Type:..... Point to Point",
        "Service Name:..... test-p2p-ecl-ec2",
        "Bandwidth:..... 50",
        "MAC ACL Protected:..... False",
        "",
        "*PVLAN Unit Details* (order item 2)",
        "Port:..... edge1-edi2 xe-0/0/3",
        "VLAN ID:..... 444",
    ]
    assert first_message(worked) == body["body"].splitlines()


# A reseller's ConneXions: a new one (order 100472), and a change (ticket 27297).


def test_a_resellers_new_connexions_service_from_its_post_to_its_confirmation(
    app: Flask, book: Crm, work: Callable[[], None], help_desk: HelpDesk
) -> None:
    reseller = cast.program(app, cast.RESELLER)
    sent = cast.order("connexions_new")
    order = reseller.post("/oms/orders", json=sent).get_json()
    assert order["sub_customer"] == sent["sub_customer"]
    assert order["items"][0]["details"] == sent["items"][0]["details"]
    number = order["items"][0]["service_number"]
    work()
    assert book.statuses(order) == ("awaiting_member", ["awaiting_member"])

    Crm(reseller).resume(order, 1)
    work()

    assert book.statuses(order) == ("completed", ["completed"])
    connected = book.service(number)
    assert (connected["account_id"], connected["sub_account_id"]) == (cast.PARTNER, cast.CUSTOMER)
    assert help_desk.notes(order)[1:8] == [
        "Creating services for order items.",
        f"New service created for order item 1. Service number {number}.",
        "Starting quality assurance check for the order.",
        f"All service checks completed for service {number}.",
        "Services for all order items validated.",
        "Provisioning items",
        f"Service {number} is connected now.",
    ]
    assert help_desk.notes(order)[-2:] == [
        f"Service {number} is active.",
        "Services for all order items provisioned.",
    ]
    ticket = help_desk.ticket(order)
    assert (ticket["queue"], ticket["status"]) == ("provisioning", "resolved")
    assert "PO Number:..... Reference goes here" in first_message(ticket)
    assert ticket["cc"] == ["noc@harbour-connect.example"]


def test_a_change_of_it_tells_what_there_was_and_what_is_wanted(
    book: Crm, placed: Callable[..., Order], work: Callable[[], None], help_desk: HelpDesk
) -> None:
    order = placed("connexions_modify")
    work()

    assert book.statuses(order) == ("completed", ["completed"])
    assert book.service(106552)["capacity"] == 1000
    ticket = help_desk.ticket(order)
    assert (ticket["queue"], ticket["status"]) == ("provisioning", "resolved")
    assert ticket["subject"] == (
        f"OMS: Connexions port change service request from Harbour Connect (Order ID: {order['name']})"
    )
    assert ticket["properties"] == {
        "Product": "Member Port", "Category": "Member Request", "Peering LAN": "JSP1", "Priority": "Severity 4",
        "Prov Status": "New", "Provisioning": "ConneXions > CX Member Port - Downgrade", "Site": "N/A",
        "Prov Port Type": "ConneXions",
    }  # fmt: skip
    assert first_message(ticket) == [
        "*ConneXions Member Service modification order*",
        "A ConneXions service modification order has been received via the Example Exchange API, "
        "this order is handled via OMS",
        f"(Order ID: {order['name']})",
        "",
        "*ConneXions Partner Details*",
        *MEMBER_DETAILS[1:],
        "",
        "*Example Exchange Member Details*",
        "Organisation Name:..... Lighthouse Media",
        "Member Handle:..... lighthouse",
        "",
        "*Existing ConneXions Member Service Details* (order item 1)",
        "Service Number:..... 106552",
        "ConneXions Port:..... edge2-dev ge-3/0/2",
        "LAN:..... jsp1",
        "Location:..... Mon",
        "VLAN ID:..... 701",
        "Service Capacity:..... 2000",
        "Mac address:..... 00:00:5e:00:53:02",
        "Port Group:..... edge2-dev ge-3/0/2",
        "",
        "*Requested ConneXions Member Service Details* (order item 1)",
        "Service Capacity:..... 1000",
    ]
    assert help_desk.notes(order)[1:] == [
        "Creating services for order items.",
        "Starting quality assurance check for the order.",
        "All service checks completed for service 106552.",
        "Services for all order items validated.",
        "Provisioning items",
        "Service 106552 is connected now.",
        "Service 106552 has been changed.",
        "Services for all order items provisioned.",
    ]
