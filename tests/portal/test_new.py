"""Ordering: one form from the catalogue, a review, one order; errors at their field, nothing stored half."""

import html
import re
import threading

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.models import Order, OrderItem
from app.extensions import db
from tests import cast
from tests.portal.scene import Scene, hidden, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A_PORT = {"place": "lon1|LD8", "port_capacity": "10000", "quantity": "1", "encapsulation": "dot1q"}
A_PEERING = {"port": str(cast.PORT), "service_capacity": "1000", "mac_address": "00:00:5e:00:53:aa"}


def filled(browser: FlaskClient, address: str, values: dict[str, str]) -> dict[str, str]:
    return {**hidden(browser.get(address), "order-form"), **values}


def review(browser: FlaskClient, address: str, values: dict[str, str]) -> TestResponse:
    return browser.post(address, data={**filled(browser, address, values), "step": "review"})


def submit(browser: FlaskClient, address: str, page: TestResponse) -> TestResponse:
    fields = {name: html.unescape(value) for name, value in hidden(page, "review-form").items()}
    return browser.post(address, data={**fields, "step": "submit"})


def order_count(scene: Scene) -> int:
    with scene.app.app_context():
        return db.session.query(Order).count()


def the_item(scene: Scene) -> OrderItem:
    return db.session.query(OrderItem).one()


@ON_SQLITE
def test_every_service_on_offer_leads_to_a_form(scene: Scene) -> None:
    for email in (cast.MEMBER, cast.MEMBER2, cast.RESELLER):
        browser = scene.browser(email)
        offers = re.findall(r'href="(/portal/new/[^"]+)"', browser.get("/portal/new").get_data(as_text=True))
        assert len(offers) >= 5
        assert [browser.get(offer).status_code for offer in offers] == [200] * len(offers)


@ON_SQLITE
def test_a_member_without_a_port_is_told_to_order_one_first(scene: Scene) -> None:
    page = scene.browser(cast.MEMBER2).get("/portal/new/peering-unit")

    assert "Something else comes first" in text_of(page)
    assert 'href="/portal/new/multiservice-port"' in page.get_data(as_text=True)


@ON_SQLITE
def test_only_who_has_customers_or_port_groups_is_offered_what_needs_them(scene: Scene) -> None:
    member2, reseller = scene.browser(cast.MEMBER2), scene.browser(cast.RESELLER)

    assert member2.get("/portal/new/reseller-peering-unit").status_code == 404
    assert member2.get("/portal/new/connexions").status_code == 404
    assert reseller.get("/portal/new/connexions").status_code == 200
    assert reseller.get("/portal/new/nonsense").status_code == 404


def test_a_port_is_reviewed_and_then_ordered_with_all_that_was_said(scene: Scene) -> None:
    browser = scene.browser()
    said = {**A_PORT, "po_number": "PO-9", "additional_cc": "a@x.example, b@x.example", "notes": "Ring the bell",
            "start": "2099-05-01T09:00"}  # fmt: skip

    looked_at = review(browser, "/portal/new/multiservice-port", said)
    assert looked_at.status_code == 200 and order_count(scene) == 0
    for words in (
        "Fabric LON1 Lab",
        "Location LD8",
        "Port Capacity 10 Gbps",
        "PO number PO-9",
        "Starts 1 May 2099 09:00",
    ):
        assert words in text_of(looked_at)
    placed = submit(browser, "/portal/new/multiservice-port", looked_at)

    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert placed.status_code == 303 and placed.headers["Location"] == f"/portal/orders/{order.id}"
        assert (order.channel, order.po_number, order.notes) == ("portal", "PO-9", "Ring the bell")
        assert order.additional_cc == ["a@x.example", "b@x.example"]
        assert order.requestor["full_name"] == "Ada Quayside" and order.contact_id == "contact-ada"
        assert order.requested_start_date is not None and order.requested_start_date.hour == 8  # summer time
        assert the_item(scene).details["location"] == "LD8"


@ON_SQLITE
def test_what_follows_from_the_chosen_port_is_not_asked_but_known(scene: Scene) -> None:
    browser = scene.browser()
    form = browser.get("/portal/new/peering-unit").get_data(as_text=True)
    assert 'name="place"' not in form and 'name="fabric"' not in form

    submit(browser, "/portal/new/peering-unit", review(browser, "/portal/new/peering-unit", A_PEERING))

    with scene.app.app_context():
        details = the_item(scene).details
        assert (details["fabric"], details["location"], details["port"]) == ("edi2", "PUL", cast.PORT)


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("mac_address", "01:00:5e:00:53:aa", "MAC address"),
        ("mac_address", "", "fill this in"),
        ("service_capacity", "40000", "do not fit"),
        ("service_capacity", "lots", "Service Capacity"),
        ("port", "999999", "Not a valid choice"),
        ("additional_cc", "nobody", "not an e-mail address"),
        ("start", "tomorrow", "not a date"),
        ("asn", "-5", "ASN"),
    ],
)
def test_an_error_stands_at_its_field_and_on_top_and_nothing_is_stored(
    scene: Scene, name: str, typed: str, sentence: str
) -> None:
    browser = scene.browser()

    page = review(browser, "/portal/new/peering-unit", {**A_PEERING, "po_number": "keep me", name: typed})

    source = page.get_data(as_text=True)
    assert page.status_code == 422 and order_count(scene) == 0
    assert f'href="#f-{name}"' in source and f'id="f-{name}-error"' in source
    assert sentence in html.unescape(source) and 'value="keep me"' in source
    assert typed == "999999" or typed == "" or f'value="{typed}"' in source


@ON_SQLITE
def test_a_completion_before_the_start_is_told_at_the_completion(scene: Scene) -> None:
    page = review(scene.browser(), "/portal/new/multiservice-port",
                  {**A_PORT, "start": "2099-05-01T09:00", "completion": "2099-04-01T09:00"})  # fmt: skip

    assert page.status_code == 422 and 'id="f-completion-error"' in page.get_data(as_text=True)


@ON_SQLITE
def test_going_back_from_the_review_keeps_what_was_typed(scene: Scene) -> None:
    browser = scene.browser()
    looked_at = review(browser, "/portal/new/peering-unit", {**A_PEERING, "po_number": 'Say "hi"'})
    fields = {name: html.unescape(value) for name, value in hidden(looked_at, "review-form").items()}

    back = browser.post("/portal/new/peering-unit", data={**fields, "step": "change"})

    assert back.status_code == 200
    assert 'value="Say &#34;hi&#34;"' in back.get_data(as_text=True)
    assert 'value="00:00:5e:00:53:aa"' in back.get_data(as_text=True)


def test_sending_the_review_three_times_makes_one_order(scene: Scene) -> None:
    browser = scene.browser()
    looked_at = review(browser, "/portal/new/multiservice-port", A_PORT)

    answers = [submit(browser, "/portal/new/multiservice-port", looked_at) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1 and order_count(scene) == 1


def test_five_at_the_same_moment_make_one_order(scene: Scene) -> None:
    browser = scene.browser()
    looked_at = review(browser, "/portal/new/multiservice-port", A_PORT)
    signed_in = [scene.browser() for _ in range(5)]
    places: list[str] = []

    def send(one: FlaskClient) -> None:
        places.append(submit(one, "/portal/new/multiservice-port", looked_at).headers.get("Location", "none"))

    threads = [threading.Thread(target=send, args=(one,)) for one in signed_in]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(places) == 5 and len(set(places)) == 1 and order_count(scene) == 1


@ON_SQLITE
def test_a_form_without_its_key_is_refused(scene: Scene) -> None:
    answer = scene.browser().post("/portal/new/multiservice-port", data={**A_PORT, "step": "submit"})

    assert answer.status_code == 422 and order_count(scene) == 0


def test_joining_names_the_owner_by_its_handle_and_asks_it(scene: Scene) -> None:
    browser = scene.browser()

    placed = submit(browser, "/portal/new/join-pvlan",
                    review(browser, "/portal/new/join-pvlan", {"pvlan_service_account_id": "lighthouse"}))  # fmt: skip
    scene.work()

    assert placed.status_code == 303
    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert order.type == "join_pvlan" and order.status.value == "awaiting_order_confirmation"
    assert "asks to join" in text_of(scene.browser(cast.MEMBER2).get("/portal/orders"))


def test_a_reseller_orders_for_a_customer(scene: Scene) -> None:
    browser = scene.browser(cast.RESELLER)
    said = {"customer": cast.CUSTOMER, "port_group_id": cast.PORT_GROUP, "vlan_id": "12", "bandwidth": "100",
            "mac_address": "00:00:5e:00:53:55"}  # fmt: skip

    looked_at = review(browser, "/portal/new/connexions", said)
    submit(browser, "/portal/new/connexions", looked_at)

    assert "For customer Lamp Studios" in text_of(looked_at)
    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert order.sub_account_id == cast.CUSTOMER and order.sub_customer is not None
        assert order.sub_customer["organisation"] == "Lamp Studios"
        assert the_item(scene).details["connexions_port"] == "edge2-dev ge-3/0/1"


@ON_SQLITE
def test_a_customer_that_is_somebody_elses_cannot_be_chosen(scene: Scene) -> None:
    page = review(
        scene.browser(cast.RESELLER), "/portal/new/multiservice-port", {**A_PORT, "customer": cast.LIGHTHOUSE}
    )

    assert page.status_code == 422 and 'id="f-customer-error"' in page.get_data(as_text=True)
    assert order_count(scene) == 0


@ON_SQLITE
def test_a_port_of_somebody_else_cannot_be_chosen(scene: Scene) -> None:
    said = {**A_PEERING, "form_key": "e" * 32, "step": "submit"}

    page = scene.browser(cast.RESELLER).post("/portal/new/peering-unit", data=said)

    assert page.status_code == 422 and order_count(scene) == 0
