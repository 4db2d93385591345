"""Ordering, gone wrong: bad input, two tabs, many clicks, old answers; nothing is stored half and nothing is lost."""

import html
import threading

import pytest
from flask.testing import FlaskClient

from app.domain import clock
from app.domain.models import Order, OrderItem, Port, Service
from app.extensions import db
from app.services import demo_packages
from tests import cast
from tests.portal.ordering import (
    CONTACT,
    ON_OUR_PORT,
    PEERING,
    PORT,
    Wizard,
    a_port,
    begin,
    details,
    order_count,
    peering,
    sell,
)
from tests.portal.scene import Scene, now_is_later, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("mac_address", "01:00:5e:00:53:aa", "MAC address"),
        ("mac_address", "", "fill this in"),
        ("service_capacity", "40000", "do not fit"),
        ("service_capacity", "lots", "Service Capacity"),
        ("asn", "-5", "ASN"),
        ("contact_technical_email", "nobody", "Technical contact, e-mail: enter an e-mail address"),
        ("mac_address", "a\x00b", "cannot be stored"),
    ],
)
def test_an_error_stands_at_its_field_and_on_top_and_nothing_is_kept(
    scene: Scene, name: str, typed: str, sentence: str
) -> None:
    wizard = peering(scene.browser())

    page = wizard.send("configure", **{**PEERING, "i1-asn": "64511", f"i1-{name}": typed})

    source = page.get_data(as_text=True)
    assert page.status_code == 422
    assert f'href="#f-i1-{name}"' in source and f'id="f-i1-{name}-error"' in source
    assert sentence in html.unescape(source)
    assert name == "asn" or 'value="64511"' in source
    assert "\x00" in typed or typed == "" or f'value="{typed}"' in source
    assert "mac_address" not in details(scene)[0]


@ON_SQLITE
def test_a_form_that_was_tampered_with_is_refused_at_its_field(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    page = wizard.send("configure", **{**PORT, "i1-port_capacity": "7"})
    assert page.status_code == 422 and "Not a valid choice" in text_of(page)
    assert wizard.send("where", where="site|lon1|NOWHERE").status_code == 422
    assert wizard.send("where", where="port|999999").status_code == 422
    assert wizard.send("where", where="port|99999999999999999999").status_code == 422
    assert wizard.send("where", where="group|x").status_code == 422
    assert wizard.send("where", where="").status_code == 422
    answer = wizard.browser.post(f"{wizard.address}/review", data={"version": "x" * 40, "form_key": "short"})
    assert answer.status_code == 422 and order_count(scene) == 0


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("additional_cc", "nobody", "not an e-mail address"),
        ("start", "tomorrow", "not a date"),
        ("completion", "2099-04-01T09:00", "before the start"),
        ("start", "2026-01-01T09:00", "This start has passed"),
    ],
)
def test_what_is_wrong_about_the_order_stands_at_its_field(scene: Scene, name: str, typed: str, sentence: str) -> None:
    wizard = a_port(scene.browser())

    page = wizard.send("review", **{"po_number": "keep me", "start": "2099-05-01T09:00", name: typed})

    assert page.status_code == 422 and sentence in html.unescape(text_of(page))
    assert f'href="#f-{name}"' in page.get_data(as_text=True) and 'value="keep me"' in page.get_data(as_text=True)
    assert order_count(scene) == 0


def test_two_tabs_on_one_draft_the_second_is_told_and_keeps_what_was_typed(scene: Scene) -> None:
    wizard = peering(scene.browser())
    second = wizard.filled("configure", **{**PEERING, "i1-asn": "64511"})
    wizard.go("configure", **PEERING)

    page = wizard.browser.post(f"{wizard.address}/configure", data=second)

    assert page.status_code == 409 and "changed meanwhile" in text_of(page)
    assert 'value="64511"' in page.get_data(as_text=True)
    with scene.app.app_context():
        assert "asn" not in db.session.query(OrderItem).one().details


def test_sending_the_review_three_times_makes_one_order(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    form = wizard.filled("review")

    answers = [wizard.browser.post(f"{wizard.address}/review", data=form) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303] * 3
    assert {answer.headers["Location"] for answer in answers} == {f"/portal/orders/{wizard.draft_id}"}
    assert order_count(scene) == 1


def test_five_at_the_same_moment_make_one_order(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    form = wizard.filled("review", po_number="PO-1")
    signed_in = [scene.browser() for _ in range(5)]
    places: list[str] = []

    def send(one: FlaskClient) -> None:
        answer = one.post(f"{wizard.address}/review", data=form)
        places.append(answer.headers.get("Location", str(answer.status_code)))

    threads = [threading.Thread(target=send, args=(one,)) for one in signed_in]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert places == [f"/portal/orders/{wizard.draft_id}"] * 5 and order_count(scene) == 1
    with scene.app.app_context():
        assert db.session.query(Service).filter_by(service_type="multiservice_port", state="pre_active").count() == 1


@ON_SQLITE
def test_terms_that_are_newer_than_those_accepted_are_asked_anew(scene: Scene) -> None:
    sell(scene, terms="2026-1")
    wizard = begin(scene.browser(), "pvlan")
    wizard.go("where", where="fabric|edi2")
    wizard.go("what", package="alone")
    wizard.go("configure", **{"i1-pvlan_type": "p2p", "i1-service_name": "Tides", "i1-bandwidth": "5"})
    form = wizard.filled("review", terms="2026-1", po_number="PO-3")
    with scene.app.app_context():
        demo_packages.enable_terms("2026-2", "One line more.", clock.now())
        db.session.commit()

    page = wizard.browser.post(f"{wizard.address}/review", data=form)

    assert page.status_code == 409 and "please read and accept version 2026-2" in text_of(page)
    assert 'value="PO-3"' in page.get_data(as_text=True) and "One line more." in text_of(page)
    wizard.go("review", terms="2026-2")
    assert order_count(scene) == 1


@ON_SQLITE
def test_what_the_package_needs_is_asked_until_it_is_there(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("what", package="PEER")

    page = wizard.send("configure", **PEERING)

    assert page.status_code == 422 and 'id="f-i1-contact_technical_who-error"' in page.get_data(as_text=True)
    wizard.go("configure", **PEERING, **CONTACT)


@ON_SQLITE
def test_what_was_sold_out_meanwhile_is_told_with_what_was_and_what_is(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    with scene.app.app_context():
        taken = db.session.query(Service).filter_by(number=cast.PORT).one()
        db.session.query(Port).filter_by(switch_name="edge1-lon1", capacity=10_000).update({"service_id": taken.id})
        db.session.commit()

    page = wizard.send("review", po_number="PO-7")

    said = text_of(page)
    assert page.status_code == 422 and order_count(scene) == 0
    assert "No port of 10 Gbit/s is free on LON1 Lab at LD8, and 1 is wanted" in said
    assert "4 ports were free there when it was looked up" in said
    assert "Check the availability again" in said and 'value="PO-7"' in page.get_data(as_text=True)
    assert "10 Gbps" not in text_of(wizard.page("where")).split("LON1 Lab – LD8")[1].split("LON1 Lab – THN")[0]
    wizard.go("where", where="site|lon1|THN")
    wizard.go("review")


@ON_SQLITE
def test_an_old_answer_about_the_place_is_asked_again(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    now_is_later(days=15)
    scene.browser()  # everybody signs in anew
    wizard.browser = scene.browser()

    assert wizard.page("configure").headers["Location"].endswith("/where?item=1")
    assert "check the availability again" in text_of(wizard.page("where"))
    page = wizard.send("review")
    assert page.status_code == 422 and "not believed any more" in text_of(page) and order_count(scene) == 0
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("review")


@ON_SQLITE
def test_a_customer_that_is_somebody_elses_or_none_at_all_is_refused_at_the_field(scene: Scene) -> None:
    browser = scene.browser(cast.RESELLER)
    for what, customer in (("multiservice-port", cast.LIGHTHOUSE), ("reseller-peering-unit", "")):
        page = browser.post("/portal/new", data={"what": what, "customer": customer, "form_key": "e" * 32})
        assert page.status_code == 422 and 'id="f-customer-error"' in page.get_data(as_text=True)
    with scene.app.app_context():
        assert db.session.query(Order).count() == 0


@ON_SQLITE
def test_a_draft_is_there_for_its_own_account_only(scene: Scene) -> None:
    with scene.app.app_context():
        cast.user(cast.MEMBER2).account_id = cast.CUSTOMER
        db.session.commit()
    wizard = a_port(scene.browser(cast.RESELLER), customer=cast.CUSTOMER)
    for email in (cast.MEMBER, cast.MEMBER2):  # also not for the customer that it is for
        stranger = Wizard(scene.browser(email), wizard.address)
        for step in ("where", "what", "configure", "review", "discard"):
            assert stranger.page(step).status_code == 404
            data = {"version": "1", "form_key": "e" * 32, "where": "site|lon1|LD8", "package": "alone"}
            assert stranger.browser.post(f"{wizard.address}/{step}", data=data).status_code == 404
        assert "100001" not in text_of(stranger.browser.get("/portal/orders"))
