"""A reseller adds a customer, with ASN and handle, and orders for it at once."""

import pytest
from sqlalchemy import select

from app.domain.models import Account, Order
from app.extensions import db
from tests import cast
from tests.portal.ordering import begin
from tests.portal.scene import Scene, hidden, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW, ADD = "/portal/account/customers/new", "/portal/account/customers"
BUOY = {"organisation": "Buoy  Radio", "asn": "AS64502", "handle": "buoy"}


def customers(scene: Scene) -> list[tuple[str, int | None, str | None, str | None]]:
    with scene.app.app_context():
        rows = select(Account.organisation, Account.asn, Account.handle, Account.reseller_id)
        rows = rows.where(Account.organisation.not_in(["Harbour Connect", "Lighthouse Media", "Beacon Partners"]))
        found = db.session.execute(rows.order_by(Account.organisation)).all()
        return [(one.organisation, one.asn, one.handle, one.reseller_id) for one in found]


LAMP = ("Lamp Studios", 64501, "lamp_studios", cast.PARTNER)


def test_a_customer_is_added_once_and_is_the_resellers(scene: Scene) -> None:
    reseller = scene.browser(cast.RESELLER)
    assert "New customer" in text_of(reseller.get("/portal/account"))
    form = {**hidden(reseller.get(NEW), "customer"), **BUOY}
    first, again = (reseller.post(ADD, data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert customers(scene) == [("Buoy Radio", 64502, "buoy", cast.PARTNER), LAMP]
    shown = text_of(reseller.get(first.headers["Location"]))
    assert "Buoy Radio" in shown and "64502" in shown and "Customer of Beacon Partners" in shown


def test_who_came_from_ordering_goes_on_there_with_the_customer_chosen(scene: Scene) -> None:
    reseller = scene.browser(cast.RESELLER)
    assert f"{NEW}?then=order" in reseller.get("/portal/new").text
    form = {**hidden(reseller.get(f"{NEW}?then=order"), "customer"), **BUOY}
    chosen = reseller.post(ADD, data=form).headers["Location"]
    made = chosen.partition("customer=")[2]
    assert f'value="{made}" selected' in reseller.get(chosen).text

    wizard = begin(reseller, "reseller-peering-unit", customer=made)

    with scene.app.app_context():
        order = db.session.get_one(Order, wizard.draft_id)
        assert order.sub_customer == {
            "organisation": "Buoy Radio", "account_id": made, "asn": "64502", "handle": "buoy",
        }  # fmt: skip


def test_only_the_name_is_needed(scene: Scene) -> None:
    reseller = scene.browser(cast.RESELLER)
    form = {**hidden(reseller.get(NEW), "customer"), "organisation": "Buoy Radio", "asn": "", "handle": " "}
    assert reseller.post(ADD, data=form).status_code == 303
    assert customers(scene)[0] == ("Buoy Radio", None, None, cast.PARTNER)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"organisation": "  "}, "organisation", "Enter the organisation's name."),
        ({"organisation": "x" * 201}, "organisation", "Use at most 200 characters."),
        ({"asn": "lots"}, "asn", "Enter an AS number"),
        ({"asn": "23456"}, "asn", "23456 is reserved"),
        ({"asn": "4294967295"}, "asn", "Enter an AS number"),
        ({"handle": "lamp studios"}, "handle", "Use letters, digits"),
        ({"handle": "lamp_studios"}, "handle", "Somebody has this handle already"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    scene: Scene, wrong: dict[str, str], field: str, sentence: str
) -> None:
    reseller = scene.browser(cast.RESELLER)
    page = reseller.post(ADD, data={**hidden(reseller.get(NEW), "customer"), **BUOY, **wrong})
    assert page.status_code == 422
    assert f'id="f-{field}-error"' in page.text and f'href="#f-{field}"' in page.text
    assert sentence in text_of(page)
    assert all(f'value="{one}"' in page.text for one in {**BUOY, **wrong}.values() if one.strip())
    assert customers(scene) == [LAMP]


def test_all_that_is_wrong_is_told_at_once(scene: Scene) -> None:
    reseller = scene.browser(cast.RESELLER)
    page = reseller.post(ADD, data={**hidden(reseller.get(NEW), "customer"), "organisation": "", "asn": "x"})
    assert page.text.count('class="error"') == 2


def test_who_is_no_reseller_adds_no_customers(scene: Scene) -> None:
    for email in (cast.MEMBER, cast.MEMBER2):  # Harbour Connect has a customer, but its people are members
        member = scene.browser(email)
        assert "New customer" not in text_of(member.get("/portal/account")) + text_of(member.get("/portal/new"))
        assert member.get(NEW).status_code == 404
        assert member.post(ADD, data={"form_key": "f" * 32, **BUOY}).status_code == 404
    assert customers(scene) == [LAMP]


def test_a_customer_that_is_not_ones_own_is_not_chosen_by_its_address(scene: Scene) -> None:
    assert " selected" not in scene.browser(cast.RESELLER).get(f"/portal/new?customer={cast.LIGHTHOUSE}").text
