"""An order under way: what may still change, its confirmation, and the portal's first page."""

import pytest
from werkzeug.test import TestResponse

from app.domain.models import Payment
from app.extensions import db
from tests import cast
from tests.portal.ordering import PORT, a_port, begin, sell, values
from tests.portal.scene import ONE_CONNEXIONS, ONE_PORT, Scene, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = ON_SQLITE
LATER = "2099-05-01T09:00"


def change(scene: Scene, order: object, **typed: str) -> TestResponse:
    browser, address = scene.browser(), f"/portal/orders/{order}/change"
    return browser.post(address, data={**values(browser.get(address), "order-change-form"), **typed})


def test_dates_references_and_bandwidth_change_in_one_go_until_it_has_begun(scene: Scene) -> None:
    order = scene.place(ONE_CONNEXIONS, po_number="PO-1")

    typed = {"po_number": "PO-2", "operator_order_ref": "A-18", "start": LATER, "additional_cc": "a@x.example"}
    answer = change(scene, order, **typed, **{"i1-bandwidth": "2000"})

    assert answer.status_code == 303
    with scene.app.app_context():
        found = scene.order(order)
        assert (found.po_number, found.operator_order_ref, found.additional_cc) == ("PO-2", "A-18", ["a@x.example"])
        assert found.requested_start_date is not None and found.requested_start_date.year == 2099
        assert found.items[0].details["bandwidth"] == 2_000
    said = text_of(scene.browser().get(answer.location))
    assert "The bandwidth was changed from 1000 to 2000 Mbit/s." in said and "Own reference A-18" in said
    assert "The order was changed: PO number, own reference, additional e-mails, start asked for." in said


@pytest.mark.parametrize(
    ("typed", "at", "sentence"),
    [
        ({"i1-bandwidth": "40000"}, "i1-bandwidth", "do not fit"),
        ({"i1-bandwidth": "much"}, "i1-bandwidth", "Service Capacity"),
        ({"additional_cc": "nobody"}, "additional_cc", "not an e-mail address"),
        ({"start": LATER, "completion": "2099-04-01T09:00"}, "completion", "before the start"),
        ({"start": "2026-01-01T09:00"}, "start", "This start has passed"),
        ({}, "", "Nothing was changed"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    scene: Scene, typed: dict[str, str], at: str, sentence: str
) -> None:
    order = scene.place(ONE_CONNEXIONS)

    page = change(scene, order, **({"po_number": "PO-7", **typed} if typed else {}))

    assert page.status_code == 422 and sentence in text_of(page)
    assert not at or f'href="#f-{at}"' in page.get_data(as_text=True)
    assert not typed or 'value="PO-7"' in page.get_data(as_text=True)
    with scene.app.app_context():
        assert scene.order(order).po_number is None and scene.order(order).items[0].details["bandwidth"] == 1_000


def test_two_who_change_an_order_the_second_is_told_and_keeps_what_was_typed(scene: Scene) -> None:
    order = scene.place(ONE_PORT)
    browser, address = scene.browser(), f"/portal/orders/{order}/change"
    form = values(browser.get(address), "order-change-form")
    assert change(scene, order, po_number="PO-1").status_code == 303

    page = browser.post(address, data={**form, "po_number": "PO-2"})

    assert page.status_code == 409 and 'value="PO-2"' in page.get_data(as_text=True)


def test_a_date_that_is_past_moving_is_told(scene: Scene) -> None:
    page = change(scene, scene.placed(ONE_PORT), start=LATER)

    assert page.status_code == 409 and "is under way already" in text_of(page)


def test_only_who_ordered_changes_an_order(scene: Scene) -> None:
    order = scene.place(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE})
    customer = scene.browser(cast.MEMBER2)

    assert customer.get(f"/portal/orders/{order}").status_code == 200
    for page in ("change", "confirmation"):
        assert customer.get(f"/portal/orders/{order}/{page}").status_code == 404
    data = {"version": "1", "form_key": "e" * 32, "po_number": "x"}
    assert customer.post(f"/portal/orders/{order}/change", data=data).status_code == 404


def test_the_confirmation_says_what_was_ordered_on_which_terms_for_how_much(scene: Scene) -> None:
    sell(scene, terms="2026-1")
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="PORT-10G")
    wizard.go("configure", **{key: value for key, value in PORT.items() if key != "i1-port_capacity"})
    form = wizard.filled("review", terms="2026-1", po_number="PO-9", payment_reference="BANK-77")
    for _ in range(2):
        assert wizard.browser.post(f"{wizard.address}/review", data=form).status_code == 303

    said = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}/confirmation"))

    for words in ("Package 10 Gbit/s port", "Price GBP 600.00 per month", "Version 2026-1 by Ada Quayside",
                  "PO number PO-9", "Payment reference BANK-77", "Port Capacity 10 Gbps", "Location LD8"):  # fmt: skip
        assert words in said
    with scene.app.app_context():
        assert db.session.query(Payment).count() == 1


def test_the_first_page_shows_what_needs_the_member_what_moves_and_what_was_begun(scene: Scene) -> None:
    scene.placed(ONE_CONNEXIONS)
    scene.placed(ONE_PORT)
    a_port(scene.browser())

    said = text_of(scene.browser().get("/portal/"))

    needs, moving = said.index("Needs you"), said.index("On its way")
    assert needs < said.index("100001") < moving < said.index("100002") < said.index("100003")
    assert "Begun, not placed" in said and "You have 4 services." in said


def test_the_help_page_explains_every_state(scene: Scene) -> None:
    said = text_of(scene.browser().get("/portal/help"))

    for words in ("Not started", "Your confirmation is needed", "Taking longer than usual", "Completed", "Cancelled"):
        assert words in said
