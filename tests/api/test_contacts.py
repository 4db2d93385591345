"""People whom an order names: by their contact_id or in words; what they were called then stays; changed in flight."""

from typing import Any

import pytest

from app.domain.models import Audit, Contact, OrderLog
from app.extensions import db
from app.services import demo_packages
from tests import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADA = {"contact_id": "contact-ada", "full_name": "Ada Quayside", "email": "ada@harbour-connect.example"}
OLA = {"full_name": "Ola Wire", "email": "ola@harbour-connect.example", "phone": "+44 20 7946 0001"}
PORT = {"service_type": "multiservice_port", "item_action": "new",
        "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000}}  # fmt: skip
LATER = {"requested_start_date": "2099-05-01"}


@pytest.fixture
def draft(member) -> str:
    made = member.post("/oms/orders?draft=true", json={"items": [PORT]})
    assert made.status_code == 201, made.json
    return f"/oms/orders/{made.json['id']}"


def name(program: Any, draft: str, **people: Any) -> Any:
    return program.patch(f"{draft}/requirements", json={"services": [{"item_number": 1, "contacts": people}]})


def placed(program: Any, draft: str, **people: Any) -> dict[str, Any]:
    assert name(program, draft, **people).status_code == 200
    assert program.patch(draft, json=LATER).status_code == 200
    order = program.post(f"{draft}/submit")
    assert order.status_code == 200, order.json
    found: dict[str, Any] = order.json
    return found


def rename_ada(app: Any) -> None:
    with app.app_context():
        ada = db.session.get_one(Contact, "contact-ada")
        ada.full_name, ada.email = "Ada Newname", "new@harbour-connect.example"
        db.session.commit()


def told(app: Any) -> list[str]:
    with app.app_context():
        return [one.user_message for one in db.session.query(OrderLog).order_by(OrderLog.id) if one.user_message]


def test_a_contact_is_named_by_its_id_and_stays_as_it_was_called_then(member, draft, app):
    order = placed(member, draft, technical={"contact_id": "contact-ada"})
    assert order["items"][0]["contacts"] == {"technical": ADA}
    rename_ada(app)
    number = order["items"][0]["service_number"]
    (service,) = member.get(f"/oms/services?service_number={number}").json["items"]
    assert service["contacts"] == {"technical": ADA}
    assert member.get(draft).json["items"][0]["contacts"] == {"technical": ADA}


def test_an_orders_own_contacts_are_written_down_too_and_what_is_said_beside_wins(member, app):
    people = {"technical": {"contact_id": "contact-ada", "phone": "+44 1"}, "billing": {"full_name": "Bea Till"}}
    order = member.post("/oms/orders", json={"items": [PORT], "contacts": people}).json
    rename_ada(app)
    assert member.get(f"/oms/orders/{order['id']}").json["contacts"] == {
        "technical": {**ADA, "phone": "+44 1"}, "billing": {"full_name": "Bea Till"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("person", "at", "rule"),
    [
        ({"contact_id": "nobody"}, "/contacts/technical/contact_id", "reference"),
        ({"contact_id": "4324-efd-432423-23"}, "/contacts/technical/contact_id", "reference"),  # another account's
        ({"email": "ola@harbour.example"}, "/contacts/technical/full_name", "required"),
        ({"email": "ola"}, "/contacts/technical/email", "format"),
        ({**OLA, "full_name": "  "}, "/contacts/technical/full_name", "required"),
        ({"full_name": "Ola Wire"}, "/contacts/technical/email", "required"),
        ({"full_name": "Ola Wire", "phone": " "}, "/contacts/technical/email", "required"),
        ({"full_name": "Ola Wire", "phone": "by bell"}, "/contacts/technical/phone", "format"),
    ],
)
def test_somebody_who_is_not_there_or_has_no_name_is_refused(member, draft, person, at, rule):
    refused = name(member, draft, technical=person)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json["errors"]] == [f"/services/0{at}"]
    assert rule == "format" or refused.json["errors"][0]["rule"] == rule
    assert member.get(draft).json["items"][0]["contacts"] == {}


def test_who_was_named_stays_in_a_draft_although_the_contact_is_removed(member, draft):
    said = {"full_name": "Nia Quay", "phone": "+44 20 7946 0002"}
    nia = member.post("/oms/contacts", json=said).json["contact_id"]
    assert name(member, draft, technical={"contact_id": nia}).status_code == 200
    assert member.patch(draft, json={"contacts": {"billing": {"contact_id": nia}}}).status_code == 200
    assert member.delete(f"/oms/contacts/{nia}").status_code == 204
    assert member.patch(draft, json={"po_number": "PO-1"}).status_code == 200
    order = member.post(f"{draft}/submit").json
    assert order["contacts"] == {"billing": {"contact_id": nia, **said}}
    assert order["items"][0]["contacts"] == {"technical": {"contact_id": nia, **said}}


def test_a_reseller_names_people_of_its_customer(app):
    reseller: Any = cast.program(app, cast.RESELLER)
    lena = {"account_id": cast.CUSTOMER, "full_name": "Lena Lamp", "email": "lena@lamp.example"}
    lena = reseller.post("/oms/contacts", json=lena).json
    said = {"items": [PORT], "sub_customer": {"account_id": cast.CUSTOMER}}
    draft = f"/oms/orders/{reseller.post('/oms/orders?draft=true', json=said).json['id']}"
    assert name(reseller, draft, technical={"contact_id": lena["contact_id"]}).status_code == 200
    assert reseller.patch(draft, json={"contacts": {"owner": {"contact_id": lena["contact_id"]}}}).status_code == 200


def test_contacts_of_a_service_change_while_its_order_is_under_way(member, draft, app):
    order = placed(member, draft, technical={"contact_id": "contact-ada"})
    here = f"/oms/order-items/{order['items'][0]['id']}"
    item = member.get(here).json

    changed = member.patch(here, json={"contacts": {"technical": OLA}, "version": item["version"]})

    assert changed.status_code == 200, changed.json
    assert changed.json["contacts"] == {"technical": OLA}
    after = member.get(draft).json
    assert after["version"] == order["version"] + 1 and after["items"][0]["contacts"] == {"technical": OLA}
    assert told(app)[-1] == "The technical contact was changed."
    with app.app_context():
        audit = db.session.query(Audit).filter_by(what="service contacts changed").one()
        assert audit.after == {"technical": OLA}
    stale = member.patch(here, json={"contacts": {"technical": None}, "version": item["version"]})
    assert stale.status_code == 409
    assert member.patch(here, json={"contacts": {"cook": OLA}}).json["errors"][0]["pointer"] == "/contacts/cook"
    assert member.patch(here, json={"contacts": {"technical": None}}).json["contacts"] == {}
    assert told(app)[-1] == "The technical contact was changed."


def test_contacts_of_the_order_change_one_by_one_and_the_member_reads_it(member, draft, app):
    order = placed(member, draft)
    one = member.patch(draft, json={"contacts": {"technical": OLA, "billing": {"full_name": "Bea Till"}}}).json
    assert one["contacts"] == {"technical": OLA, "billing": {"full_name": "Bea Till"}}
    two = member.patch(draft, json={"contacts": {"billing": None}, "po_number": "PO-7", "version": one["version"]})
    assert two.json["contacts"] == {"technical": OLA}
    assert told(app)[-2:] == [
        "The order was changed: technical contact, billing contact.",
        "The order was changed: PO number, billing contact.",
    ]
    assert member.patch(draft, json={"contacts": None}).json["contacts"] is None
    assert order["version"] + 3 == member.get(draft).json["version"]


def test_a_contact_that_a_package_requires_is_not_taken_away(member, app):
    with app.app_context():
        demo_packages.build()
        db.session.commit()
    unit = {"service_type": "peering_unit", "item_action": "new",
            "details": {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 1_000,
                        "mac_address": "00:00:5e:00:53:20"}}  # fmt: skip
    made = member.post("/oms/orders?draft=true", json={"product": {"code": "PEER"}, "items": [unit]})
    assert made.status_code == 201, made.json
    order = placed(member, f"/oms/orders/{made.json['id']}", technical=OLA)
    refused = member.patch(f"/oms/order-items/{order['items'][0]['id']}", json={"contacts": {"technical": None}})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["detail"] == "Technical contact: this service needs one."


def test_changing_and_ending_a_service_asks_for_no_contacts(member):
    cease = {"service_type": "multiservice_port", "item_action": "cease", "service_number": cast.PORT}
    made = member.post("/oms/orders?draft=true", json={"items": [cease]}).json
    needs = member.get(f"/oms/orders/{made['id']}/requirements").json
    assert needs["services"][0]["contacts"] == []
    order = member.post(f"/oms/orders/{made['id']}/submit").json
    answer = member.patch(f"/oms/order-items/{order['items'][0]['id']}", json={"contacts": {"technical": OLA}})
    assert answer.status_code == 422 and answer.json["errors"][0]["rule"] == "read_only"


def test_items_name_people_when_they_are_sent_and_can_be_sent_back_as_they_were_read(member):
    said = {"items": [{**PORT, "contacts": {"technical": {"contact_id": "contact-ada"}}}]}
    for path in ("/oms/orders", "/oms/orders?draft=true"):
        order = member.post(path, json=said)
        assert order.status_code == 201, order.json
        assert order.json["items"][0]["contacts"] == {"technical": ADA}
    again = member.put(f"/oms/orders/{order.json['id']}", json=order.json)
    assert again.status_code == 200 and again.json["items"][0]["contacts"] == {"technical": ADA}
    for path in ("/oms/orders", "/oms/orders?draft=true"):
        for person, at in (({"contact_id": "nobody"}, "/technical/contact_id"), (OLA, "/cook")):
            wrong = {"items": [{**PORT, "contacts": {at.split("/")[1]: person}}]}
            refused = member.post(path, json=wrong)
            assert [one["pointer"] for one in refused.json["errors"]] == [f"/items/0/contacts{at}"]


def test_nobody_who_cannot_be_reached_is_named_wherever_it_is_said(member, draft):
    """One rule for requirements, orders that are placed at once, and services that are there."""
    nia = {"contact_id": member.post("/oms/contacts", json={"full_name": "Nia Quay"}).json["contact_id"]}
    order = placed(member, draft, technical={**nia, "phone": "+44 20 7946 0002"})
    item = f"/oms/order-items/{order['items'][0]['id']}"
    for refused, at in (
        (member.post("/oms/orders", json={"items": [{**PORT, "contacts": {"technical": nia}}]}), "/items/0"),
        (member.post("/oms/orders?draft=true", json={"items": [{**PORT, "contacts": {"technical": nia}}]}), "/items/0"),
        (member.patch(item, json={"contacts": {"technical": nia}}), ""),
    ):
        assert refused.status_code == 422, refused.json
        assert [(one["pointer"], one["rule"]) for one in refused.json["errors"]] == [
            (f"{at}/contacts/technical/email", "required")
        ]


def test_people_of_the_customer_are_named_by_whoever_orders_for_it(member, app):
    """Also by a member who does not act for that customer; those of anybody else by nobody."""
    with app.app_context():
        lou = Contact(id="lou", account_id=cast.LIGHTHOUSE, full_name="Lou Lantern", email="lou@lighthouse.example")
        db.session.add(lou)
        db.session.commit()
    said = {"items": [PORT], "contacts": {"owner": {"contact_id": "lou"}}}
    sub_customer = {"sub_customer": {"account_id": cast.LIGHTHOUSE}}
    for path in ("/oms/orders", "/oms/orders?draft=true"):
        made = member.post(path, json={**said, **sub_customer})
        assert made.status_code == 201, made.json
        again = member.patch(f"/oms/orders/{made.json['id']}", json={"contacts": said["contacts"]})
        assert again.status_code == 200, again.json
        refused = member.post(path, json=said)
        assert [one["pointer"] for one in refused.json["errors"]] == ["/contacts/owner/contact_id"]
    put = member.put(f"/oms/orders/{made.json['id']}", json={"contacts": said["contacts"]})
    assert put.json["contacts"]["owner"]["full_name"] == "Lou Lantern"
