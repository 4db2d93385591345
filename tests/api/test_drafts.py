"""A draft's life through the API, as the seed of an operator's order tells it: fill in, replace, submit, confirm."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.models import Account, Order, PackageSubscription, Service
from app.domain.states import Status
from app.extensions import db
from app.services import demo_packages
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(app) -> None:
    """What is sold."""
    with app.app_context():
        demo_packages.build()
        db.session.commit()


@pytest.fixture
def kept(member, shop) -> dict[str, Any]:
    answer = member.post("/oms/orders", json=cast.order("covage_draft", status="draft"))
    assert answer.status_code == 201, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def at(order: dict[str, Any], verb: str = "") -> str:
    return f"/oms/orders/{order['id']}" + (f"/{verb}" if verb else "")


@ON_SQLITE
def test_the_exchange_adds_what_it_knows(kept, member):
    assert kept["status"] == "draft"
    assert kept["alias"] == f"O{kept['created_at'][2:10].replace('-', '')}_{kept['name']}"
    assert kept["product"]["line"] == {
        "name": "Multiservice port", "code": "PM", "description": "Ports that carry peering and private VLANs",
        "family": {"name": "Ports", "code": "P", "description": "Ports of the exchange"},
    }  # fmt: skip
    assert kept["options"] == {"support": {"value": "4h_24_7", "enabled": True, "default_value": "4h_bhbd"}}
    assert kept["origin"] == "standard"
    assert (kept["submission_date"], kept["acknowledged_date"]) == (None, None)
    sent = cast.order("covage_draft")
    for name in ("operator_order_ref", "operator_order_name", "comment", "owner", "enni"):
        assert kept[name] == sent[name]
    ada = {"contact_id": "contact-ada", "full_name": "Ada Quayside", "email": "ada@harbour-connect.example"}
    assert kept["contacts"] == {"operator": ada, "owner": sent["contacts"]["owner"]}
    assert member.get(at(kept)).get_json() == kept


@ON_SQLITE
def test_what_a_put_does_not_say_is_removed_and_what_it_may_not_change_stays(kept, member):
    whole = {**kept, "comment": None, "po_number": "PO-9", "options": {}}
    del whole["owner"]
    changed = member.put(at(kept), json=whole)
    assert changed.status_code == 200, changed.get_json()
    after = changed.get_json()
    assert (after["comment"], after["owner"], after["po_number"]) == (None, None, None)
    assert after["options"]["support"]["value"] == "4h_bhbd"
    assert after["contacts"] == kept["contacts"]
    assert [item["id"] for item in after["items"]] == [item["id"] for item in kept["items"]]
    assert member.put(at(kept), json=whole).status_code == 409  # the version in it is old now


@ON_SQLITE
def test_a_deleted_draft_is_gone(kept, member):
    assert member.delete(at(kept), headers={"If-Match": '"99"'}).status_code == 409
    assert member.delete(at(kept)).status_code == 204
    assert member.get(at(kept)).status_code == member.delete(at(kept)).status_code == 404


@ON_SQLITE
def test_a_draft_is_for_its_own_account_only(kept, app):
    """Not even for the customer that it is for, until it is submitted."""
    member = cast.program(app, cast.MEMBER)
    for_customer = member.post(
        "/oms/orders?draft=true", json={"sub_customer": {"account_id": cast.LIGHTHOUSE}, "items": []}
    ).get_json()
    for draft in (kept, for_customer):
        stranger = cast.program(app, cast.MEMBER2)
        assert stranger.get(at(draft)).status_code == 404
        assert stranger.put(at(draft), json={}).status_code == 404
        assert stranger.delete(at(draft)).status_code == stranger.post(at(draft, "submit")).status_code == 404
        assert draft["id"] not in [order["id"] for order in stranger.get("/oms/orders").get_json()["items"]]


def test_submitted_confirmed_and_worked(kept, member, crm, app, work):
    with app.app_context():
        db.session.get_one(Account, cast.HARBOUR).flagged = True  # sales agree to each of its orders
        db.session.commit()
    key = {"Idempotency-Key": "submit-1"}
    first = member.post(at(kept, "submit"), headers=key)
    again = member.post(at(kept, "submit"), headers=key)
    assert (first.status_code, first.get_json()["status"]) == (200, "ordered"), first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.get_json()["submission_date"] == first.get_json()["acknowledged_date"]
    assert first.get_json()["items"][0]["service_number"]
    for late in (member.put(at(kept), json={}), member.delete(at(kept)), member.post(at(kept, "submit"))):
        assert late.status_code == 409
    work()
    assert member.get(at(kept)).get_json()["status"] == "awaiting_order_confirmation"
    assert member.post(at(kept, "confirm")).status_code == 409  # it is for sales to say
    assert crm.post(at(kept, "confirm")).status_code == 200
    assert crm.post(at(kept, "hold"), json={"reason": "The building is closed"}).get_json()["status"] == "held"
    assert member.post(at(kept, "hold"), json={"reason": "Mine"}).status_code == 403
    held = member.get(at(kept)).get_json()
    assert held["held_date"] and held["pending_date"]
    assert crm.post(at(kept, "release")).status_code == 200
    cancelled = member.post(at(kept, "cancel"), json={"reason": "Not needed"})
    assert cancelled.status_code == 200
    work()
    ended = member.get(at(kept)).get_json()
    assert ended["status"] == "cancelled"
    assert ended["cancellation_date"]


@ON_SQLITE
def test_all_problems_are_answered_together_and_nothing_is_lost(member, shop):
    items = [{"service_type": "multiservice_port", "item_action": "new", "details": {"fabric": "lon1"}},
             {"service_type": "peering_unit", "item_action": "new", "details": {}}]  # fmt: skip
    draft = member.post("/oms/orders?draft=true", json={"items": items}).get_json()
    refused = member.post(at(draft, "submit"))
    assert refused.status_code == 422
    assert {"/items/0/details/location", "/items/1/details/port"} <= {
        one["pointer"] for one in refused.get_json()["errors"]
    }
    assert member.get(at(draft)).get_json() == draft


@ON_SQLITE
@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"product": {"code": "NO-SUCH"}}, "/product/code"),
        ({"product": {"code": "PORT-1G"}, "options": {"support": {"value": "never"}}}, "/options/support/value"),
        ({"product": {"code": "PORT-1G"}, "options": {"wings": {}}}, "/options/wings"),
        ({"options": {"support": {}}}, "/options"),
        ({"contacts": {"operator": {"contact_id": "nobody"}}}, "/contacts/operator/contact_id"),
        ({"batch_alias": "B1"}, "/batch_alias"),
        ({"items": [{"service_type": "rocket", "item_action": "new"}]}, "/items/0/service_type"),
        ({"wheels": 4}, "/wheels"),
    ],
)
def test_what_a_draft_says_must_be_right(member, shop, sent, pointer):
    refused = member.post("/oms/orders?draft=true", json=sent)
    assert refused.status_code == 422
    assert pointer in [one["pointer"] for one in refused.get_json()["errors"]]


@ON_SQLITE
def test_a_product_without_items_brings_its_services(member, shop):
    draft = member.post("/oms/orders?draft=true", json={"product": {"code": "START-10G"}}).get_json()
    assert [(item["service_type"], item["details"].get("port")) for item in draft["items"]] == [
        ("multiservice_port", None), ("peering_unit", {"item": 1}),
    ]  # fmt: skip


@ON_SQLITE
def test_what_is_ordered_is_what_the_product_is(member, crm, shop, app):
    """As a draft, and placed at once."""
    other = {**cast.order("covage_draft")["items"][0], "details": {"fabric": "lon1", "location": "LD8",
                                                                    "port_capacity": 1_000}}  # fmt: skip
    wrong = [cast.order("covage_draft", items=items) for items in ([other], [])]
    draft = member.post("/oms/orders?draft=true", json=wrong[0]).get_json()
    for refused in (member.post(at(draft, "submit")), member.post("/oms/orders", json=wrong[0])):
        assert [(one["pointer"], one["rule"]) for one in refused.get_json()["errors"]] == [
            ("/items/0/details/port_capacity", "fixed")
        ]
    emptied = member.put(at(draft), json={"items": []}).get_json()
    assert ("/items", "required") in [
        (one["pointer"], one["rule"]) for one in member.post(at(emptied, "submit")).get_json()["errors"]
    ]
    placed = member.post("/oms/orders", json=cast.order("covage_draft"))
    assert placed.status_code == 201, placed.get_json()
    with app.app_context():
        assert db.session.query(PackageSubscription).one().services[0].service.state == "pre_active"


@ON_SQLITE
def test_a_put_without_items_leaves_them_with_all_that_they_say(kept, member):
    contact = {"technical": {"full_name": "Nia Quay", "email": "nia@harbour-connect.example"}}
    said = {"services": [{"item_number": 1, "contacts": contact}]}
    assert member.patch(at(kept, "requirements"), json=said).status_code == 200
    needs, items = member.get(at(kept, "requirements")).json["services"], member.get(at(kept)).json["items"]

    changed = member.put(at(kept), json={"operator_order_ref": "A-18"})

    assert changed.status_code == 200, changed.json
    assert (changed.json["operator_order_ref"], changed.json["comment"]) == ("A-18", None)
    assert [(one["id"], one["details"]) for one in changed.json["items"]] == [
        (one["id"], one["details"]) for one in items
    ]
    assert member.get(at(kept, "requirements")).json["services"] == needs
    assert member.put(at(kept), json={"items": None}).status_code == 422


@ON_SQLITE
def test_a_package_whose_services_were_taken_out_says_so_everywhere(kept, member):
    assert member.put(at(kept), json={"items": []}).json["items"] == []
    assert member.get(at(kept)).json["product"]["code"] == kept["product"]["code"]
    assert [one["pointer"] for one in member.get(at(kept, "requirements")).json["missing"]] == ["/items"]
    for refused in (
        member.patch(at(kept, "requirements"), json={"services": [{"item_number": 1}]}),
        member.post(at(kept, "package"), json={"code": kept["product"]["code"]}),
    ):
        assert refused.status_code == 409
        assert "as its items" in refused.json["detail"] or "as items" in refused.json["detail"]
    assert len(member.put(at(kept), json={"items": kept["items"]}).json["items"]) == 1
    assert member.get(at(kept, "requirements")).json["missing"] == []


@ON_SQLITE
def test_references_of_a_draft_are_shown_as_they_were_sent(member):
    items = [
        {"service_type": "multiservice_port", "item_action": "new", "details": {}},
        {"service_type": "multiservice_port", "item_action": "cease", "service_number": {"item": 1}, "depends_on": [1]},
    ]
    draft = member.post("/oms/orders?draft=true", json={"items": items}).get_json()
    assert [item["service_number"] for item in draft["items"]] == [None, {"item": 1}]
    assert draft["items"][1]["depends_on"] == [1]
    assert member.put(at(draft), json=draft).get_json()["items"][1]["service_number"] == {"item": 1}


def at_once(app: Flask, calls: Sequence[Callable[[FlaskClient], Any]]) -> list[int]:
    """Each call in a thread of its own, all at the same moment; the statuses, sorted."""
    start = Barrier(len(calls))
    programs = [cast.program(app, cast.MEMBER) for _ in calls]

    def run(call: Callable[[FlaskClient], Any], program: FlaskClient) -> int:
        start.wait(timeout=30)
        return int(call(program).status_code)

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls, programs))


def test_submitted_by_several_at_once_it_is_one_order(kept, app):
    assert at_once(app, [lambda program: program.post(at(kept, "submit"))] * 4) == [200, 409, 409, 409]
    with app.app_context():
        assert db.session.query(Service).filter_by(state="pre_active").count() == 1


def test_submitted_changed_and_deleted_at_once_one_thing_is_true(kept, app):
    found = at_once(
        app,
        [
            lambda program: program.post(at(kept, "submit")),
            lambda program: program.delete(at(kept)),
            lambda program: program.patch(at(kept), json={"notes": "Soon"}),
            lambda program: program.put(at(kept), json={}),
        ],
    )
    assert set(found) <= {200, 204, 404, 409, 422}  # 422: what PUT left of the draft cannot be submitted
    with app.app_context():
        order = db.session.query(Order).one_or_none()
        submitted = order is not None and order.status is not Status.DRAFT
        assert db.session.query(Service).filter_by(state="pre_active").count() == (1 if submitted else 0)


def test_two_packages_at_once_are_one(member, shop, app):
    draft = member.post("/oms/orders?draft=true", json={}).get_json()
    member.post("/oms/qualifications", json={"method": "none", "order_id": draft["id"]})
    calls = [lambda program, code=code: program.post(at(draft, "package"), json={"code": code})
             for code in ("PORT-1G", "CUG", "PEER")]  # fmt: skip
    assert at_once(app, calls) == [200, 409, 409]
    assert len(member.get(at(draft)).get_json()["items"]) == 1
