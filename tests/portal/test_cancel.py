"""Cancelling: the effect is told first; possible until an item is being provisioned; once."""

import pytest

from app.domain.models import Audit
from app.extensions import db
from tests import cast
from tests.portal.scene import JOIN, ONE_CONNEXIONS, ONE_PORT, PVLAN, Scene, hidden, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_the_page_tells_what_becomes_of_each_item_and_does_nothing(scene: Scene) -> None:
    order = scene.place(ONE_PORT)

    said = text_of(scene.browser().get(f"/portal/orders/{order}/cancel"))

    assert "Order item 1 - Port Ends. Nothing has been set up for it." in said
    assert scene.status(order) == "ordered"


def test_a_member_cancels_and_the_order_ends(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}/cancel"), "cancel-form")

    answer = browser.post(f"/portal/orders/{order}/cancel", data={**form, "reason": "We moved out."})
    scene.work()

    assert answer.status_code == 303
    assert scene.status(order) == "cancelled"
    said = text_of(browser.get(f"/portal/orders/{order}"))
    assert "Completed Cancelled ·" in said and "Cancel order …" not in said


def test_a_second_click_is_no_error_and_cancels_once(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}/cancel"), "cancel-form")

    assert [browser.post(f"/portal/orders/{order}/cancel", data=form).status_code for _ in range(2)] == [303, 303]

    with scene.app.app_context():
        assert db.session.query(Audit).filter_by(what="order cancelled", order_id=order).count() == 1


@ON_SQLITE
def test_a_port_that_waits_for_its_cross_connect_can_be_cancelled(scene: Scene) -> None:
    order = scene.placed(ONE_PORT)
    browser = scene.browser()
    page = browser.get(f"/portal/orders/{order}/cancel")
    assert "What has been reserved for it (ports, VLANs) and service number 106001 is given back." in text_of(page)

    browser.post(f"/portal/orders/{order}/cancel", data=hidden(page, "cancel-form"))
    scene.work()

    assert scene.status(order) == "cancelled"


@ON_SQLITE
def test_what_is_being_provisioned_is_not_cancelled_here(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()

    page = browser.get(f"/portal/orders/{order}/cancel")
    forced = browser.post(
        f"/portal/orders/{order}/cancel", data={"form_key": "a" * 32, "version": scene.order_version(order)}
    )

    assert "Item 1 is being provisioned; please ask us to cancel." in text_of(page)
    assert forced.status_code == 409
    assert scene.status(order) == "awaiting_member"


@ON_SQLITE
def test_an_order_that_moved_on_is_shown_anew_and_what_was_typed_is_kept(scene: Scene) -> None:
    order = scene.place(ONE_PORT)
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}/cancel"), "cancel-form")

    answer = browser.post(f"/portal/orders/{order}/cancel", data={**form, "version": "99", "reason": "Too slow"})

    assert answer.status_code == 409
    assert "The order moved on meanwhile." in text_of(answer) and 'value="Too slow"' in answer.get_data(as_text=True)
    assert scene.status(order) == "ordered"


@ON_SQLITE
def test_the_customer_of_a_reseller_cannot_cancel_what_the_reseller_ordered(scene: Scene) -> None:
    order = scene.place(("pvlan", "new", PVLAN), sub_customer={"account_id": cast.LIGHTHOUSE})
    browser = scene.browser(cast.MEMBER2)

    forced = browser.post(
        f"/portal/orders/{order}/cancel", data={"form_key": "a" * 32, "version": scene.order_version(order)}
    )

    assert forced.status_code == 409 and "Only who ordered can cancel" in text_of(forced)
    assert scene.status(order) == "ordered"


@ON_SQLITE
def test_an_ended_order_has_nothing_to_cancel(scene: Scene) -> None:
    order = scene.placed(("pvlan", "new", PVLAN))

    assert "nothing to cancel" in text_of(scene.browser().get(f"/portal/orders/{order}/cancel"))
