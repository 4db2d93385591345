"""Ordering: a draft that is filled in step by step, looked at once more, and made one order."""

import re

import pytest

from app.domain.models import Order, Service
from app.domain.states import Status
from app.extensions import db
from app.services import drafts
from app.services.order_input import OrderInput
from tests import cast
from tests.portal.ordering import (
    ON_OUR_PORT,
    PEERING,
    Wizard,
    a_port,
    begin,
    details,
    order_count,
    peering,
    sell,
    values,
)
from tests.portal.scene import CRM, Scene, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_looking_at_what_can_be_ordered_makes_nothing(scene: Scene) -> None:
    for email, offered in ((cast.MEMBER, 6), (cast.MEMBER2, 5), (cast.RESELLER, 7)):
        page = scene.browser(email).get("/portal/new").get_data(as_text=True)
        assert page.count('name="what"') == offered
    with scene.app.app_context():
        assert db.session.query(Order).count() == 0


@ON_SQLITE
def test_only_who_has_customers_or_port_groups_is_offered_what_needs_them(scene: Scene) -> None:
    def answer(email: str, what: str) -> int:
        return scene.browser(email).post("/portal/new", data={"what": what, "form_key": "e" * 32}).status_code

    assert answer(cast.MEMBER2, "reseller-peering-unit") == 404
    assert answer(cast.MEMBER2, "connexions") == 404
    assert answer(cast.RESELLER, "nonsense") == 404
    assert answer(cast.RESELLER, "connexions") == 303


@ON_SQLITE
def test_choosing_a_service_twice_with_one_form_makes_one_draft(scene: Scene) -> None:
    browser = scene.browser()

    places = {
        browser.post("/portal/new", data={"what": "pvlan", "form_key": "e" * 32}).headers["Location"] for _ in range(3)
    }

    assert len(places) == 1
    with scene.app.app_context():
        assert db.session.query(Order).count() == 1


def test_a_port_is_reviewed_and_then_ordered_with_all_that_was_said(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    assert order_count(scene) == 0
    said = text_of(wizard.page("review"))
    for words in ("Fabric LON1 Lab", "Location LD8", "Port Capacity 10 Gbps", "Price on request"):
        assert words in said

    placed = wizard.go("review", po_number="PO-9", additional_cc="a@x.example, b@x.example", notes="Ring the bell",
                       start="2099-05-01T09:00")  # fmt: skip

    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert placed.headers["Location"] == f"/portal/orders/{order.id}"
        assert (order.channel, order.po_number, order.notes) == ("portal", "PO-9", "Ring the bell")
        assert order.additional_cc == ["a@x.example", "b@x.example"]
        assert order.requestor["full_name"] == "Ada Quayside" and order.contact_id == "contact-ada"
        assert order.requested_start_date is not None and order.requested_start_date.hour == 8  # summer time
        assert order.items[0].details["location"] == "LD8" and order.status is Status.ORDERED


@ON_SQLITE
def test_a_peering_unit_goes_on_a_new_port_of_the_same_order_and_waits_for_it(scene: Scene) -> None:
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where="site|lon1|LD8")
    assert "New Port (order item 2)" in text_of(wizard.page("configure"))

    wizard.go("configure", **PEERING, **{"i2-port_capacity": "10000"})
    assert "Starts when Order item 2 - Port is completed." in text_of(wizard.page("review"))
    wizard.go("review")

    unit, port = details(scene)
    assert unit["port"] == {"item": 2} and (unit["fabric"], unit["location"]) == ("lon1", "LD8")
    assert (port["fabric"], port["location"], port["port_capacity"]) == ("lon1", "LD8", 10_000)


@ON_SQLITE
def test_what_follows_from_the_chosen_port_is_not_asked_but_known(scene: Scene) -> None:
    wizard = peering(scene.browser())
    form = wizard.page("configure").get_data(as_text=True)
    assert 'name="i1-fabric"' not in form and 'name="i1-port"' not in form and "edge1-edi2 xe-0/0/3" in form

    wizard.go("configure", **PEERING)
    wizard.go("review")

    assert details(scene) == [
        {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 1000,
         "mac_address": "00:00:5e:00:53:aa"}
    ]  # fmt: skip


@ON_SQLITE
def test_going_back_to_where_takes_the_port_that_was_only_for_it_out_again(scene: Scene) -> None:
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", **PEERING, then="later")

    wizard.go("where", where=ON_OUR_PORT)

    (unit,) = details(scene)
    assert unit["port"] == cast.PORT and unit["location"] == "PUL" and unit["mac_address"] == "00:00:5e:00:53:aa"


@ON_SQLITE
def test_a_unit_on_an_untagged_port_brings_the_change_of_its_encapsulation(scene: Scene) -> None:
    with scene.app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        port.details = {**port.details, "encapsulation": "none"}
        db.session.commit()
    scene.placed(*[("pvlan", "new", {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "Tides", "bandwidth": 5})])
    wizard = begin(scene.browser(), "pvlan-unit")
    assert "its change to Dot1Q becomes part of this order" in text_of(wizard.page("where"))
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("configure", **{"i1-pvlan": "106001", "i1-vlan_id": "444"})

    assert "Starts when Order item 2 - Port: Change encapsulation is completed." in text_of(wizard.page("review"))
    wizard.go("review")

    assert order_count(scene) == 2


@ON_SQLITE
def test_a_draft_can_be_left_and_taken_up_again(scene: Scene) -> None:
    wizard = peering(scene.browser())
    left = wizard.go("configure", **{"i1-mac_address": "00:00:5e:00:53:aa"}, then="later")
    assert left.headers["Location"] == "/portal/orders?show=drafts"

    again = scene.browser()
    listed = again.get("/portal/orders?show=drafts")
    assert "100001" in text_of(listed) and f'href="{wizard.address}"' in listed.get_data(as_text=True)
    assert again.get(wizard.address).headers["Location"] == f"{wizard.address}/configure"
    page = again.get(f"{wizard.address}/configure")
    assert 'value="00:00:5e:00:53:aa"' in page.get_data(as_text=True)
    assert "Still to be said: 1" in text_of(page)


@ON_SQLITE
def test_a_discarded_draft_is_forgotten(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    asked = wizard.page("discard")
    answer = wizard.browser.post(f"{wizard.address}/discard", data=values(asked, "discard-form"))

    assert answer.status_code == 303
    assert wizard.page("review").status_code == 404
    with scene.app.app_context():
        assert db.session.query(Order).count() == 0


@ON_SQLITE
def test_the_pages_of_a_draft_lead_to_the_order_that_it_became(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review")

    for step in ("", "/where", "/what", "/configure", "/review"):
        assert wizard.browser.get(wizard.address + step).headers["Location"] == f"/portal/orders/{wizard.draft_id}"


@ON_SQLITE
def test_several_ports_cost_as_much_as_several_ports(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    assert "10 Gbit/s port GBP 600.00 per port and month" in text_of(wizard.page("what"))
    wizard.go("what", package="PORT-10G")
    port = {"i1-quantity": "3", "i1-contact_technical_who": "contact-ada", "o-support": "4h_24_7"}
    wizard.go("configure", **port)
    price = "Price GBP 1,800.00 per month (3 ports at GBP 600.00)"
    assert price in text_of(wizard.page("review"))
    wizard.go("review")
    for page in ("", "/confirmation"):
        said = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}{page}"))
        for words in (price, "Support 4 hours, day and night", "Technical contact Ada Quayside"):
            assert said.count(words) == 1, (page, words)


@ON_SQLITE
def test_an_orders_page_says_what_was_bought_with_its_features(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("what", package="PEER")
    wizard.go("configure", **PEERING, **{"i1-contact_technical_who": "contact-ada", "i1-feature_route_server": "ipv6"})
    wizard.go("review")
    said = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}"))
    assert "Peering unit Price GBP 100.00 per month" in said
    assert "Route server sessions IPv6 only Technical contact Ada Quayside" in said


@ON_SQLITE
def test_a_package_is_chosen_once_and_its_services_wait_for_each_other(scene: Scene) -> None:
    sell(scene, terms="2026-1")
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    said = text_of(wizard.page("what"))
    assert "10 Gbit/s port with peering GBP 750.00 per month" in said and "400 Gbit/s" not in said

    wizard.go("what", package="START-10G")
    assert "chosen once" in text_of(wizard.page("what"))
    again = {"package": "PORT-1G", "form_key": "e" * 32, "version": wizard.filled("configure")["version"]}
    assert wizard.browser.post(f"{wizard.address}/what", data=again).status_code == 409
    unit = {"i2-mac_address": "00:00:5e:00:53:ab", "i2-contact_technical_full_name": "Ola Wire",
            "i2-contact_technical_email": "ola@harbour.example", "i2-feature_route_server": "ipv6"}  # fmt: skip
    wizard.go("configure", **unit, **{"o-support": "4h_24_7"})
    said = text_of(wizard.page("review"))
    for words in ("Price GBP 750.00 per month", "Support 4 hours, day and night", "Technical contact Ola Wire",
                  "Route server sessions IPv6 only", "Starts when Order item 1 - Port is completed."):  # fmt: skip
        assert words in said

    refused = wizard.send("review")
    assert refused.status_code == 422 and 'href="#f-terms"' in refused.get_data(as_text=True)
    wizard.go("review", terms="2026-1")
    assert order_count(scene) == 1


@ON_SQLITE
def test_several_services_are_ordered_in_one(scene: Scene) -> None:
    wizard = begin(scene.browser(), "pvlan")
    wizard.go("where", where="fabric|edi2")
    added = wizard.go("configure", **{"i1-service_name": "Tides"}, then="add", service="pvlan_unit")
    assert added.headers["Location"] == f"{wizard.address}/where?item=2"
    wizard.go("where?item=2", where=ON_OUR_PORT)
    group = {"i1-pvlan_type": "p2p", "i1-bandwidth": "50"}
    unit = {"i2-pvlan": "item:1", "i2-vlan_id": "444"}

    wizard.go("configure", **group, **unit)

    said = text_of(wizard.page("review"))
    assert "Starts when Order item 1 - CUG is completed." in said and "Service Name Tides" in said
    wizard.go("review")
    assert details(scene)[1] == {"pvlan": {"item": 1}, "port": cast.PORT, "vlan_id": 444}


@ON_SQLITE
def test_an_item_is_taken_out_again_and_what_named_it_has_to_be_chosen_anew(scene: Scene) -> None:
    wizard = begin(scene.browser(), "pvlan-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("configure", then="add", service="pvlan")
    wizard.go("configure", **{"i1-pvlan": "item:2", "i1-vlan_id": "444"}, then="later")

    wizard.go("configure", then="remove:2")

    assert details(scene) == [{"port": cast.PORT, "vlan_id": 444}]
    assert wizard.send("configure", then="remove:1").status_code == 409


def test_joining_names_the_owner_by_its_handle_and_asks_it(scene: Scene) -> None:
    wizard = begin(scene.browser(), "join-pvlan")
    wizard.go("configure", **{"i1-pvlan_service_account_id": "lighthouse"})
    assert 'value="lighthouse"' in wizard.page("configure").get_data(as_text=True)
    assert "The owner is asked first" in text_of(wizard.page("review"))
    wizard.go("review")
    scene.work()

    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert order.type == "join_pvlan" and order.status.value == "awaiting_order_confirmation"
    assert "asks to join" in text_of(scene.browser(cast.MEMBER2).get("/portal/orders"))


@ON_SQLITE
def test_joining_with_a_unit_on_ones_port_whose_encapsulation_changes_first(scene: Scene) -> None:
    with scene.app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        port.details = {**port.details, "encapsulation": "none"}
        db.session.commit()
    wizard = begin(scene.browser(), "join-pvlan")
    wizard.go("configure", **{"i1-pvlan_service_account_id": "lighthouse"}, then="add", service="pvlan_unit")
    wizard.go("configure", then="add", service=f"encap:{cast.PORT}")
    unit = {"i2-pvlan": "item:1", "i2-port": str(cast.PORT), "i2-vlan_id": "444"}
    wizard.go("configure", **unit, **{"i3-encapsulation": "dot1q"})

    said = text_of(wizard.page("review"))
    assert "Starts when Order item 1 - CUG: Join and Order item 3 - Port: Change encapsulation is completed." in said
    assert "Encapsulation None → Dot1Q" in said
    wizard.go("review")


@ON_SQLITE
def test_a_reseller_orders_for_a_customer(scene: Scene) -> None:
    wizard = begin(scene.browser(cast.RESELLER), "connexions", customer=cast.CUSTOMER)
    wizard.go("where", where=f"group|{cast.PORT_GROUP}")
    said = {"i1-vlan_id": "12", "i1-bandwidth": "100", "i1-mac_address": "00:00:5e:00:53:55"}
    wizard.go("configure", **said)

    assert "For customer Lamp Studios" in text_of(wizard.page("review"))
    wizard.go("review")

    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert order.sub_account_id == cast.CUSTOMER and order.sub_customer is not None
        assert order.sub_customer["organisation"] == "Lamp Studios"
        assert order.items[0].details["connexions_port"] == "edge2-dev ge-3/0/1"


@ON_SQLITE
def test_a_draft_that_a_program_began_without_items_can_be_filled_in(scene: Scene) -> None:
    with scene.app.app_context():
        empty = drafts.create(OrderInput(cast.HARBOUR, {}, [], "api"), CRM, scene.config).id
        db.session.commit()
    wizard = Wizard(scene.browser(), f"/portal/new/{empty}")
    assert wizard.browser.get(wizard.address).headers["Location"].endswith("/configure")
    for step in ("where", "what", "review"):
        assert wizard.page(step).status_code in (200, 303)
    assert wizard.send("configure").status_code == 422
    data = {"version": "1", "form_key": "e" * 32, "where": "site|lon1|LD8"}
    assert wizard.browser.post(f"{wizard.address}/where", data=data).status_code == 409

    wizard.go("configure", then="add", service="pvlan")
    assert wizard.send("configure").status_code == 422
    wizard.go("where", where="fabric|edi2")
    wizard.go("configure", **{"i1-pvlan_type": "p2p", "i1-service_name": "A", "i1-bandwidth": "5"})
    wizard.go("review")


@ON_SQLITE
def test_each_page_names_its_step(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    for step, name in (("where", "Where"), ("what", "What"), ("configure", "Configure"), ("review", "Review")):
        now = re.findall(r'<span aria-current="step">.*?</span>', wizard.page(step).get_data(as_text=True))
        assert len(now) == 1 and name in now[0]
