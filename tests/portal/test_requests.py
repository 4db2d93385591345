"""May they join our private VLAN? Asked of its owner alone; the order itself stays unseen."""

import uuid

import pytest

from app.domain.permissions import Role
from app.services import orders
from app.services.actor import Actor
from tests import cast
from tests.portal.scene import JOIN, Scene, has_form, hidden, text_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TWO_ITEMS = (*JOIN, ("multiservice_port", "edit_encap", {"number": cast.PORT, "encapsulation": "qinq"}))


def joined(scene: Scene) -> tuple[uuid.UUID, str]:
    """A join order that waits, and the address of the question."""
    order = scene.placed(*TWO_ITEMS, type="join_pvlan")
    return order, f"/portal/requests/{scene.wait_id(order)}"


def test_the_owner_reads_order_number_joiner_and_private_vlan(scene: Scene) -> None:
    _, address = joined(scene)

    said = text_of(scene.browser(cast.MEMBER2).get(address))

    assert "Harbour Connect asks to join your private VLAN Film rushes (104001)." in said
    assert "Order number 100001" in said and "Who asks Harbour Connect" in said
    assert "Private VLAN Film rushes (104001)" in said and "Fabric EDI2" in said
    assert "QinQ" not in said and str(cast.PORT) not in said  # what else they order is not the owner's business


@ON_SQLITE
def test_the_order_itself_stays_unseen_for_the_owner(scene: Scene) -> None:
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)
    form = hidden(browser.get(address), "agree-form")

    assert browser.get(f"/portal/orders/{order}").status_code == 404
    assert browser.get(f"/portal/orders/{order}/cancel").status_code == 404
    assert browser.post(f"/portal/orders/{order}/confirm", data=form).status_code == 404


def test_agreeing_starts_the_whole_order(scene: Scene) -> None:
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)

    answer = browser.post(f"{address}/agree", data=hidden(browser.get(address), "agree-form"))
    scene.work()

    assert answer.status_code == 303 and scene.status(order) == "completed"
    after = browser.get(address)
    assert "Agreed by Lou Lantern" in text_of(after) and not has_form(after, "agree-form")
    assert browser.get("/portal/orders").get_data(as_text=True).count('Orders</span> <span class="count">') == 0


@ON_SQLITE
def test_an_owner_of_several_says_which_one_together_with_the_yes(scene: Scene) -> None:
    with scene.app.app_context():
        cast.another_pvlan()
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)
    page = browser.get(address)
    assert "Harbour Connect asks to join a private VLAN of yours." in text_of(page)
    assert "may they join? * Film rushes (104001), EDI2 Rushes archive (104002), EDI2" in text_of(page)

    refused = browser.post(f"{address}/agree", data=hidden(page, "agree-form"))
    assert refused.status_code == 422
    assert 'href="#f-joined_pvlan"' in refused.get_data(as_text=True)
    assert scene.status(order) == "awaiting_order_confirmation"
    chosen = {**hidden(refused, "agree-form"), "joined_pvlan": "104002"}
    assert browser.post(f"{address}/agree", data=chosen).status_code == 303
    scene.work()

    assert scene.status(order) == "completed"
    assert "Private VLAN Rushes archive (104002)" in text_of(browser.get(address))


@ON_SQLITE
def test_what_staff_agreed_on_the_owners_behalf_is_told_without_their_names(scene: Scene) -> None:
    order, address = joined(scene)
    with scene.app.app_context():
        orders.confirm(order, Actor("Sam Quote", role=Role.SALES), reason="They rang and said so")

    said = text_of(scene.browser(cast.MEMBER2).get(address))

    assert "Agreed by our staff on your behalf" in said
    assert "Sam" not in said and "rang" not in said


@ON_SQLITE
def test_declining_needs_a_reason_and_keeps_the_question_open(scene: Scene) -> None:
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)
    form = hidden(browser.get(address), "decline-form")

    refused = browser.post(f"{address}/decline", data={**form, "reason": "   "})

    assert refused.status_code == 422 and "Say why" in text_of(refused)
    assert scene.status(order) == "awaiting_order_confirmation"


def test_declining_ends_the_order_and_the_joiner_reads_why(scene: Scene) -> None:
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)
    form = hidden(browser.get(address), "decline-form")

    answers = [browser.post(f"{address}/decline", data={**form, "reason": "No room left."}) for _ in range(2)]
    scene.work()

    assert [one.status_code for one in answers] == [303, 303]
    assert scene.status(order) == "rejected"
    said = text_of(scene.browser().get(f"/portal/orders/{order}"))
    assert "The order was declined: No room left." in said and "Completed Declined" in said
    assert "Declined by Lou Lantern" in text_of(browser.get(address))


def test_who_answers_second_is_told_that_it_is_decided(scene: Scene) -> None:
    order, address = joined(scene)
    browser = scene.browser(cast.MEMBER2)
    page = browser.get(address)
    agree, decline = hidden(page, "agree-form"), hidden(page, "decline-form")
    browser.post(f"{address}/agree", data=agree)

    late = browser.post(f"{address}/decline", data={**decline, "reason": "Too late"})
    scene.work()

    assert late.status_code == 409 and "answered already" in text_of(late)
    assert scene.status(order) == "completed"


@ON_SQLITE
def test_a_withdrawn_question_says_so(scene: Scene) -> None:
    order, address = joined(scene)
    joiner = scene.browser()
    joiner.post(
        f"/portal/orders/{order}/cancel", data=hidden(joiner.get(f"/portal/orders/{order}/cancel"), "cancel-form")
    )

    assert "Not asked any more" in text_of(scene.browser(cast.MEMBER2).get(address))


@pytest.mark.parametrize("email", [cast.MEMBER, cast.RESELLER])
def test_nobody_else_sees_or_answers_the_question_not_even_the_joiner(scene: Scene, email: str) -> None:
    order, address = joined(scene)
    browser = scene.browser(email)
    form = {"form_key": "c" * 32, "reason": "me"}

    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}/agree", data=form).status_code == 404
    assert browser.post(f"{address}/decline", data=form).status_code == 404
    assert scene.status(order) == "awaiting_order_confirmation"


@ON_SQLITE
def test_a_wait_of_our_staff_is_no_request(scene: Scene) -> None:
    order = scene.placed(("multiservice_port", "new", {"fabric": "lon1", "location": "LD8", "port_capacity": 1_000}))

    assert scene.browser().get(f"/portal/requests/{scene.wait_id(order)}").status_code == 404
