"""POST /oms/orders: what the seed prints comes back, and whose orders a program may place."""

from datetime import datetime
from typing import Any

import pytest

from app.domain.models import Account, Contact, Order, OrderItem
from app.extensions import db
from tests import cast

SEEDS = ["connexions_new", "port_and_peering_unit", "join_pvlan", "pvlan_p2p_with_unit", "connexions_modify"]
ORDER_FIELDS = [
    "id", "name", "status", "requestor", "sub_customer", "deskpro_ticket_id", "po_number", "additional_cc", "notes",
    "type", "description", "created_at", "modified_at", "items",
]  # fmt: skip
ITEM_FIELDS = [
    "id", "item_number", "status", "item_action", "service_type", "service_number", "deskpro_ticket_id", "created_at",
    "modified_at", "details",
]  # fmt: skip
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PORT = {
    "service_type": "multiservice_port", "item_action": "new",
    "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000},
}  # fmt: skip
SERVER_OWNED = {"id", "name", "status", "deskpro_ticket_id", "created_at", "modified_at"}


def folded(value: Any) -> Any:
    """Words are compared without regard to case: the seed prints DOT1Q and None."""
    return value.casefold() if isinstance(value, str) else value


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_of_the_seed_comes_back_with_its_fields_in_its_order(placed, seed):
    sent, answered = cast.order(seed), placed(seed)
    expected = [name for name in ORDER_FIELDS if name != "sub_customer" or "sub_customer" in sent]
    assert list(answered)[: len(expected)] == expected
    for item in answered["items"]:
        assert list(item)[: len(ITEM_FIELDS)] == ITEM_FIELDS
    assert answered["requestor"] == sent["requestor"]
    assert answered.get("sub_customer") == sent.get("sub_customer")
    for name in ("po_number", "notes", "type", "description"):
        assert answered[name] == sent.get(name)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_details_come_back_as_they_were_sent(placed, seed):
    for sent, answered in zip(cast.order(seed)["items"], placed(seed)["items"], strict=True):
        assert {name: folded(value) for name, value in sent["details"].items()}.items() <= {
            name: folded(value) for name, value in answered["details"].items()
        }.items()
        assert (answered["service_type"], answered["item_action"]) == (sent["service_type"], sent["item_action"])


def test_the_printed_order_keeps_exactly_its_nesting(placed):
    sent, answered = cast.order("connexions_new"), placed("connexions_new")
    assert set(answered["requestor"]) == set(sent["requestor"])
    assert set(answered["sub_customer"]) == set(sent["sub_customer"])
    assert answered["sub_customer"]["asn"] == "64501"
    assert answered["items"][0]["details"] == sent["items"][0]["details"]


def test_what_the_server_owns_is_ignored_and_not_refused(placed):
    sent, answered = cast.order("connexions_new"), placed("connexions_new")
    assert set(sent) >= SERVER_OWNED
    assert answered["id"] != sent["id"]
    assert answered["name"] == "100001"
    assert answered["status"] == "ordered"
    assert answered["deskpro_ticket_id"] is None
    assert answered["items"][0]["service_number"] != sent["items"][0]["service_number"]


def test_an_order_that_was_read_can_be_sent_back_as_it_is(crm, placed):
    read = placed("port_and_peering_unit")
    for item in read["items"]:
        item["details"].pop("mac_address", None) and item["details"].update(mac_address="00:00:5e:00:53:77")
    again = crm.post("/oms/orders", json=read)
    assert again.status_code == 201, again.json
    assert again.json["name"] == "100002"


def test_times_carry_the_offset_of_the_exchange(placed):
    order = placed(requested_start_date="2031-07-01", requested_completion_date="2031-07-02T12:00:00Z")
    assert order["requested_start_date"] == "2031-07-01T00:00:00+01:00"
    assert order["requested_completion_date"] == "2031-07-02T13:00:00+01:00"
    assert datetime.fromisoformat(order["created_at"]).utcoffset() is not None


def test_an_items_own_dates_are_kept_beside_the_orders(placed):
    sent = cast.order("connexions_new")
    sent["items"][0]["requested_start_date"] = "2031-01-05T10:00:00+00:00"
    order = placed(items=sent["items"])
    assert order["items"][0]["requested_start_date"] == "2031-01-05T10:00:00+00:00"
    assert order["requested_start_date"] is None


def test_the_answer_says_where_the_order_is(crm):
    answer = crm.post("/oms/orders", json=cast.order("connexions_new"))
    assert answer.status_code == 201
    assert crm.get(answer.headers["Location"]).json == answer.json


def test_a_reference_to_another_item_is_echoed_and_makes_a_dependency(placed):
    second = placed("port_and_peering_unit")["items"][1]
    assert second["details"]["port"] == {"item": 1}
    assert second["depends_on"] == [1]


def test_a_trusted_program_brings_new_accounts_with_it(app, crm):
    sent = cast.order("port_and_peering_unit")
    sent["requestor"] |= {"account_id": "account-new", "contact_id": "contact-new", "organisation": "Breakwater"}
    sent["items"] = sent["items"][:1]
    assert crm.post("/oms/orders", json=sent).status_code == 201
    with app.app_context():
        assert db.session.get_one(Account, "account-new").organisation == "Breakwater"
        assert db.session.get_one(Contact, "contact-new").account_id == "account-new"


def test_a_trusted_program_must_say_who_orders(crm):
    answer = crm.post("/oms/orders", json=cast.order("port_and_peering_unit", requestor={"organisation": "Nobody"}))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/requestor/account_id"


def test_a_members_program_orders_for_its_own_account_without_saying_so(member):
    answer = member.post("/oms/orders", json=cast.order("port_and_peering_unit", requestor={}))
    assert answer.status_code == 201, answer.json
    assert answer.json["requestor"] == {
        "contact_id": "contact-ada",
        "account_id": cast.HARBOUR,
        "organisation": "Harbour Connect",
        "email": "ada@harbour-connect.example",
        "full_name": "Ada Quayside",
        "phone": "",
    } | {name: answer.json["requestor"][name] for name in ("email", "full_name")}


def test_a_members_program_is_called_what_its_account_is_called(member):
    sent = cast.order("port_and_peering_unit")
    sent["requestor"]["organisation"] = "Somebody Grand"
    assert member.post("/oms/orders", json=sent).json["requestor"]["organisation"] == "Harbour Connect"


def test_a_members_program_orders_for_its_own_customer(member):
    assert member.post("/oms/orders", json=cast.order("connexions_modify")).status_code == 201


@pytest.mark.parametrize("account", [cast.LIGHTHOUSE[:-1], cast.PARTNER, "unknown"])
def test_a_members_program_cannot_order_for_somebody_else(app, member, account):
    sent = cast.order("port_and_peering_unit")
    sent["requestor"]["account_id"] = account
    answer = member.post("/oms/orders", json=sent)
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    with app.app_context():
        assert db.session.query(OrderItem).count() == 0


def test_a_members_program_cannot_order_for_somebody_elses_customer(member):
    sent = cast.order("port_and_peering_unit", sub_customer={"account_id": cast.CUSTOMER})
    assert member.post("/oms/orders", json=sent).status_code == 403


def test_a_members_program_cannot_use_somebody_elses_contact(member):
    sent = cast.order("port_and_peering_unit")
    sent["requestor"]["contact_id"] = "4324-efd-432423-23"
    answer = member.post("/oms/orders", json=sent)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/requestor/contact_id"


def test_a_reseller_orders_for_its_customer(app):
    reseller = cast.program(app, cast.RESELLER)
    answer = reseller.post("/oms/orders", json=cast.order("connexions_new"))
    assert answer.status_code == 201, answer.json
    assert answer.get_json()["sub_customer"]["account_id"] == cast.CUSTOMER


@ON_SQLITE
@pytest.mark.parametrize("path", ["/oms/orders", "/oms/orders?draft=true"])
def test_a_member_does_not_order_as_its_customer_but_for_it(app, member, path):
    sent = {"requestor": {"account_id": cast.LIGHTHOUSE}, "items": [PORT]}
    refused = member.post(path, json=sent)
    assert refused.status_code == 403 and "sub_customer" in refused.json["detail"]
    with app.app_context():
        assert db.session.query(Order).count() == 0
    assert member.post(path, json={"sub_customer": sent["requestor"], "items": [PORT]}).status_code == 201


@ON_SQLITE
def test_a_reseller_orders_as_its_customer_too_and_it_stands_there_who_did(app):
    reseller = cast.program(app, cast.RESELLER)
    made = reseller.post("/oms/orders", json={"requestor": {"account_id": cast.CUSTOMER}, "items": [PORT]})
    assert made.status_code == 201, made.get_json()
    assert "sub_customer" not in made.get_json()
    assert made.get_json()["requestor"] == {
        "contact_id": None, "account_id": cast.CUSTOMER, "organisation": "Lamp Studios", "email": cast.RESELLER,
        "full_name": "Rae Broker", "phone": None,
    }  # fmt: skip
    assert reseller.get(made.headers["Location"]).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize("who", [cast.SALES, cast.RESELLER])
def test_a_sub_customer_is_not_called_by_what_the_exchange_knows_better(app, who):
    program = cast.program(app, who)
    sent = {"requestor": {"account_id": cast.PARTNER}, "items": [PORT]}
    wrong = {"account_id": cast.CUSTOMER, "asn": "64502", "handle": "lighthouse"}
    refused = program.post("/oms/orders", json={**sent, "sub_customer": wrong})
    assert refused.status_code == 422
    assert [(one["pointer"], one["rule"]) for one in refused.get_json()["errors"]] == [
        ("/sub_customer/asn", "match"), ("/sub_customer/handle", "match"),
    ]  # fmt: skip
    assert "AS64501" in refused.get_json()["errors"][0]["detail"]
    right = {"account_id": cast.CUSTOMER, "asn": "64501", "handle": "Lamp_Studios"}
    assert program.post("/oms/orders", json={**sent, "sub_customer": right}).status_code == 201


def test_a_direct_order_has_no_sub_customer_at_all(crm, placed):
    order = placed("join_pvlan")
    assert "sub_customer" not in order
    assert "sub_customer" not in crm.get(f"/oms/orders/{order['id']}").json


@pytest.mark.parametrize(("how", "status"), [("?draft=true", None), ("", "draft")])
def test_a_draft_is_not_placed_by_mistake(crm, how, status):
    answer = crm.post(f"/oms/orders{how}", json=cast.order("connexions_new", status=status))
    assert (answer.status_code, answer.json["status"]) == (201, "draft")
