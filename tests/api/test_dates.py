"""What may still change of dates and bandwidth on the way. Services that go on and off by date: test_roaming.py."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain import clock
from app.domain.models import Service
from app.extensions import db
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DISCOUNT = {"fabric": "edi2", "pvlan_type": "mp2mp", "service_name": "Discount for roaming", "bandwidth": 10}
PVLAN_NEW = {"service_type": "pvlan", "item_action": "new", "details": DISCOUNT}


def wishes(days: dict[str, int]) -> dict[str, str]:
    """Wished dates in so many days: start, completion."""
    return {
        f"requested_{name}_date": (clock.now() + timedelta(days=number)).isoformat(timespec="seconds")
        for name, number in days.items()
    }


def states(program: Any, order: dict[str, Any]) -> list[str]:
    found = program.get(f"/oms/orders/{order['id']}").json
    return [item["status"] for item in found["items"]]


def scheduled(crm, work, **more: Any) -> dict[str, Any]:
    start = (clock.now() + timedelta(days=9)).isoformat(timespec="seconds")
    item = {"service_type": "pvlan", "item_action": "new", "details": DISCOUNT}
    sent = {"requestor": {"account_id": cast.HARBOUR}, "items": [item], "requested_start_date": start, **more}
    order: dict[str, Any] = crm.post("/oms/orders", json=sent).json
    work()
    assert states(crm, order) == ["scheduled"]
    return order


def test_a_start_that_is_waited_for_can_be_moved(crm, work):
    order = scheduled(crm, work)
    here = f"/oms/orders/{order['id']}"
    soon = (clock.now() + timedelta(days=2)).isoformat(timespec="seconds")
    moved = crm.patch(here, json={"requested_start_date": soon})
    assert moved.status_code == 200, moved.json
    work()
    assert states(crm, order) == ["scheduled"]
    due = crm.get(here).json["items"][0]["wait"]["due"]
    assert datetime.fromisoformat(due) == datetime.fromisoformat(soon)
    clock.advance(timedelta(days=2, minutes=1))
    work()
    assert states(crm, order) == ["completed"]
    assert crm.patch(here, json={"requested_start_date": None}).status_code == 409  # it has ended


@ON_SQLITE
def test_an_items_own_date_can_be_taken_away(crm, work):
    far = (clock.now() + timedelta(days=90)).isoformat(timespec="seconds")
    item = {"service_type": "pvlan", "item_action": "new", "details": DISCOUNT, "requested_start_date": far}
    order = scheduled(crm, work, items=[item])
    path = f"/oms/order-items/{order['items'][0]['id']}"
    assert crm.patch(path, json={"requested_start_date": None}).status_code == 200
    assert crm.patch(f"/oms/orders/{order['id']}", json={"requested_start_date": None}).status_code == 200
    work()
    assert states(crm, order) == ["completed"]


@ON_SQLITE
def test_a_date_of_an_item_that_is_under_way_is_past_moving(crm, placed, work):
    order = placed("port_and_peering_unit")
    work()
    later = (clock.now() + timedelta(days=9)).isoformat(timespec="seconds")
    here = f"/oms/orders/{order['id']}"
    before = crm.get(here).json
    refused = crm.patch(here, json={"requested_start_date": later, "po_number": "PO-77"})
    assert refused.status_code == 409
    assert "under way" in refused.json["detail"]
    assert crm.get(here).json == before
    assert crm.patch(here, json={"contacts": {"technical": {"email": "noc@harbour.example"}}}).status_code == 200
    assert crm.patch(here, json={"contacts": {"technical": {"contact_id": "nobody"}}}).status_code == 422


@ON_SQLITE
def test_bandwidth_changes_until_the_item_is_provisioned(crm, work):
    later = (clock.now() + timedelta(days=9)).isoformat(timespec="seconds")
    unit = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 100,
            "mac_address": "00:00:5e:00:53:20"}  # fmt: skip
    item = {"service_type": "peering_unit", "item_action": "new", "details": unit}
    order = scheduled(crm, work, items=[item], requested_start_date=later)
    path = f"/oms/order-items/{order['items'][0]['id']}"
    assert crm.patch(path, json={"bandwidth": 20_000}).json["errors"][0]["rule"] == "capacity"
    changed = crm.patch(path, json={"bandwidth": 500})
    assert changed.status_code == 200, changed.json
    assert changed.json["details"]["service_capacity"] == 500
    number = order["items"][0]["service_number"]
    (service,) = crm.get(f"/oms/services?service_number={number}").json["items"]
    assert (service["capacity"], service["details"]["service_capacity"]) == (500, 500)
    clock.advance(timedelta(days=9, minutes=1))
    work()
    assert crm.patch(path, json={"bandwidth": 600}).status_code == 409


@ON_SQLITE
def test_a_service_that_waits_to_be_switched_is_scheduled_and_may_still_have_another_bandwidth(crm, member, work, app):
    unit = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 100,
            "mac_address": "00:00:5e:00:53:20"}  # fmt: skip
    item = {"service_type": "peering_unit", "item_action": "new", "details": unit}
    sent = {"requestor": {"account_id": cast.HARBOUR}, "items": [item], **wishes({"completion": 90})}
    order = crm.post("/oms/orders", json=sent).json
    work()
    assert states(crm, order) == ["scheduled"]
    assert crm.get(f"/oms/orders/{order['id']}").json["status"] == "scheduled"
    path = f"/oms/order-items/{order['items'][0]['id']}"

    assert member.patch(path, json={"bandwidth": 500}).status_code == 200
    clock.advance(timedelta(days=90, minutes=1))
    work()

    assert states(crm, order) == ["completed"]
    with app.app_context():
        service = db.session.query(Service).filter_by(number=order["items"][0]["service_number"]).one()
        registered = (service.registered or {})["facts"]["details"]
        assert (service.capacity, registered["service_capacity"]) == (500, 500)
    assert member.patch(path, json={"bandwidth": 600}).status_code == 409


@ON_SQLITE
def test_a_stranger_changes_no_item(crm, work, app):
    order = scheduled(crm, work)
    path = f"/oms/order-items/{order['items'][0]['id']}"
    assert cast.program(app, cast.RESELLER).patch(path, json={"requested_start_date": None}).status_code == 404


@ON_SQLITE
@pytest.mark.parametrize(
    "seed", ["connexions_new", "port_and_peering_unit", "join_pvlan", "pvlan_p2p_with_unit", "connexions_modify"]
)
def test_a_draft_that_is_submitted_is_what_would_have_been_placed(crm, placed, work, seed):
    draft = crm.post("/oms/orders?draft=true", json=cast.order(seed)).json
    submitted = crm.post(f"/oms/orders/{draft['id']}/submit")
    assert submitted.status_code == 200, submitted.json
    crm.post(f"/oms/orders/{draft['id']}/cancel", json={"reason": "It is placed once more"})
    work()
    told = ("item_number", "service_type", "item_action", "details", "depends_on", "status")
    want = [{name: item[name] for name in told} for item in placed(seed)["items"]]
    assert [{name: item[name] for name in told} for item in submitted.json["items"]] == want


@ON_SQLITE
@pytest.mark.parametrize(
    ("order", "item", "pointer"),
    [
        ({"start": 9, "completion": 5}, {}, "/requested_completion_date"),
        ({"start": 9}, {"completion": 5}, "/items/0/requested_completion_date"),
        ({"completion": 5}, {"start": 9}, "/items/0/requested_start_date"),
        ({"start": 5}, {"start": 9, "completion": 8}, "/items/0/requested_completion_date"),
    ],
)
def test_a_completion_before_its_start_is_refused_whoever_says_which(crm, order, item, pointer):
    sent = {"requestor": {"account_id": cast.HARBOUR}, "items": [{**PVLAN_NEW, **wishes(item)}], **wishes(order)}
    for address in ("/oms/orders", "/oms/orders?draft=true"):
        refused = crm.post(address, json=sent)
        assert refused.status_code == 422, refused.json
        assert (pointer, "order") in [(one["pointer"], one["rule"]) for one in refused.json["errors"]]


@ON_SQLITE
def test_an_items_own_dates_win_so_the_orders_may_say_otherwise(crm):
    item = {**PVLAN_NEW, **wishes({"start": 2, "completion": 3})}
    sent = {"requestor": {"account_id": cast.HARBOUR}, "items": [item], **wishes({"start": 9})}
    assert crm.post("/oms/orders", json=sent).status_code == 201


@ON_SQLITE
def test_dates_that_are_moved_must_go_with_those_that_stay(crm, work):
    item = {**PVLAN_NEW, **wishes({"completion": 20})}
    order = scheduled(crm, work, items=[item])  # the order says: start in nine days
    here, its_item = f"/oms/orders/{order['id']}", f"/oms/order-items/{order['items'][0]['id']}"

    late = crm.patch(here, json=wishes({"start": 25}))
    assert (late.status_code, late.json["errors"][0]["pointer"]) == (422, "/requested_start_date")
    assert late.json["errors"][0]["detail"] == "Item 1 says otherwise: its completion lies before this."
    early = crm.patch(its_item, json=wishes({"completion": 5}))
    assert (early.status_code, early.json["errors"][0]["pointer"]) == (422, "/requested_completion_date")
    assert early.json["errors"][0]["detail"] == "The completion lies before the order's start."
    assert crm.patch(its_item, json=wishes({"start": 19})).status_code == 200
    assert crm.patch(here, json=wishes({"start": 25})).status_code == 200  # now it is none of the item's any more


@ON_SQLITE
@pytest.mark.parametrize("name", ["start", "completion"])
def test_a_date_that_has_passed_is_refused_but_a_day_is_forgiven(crm, work, name):
    field = f"requested_{name}_date"
    for sent in ({"items": [{**PVLAN_NEW, **wishes({name: -2})}]}, {"items": [PVLAN_NEW], **wishes({name: -2})}):
        refused = crm.post("/oms/orders", json={"requestor": {"account_id": cast.HARBOUR}, **sent})
        assert refused.status_code == 422
        (finding,) = refused.json["errors"]
        assert (finding["pointer"].rpartition("/")[2], finding["rule"]) == (field, "past")
        assert finding["detail"] == f"This {name} has passed; without one we begin at once."
    today = {"requestor": {"account_id": cast.HARBOUR}, "items": [PVLAN_NEW], field: clock.now().date().isoformat()}
    assert crm.post("/oms/orders", json=today).status_code == 201

    order = scheduled(crm, work)
    assert crm.patch(f"/oms/orders/{order['id']}", json=wishes({name: -2})).json["errors"][0]["rule"] == "past"
    path = f"/oms/order-items/{order['items'][0]['id']}"
    assert crm.patch(path, json=wishes({name: -2})).json["errors"][0]["rule"] == "past"


@ON_SQLITE
def test_a_drafts_dates_may_pass_and_are_asked_again_when_it_is_submitted(crm):
    sent = {"requestor": {"account_id": cast.HARBOUR}, "items": [PVLAN_NEW], **wishes({"start": 1})}
    draft = crm.post("/oms/orders?draft=true", json=sent).json
    clock.advance(timedelta(days=3))
    refused = crm.post(f"/oms/orders/{draft['id']}/submit")
    assert [one["pointer"] for one in refused.json["errors"]] == ["/requested_start_date"]
