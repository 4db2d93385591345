"""The member's account: contacts of its own to change, a reseller's customers, nothing of anybody else."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.models import Contact
from app.extensions import db
from tests import cast
from tests.portal.scene import Scene, hidden, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOC = {"full_name": "Noc  Desk", "email": "noc@harbour-connect.example", "phone": "+44 20 7946 0000"}


def contacts(scene: Scene, account: str = cast.HARBOUR) -> list[str]:
    with scene.app.app_context():
        of = select(Contact.full_name).where(Contact.account_id == account)
        return list(db.session.scalars(of.order_by(Contact.full_name)))


def fill(member: FlaskClient, address: str, **typed: str) -> tuple[int, str]:
    action = "/portal/account/contacts" if address.partition("?")[0].endswith("/new") else address
    answer = member.post(action, data={**hidden(member.get(address), "contact"), **typed})
    return answer.status_code, text_of(answer)


def test_a_member_adds_changes_and_removes_a_contact(scene: Scene) -> None:
    member = scene.browser()
    assert fill(member, "/portal/account/contacts/new", **NOC)[0] == 303
    assert contacts(scene) == ["Ada Quayside", "Noc Desk"]
    with scene.app.app_context():
        made = db.session.scalars(select(Contact.id).where(Contact.full_name == "Noc Desk")).one()
    assert fill(member, f"/portal/account/contacts/{made}", **{**NOC, "full_name": "Night Desk"})[0] == 303
    assert "Night Desk noc@harbour-connect.example" in text_of(member.get("/portal/account"))
    assert member.post(f"/portal/account/contacts/{made}/remove").status_code == 303
    assert contacts(scene) == ["Ada Quayside"]


def test_the_same_form_sent_twice_is_one_contact(scene: Scene) -> None:
    member = scene.browser()
    form = {**hidden(member.get("/portal/account/contacts/new"), "contact"), **NOC}
    assert [member.post("/portal/account/contacts", data=form).status_code for _ in range(2)] == [303, 303]
    assert contacts(scene) == ["Ada Quayside", "Noc Desk"]


def test_what_is_wrong_is_told_all_at_once_and_what_was_typed_stays(scene: Scene) -> None:
    status, said = fill(scene.browser(), "/portal/account/contacts/new", full_name=" ", email="a@b@c", phone="none")
    assert status == 422
    assert all(sentence in said for sentence in ("Enter the person's name.", "such as noc@example.net", "phone number"))
    assert contacts(scene) == ["Ada Quayside"]


def test_a_contact_with_a_login_stays(scene: Scene) -> None:
    answer = scene.browser().post("/portal/account/contacts/contact-ada/remove")
    assert answer.status_code == 409
    assert "has a login, and stays" in text_of(answer)


def test_somebody_elses_contacts_and_accounts_do_not_exist(scene: Scene) -> None:
    stranger = scene.browser(cast.MEMBER2)
    assert stranger.get("/portal/account/contacts/contact-ada").status_code == 404
    assert stranger.post("/portal/account/contacts/contact-ada", data=NOC).status_code == 404
    assert stranger.post("/portal/account/contacts/contact-ada/remove").status_code == 404
    assert stranger.get(f"/portal/account/customers/{cast.HARBOUR}").status_code == 404
    assert stranger.get(f"/portal/account/contacts/new?account={cast.HARBOUR}").status_code == 404
    assert "Harbour Connect" not in text_of(stranger.get("/portal/account")).partition("Customer of")[0]


def test_a_reseller_sees_its_customers_and_keeps_their_contacts(scene: Scene) -> None:
    reseller = scene.browser(cast.RESELLER)
    assert "Lamp Studios 64501 lamp_studios" in text_of(reseller.get("/portal/account"))
    assert "64501" in text_of(reseller.get(f"/portal/account/customers/{cast.CUSTOMER}"))
    assert fill(reseller, f"/portal/account/contacts/new?account={cast.CUSTOMER}", **NOC)[0] == 303
    assert contacts(scene, cast.CUSTOMER) == ["Noc Desk"]
