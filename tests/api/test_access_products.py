"""Access products: an operator orders a line as the seed of its orders tells it, and every rule of it broken once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domain import clock
from app.domain.models import AccessLine, OutboxMessage, Package, Service
from app.extensions import db
from app.services import demo_carrier, package_rules
from app.services.package_rules import PackageWish, ServiceWish
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENNI = 12_001
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def carrier(app, exchange) -> None:
    """What a small carrier sells, and an ENNI of Harbour Connect that was brought in from before."""
    with app.app_context():
        demo_carrier.build()
        pop = {"address": "137 Lamp Street", "code": "P75TH2", "housing": "TELEHOUSE 2", "interface": "10G_SR"}
        ordered = datetime(2018, 11, 2, 9, tzinfo=UTC)
        db.session.add(
            Service(number=ENNI, service_type="enni", state="active", account_id=cast.HARBOUR, details={"pop": pop},
                    created_at=ordered)
        )  # fmt: skip
        db.session.commit()


def seed(**more: Any) -> Json:
    """The seed's order, with other details where `details` says so; None takes one away."""
    details = more.pop("details", {})
    order = cast.order("covage_collect", **more)
    said = {**order["items"][0]["details"], **details}
    order["items"][0]["details"] = {name: value for name, value in said.items() if value is not None}
    return order


def build(**details: Any) -> Json:
    """An order of a line that has to be built beside the one that is known."""
    more = {
        "activation_type": "create_nearby", "endpoints": None, "address": None,
        "reference_endpoint": {"endpoint_ref": demo_carrier.LINE[1]}, "appointment": {"day": "2099-05-01"},
    }  # fmt: skip
    return seed(details={**more, **details})


def at(order: Json, verb: str = "") -> str:
    return f"/oms/orders/{order['id']}" + (f"/{verb}" if verb else "")


def refusals(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.get_json()
    return [(one["pointer"], one["rule"]) for one in answer.get_json()["errors"]]


class Desk:
    """What the carrier's staff do by their own program, and what the operator then sees."""

    def __init__(self, crm: FlaskClient, member: FlaskClient, work: Callable[[], None]) -> None:
        self.crm, self.member, self.work = crm, member, work

    def read(self, order: Json) -> Json:
        found: Json = self.member.get(at(order)).get_json()
        return found

    def step(self, order: Json, **answers: Any) -> Json:
        """One step by hand."""
        item = self.crm.get(at(order)).get_json()["items"][0]
        body = {"answers": answers, "version": item["version"]}
        done = self.crm.post(f"/oms/order-items/{item['id']}/resume", json=body)
        assert done.status_code == 200, done.get_json()
        self.work()
        return self.read(order)

    def placed(self, order: Json) -> Json:
        """An order of the operator, as far as it goes by itself."""
        made = self.member.post("/oms/orders", json=order)
        assert made.status_code == 201, made.get_json()
        self.work()
        return self.read(made.get_json())

    def completed(self, order: Json, **last: Any) -> Json:
        """The order after all three steps by hand."""
        made = self.placed(order)
        for answers in ({}, {}, last):
            made = self.step(made, **answers)
        assert made["status"] == "completed", made
        return made


@pytest.fixture
def desk(crm, member, work) -> Desk:
    return Desk(crm, member, work)


def test_from_the_draft_to_the_end_of_the_line(member, crm, work, desk):
    """The sequence of the seed: a draft, replaced, another deleted; submitted, acknowledged, processing, pending,
    confirmed, held, completed; and terminated. Each transition has its date."""
    draft = member.post("/oms/orders?draft=true", json=seed()).get_json()
    assert (draft["status"], draft["type"], draft["origin"]) == ("draft", "normal", "standard")
    assert draft["alias"] == f"O{draft['created_at'][2:10].replace('-', '')}_{draft['name']}"
    assert draft["product"] == {
        "name": "SDSL-4M-PREMIUM-G-1P", "code": "SD01", "description": "SDSL 4 Mbit/s, guaranteed, 1 pair",
        "line": {"name": "SDSL-4M", "code": "SD", "description": "SDSL-4M: 4 Mbit/s",
                 "family": {"name": "SDSL", "code": "S", "description": "SDSL"}},
    }  # fmt: skip
    assert draft["options"] == {"grt": {"value": "4h_24_7", "enabled": True, "default_value": "4h_bhbd"}}
    sent = seed()
    assert draft["contacts"] == {
        "operator": {"contact_id": "contact-ada", "full_name": "Ada Quayside", "email": "ada@harbour-connect.example"},
        "owner": sent["contacts"]["owner"],
    }
    for name in ("owner", "comment", "enni", "operator_order_ref", "operator_order_name"):
        assert draft[name] == sent[name]
    assert draft["items"][0]["details"] == sent["items"][0]["details"]
    assert (draft["submission_date"], draft["service_alias"]) == (None, None)

    whole = {name: value for name, value in draft.items() if name not in ("comment", "options", "operator_order_name")}
    replaced = member.put(at(draft), json={**whole, "operator_order_ref": "UNTEL02-2"}).get_json()
    assert (replaced["comment"], replaced["operator_order_name"]) == (None, None)
    assert replaced["options"]["grt"] == {"value": "4h_bhbd", "enabled": False, "default_value": "4h_bhbd"}
    assert (replaced["operator_order_ref"], replaced["enni"]) == ("UNTEL02-2", sent["enni"])
    assert replaced["items"] == [{**draft["items"][0], "modified_at": replaced["items"][0]["modified_at"]}]
    assert replaced["modified_at"] >= draft["modified_at"]

    other = member.post("/oms/orders?draft=true", json=seed()).get_json()
    assert member.delete(at(other)).status_code == 204
    assert member.get(at(other)).status_code == 404

    order = member.post(at(draft, "submit")).get_json()
    assert order["status"] == "ordered"
    assert order["submission_date"] and order["acknowledged_date"]
    assert order["service_alias"] == f"S{order['submission_date'][2:10].replace('-', '')}_{service_number(order)}"
    work()
    order = desk.read(order)
    assert (order["status"], order["items"][0]["stage"]) == ("manual_processing", "inventory")
    assert order["processing_date"] and order["pending_date"] is None

    order = desk.step(order, ask_member="The access is sensitive: it cannot be given back. Do we go on?")
    assert order["status"] == "awaiting_member" and order["pending_date"]
    question = order["items"][0]["wait"]
    assert (question["audience"], question["tell"]) == (
        f"account:{cast.HARBOUR}", "The access is sensitive: it cannot be given back. Do we go on?",
    )  # fmt: skip
    assert member.post(at(order, "confirm")).status_code == 200
    work()
    assert desk.read(order)["status"] == "manual_processing"

    held = crm.post(at(order, "hold"), json={"reason": "The local loop has no pair left."}).get_json()
    assert held["status"] == "held" and held["held_date"] and held["completion_date"] is None
    assert crm.post(at(order, "release")).status_code == 200
    work()
    desk.step(order)
    order = desk.step(order)
    assert order["status"] == "completed" and order["completion_date"]
    assert (order["cancellation_date"], order["rejection_date"]) == (None, None)

    [service] = member.get(f"/oms/services?service_alias={order['service_alias']}").get_json()["items"]
    assert (service["state"], service["service_type"]) == ("active", "collect")
    assert service["details"] == sent["items"][0]["details"]

    ended = desk.completed(
        {"contacts": {"operator": {"contact_id": "contact-ada"}},
         "items": [{"service_type": "collect", "item_action": "cease", "service_number": service["service_number"]}]}
    )  # fmt: skip
    assert (ended["service_alias"], ended["product"]) == (order["service_alias"], None)
    assert member.get(f"/oms/services/{service['id']}").get_json()["state"] == "ceased"


def service_number(order: Json) -> int:
    number: int = order["items"][0]["service_number"]
    return number


@ON_SQLITE
def test_a_line_that_is_built_takes_over_the_address_of_the_line_beside_it(desk, member, app):
    """As a draft already; then the number of the new line is asked for, and others can be built beside that one."""
    draft = member.post("/oms/orders?draft=true", json=build(address={"door": "B"})).get_json()
    house = {name: value for name, value in demo_carrier.ADDRESS.items() if name != "floor"}
    assert draft["items"][0]["details"]["address"] == {**house, "door": "B"}
    order = desk.placed(build(address={"door": "B", "stairs": "2"}))
    desk.step(order)
    desk.step(order)
    item = desk.crm.get(at(order)).get_json()["items"][0]
    assert [ask["name"] for ask in item["wait"]["asks"]] == ["line_number"]
    assert "Appointment with the end customer: 2099-05-01." in item["wait"]["tell"]
    order = desk.step(order, line_number="0199000002")
    assert order["status"] == "completed"
    [service] = member.get(f"/oms/services?service_number={service_number(order)}").get_json()["items"]
    assert service["details"]["endpoints"] == [{"endpoint_ref_type": "line_number", "endpoint_ref": "0199000002"}]
    with app.app_context():
        line = db.session.get_one(AccessLine, ("line_number", "0199000002"))
        assert line.address == {**house, "door": "B", "stairs": "2"}
    beside = build(
        activation_type="create_neighbour", reference_endpoint={"endpoint_ref": "0199000002"},
        address={"street_number": "14"},
    )  # fmt: skip
    assert desk.placed(beside)["items"][0]["details"]["address"] == {
        **{name: house[name] for name in ("street_name", "city", "insee_code", "rivoli_code")}, "street_number": "14",
    }  # fmt: skip


@ON_SQLITE
def test_a_line_that_has_ended_is_no_reference_any_more(desk, member):
    made = desk.completed(seed())
    built = build(reference_endpoint={"endpoint_ref": "0143340043"}, address={"floor": "04"})
    assert member.post("/oms/orders", json=built).status_code == 201
    desk.completed(
        {"contacts": {"operator": {"contact_id": "contact-ada"}},
         "items": [{"service_type": "collect", "item_action": "cease", "service_number": service_number(made)}]}
    )  # fmt: skip
    assert refusals(member.post("/oms/orders", json=built)) == [
        ("/items/0/details/reference_endpoint/endpoint_ref", "reference")
    ]


@ON_SQLITE
@pytest.mark.parametrize(
    ("order", "pointer", "rule"),
    [
        (seed(details={"endpoints": None}), "/items/0/details/endpoints", "required"),
        (seed(details={"endpoints": []}), "/items/0/details/endpoints", "required"),
        (seed(details={"endpoints": [{"endpoint_ref_type": "line_number"}]}),
         "/items/0/details/endpoints/0/endpoint_ref", "required"),
        (seed(details={"endpoints": [{"endpoint_ref": "1"}] * 9}), "/items/0/details/endpoints", "range"),
        (seed(details={"appointment": {"day": "2099-05-01"}}), "/items/0/details/appointment", "not_wanted"),
        (seed(details={"reference_endpoint": {"endpoint_ref": demo_carrier.LINE[1]}}),
         "/items/0/details/reference_endpoint", "not_wanted"),
        (seed(details={"eligibility_ref": None}), "/items/0/details/eligibility_ref", "required"),
        (seed(details={"mandate_id": None}), "/items/0/details/mandate_id", "required"),
        (seed(details={"activation_type": "teleport"}), "/items/0/details/activation_type", "choice"),
        (seed(details={"address": {"insee_code": "920260"}}), "/items/0/details/address/insee_code", "range"),
        (seed(details={"portability": {"rio_code": "02P123456ABC"}}),
         "/items/0/details/portability/prefix_code", "required"),
        (build(endpoints=[{"endpoint_ref": "1"}]), "/items/0/details/endpoints", "not_wanted"),
        (build(reference_endpoint=None), "/items/0/details/reference_endpoint", "required"),
        (build(appointment=None), "/items/0/details/appointment", "required"),
        (build(appointment={"slot": "morning"}), "/items/0/details/appointment/day", "required"),
        (build(appointment={"day": "2020-05-01"}), "/items/0/details/appointment/day", "past"),
        (build(appointment={"day": "tomorrow"}), "/items/0/details/appointment/day", "type"),
        (build(reference_endpoint={"endpoint_ref": "0199999999"}),
         "/items/0/details/reference_endpoint/endpoint_ref", "reference"),
        (build(address={"city": "BOURG"}), "/items/0/details/address/city", "fixed"),
        (build(address={"street_number": "13"}), "/items/0/details/address/street_number", "fixed"),
        (seed(product=None, options=None), "/product/code", "required"),
        (seed(product={"code": "NT01"}, options=None), "/product/code", "family"),
        (seed(contacts=None), "/contacts/operator/contact_id", "required"),
        (seed(contacts={"operator": {"full_name": "Ada"}}), "/contacts/operator/contact_id", "required"),
        (seed(contacts={"operator": {"contact_id": "4324-efd-432423-23"}}), "/contacts/operator/contact_id",
         "reference"),
        (seed(enni=None), "/enni/enni_vlan", "required"),
        (seed(enni={"enni_vlan": "111"}), "/enni/enni_service_ref", "required"),
        (seed(enni={"enni_vlan": "4095", "enni_service_ref": "S181102_12001"}), "/enni/enni_vlan", "range"),
        (seed(enni={"enni_vlan": "111", "enni_service_ref": "S181103_12001"}), "/enni/enni_service_ref", "reference"),
        (seed(enni={"enni_vlan": "111", "enni_service_ref": "Gate 1"}), "/enni/enni_service_ref", "reference"),
        (seed(product={"code": "AM01"}, options=None), "/enni", "not_wanted"),
        (seed(items=seed()["items"] * 2), "/items/1/service_type", "once"),
    ],
)  # fmt: skip
def test_each_rule_broken_on_purpose(member, app, order, pointer, rule):
    answer = member.post("/oms/orders", json=order)
    assert (pointer, rule) in refusals(answer)
    for one in answer.get_json()["errors"]:
        assert one["detail"].endswith(".")
    assert member.get("/oms/orders").get_json()["items"] == []
    with app.app_context():
        assert db.session.query(Service).filter_by(service_type="collect").count() == 0


@ON_SQLITE
def test_a_draft_may_wait_with_everything_but_say_nothing_wrong(member):
    draft = member.post("/oms/orders?draft=true", json={"product": {"code": "SM01"}}).get_json()
    assert (draft["items"][0]["service_type"], draft["items"][0]["details"]) == ("collect", {})
    assert {"/contacts/operator/contact_id", "/items/0/details/activation_type"} <= {
        pointer for pointer, _ in refusals(member.post(at(draft, "submit")))
    }
    wrong = [
        ({**draft, "enni": {"enni_vlan": "1", "enni_service_ref": "S181102_12001"}}, "/enni"),
        ({"items": [{"item_number": 1, "service_type": "collect", "item_action": "new", "details": {
            "activation_type": "create", "reference_endpoint": {"endpoint_ref": demo_carrier.LINE[1]},
            "address": {"city": "BOURG"}}}]}, "/items/0/details/address/city"),
    ]  # fmt: skip
    for body, pointer in wrong:
        assert pointer in [found for found, _ in refusals(member.put(at(draft), json=body))]
    assert member.get(at(draft)).get_json() == draft


@ON_SQLITE
def test_the_requirements_tell_the_parts_of_what_is_asked_and_take_them(member):
    draft = member.post("/oms/orders?draft=true", json={"product": {"code": "AM01"}}).get_json()
    told = member.get(at(draft, "requirements")).get_json()["services"][0]["configuration"]
    asked = {one["name"]: one for one in told}
    assert [part["name"] for part in asked["portability"]["fields"]] == ["prefix_code", "rio_code"]
    assert (asked["endpoints"]["kind"], asked["endpoints"]["maximum"]) == ("list", 8)
    said = {"activation_type": "create", "reference_endpoint": {"endpoint_ref": demo_carrier.LINE[1]},
            "appointment": {"slot": "morning"}}  # fmt: skip
    after = member.patch(
        at(draft, "requirements"), json={"services": [{"item_number": 1, "configuration": said}]}
    ).get_json()
    stands = {one["name"]: one["value"] for one in after["services"][0]["configuration"]}
    assert stands["address"]["street_name"] == "RUE DES LAMPES"
    assert "/items/0/details/appointment/day" in [one["pointer"] for one in after["missing"]]
    refused = member.patch(
        at(draft, "requirements"),
        json={"services": [{"item_number": 1, "configuration": {"address": {"city": "BOURG"}}}]},
    )
    assert refusals(refused) == [("/services/0/configuration/address/city", "fixed")]


@ON_SQLITE
def test_the_operator_answers_only_what_it_is_asked(desk, member):
    """Confirm and cancel while the activation is pending; not before, not after, and never the end of a line."""
    order = desk.placed(seed())
    assert member.post(at(order, "confirm")).status_code == 409
    early = member.post(at(order, "cancel"), json={"reason": "Not needed"})
    assert (early.status_code, early.get_json()["detail"]) == (
        409, "You can cancel this order while it waits for your answer; otherwise please ask us to cancel it.",
    )  # fmt: skip
    assert desk.step(order, ask_member="Do we go on?")["status"] == "awaiting_member"
    assert member.post(at(order, "cancel"), json={"reason": "Too dear"}).status_code == 200
    desk.work()
    order = desk.read(order)
    assert (order["status"], bool(order["cancellation_date"])) == ("cancelled", True)


@ON_SQLITE
def test_the_carrier_rejects_with_a_reason_at_any_step_by_hand(desk, member, app):
    order = desk.placed(seed())
    desk.step(order)
    assert member.post(at(order, "reject"), json={"reason": "No"}).status_code == 409
    answer = desk.crm.post(at(order, "reject"), json={"reason": "The local loop's operator has no pair left."})
    assert answer.status_code == 200, answer.get_json()
    order = desk.read(order)
    assert (order["status"], bool(order["rejection_date"])) == ("rejected", True)
    told = [one["user_message"] for one in member.get(f"/oms/order-logs?order_id={order['id']}").get_json()["items"]]
    assert "The order was declined: The local loop's operator has no pair left." in told
    with app.app_context():
        assert db.session.query(Service).filter_by(number=service_number(order)).one().state == "cancelled"


@ON_SQLITE
def test_an_enni_is_read_like_any_other_service_but_not_ordered_nor_ended(member, crm):
    enni = {"service_type": "enni", "item_action": "new", "details": {"pop": {
        "address": "137 Lamp Street", "code": "P75TH2", "interface": "10G_SR"}}}  # fmt: skip
    order = {"product": {"code": "NT01"}, "items": [enni]}
    for program in (member, crm):
        body = {**order, "requestor": {"account_id": cast.HARBOUR}}
        for path in ("/oms/orders", "/oms/orders?draft=true"):
            refused = program.post(path, json=body)
            assert refusals(refused) == [("/items/0/item_action", "not_orderable")]
            assert "our Sales" in refused.get_json()["errors"][0]["detail"]
    ended = member.post("/oms/orders", json={"items": [
        {"service_type": "enni", "item_action": "cease", "service_number": ENNI}]})  # fmt: skip
    assert refusals(ended) == [("/items/0/item_action", "choice")]
    assert ended.get_json()["errors"][0]["detail"] == "An ENNI cannot be ended by an order; please talk to our Sales."
    [service] = member.get("/oms/services?service_type=enni").get_json()["items"]
    assert (service["service_alias"], service["details"]["pop"]["interface"]) == ("S181102_12001", "10G_SR")


@ON_SQLITE
def test_where_nothing_of_the_kind_is_sold_the_refusal_says_so(member, app):
    with app.app_context():
        for package in db.session.query(Package):
            package.active = False
        db.session.commit()
    for path in ("/oms/orders", "/oms/orders?draft=true"):
        refused = member.post(path, json=seed(product=None, options=None))
        assert ("/items/0/service_type", "not_sold") in refusals(refused)
        assert "Access lines are not sold here." in [one["detail"] for one in refused.get_json()["errors"]]


@ON_SQLITE
def test_an_appointment_may_be_today_but_not_yesterday(member):
    today = clock.now().date()
    days = [(today - timedelta(days=1)).isoformat(), today.isoformat()]
    assert refusals(member.post("/oms/orders", json=build(appointment={"day": days[0]})))
    assert member.post("/oms/orders", json=build(appointment={"day": days[1]})).status_code == 201


@ON_SQLITE
def test_an_administrator_sells_a_line_in_its_families_and_one_in_a_package(app):
    def wrong(line: str, *services: str) -> list[tuple[str, str]]:
        wish = PackageWish("LINE", line, "access", "A line", services=[ServiceWish(one) for one in services])
        return [(one.pointer, one.rule) for one in package_rules.findings(wish)]

    with app.app_context():
        assert wrong("AM", "collect") == wrong("NT", "enni") == []
        assert wrong("NT", "collect") == [("/line_code", "family")]
        assert wrong("AM", "collect", "collect") == [("/services/1/service_type", "once")]


@ON_SQLITE
def test_a_product_is_selected_without_a_place_of_ours(member):
    draft = member.post("/oms/orders?draft=true", json={}).get_json()
    answer = member.post(at(draft, "package"), json={"code": "AM01"})
    assert answer.status_code == 200, answer.get_json()
    draft = member.get(at(draft)).get_json()
    assert ([item["service_type"] for item in draft["items"]], draft["product"]["code"]) == (["collect"], "AM01")
    assert member.post(at(draft, "package"), json={"code": "SD01"}).status_code == 409


@ON_SQLITE
def test_the_sales_ticket_tells_all_that_is_needed_to_work_it_by_hand(desk, app):
    desk.placed(build(appointment={"day": "2099-05-01", "slot": "morning"}))
    with app.app_context():
        [told] = [one for one in db.session.query(OutboxMessage) if one.verb == "ensure"]
        assert (told.payload["queue"], told.payload["subject"]) == (
            "sales", "OMS: Access line activation order from Harbour Connect (Order ID: 100001)",
        )  # fmt: skip
        for line in (
            "Reference endpoint, Reference:..... 0199000001", "Address, Street:..... RUE DES LAMPES",
            "Appointment, Time of day:..... Morning", "Repair time:..... 4 hours, day and night",
            "Operator's contact:..... Ada Quayside, ada@harbour-connect.example", "VLAN at the ENNI:..... 111",
            "Product:..... SDSL-4M-PREMIUM-G-1P (SD01), SDSL", "Comment:..... Commentaires",
        ):  # fmt: skip
            assert line in told.payload["body"].splitlines(), told.payload["body"]
