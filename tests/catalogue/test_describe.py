"""Details in the words of those who read them; the first two tests are the screens of the seed."""

from typing import Any

import pytest

from app.catalogue import Names, action_title, describe, describe_service, every_action, item_names, title
from app.catalogue.tickets import TicketItem

NAMES = Names(
    fabrics={"lon1": "LON1 Lab"},
    locations={"LD8": "Harbour Exchange"},
    services={103127: "edge2-la1 xe-0/0/0"},
    accounts={"account-lighthouse": "Lighthouse Media"},
    items={1: "my pvlan service query UAT"},
)
CUG = {
    "fabric": "lon1",
    "pvlan_type": "p2p",
    "service_name": "my pvlan service query UAT",
    "bandwidth": 50,
    "mac_acl_protected": False,
}


def test_a_member_reads_a_closed_user_group_as_the_portal_shows_it():
    assert title("pvlan", "member") == "CUG"
    rows = describe("pvlan", "new", CUG, "member", NAMES)
    assert rows == [
        ("Fabric", "LON1 Lab"),
        ("Service Type", "Point to Point"),
        ("Service Name", "my pvlan service query UAT"),
        ("Bandwidth", "50 Mbps"),
        ("MAC ACL protected", "No"),
    ]


def test_a_member_reads_its_unit_as_the_portal_shows_it():
    assert title("pvlan_unit", "member") == "CUG Unit"
    rows = describe("pvlan_unit", "new", {"pvlan": {"item": 1}, "port": 103127, "vlan_id": 339}, "member", NAMES)
    assert rows == [
        ("Service Name", "my pvlan service query UAT"),
        ("Port Details", "edge2-la1 xe-0/0/0"),
        ("VLAN ID", "339"),
    ]


def test_a_ticket_keeps_the_plain_values():
    rows = dict(describe("pvlan", "new", CUG, "ticket", NAMES))
    assert (rows["LAN"], rows["Bandwidth"], rows["MAC ACL Protected"]) == ("lon1", "50", "False")


@pytest.mark.parametrize(
    ("mbps", "words"), [(0, "Not policed"), (50, "50 Mbps"), (1_500, "1500 Mbps"), (10_000, "10 Gbps")]
)
def test_bandwidth_has_its_unit(mbps: int, words: str):
    assert describe("pvlan", "new", {"bandwidth": mbps}, "member") == [("Bandwidth", words)]


def test_a_join_names_the_owner():
    rows = describe("pvlan", "new", {"pvlan_service_account_id": "account-lighthouse"}, "staff", NAMES, "join_pvlan")
    assert rows == [("PVLAN Owner", "Lighthouse Media")]
    assert action_title("pvlan", "new", "staff", "join_pvlan") == "Join"


def test_what_has_no_name_is_shown_as_it_stands():
    rows = describe("pvlan_unit", "new", {"pvlan": {"item": 9}, "port": 5, "vlan_id": 1}, "member")
    assert [value for _, value in rows] == ["Order item 9", "Service 5", "1"]


def test_what_the_catalogue_no_longer_knows_is_shown_under_its_own_name():
    assert describe("telex", "new", {"baud": 50}, "staff") == [("baud", "50")]
    assert ("colour", "blue") in describe("pvlan", "new", {**CUG, "colour": "blue"}, "staff")
    assert (title("telex", "staff"), action_title("telex", "new", "staff")) == ("telex", "new")


def test_an_existing_service_is_described_like_a_new_one():
    assert describe_service("pvlan", CUG, "staff", NAMES) == describe("pvlan", "new", CUG, "staff", NAMES)


def test_items_are_named_for_those_that_refer_to_them():
    port = TicketItem(1, "multiservice_port", "new", {})
    edit = TicketItem(2, "multiservice_port", "edit_encap", {}, 103127)
    pvlan = TicketItem(3, "pvlan", "new", CUG)
    assert item_names([port, pvlan], "ticket")[1] == "Use the new multiservice port"
    assert item_names([port, edit], "ticket") == {
        1: "Use the new multiservice port (order item 1)",
        2: "Use the multiservice port of order item 2",
    }
    assert item_names([port, pvlan], "member") == {
        1: "New Port (order item 1)",
        3: "my pvlan service query UAT",
    }


@pytest.mark.parametrize("audience", ["member", "staff", "ticket"])
def test_every_field_of_every_action_has_words_for_any_value(audience: Any):
    for kind, action, order_type in every_action():
        values: tuple[Any, ...] = (None, "x", 5, True, [1], {"item": 1}, {"item": []}, 1.5)
        for value in values:
            details = {field.name: value for field in action.fields}
            for label, words in describe(kind.key, action.name, details, audience, NAMES, order_type):
                assert label
                assert isinstance(words, str)
