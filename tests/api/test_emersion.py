"""Onboarding as Emersion's developers describe it: from the account to services in a pre-active state, and on to active
ones, end to end by the API alone. Each call stands under the name that it has there.

What can go wrong with a single step (an expired qualification, a package that is sold out meanwhile) stands in
test_buying.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.models import PackageService
from app.extensions import db
from app.services import demo_packages
from tests import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LD8 = {"fabric": "lon2", "location": "LD8"}
MAC = {"mac_address": "00:00:5e:00:53:77"}
NOC = {"technical": {"full_name": "Nia Quay", "email": "noc@new-harbour.example"}}
PORT, UNIT = 1, 2
"""Numbers of the items of START-10G."""


class Onboarding:
    """A service provider's program, the account that it made, and the order that it is at."""

    def __init__(self, program: FlaskClient) -> None:
        self.program = program
        self.account, self.order = "", ""

    def post(self, path: str, status: int, /, **said: Any) -> Any:
        return answered(self.program.post(path, json=said), status)

    def get(self, path: str) -> Any:
        return answered(self.program.get(path), 200)

    def create_account(self) -> None:
        self.account = self.post("/oms/accounts", 201, organisation="New Harbour", asn=64498)["account_id"]

    def create_order(self) -> None:
        order = self.post("/oms/orders", 201, status="draft", requestor={"account_id": self.account})
        self.order = f"/oms/orders/{order['id']}"

    def sq(self, method: str, **asked: Any) -> Any:
        return self.post(
            "/oms/qualifications", 201, method=method, order_id=self.order.rpartition("/")[2], **asked
        )  # fmt: skip

    def find_address(self, words: str) -> str:
        (found,) = [one for one in self.get(f"/oms/addresses?q={words}")["items"] if "lon2" in one["fabrics"]]
        return str(found["code"])

    def available_packages(self) -> dict[str, Any]:
        kept = self.get(self.order)["qualification_id"]
        return {one["code"]: one for one in self.get(f"/oms/packages?qualification={kept}")["items"]}

    def select_package_plan(self, code: str, status: int = 200) -> Any:
        return self.post(f"{self.order}/package", status, code=code, site=LD8)

    def requirements(self, item_number: int) -> Any:
        """Of one service, as they are now."""
        return self.get(f"{self.order}/requirements")["services"][item_number - 1]

    def missing(self) -> set[str]:
        return {one["pointer"] for one in self.get(f"{self.order}/requirements")["missing"]}

    def set(self, item_number: int, status: int = 200, **groups: Any) -> Any:
        said = {"services": [{"item_number": item_number, **groups}]}
        return answered(self.program.patch(f"{self.order}/requirements", json=said), status)

    def accept_terms(self) -> None:
        self.post(f"{self.order}/terms", 200, version=self.get("/oms/terms")["version"])

    def submit(self, status: int = 200) -> Any:
        return answered(self.program.post(f"{self.order}/submit"), status)

    def services(self) -> dict[str, Any]:
        """The account's services by their type."""
        return {one["service_type"]: one for one in self.get(f"/oms/services?account_id={self.account}")["items"]}


def answered(answer: TestResponse, status: int) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def problems(refused: Any) -> set[str]:
    return {one["pointer"] for one in refused["errors"]}


@pytest.fixture(autouse=True)
def shop(app: Flask) -> None:
    """What is sold, and the terms under which."""
    with app.app_context():
        demo_packages.build()
        demo_packages.enable_terms()
        db.session.commit()


@pytest.fixture
def provider(crm: FlaskClient) -> Onboarding:
    """An account was made, and an order started for it."""
    made = Onboarding(crm)
    made.create_account()
    made.create_order()
    return made


@pytest.fixture
def selected(provider: Onboarding) -> Onboarding:
    """A port with a peering unit on it was selected in the building LD8."""
    provider.sq("address", address=provider.find_address("lon2"))
    provider.select_package_plan("START-10G")
    return provider


def test_end_to_end_by_the_api_alone(crm: FlaskClient, work: Callable[[], None]) -> None:
    """Every step of the workflow in its order; then the exchange does its part, and a program does the engineer's."""
    provider = Onboarding(crm)
    provider.create_account()
    provider.create_order()
    assert provider.sq("address", address=provider.find_address("lon2"))["qualified"]
    assert "START-10G" in provider.available_packages()
    provider.select_package_plan("START-10G")
    assert provider.missing() == {"/items/1/details/mac_address", "/items/1/contacts/technical"}
    provider.set(PORT, configuration={"encapsulation": "dot1q"})
    provider.set(UNIT, features={"route_server": {"enabled": True, "value": "ipv6"}})
    provider.set(UNIT, contacts=NOC)
    provider.set(UNIT, identifiers=MAC)
    assert provider.missing() == set()
    provider.accept_terms()
    provider.submit()

    assert {kind: one["state"] for kind, one in provider.services().items()} == {
        "multiservice_port": "pre_active", "peering_unit": "pre_active",
    }  # fmt: skip
    work()
    port = provider.get(provider.order)["items"][0]
    answers = {"patch_position": "LD8-R12-PP03/17", "light_dbm": -4.2}
    provider.post(f"/oms/order-items/{port['id']}/resume", 200, version=port["version"], answers=answers)
    work()
    assert provider.get(provider.order)["status"] == "completed"
    assert {one["state"] for one in provider.services().values()} == {"active"}
    assert provider.services()["peering_unit"]["details"]["port"] == provider.services()["multiservice_port"][
        "service_number"
    ]  # fmt: skip


# Create the account, or validate the one that there is.


def test_an_account_that_exists_is_validated_before_it_orders(crm: FlaskClient) -> None:
    known = answered(crm.get(f"/oms/accounts/{cast.HARBOUR}"), 200)
    assert (known["organisation"], known["asn"]) == ("Harbour Connect", 64496)
    assert crm.get("/oms/accounts/nobody").status_code == 404
    assert crm.post("/oms/orders", json={"status": "draft", "requestor": {"account_id": "nobody"}}).status_code == 422


# Service qualification, in one of three ways.


def test_option_1_no_check_is_needed_and_an_entry_lets_one_go_on(provider: Onboarding) -> None:
    found = provider.sq("none")
    assert (found["qualified"], [one["rule"] for one in found["reasons"]]) == (True, ["none"])
    assert provider.get(provider.order)["qualification_id"] == found["id"]
    assert {"PORT-10G", "START-10G", "CUG"} <= set(provider.available_packages())
    assert provider.select_package_plan("PORT-10G")["product"]["code"] == "PORT-10G"


def test_option_2_by_an_identifier(provider: Onboarding) -> None:
    unknown = provider.sq("identifier", identifier={"type": "asn", "value": 64499})
    assert (unknown["qualified"], unknown["reasons"][0]["rule"]) == (False, "unknown")
    assert provider.available_packages() == {}
    found = provider.sq("identifier", identifier={"type": "asn", "value": 64498})
    assert found["qualified"]
    assert "START-10G" in provider.available_packages()
    assert provider.select_package_plan("START-10G")["product"]["code"] == "START-10G"


def test_option_3_by_an_address_that_was_found_before(provider: Onboarding) -> None:
    code = provider.find_address("lon2")
    found = provider.sq("address", address=code)
    assert found["qualified"]
    assert {(one["fabric"], one["location"]) for one in found["offers"]} >= {("lon2", "LD8")}
    sold = provider.available_packages()
    assert "START-10G" in sold
    assert "PORT-400G" not in sold  # there is no such port in that building
    nowhere = provider.sq("address", address="NOWHERE")
    assert (nowhere["qualified"], nowhere["reasons"][0]["rule"]) == (False, "unknown")


# Package selection.


def test_a_package_is_not_selected_before_the_order_is_qualified(provider: Onboarding) -> None:
    provider.select_package_plan("START-10G", 409)
    assert provider.get(provider.order)["items"] == []


def test_a_package_shows_its_details_and_is_selected_once(provider: Onboarding) -> None:
    provider.sq("address", address="LD8")
    package = provider.available_packages()["START-10G"]
    assert package["details_view"] == "The peering unit starts when the port is there."
    assert [one["service_type"] for one in package["services"]] == ["multiservice_port", "peering_unit"]
    assert package["price"] == {"amount_minor": 75_000, "currency": "GBP", "period": "month", "per": "package"}
    assert LD8 in package["sites"]

    first = provider.select_package_plan("START-10G")
    for code in ("START-10G", "PORT-10G"):
        refused = provider.select_package_plan(code, 409)
        assert "only once" in refused["detail"]
    assert provider.get(provider.order)["items"] == first["items"]
    assert first["product"]["line"]["family"]["code"] == "P"


# Service configuration: gather the requirements afresh, then set them.


def test_nothing_is_configured_before_a_package_is_selected(provider: Onboarding) -> None:
    provider.sq("none")
    for group, said in (("configuration", {"encapsulation": "dot1q"}), ("features", {}), ("contacts", NOC)):
        assert "Select a package first" in provider.set(PORT, 409, **{group: said})["detail"]


def test_get_service_configuration_requirements(selected: Onboarding) -> None:
    asked = {one["name"]: one for one in selected.requirements(PORT)["configuration"]}
    assert (asked["port_capacity"]["required"], asked["port_capacity"]["fixed"]) == (True, True)
    assert (asked["encapsulation"]["required"], asked["encapsulation"]["fixed"]) == (False, False)
    assert [one["value"] for one in asked["encapsulation"]["choices"]] == ["none", "dot1q", "qinq"]
    assert asked["fabric"]["value"] == "lon2"


def test_get_service_feature_configuration_requirements(selected: Onboarding) -> None:
    (feature,) = selected.requirements(UNIT)["features"]
    assert (feature["code"], feature["required"]) == ("route_server", False)
    assert (feature["value"], feature["default_value"]) == ("both", "both")
    assert selected.requirements(PORT)["features"] == []


def test_get_service_contact_requirements_which_are_not_the_accounts(selected: Onboarding) -> None:
    """The account has a contact; the service still wants one of its own, and the account gets none by that."""
    person = {"account_id": selected.account, "full_name": "Bo Bill", "email": "billing@new-harbour.example"}
    selected.post("/oms/contacts", 201, **person)
    (role,) = selected.requirements(UNIT)["contacts"]
    assert (role["role"], role["required"], role["contact"]) == ("technical", True, None)
    assert "/items/1/contacts/technical" in selected.missing()

    selected.set(UNIT, contacts=NOC)

    assert selected.requirements(UNIT)["contacts"][0]["contact"]["full_name"] == "Nia Quay"
    of_the_account = selected.get(f"/oms/contacts?account_id={selected.account}")["items"]
    assert [one["full_name"] for one in of_the_account] == ["Bo Bill"]


def test_get_service_identifier_requirements_and_realms(selected: Onboarding) -> None:
    asked = {one["name"]: one for one in selected.requirements(UNIT)["identifiers"]}
    assert (asked["mac_address"]["required"], asked["mac_address"]["realm"]) == (True, "fabric:lon2")
    assert (asked["asn"]["required"], asked["asn"]["realm"]) == (False, "asn")
    realms = {one["realm"]: one for one in selected.get(f"{selected.order}/requirements")["realms"]}
    assert realms["asn"] == {"realm": "asn", "kind": "asn", "values": [64498]}
    assert realms["fabric:lon2"]["kind"] == "mac"


@contextmanager
def changed(app: Flask) -> Iterator[PackageService]:
    """The exchange changes what it wants to know of the peering unit of START-10G."""
    with app.app_context():
        service = next(
            one for one in db.session.query(PackageService).filter_by(service_type="peering_unit")
            if one.package.code == "START-10G"
        )  # fmt: skip
        yield service
        db.session.commit()


def test_requirements_change_without_notice_and_are_read_afresh(selected: Onboarding, app: Flask) -> None:
    assert [one["required"] for one in selected.requirements(UNIT)["contacts"]] == [True]
    with changed(app) as service:
        service.contacts = {**service.contacts, "noc": {"label": "Night contact", "required": True}}
    asked = selected.requirements(UNIT)
    assert [(one["role"], one["required"]) for one in asked["contacts"]] == [("technical", True), ("noc", True)]
    assert "/items/1/contacts/noc" in selected.missing()


def test_what_is_set_is_asked_no_more_and_the_rest_is_still_missing(selected: Onboarding) -> None:
    mac, contact = "/items/1/details/mac_address", "/items/1/contacts/technical"
    assert selected.missing() == {mac, contact}
    after = selected.set(UNIT, contacts=NOC)
    assert {one["pointer"] for one in after["missing"]} == selected.missing() == {mac}
    selected.accept_terms()
    assert problems(selected.submit(422)) == {mac}
    assert selected.set(UNIT, identifiers=MAC)["missing"] == []
    selected.set(UNIT, contacts={"technical": None})
    assert selected.missing() == {contact}


# Review and submit.


def test_terms_are_mandatory_where_there_are_any(selected: Onboarding) -> None:
    selected.set(UNIT, identifiers=MAC, contacts=NOC)
    assert selected.get("/oms/terms")["text"].startswith("1. ")
    assert problems(selected.submit(422)) == {"/terms"}
    selected.accept_terms()
    accepted = selected.get(f"{selected.order}/terms")
    assert (accepted["to_accept"], accepted["accepted"]["version"]) == (False, "2026-1")
    assert accepted["accepted"]["accepted_at"]
    assert selected.submit()["status"] == "ordered"


def test_submitting_validates_all_that_was_submitted_before(selected: Onboarding) -> None:
    assert problems(selected.submit(422)) == {"/terms", "/items/1/details/mac_address", "/items/1/contacts/technical"}
    assert selected.services() == {}
    answered(selected.program.get(f"{selected.order}/subscription"), 404)


def test_submitting_makes_subscriptions_and_services_in_a_pre_active_state(selected: Onboarding) -> None:
    selected.set(UNIT, identifiers=MAC, contacts=NOC, features={"route_server": {"enabled": True, "value": "ipv6"}})
    selected.accept_terms()
    selected.submit()

    package = selected.get(f"{selected.order}/subscription")
    assert (package["account_id"], package["product"]["code"]) == (selected.account, "START-10G")
    price = {"amount_minor": 75_000, "quantity": 1, "total_minor": 75_000, "currency": "GBP", "period": "month"}
    assert package["price"] == {**price, "frozen": True}
    assert package["options"]["support"]["value"] == "4h_bhbd"
    port, unit = package["services"]
    assert [one["state"] for one in (port, unit)] == ["pre_active", "pre_active"]
    assert [one["service_number"] for one in (port, unit)] == [
        selected.services()[kind]["service_number"] for kind in ("multiservice_port", "peering_unit")
    ]
    assert unit["features"]["route_server"] == {"value": "ipv6", "enabled": True, "default_value": "both"}
    assert unit["contacts"]["technical"]["full_name"] == "Nia Quay"
    selected.submit(409)


def test_what_was_subscribed_to_is_for_who_placed_the_order(selected: Onboarding, app: Flask) -> None:
    selected.set(UNIT, identifiers=MAC, contacts=NOC)
    selected.accept_terms()
    selected.submit()
    assert cast.program(app, cast.RESELLER).get(f"{selected.order}/subscription").status_code == 404
    plain = answered(selected.program.post("/oms/orders", json=cast.order("connexions_new")), 201)
    assert selected.program.get(f"/oms/orders/{plain['id']}/subscription").status_code == 404


# Other useful calls: notes, and payments.


def test_create_note(provider: Onboarding) -> None:
    assert provider.post(f"{provider.order}/notes", 201, note="Ring the bell twice")["user_message"] == (
        "Ring the bell twice"
    )
    lines = provider.get(f"/oms/order-logs?order_id={provider.order.rpartition('/')[2]}")["items"]
    assert [line["user_message"] for line in lines] == ["Ring the bell twice"]


def test_create_payment_collects_once(provider: Onboarding) -> None:
    asked = {"collect": True, "amount_minor": 75_000, "currency": "GBP"}
    key = {"Idempotency-Key": "pay-1"}
    first, again = (
        answered(provider.program.post(f"{provider.order}/payments", json=asked, headers=key), 201) for _ in range(2)
    )
    assert first == again
    assert (first["state"], first["amount_minor"]) == ("collected", 75_000)
    assert provider.get(f"{provider.order}/payments")["items"] == [first]
