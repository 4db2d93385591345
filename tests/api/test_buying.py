"""Ordering a package step by step, where a step goes wrong or time passes; the straight way is in test_emersion.py."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.domain import clock
from app.domain.models import Package, Port, Service
from app.extensions import db
from app.services import demo_packages, qualification
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def shop(app) -> None:
    """What is sold, and the terms under which."""
    with app.app_context():
        demo_packages.build()
        demo_packages.enable_terms()
        db.session.commit()


@pytest.fixture
def begun(member) -> str:
    answer = member.post("/oms/orders?draft=true", json={})
    assert answer.status_code == 201, answer.json
    return f"/oms/orders/{answer.json['id']}"


def qualify(program: Any, order: str, **said: Any) -> dict[str, Any]:
    asked = {"method": "address", "address": "LD8", "order_id": order.rsplit("/", 1)[1], **said}
    answer = program.post("/oms/qualifications", json=asked)
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json
    return found


def problems(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.json
    return {(one["pointer"], one["rule"]) for one in answer.json["errors"]}


@ON_SQLITE
@pytest.mark.parametrize(
    ("identifier", "value", "qualified", "rule"),
    [
        ("port", cast.PORT, True, None), ("port", cast.PVLAN, False, "unknown"), ("port", 2**31, False, "unknown"),
        ("service", cast.CONNEXIONS, True, None), ("asn", 64496, True, None), ("asn", 64499, False, "unknown"),
    ],
)  # fmt: skip
def test_qualifying_by_what_there_is_already(member, begun, identifier, value, qualified, rule):
    found = qualify(member, begun, method="identifier", identifier={"type": identifier, "value": value})
    assert found["qualified"] is qualified
    assert [one["rule"] for one in found["reasons"]] == ([rule] if rule else [])


@ON_SQLITE
def test_a_port_that_was_qualified_carries_the_package(member, begun):
    found = qualify(member, begun, method="identifier", identifier={"type": "port", "value": cast.PORT})
    codes = [one["code"] for one in member.get(f"/oms/packages?qualification={found['id']}").json["items"]]
    assert "PEER" in codes and "START-10G" not in codes
    order = member.post(f"{begun}/package", json={"code": "PEER"}).json
    assert order["items"][0]["details"] == {"port": cast.PORT, "fabric": "edi2", "location": "PUL"}


@ON_SQLITE
def test_items_in_different_places_are_qualified_for_themselves(member, app):
    places = [{"fabric": fabric, "location": "LD8", "port_capacity": 10_000} for fabric in ("lon1", "lon2")]
    items = [{"service_type": "multiservice_port", "item_action": "new", "details": place} for place in places]
    here = f"/oms/orders/{member.post('/oms/orders?draft=true', json={'items': items}).json['id']}"
    first, second = qualify(member, here), qualify(member, here, items=[2], service_types=["multiservice_port"])
    order = member.get(here).json
    assert order["qualifications"] == [{"id": first["id"], "items": [1]}, {"id": second["id"], "items": [2]}]
    assert order["qualification_id"] == second["id"]  # the latest
    stranger = {"method": "none", "order_id": order["id"], "items": [3]}
    assert problems(member.post("/oms/qualifications", json=stranger)) == {("/items/0", "reference")}
    without = member.post("/oms/qualifications", json={"method": "none", "items": [1]})
    assert problems(without) == {("/items/0", "reference")}

    with app.app_context():
        elsewhere = db.session.query(Service.id).filter_by(number=cast.PORT).scalar()
        db.session.execute(update(Port).where(Port.switch_name == "edge1-lon2").values(service_id=elsewhere))
        db.session.commit()
    assert ("/items/1/details/port_capacity", "sold_out") in problems(member.post(f"{here}/submit"))
    latest = qualify(member, here, method="none")
    assert member.get(here).json["qualifications"] == [{"id": latest["id"], "items": [1, 2]}]


@ON_SQLITE
def test_an_expired_qualification_is_asked_again(member, begun):
    qualify(member, begun)
    clock.advance(qualification.VALID_FOR + timedelta(minutes=1))
    assert member.post(f"{begun}/package", json={"code": "PORT-10G"}).status_code == 409
    assert ("/qualification", "expired") in problems(member.post(f"{begun}/submit"))
    qualify(member, begun)
    site = {"fabric": "lon1", "location": "LD8"}
    assert member.post(f"{begun}/package", json={"code": "PORT-10G", "site": site}).status_code == 200


@ON_SQLITE
def test_a_package_that_is_sold_out_meanwhile_is_told_with_what_there_was(member, begun, app):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    member.post(f"{begun}/terms", json={"version": "2026-1"})
    with app.app_context():
        taken = db.session.query(Service.id).filter_by(number=cast.PORT).scalar_subquery()
        db.session.execute(update(Port).where(Port.switch_name == "edge1-lon2").values(service_id=taken))
        db.session.commit()
    refused = member.post(f"{begun}/submit")
    assert problems(refused) == {("/items/0/details/port_capacity", "sold_out")}
    assert refused.json["errors"][0]["detail"] == (
        "No port of 10 Gbit/s is free on “lon2” at “LD8”, and 1 is wanted. Choose another speed or building, or ask us "
        "when there will be one. 4 ports were free there when it was looked up."
    )


@ON_SQLITE
def test_a_newer_version_of_the_terms_is_asked_again(member, begun, app):
    member.post(f"{begun}/terms", json={"version": "2026-1"})
    with app.app_context():
        demo_packages.enable_terms("2026-2", "Newer words", clock.now())
        db.session.commit()
    assert ("/terms", "outdated") in problems(member.post(f"{begun}/submit"))
    assert member.post(f"{begun}/terms", json={"version": "2026-1"}).status_code == 409
    assert member.post(f"{begun}/terms", json={"version": "1066"}).status_code == 422
    assert member.post(f"{begun}/terms", json={"version": "2026-2"}).json["to_accept"] is False


@ON_SQLITE
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"item_number": 9}, ("/services/0/item_number", "reference")),
        ({"configuration": {"port_capacity": 1000}}, ("/services/0/configuration/port_capacity", "fixed")),
        ({"configuration": {"mac_address": "00:00:5e:00:53:01"}}, ("/services/0/configuration/mac_address", "unknown")),
        ({"configuration": {"quantity": 99}}, ("/services/0/configuration/quantity", "range")),
        ({"features": {"wings": {}}}, ("/services/0/features/wings", "unknown")),
        ({"contacts": {"cook": {"full_name": "Nia"}}}, ("/services/0/contacts/cook", "unknown")),
    ],
)
def test_what_is_set_must_be_right_and_nothing_is_set_by_half(member, begun, values, found):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon1", "location": "LD8"}})
    before = member.get(f"{begun}/requirements").json
    said = {"item_number": 1, "contacts": {"technical": {"full_name": "Nia"}}, **values}
    assert found in problems(member.patch(f"{begun}/requirements", json={"services": [said]}))
    assert member.get(f"{begun}/requirements").json == before


@ON_SQLITE
def test_replacing_a_group_takes_away_what_it_does_not_say(member, begun):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon1", "location": "LD8"}})
    said = {"services": [{"item_number": 1, "configuration": {"quantity": 2}}]}
    member.put(f"{begun}/requirements", json=said)
    assert member.get(begun).json["items"][0]["details"] == {"port_capacity": 10_000, "quantity": 2}
    member.patch(f"{begun}/requirements", json={"services": [{"item_number": 1, "configuration": {"quantity": None}}]})
    assert member.get(begun).json["items"][0]["details"] == {"port_capacity": 10_000}


@ON_SQLITE
def test_payments_are_references_or_collected(member, begun):
    here = f"{begun}/payments"
    assert member.post(here, json={"reference": "BACS-7"}).json["state"] == "recorded"
    assert problems(member.post(here, json={})) == {("/reference", "required")}
    assert problems(member.post(here, json={"collect": True})) == {("/amount_minor", "required")}
    assert problems(member.post(here, json={"reference": "x", "amount_minor": 1})) == {("/currency", "required")}
    key = {"Idempotency-Key": "pay-2"}
    assert member.post(here, json={"reference": "A"}, headers=key).status_code == 201
    assert member.post(here, json={"reference": "B"}, headers=key).status_code == 422
    assert [one["reference"] for one in member.get(here).json["items"]] == ["BACS-7", "A"]
    assert member.delete(begun).status_code == 409


@ON_SQLITE
def test_everything_of_a_draft_is_for_its_own_account_only(member, begun, app):
    found = qualify(member, begun)
    stranger = cast.program(app, cast.RESELLER)
    calls = [
        stranger.get(f"{begun}/requirements"), stranger.get(f"{begun}/terms"), stranger.get(f"{begun}/payments"),
        stranger.post(f"{begun}/package", json={"code": "PEER"}), stranger.post(f"{begun}/notes", json={"note": "x"}),
        stranger.post(f"{begun}/terms", json={"version": "2026-1"}),
        stranger.post(f"{begun}/payments", json={"reference": "x"}),
        stranger.patch(f"{begun}/requirements", json={"services": [{"item_number": 1}]}),
        stranger.get(f"/oms/qualifications/{found['id']}"), stranger.get(f"/oms/packages?qualification={found['id']}"),
        stranger.post("/oms/qualifications", json={"method": "none", "order_id": begun.rsplit("/", 1)[1]}),
    ]  # fmt: skip
    assert [one.status_code for one in calls] == [404] * len(calls)
    asked = {"method": "none", "account_id": cast.HARBOUR}
    assert stranger.post("/oms/qualifications", json=asked).status_code == 403


@ON_SQLITE
def test_one_qualifies_for_accounts_that_one_orders_as(member, app):
    asked = {"method": "identifier", "identifier": {"type": "service", "value": cast.PVLAN}}
    assert member.post("/oms/qualifications", json={**asked, "account_id": cast.LIGHTHOUSE}).status_code == 403
    reseller = cast.program(app, cast.RESELLER)
    found = reseller.post("/oms/qualifications", json={"method": "none", "account_id": cast.CUSTOMER})
    assert (found.status_code, found.get_json()["account_id"]) == (201, cast.CUSTOMER)
    assert reseller.get(found.headers["Location"]).status_code == 200
    assert member.get(found.headers["Location"]).status_code == 404


def configured(program: Any, order: str, number: int = 1, **details: Any) -> None:
    said = {"services": [{"item_number": number, "configuration": details}]}
    answer = program.patch(f"{order}/requirements", json=said)
    assert answer.status_code == 200, answer.json


@ON_SQLITE
@pytest.mark.parametrize(
    ("details", "at"),
    [
        ({"fabric": "edi2", "location": "PUL"}, "fabric"),
        ({"fabric": "lon1", "location": "THN"}, "location"),
        ({"fabric": "lon1", "location": "LD8"}, None),  # was qualified as well: the building has both
    ],
)
def test_what_was_qualified_covers_what_is_configured(member, begun, details, at):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    member.post(f"{begun}/terms", json={"version": "2026-1"})
    configured(member, begun, **details)
    answer = member.post(f"{begun}/submit")
    if at is None:
        assert answer.status_code == 200, answer.json
        return
    assert problems(answer) == {(f"/items/0/details/{at}", "not_qualified")}
    assert "“lon1” at “LD8”" in answer.json["errors"][0]["detail"]
    qualify(member, begun, address=details["location"])
    assert member.post(f"{begun}/submit").status_code == 200


@ON_SQLITE
def test_a_port_that_was_qualified_is_the_one_that_is_used(member, begun, app):
    with app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        names = ("service_type", "state", "account_id", "fabric_code", "location_code", "capacity", "details")
        db.session.add(Service(number=103_128, **{name: getattr(port, name) for name in names}))
        db.session.commit()
    qualify(member, begun, method="identifier", identifier={"type": "port", "value": cast.PORT})
    member.post(f"{begun}/package", json={"code": "PEER"})
    configured(member, begun, port=103_128)
    assert ("/items/0/details/port", "not_qualified") in problems(member.post(f"{begun}/submit"))
    qualify(member, begun, address="PUL")  # any port in that building
    assert "not_qualified" not in {rule for _, rule in problems(member.post(f"{begun}/submit"))}


@ON_SQLITE
def test_what_is_not_the_packages_and_what_was_not_checked_may_be_anywhere(member, begun):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    port = {"fabric": "edi2", "location": "PUL", "port_capacity": 10_000}
    more = {"service_type": "multiservice_port", "item_action": "new", "details": port}
    items = [*member.get(begun).json["items"], more]
    assert member.put(begun, json={"items": items}).status_code == 200
    member.post(f"{begun}/terms", json={"version": "2026-1"})
    assert member.post(f"{begun}/submit").status_code == 200
    free = "/oms/orders/" + member.post("/oms/orders?draft=true", json={}).json["id"]
    qualify(member, free, method="none", address=None)
    member.post(f"{free}/package", json={"code": "PORT-10G"})
    configured(member, free, fabric="edi2", location="PUL")
    member.post(f"{free}/terms", json={"version": "2026-1"})
    assert member.post(f"{free}/submit").status_code == 200


@ON_SQLITE
def test_more_than_is_free_is_told_with_both_numbers(member, begun):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    configured(member, begun, quantity=9)
    refused = member.post(f"{begun}/submit")
    assert ("/items/0/details/quantity", "sold_out") in problems(refused)
    (told,) = [one["detail"] for one in refused.json["errors"] if one["rule"] == "sold_out"]
    assert told.startswith("9 ports of 10 Gbit/s are wanted on “lon2” at “LD8”, and 4 are free.")


@ON_SQLITE
def test_one_package_is_read_with_its_details_and_where_it_can_be_had(member, begun):
    (listed,) = [one for one in member.get("/oms/packages").json["items"] if one["code"] == "START-10G"]
    assert member.get("/oms/packages/START-10G").json == listed
    assert listed["details_view"] == "The peering unit starts when the port is there."
    found = qualify(member, begun)
    here = member.get(f"/oms/packages/START-10G?qualification={found['id']}").json["sites"]
    assert {"fabric": "lon2", "location": "LD8"} in here and listed["sites"] == []
    assert member.get("/oms/packages/NO-SUCH").status_code == 404
    assert member.get(f"/oms/packages/START-10G?qualification={begun.rsplit('/', 1)[1]}").status_code == 404


@ON_SQLITE
def test_the_price_is_for_each_port_and_stays_as_it_was_when_the_order_was_submitted(member, begun, app):
    (package,) = [one for one in member.get("/oms/packages").json["items"] if one["code"] == "PORT-10G"]
    assert package["price"] == {"amount_minor": 60_000, "currency": "GBP", "period": "month", "per": "port"}
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    member.post(f"{begun}/terms", json={"version": "2026-1"})
    price = {"amount_minor": 60_000, "currency": "GBP", "period": "month"}
    assert member.get(begun).json["price"] == {**price, "quantity": 1, "total_minor": 60_000, "frozen": False}
    configured(member, begun, quantity=3)
    draft = member.get(begun).json
    assert draft["price"] == {**price, "quantity": 3, "total_minor": 180_000, "frozen": False}
    assert draft["subscription"] is None

    order = member.post(f"{begun}/submit").json
    with app.app_context():
        db.session.execute(update(Package).values(price_minor=1))
        db.session.commit()

    bought = {**price, "quantity": 3, "total_minor": 180_000, "frozen": True}
    assert (order["price"], member.get(begun).json["price"]) == (bought, bought)
    (listed,) = member.get("/oms/orders").json["items"]
    assert (listed["price"], listed["subscription"]) == (bought, order["subscription"])
    assert member.get(f"{begun}/subscription").json["price"] == bought
    (service,) = order["subscription"]["services"]
    number = order["items"][0]["service_number"]
    assert service == {"item_number": 1, "service_number": number, "features": {}, "contacts": {}}
    (one,) = member.get(f"/oms/services?service_number={number}").json["items"]
    assert one["subscription"]["id"] == order["subscription"]["id"]
    assert (one["subscription"]["order_id"], one["subscription"]["product"]["code"]) == (order["id"], "PORT-10G")
    (other,) = member.get(f"/oms/services?service_number={cast.PORT}").json["items"]
    assert other["subscription"] is None


@ON_SQLITE
def test_a_package_that_says_how_many_ports_has_no_more(member, begun):
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "START-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    said = {"services": [{"item_number": 1, "configuration": {"quantity": 3}}]}
    refused = problems(member.patch(f"{begun}/requirements", json=said))
    assert refused == {("/services/0/configuration/quantity", "fixed")}
    assert member.get(begun).json["price"]["total_minor"] == 75_000
    items = member.get(begun).json["items"]
    items[0]["details"]["quantity"] = 3
    assert member.put(begun, json={"items": items}).status_code == 200
    assert ("/items/0/details/quantity", "fixed") in problems(member.post(f"{begun}/submit"))


@ON_SQLITE
def test_a_product_that_is_ordered_at_once_has_its_price_too(crm, member, app):
    """Who does not act for who placed it does not read what it costs."""
    port = {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "quantity": 2}
    sent = {
        "product": {"code": "PORT-10G"}, "sub_customer": {"account_id": cast.LIGHTHOUSE},
        "items": [{"service_type": "multiservice_port", "item_action": "new", "details": port}],
    }  # fmt: skip
    order = member.post("/oms/orders", json=sent).json
    assert (order["price"]["total_minor"], order["price"]["frozen"]) == (120_000, True)
    here = f"/oms/orders/{order['id']}"
    assert crm.get(here).json["price"] == order["price"]
    seen = cast.program(app, cast.MEMBER2).get(here).get_json()
    assert (seen["price"], seen["subscription"]) == (None, None)
    dear = member.post("/oms/orders", json={**sent, "product": {"code": "PORT-400G"}})
    assert dear.status_code == 422
    plain = member.post("/oms/orders", json={"items": sent["items"]}).json
    assert (plain["price"], plain["subscription"]) == (None, None)


@ON_SQLITE
def test_no_more_is_collected_than_the_order_costs(member, begun):
    here = f"{begun}/payments"
    assert problems(member.post(here, json={"reference": "x", "amount_minor": 1, "currency": "ZZZ"})) == {
        ("/currency", "choice")
    }
    assert member.post(here, json={"collect": True, "amount_minor": 99, "currency": "EUR"}).status_code == 201
    qualify(member, begun)
    member.post(f"{begun}/package", json={"code": "PORT-10G", "site": {"fabric": "lon2", "location": "LD8"}})
    asked = {"collect": True, "amount_minor": 50_000, "currency": "GBP"}
    assert problems(member.post(here, json={**asked, "currency": "EUR"})) == {("/currency", "match")}
    key = {"Idempotency-Key": "pay-3"}
    for _ in range(2):
        assert member.post(here, json=asked, headers=key).json["state"] == "collected"
    refused = member.post(here, json=asked)
    assert problems(refused) == {("/amount_minor", "range")}
    assert refused.json["errors"][0]["detail"] == (
        "The order costs GBP 600.00 per month; GBP 100.00 of it is still to be paid."
    )
    assert member.post(here, json={**asked, "amount_minor": 10_000}).json["state"] == "collected"
    paid = {"reference": "BACS-12-months", "amount_minor": 720_000, "currency": "GBP"}
    assert member.post(here, json=paid).json["state"] == "recorded"
