"""A package is changed by an administrator while members have chosen it: old and new are shown, and asked again."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.models import Order, OrderItem, Package, PackageSubscription
from app.domain.states import Status
from app.extensions import db
from app.services import package_admin
from app.services.actor import Actor
from app.services.package_rules import OptionWish, PackageWish, RoleWish, ServiceWish
from tests import cast
from tests.portal.ordering import Wizard, begin, order_count, sell
from tests.portal.scene import Scene, text_of

ADMIN = Actor("Ada Keys")
PORT_SERVICE = ServiceWish("multiservice_port", {"port_capacity": 10_000}, ["port_capacity"])
UNIT = ServiceWish("peering_unit", {"port": {"item": 1}, "service_capacity": 10_000}, ["port"])
WISH = PackageWish(
    code="DUO", line_code="PM", type="connect", name="Duo", details_text="A port, ready.", price="600", currency="GBP",
    options=[OptionWish("support", "Support", choices=[("day", "By day"), ("night", "All night")], default="day")],
    services=[PORT_SERVICE],
)  # fmt: skip
BOTH = replace(WISH, price="700", services=[PORT_SERVICE, replace(UNIT, contacts=[RoleWish("noc", "NOC")])])
ANSWERS = {"i1-quantity": "1", "i1-encapsulation": "dot1q"}


@pytest.fixture(autouse=True)
def shop(scene: Scene) -> None:
    sell(scene)
    with scene.app.app_context():
        package_admin.create(WISH, ADMIN)


def change(scene: Scene, wish: PackageWish) -> None:
    with scene.app.app_context():
        version = db.session.query(Package.version).filter_by(code=wish.code, latest=True).scalar()
        package_admin.change(wish.code, wish, ADMIN, version=version)


def chosen(scene: Scene) -> Wizard:
    """A draft that has chosen the package and is ready for review."""
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="DUO")
    wizard.go("configure", **ANSWERS, **{"o-support": "night"})
    return wizard


def items(scene: Scene, wizard: Wizard) -> list[tuple[str, dict[str, Any]]]:
    with scene.app.app_context():
        rows = db.session.query(OrderItem).filter_by(order_id=wizard.draft_id).order_by(OrderItem.item_number)
        return [(row.service_type, row.details) for row in rows]


def test_another_price_is_shown_beside_the_old_one_and_asked_again(scene: Scene) -> None:
    wizard = chosen(scene)
    review = wizard.filled("review")
    change(scene, replace(WISH, price="700"))

    refused = wizard.browser.post(f"{wizard.address}/review", data=review)

    assert refused.status_code == 422 and order_count(scene) == 0
    assert "“Duo” has changed since it was chosen" in text_of(refused)
    assert f"{wizard.address}/what" in refused.text
    what = wizard.page("what")
    assert "Price: GBP 700.00 per port and month; it was GBP 600.00 per port and month." in text_of(what)
    taken = wizard.browser.post(f"{wizard.address}/what", data=_form(what))
    assert taken.status_code == 303
    assert "Take it as it is now" not in text_of(wizard.page("what"))
    assert "GBP 700.00" in text_of(wizard.page("review"))
    wizard.go("review")
    with scene.app.app_context():
        sold = db.session.query(PackageSubscription).one()
        assert (sold.price_minor, sold.options["support"]["value"]) == (70_000, "night"), "what was said stays"


def _form(page: Any) -> dict[str, str]:
    source = page.text.split('id="f-package"')[1].split("</form>")[0]
    return {tag.split('"')[0]: tag.split('value="')[1].split('"')[0] for tag in source.split('name="')[1:]}


def test_old_and_new_are_told_for_all_that_an_order_is_made_of(scene: Scene) -> None:
    change(scene, BOTH)
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="DUO")
    route = OptionWish("routes", "Route server", required=True)
    support = OptionWish("support", "Support", choices=[("day", "By day")], default="day", required=True)
    unit = replace(UNIT, defaults={"port": {"item": 1}, "service_capacity": 5_000}, fixed=["port", "service_capacity"],
                   features=[route], contacts=[RoleWish("noc", "NOC", required=True)])  # fmt: skip
    change(scene, replace(BOTH, services=[PORT_SERVICE, unit], options=[support, OptionWish("gold", "Gold care")]))
    told = text_of(wizard.page("what"))
    for sentence in (
        "Peering, Service Capacity: 5 Gbps; it was 10 Gbps unless you choose another.",
        "Peering, Route server: Yes; it was not there.",
        "Peering, contacts: NOC (must be named); it was NOC.",
        "Support: By day, By day unless you choose another; it was By day or All night, By day unless you choose"
        " another, or not at all.",
        "Gold care: Yes, or not at all; it was not there.",
    ):
        assert sentence in told
    assert "Price:" not in told and "Port Details" not in told, "what is the same is not told"


def test_what_is_typed_but_not_what_orders_are_made_of_asks_nobody_again(scene: Scene) -> None:
    wizard = chosen(scene)
    change(scene, replace(WISH, name="Duo for two", details_text="Another word.", line_code="EU"))
    assert "Duo for two" in text_of(wizard.page("review"))
    wizard.go("review")
    assert order_count(scene) == 1


def test_a_service_more_joins_the_draft_and_what_was_said_of_the_others_stays(scene: Scene) -> None:
    wizard = chosen(scene)
    change(scene, BOTH)
    what = wizard.page("what")
    assert "It brings Port and Peering; it was Port." in text_of(what)
    assert wizard.browser.post(f"{wizard.address}/what", data=_form(what)).status_code == 303
    port, unit = items(scene, wizard)
    assert port == ("multiservice_port", {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "quantity": 1,
                                          "encapsulation": "dot1q"})  # fmt: skip
    assert unit == ("peering_unit", {"fabric": "lon1", "location": "LD8", "port": {"item": 1},
                                     "service_capacity": 10_000})  # fmt: skip
    assert wizard.send("review").status_code == 422, "the new service is still to be configured"
    mac = {"i2-service_capacity": "10000", "i2-mac_address": "00:00:5e:00:53:aa"}
    wizard.go("configure", **ANSWERS, **{"o-support": "day"}, **mac)
    wizard.go("review")
    assert order_count(scene) == 1


def test_a_service_less_leaves_what_the_member_had_as_a_service_on_its_own(scene: Scene) -> None:
    change(scene, BOTH)
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="DUO")
    change(scene, replace(WISH, services=[replace(PORT_SERVICE, defaults={"port_capacity": 1_000})]))
    assert wizard.browser.post(f"{wizard.address}/what", data=_form(wizard.page("what"))).status_code == 303
    assert [(kind, details.get("port_capacity")) for kind, details in items(scene, wizard)] == [
        ("multiservice_port", 1_000), ("peering_unit", None),
    ]  # fmt: skip
    removed = wizard.send("configure", then="remove:2", **ANSWERS)
    assert removed.status_code == 303, "it may be taken out, as it comes with the package no more"


def test_orders_keep_price_options_and_features_of_the_day_they_were_submitted(scene: Scene) -> None:
    wizard = chosen(scene)
    wizard.go("review")
    change(scene, replace(WISH, price="", options=[], services=[replace(PORT_SERVICE, defaults={}, fixed=[])]))
    told = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}/confirmation"))
    assert "GBP 600.00 per month" in told and "Support All night" in told


def test_a_draft_of_a_package_that_is_retired_is_told_so_whatever_its_revision(scene: Scene) -> None:
    wizard = chosen(scene)
    change(scene, replace(WISH, price="700"))
    with scene.app.app_context():
        package_admin.retire("DUO", ADMIN)
    refused = wizard.send("review")
    assert refused.status_code == 422
    assert "“Duo” is no longer sold. Make a new order for another package." in text_of(refused)
    assert "Take it as it is now" not in text_of(wizard.page("what"))


def test_a_draft_where_the_package_is_not_sold_any_more_is_refused(scene: Scene) -> None:
    wizard = chosen(scene)
    change(scene, replace(WISH, sites=["edi2"]))
    refused = wizard.send("review")
    assert refused.status_code == 422 and "“Duo” is sold at edi2 only." in text_of(refused)


def test_programs_take_the_changed_package_by_selecting_it_once_more(scene: Scene) -> None:
    program = cast.program(scene.app, cast.MEMBER, "orders:read", "orders:write")
    order = program.post("/oms/orders?draft=true", json={}).get_json()
    here = f"/oms/orders/{order['id']}"
    program.post("/oms/qualifications", json={"method": "address", "address": "LD8", "order_id": order["id"]})
    site = {"fabric": "lon1", "location": "LD8"}
    assert program.post(f"{here}/package", json={"code": "DUO", "site": site}).status_code == 200
    change(scene, BOTH)
    rules = {one["rule"] for one in program.post(f"{here}/submit").get_json()["errors"]}
    assert "changed" in rules
    assert program.post(f"{here}/package", json={"code": "PEER"}).status_code == 409, "another one is still an error"
    taken = program.post(f"{here}/package", json={"code": "DUO"})
    assert [item["service_type"] for item in taken.get_json()["items"]] == ["multiservice_port", "peering_unit"]
    assert taken.get_json()["items"][1]["details"]["fabric"] == "lon1"
    assert program.post(f"{here}/package", json={"code": "DUO"}).status_code == 409, "once it is up to date, no more"
    noc = {"full_name": "Ola Wire", "email": "ola@harbour.example"}
    asked = {"services": [{"item_number": 2, "identifiers": {"mac_address": "00:00:5e:00:53:ab"},
                           "contacts": {"noc": noc}}]}  # fmt: skip
    assert program.patch(f"{here}/requirements", json=asked).get_json()["missing"] == []
    assert program.post(f"{here}/submit").status_code == 200
    with scene.app.app_context():
        assert db.session.query(Order).filter(Order.status != Status.DRAFT).count() == 1
