"""Who has placed an order is thanked once, and told what happens next and who is written to."""

import pytest
from flask.testing import FlaskClient

from app.services.mails import choices
from tests import cast
from tests.portal.ordering import a_port, begin
from tests.portal.scene import Scene, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THANKS = "Thank you. Order 100001 has been placed."


def after(browser: FlaskClient, address: str) -> str:
    """The page that one is led to."""
    return text_of(browser.get(address))


def test_placing_an_order_is_acknowledged_with_what_happens_next(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    placed = wizard.go("review", additional_cc="dock@x.example").headers["Location"]

    said = after(wizard.browser, placed)

    assert THANKS in said and "It begins by itself now" in said
    assert "on its way by mail to member@handoff.example, dock@x.example." in said
    assert said.index(THANKS) < said.index("Where is my order?")
    assert THANKS not in after(wizard.browser, placed), "once"


def test_sending_the_form_again_says_it_again_although_nothing_happens(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    form = wizard.filled("review")
    for _ in range(2):
        placed = wizard.browser.post(f"{wizard.address}/review", data=form).headers["Location"]
        assert THANKS in after(wizard.browser, placed)


def test_an_order_for_later_says_when_it_starts(scene: Scene) -> None:
    wizard = a_port(scene.browser())

    said = after(wizard.browser, wizard.go("review", start="2099-05-01T09:00").headers["Location"])

    assert "It starts 1 May 2099 09:00 BST" in said and "by itself now" not in said


def test_who_joins_is_told_that_the_owner_is_asked_first(scene: Scene) -> None:
    wizard = begin(scene.browser(), "join-pvlan")
    wizard.go("configure", **{"i1-pvlan_service_account_id": "lighthouse"})

    assert "First the owner is asked to agree" in after(wizard.browser, wizard.go("review").headers["Location"])


def test_nobody_is_promised_a_mail_that_they_do_not_want(scene: Scene) -> None:
    with scene.app.app_context():
        choices.save(cast.MEMBER, {"received": False}, by="Ada Quayside")
    wizard = a_port(scene.browser())

    said = after(wizard.browser, wizard.go("review").headers["Location"])

    assert THANKS in said and "on its way by mail" not in said


def test_another_order_is_not_thanked_for(scene: Scene) -> None:
    other = scene.place(("multiservice_port", "new", {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000}))
    wizard = a_port(scene.browser(cast.MEMBER))
    wizard.go("review")

    assert "Thank you" not in after(wizard.browser, f"/portal/orders/{other}")
