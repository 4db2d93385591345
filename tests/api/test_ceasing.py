"""Ceasing a private VLAN by API: it ends for all of its units, whoever they belong to, and their owners are told."""

import pytest

from app.domain.models import Notification, Service
from app.domain.notices import Event
from app.extensions import db
from app.queries.notice_words import Notice, sentences
from tests import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CEASE = {"service_type": "pvlan", "item_action": "cease", "service_number": cast.PVLAN}
GUEST = 107_777


@pytest.fixture
def owner(app):
    return cast.program(app, cast.MEMBER2)


@pytest.fixture
def guest(app):
    with app.app_context():
        cast.guest(GUEST)


def items_of(order):
    return [(one["service_type"], one["item_action"], one["service_number"]) for one in order["items"]]


ENDING = [("pvlan", "cease", cast.PVLAN), ("pvlan_unit", "cease", GUEST)]


def test_the_owner_of_a_private_vlan_ends_it_for_units_that_it_cannot_see(owner, guest, work, app):
    assert owner.get(f"/oms/services?service_number={GUEST}").json["items"] == []

    answer = owner.post("/oms/orders", json={"items": [{**CEASE, "item_number": 7}]})

    assert answer.status_code == 201, answer.json
    order = answer.json
    assert items_of(order) == [ENDING[1], ENDING[0]]  # by their numbers: the unit is item 2, the private VLAN item 7
    unit, vlan = order["items"]
    assert (unit["item_number"], vlan["item_number"], vlan["depends_on"]) == (2, 7, [2])
    assert unit["details"] == {}  # whose unit it is, on which port and VLAN, stays theirs
    work()
    assert owner.get(f"/oms/orders/{order['id']}").json["status"] == "completed"
    with app.app_context():
        ended = db.session.query(Service.number).filter_by(state="ceased").order_by(Service.number).all()
        told = db.session.query(Notification).filter_by(event="ending", account_id=cast.HARBOUR).all()
        assert [row.number for row in ended] == [cast.PVLAN, GUEST]
        assert [one.facts["service_number"] for one in told] == [GUEST]


def test_the_units_end_when_their_private_vlan_is_wished_to_end(owner, guest):
    item = {**CEASE, "requested_start_date": "2099-05-10T22:00:00+01:00"}
    order = owner.post("/oms/orders", json={"items": [item]}).json
    assert {one["requested_start_date"] for one in order["items"]} == {"2099-05-10T22:00:00+01:00"}


def test_a_draft_shows_what_ends_and_what_came_since_ends_as_well(owner, guest, app):
    draft = owner.post("/oms/orders?draft=true", json={"items": [CEASE]}).json
    assert items_of(draft) == ENDING
    here = f"/oms/orders/{draft['id']}"
    assert items_of(owner.put(here, json={"items": [CEASE]}).json) == ENDING
    with app.app_context():
        cast.guest(107_778, vlan_id=322)

    submitted = owner.post(f"{here}/submit")

    assert submitted.status_code == 200, submitted.json
    assert items_of(submitted.json) == [*ENDING, ("pvlan_unit", "cease", 107_778)]


def test_a_unit_that_is_still_being_set_up_keeps_its_private_vlan(owner, app):
    with app.app_context():
        cast.guest(GUEST, state="pre_active")
    refused = owner.post("/oms/orders", json={"items": [CEASE]})
    assert refused.status_code == 422
    (finding,) = refused.json["errors"]
    assert (finding["pointer"], finding["rule"]) == ("/items/0/service_number", "in_use")
    assert "still being set up" in finding["detail"] and str(GUEST) not in finding["detail"]


def test_nobody_else_ends_a_private_vlan_or_finds_its_units_by_trying(member, guest):
    refused = member.post("/oms/orders", json={"items": [CEASE]})
    assert [one["rule"] for one in refused.json["errors"]] == ["reference"]


def test_who_joined_a_private_vlan_without_a_unit_yet_is_told_that_it_ends(owner, placed, work, app):
    joining = placed("join_pvlan")
    work()
    assert owner.post(f"/oms/orders/{joining['id']}/confirm", json={}).status_code == 204
    work()

    owner.post("/oms/orders", json={"items": [CEASE]})

    with app.app_context():
        (told,) = db.session.query(Notification).filter_by(event="ending").all()
        assert (told.account_id, told.facts["joined"], told.facts["vlan"]) == (cast.HARBOUR, True, "Film rushes")
        worded = Notice(event=Event.ENDING, order_number=1, own=False, asker="Lighthouse Media", facts=told.facts)
        assert "which you joined" in sentences(worded, str)[0]
    assert cast.browser(app, cast.MEMBER).get("/portal/notifications").status_code == 200
