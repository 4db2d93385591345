"""What may still change of dates and bandwidth on the way. Services that go on and off by date: test_roaming.py."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain import clock
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DISCOUNT = {"fabric": "edi2", "pvlan_type": "mp2mp", "service_name": "Discount for roaming", "bandwidth": 10}


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
