"""Whom an order and its services name: picked from the address book, or written down; changed while it is under way."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.models import Audit, Contact, Order, Service
from app.extensions import db
from tests import cast
from tests.portal.ordering import ON_OUR_PORT, PEERING, PORT, Wizard, begin, peering, sell, values
from tests.portal.scene import Scene, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WHO = "i1-contact_technical_who"
ADA = {"contact_id": "contact-ada", "full_name": "Ada Quayside", "email": "ada@harbour-connect.example"}
OLA = {"full_name": "Ola Wire", "email": "ola@harbour.example", "phone": "+44 20 7946 0001"}
OLA_TYPED = {f"i1-contact_technical_{name}": value for name, value in OLA.items()}


def people(scene: Scene) -> dict[str, object]:
    """Whom the service names that is being made."""
    with scene.app.app_context():
        return db.session.query(Service).filter_by(state="pre_active").one().contacts


def book(scene: Scene, account: str = cast.HARBOUR) -> list[str]:
    with scene.app.app_context():
        return sorted(one.full_name for one in db.session.query(Contact).filter_by(account_id=account))


def options(page: TestResponse, name: str) -> str:
    found = re.search(rf'<select[^>]*name="{re.escape(name)}".*?</select>', page.get_data(as_text=True), re.S)
    assert found, f"There is no choice {name}."
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def port(browser: FlaskClient, **typed: str) -> Wizard:
    """A port that is to be reviewed."""
    wizard = begin(browser, "multiservice-port", **typed)
    wizard.go("where", where="site|lon1|LD8")
    return wizard


def placed(scene: Scene, **typed: str) -> str:
    """The address of an order for a port, whose technical contact was typed; it starts later."""
    wizard = port(scene.browser())
    wizard.go("configure", **PORT, **(typed or {WHO: "contact-ada"}))
    return wizard.go("review", start="2099-05-01T09:00").headers["Location"]


def change(browser: FlaskClient, address: str, form: str = "order-change-form", **typed: str) -> TestResponse:
    return browser.post(address, data={**values(browser.get(address), form), **typed})


def test_a_contact_is_picked_and_the_order_keeps_what_it_was_called_then(scene: Scene) -> None:
    wizard = port(scene.browser())
    there = options(wizard.page("configure"), WHO)
    assert there == "Nobody Ada Quayside (ada@harbour-connect.example) Somebody else …"
    wizard.go("configure", **PORT, **{WHO: "contact-ada"})
    assert "Technical contact Ada Quayside, ada@harbour-connect.example" in text_of(wizard.page("review"))
    wizard.go("review")
    assert people(scene) == {"technical": ADA}

    with scene.app.app_context():
        db.session.get_one(Contact, "contact-ada").full_name = "Ada Newname"
        db.session.commit()

    said = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}"))
    assert "Technical contact Ada Quayside, ada@harbour-connect.example" in said


def test_somebody_else_is_typed_and_kept_once_in_the_address_book(scene: Scene) -> None:
    wizard = port(scene.browser())
    form = wizard.filled("configure", **PORT, **OLA_TYPED, **{WHO: "+", "i1-contact_technical_keep": "y"})
    for _ in range(2):
        assert wizard.browser.post(f"{wizard.address}/configure", data=form).status_code == 303
    assert book(scene) == ["Ada Quayside", "Ola Wire"]
    again = values(wizard.page("configure"), "configure-form")
    assert again[WHO] not in ("", "+") and again["i1-contact_technical_full_name"] == ""

    wizard.go("configure", **OLA_TYPED, **{WHO: "+", "i1-contact_technical_keep": "y"})  # the same person once more
    wizard.go("review")
    assert book(scene) == ["Ada Quayside", "Ola Wire"]
    named = people(scene)["technical"]
    assert isinstance(named, dict) and {name: named[name] for name in OLA} == OLA


def test_a_name_that_was_typed_counts_although_nothing_was_chosen(scene: Scene) -> None:
    wizard = port(scene.browser())
    wizard.go("configure", **PORT, **OLA_TYPED)
    assert values(wizard.page("configure"), "configure-form")[WHO] == "+"
    wizard.go("review")
    assert people(scene) == {"technical": OLA} and book(scene) == ["Ada Quayside"]


def test_a_contact_that_was_removed_meanwhile_is_told_and_what_was_typed_stays(scene: Scene) -> None:
    wizard = port(scene.browser())

    page = wizard.send("configure", **PORT, **{WHO: "contact-gone"})

    assert page.status_code == 422 and f'href="#f-{WHO}"' in page.get_data(as_text=True)
    assert "This person is not among the contacts of the account (any more)." in text_of(page)
    assert values(page, "configure-form")["i1-port_capacity"] == "10000"


def test_who_was_picked_and_then_removed_stays_in_the_draft_as_they_were_called(scene: Scene) -> None:
    wizard = port(scene.browser())
    with scene.app.app_context():
        db.session.add(Contact(id="nia", account_id=cast.HARBOUR, full_name="Nia Quay", email="nia@harbour.example"))
        db.session.commit()
    wizard.go("configure", **PORT, **{WHO: "nia"})
    assert wizard.browser.post("/portal/account/contacts/nia/remove").status_code == 303

    now = values(wizard.page("configure"), "configure-form")

    assert (now[WHO], now["i1-contact_technical_full_name"]) == ("+", "Nia Quay")
    assert "Technical contact Nia Quay, nia@harbour.example" in text_of(wizard.page("review"))
    wizard.go("review")


def test_a_required_contact_may_be_picked_and_is_missed_otherwise(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("what", package="PEER")
    nobody = wizard.send("configure", **PEERING)
    assert nobody.status_code == 422 and "Choose somebody, or say who it is." in text_of(nobody)
    nameless = wizard.send("configure", **PEERING, **{WHO: "+", "i1-contact_technical_phone": "none"})
    for words in ("enter the person's name", "enter a phone number such as"):
        assert f"{words}" in text_of(nameless)
    unreachable = wizard.send("configure", **PEERING, **{WHO: "+", "i1-contact_technical_full_name": "Ola Wire"})
    assert "enter an e-mail address or a phone number" in text_of(unreachable)
    wizard.go("configure", **PEERING, **{WHO: "+", "i1-contact_technical_full_name": "Ola Wire",
                                         "i1-contact_technical_phone": "+44 20 7946 0001"})  # fmt: skip
    wizard.go("configure", **PEERING, **{WHO: "contact-ada"})


def test_a_reseller_picks_its_customers_people_first_and_keeps_new_ones_there(scene: Scene) -> None:
    with scene.app.app_context():
        db.session.add(Contact(id="lena", account_id=cast.CUSTOMER, full_name="Lena Lamp", phone="+44 20 7946 0003"))
        db.session.commit()
    wizard = begin(scene.browser(cast.RESELLER), "multiservice-port", customer=cast.CUSTOMER)
    wizard.go("where", where="site|lon1|LD8")
    there = wizard.page("configure")
    assert options(there, WHO).startswith("Nobody Lena Lamp Rae Broker")
    assert 'label="Lamp Studios"' in there.get_data(as_text=True)
    assert "Keep in the contacts of Lamp Studios" in text_of(there)
    wizard.go("configure", **PORT, **OLA_TYPED, **{WHO: "+", "i1-contact_technical_keep": "y"})
    assert book(scene, cast.CUSTOMER) == ["Lena Lamp", "Ola Wire"] and book(scene, cast.PARTNER) == ["Rae Broker"]


def test_who_else_is_told_by_mail_is_ticked_or_typed(scene: Scene) -> None:
    wizard = port(scene.browser())
    wizard.go("configure", **PORT)
    typed = {"copied": "ada@harbour-connect.example", "additional_cc": "noc@x.example, ADA@harbour-connect.example"}
    wizard.go("review", then="later", **typed)
    page = wizard.page("review")
    now = values(page, "review-form")
    assert (now["copied"], now["additional_cc"]) == ("ada@harbour-connect.example", "noc@x.example")
    refused = wizard.send("review", additional_cc="noc@x.example, nobody")
    assert refused.status_code == 422 and "This is not an e-mail address: “nobody”." in text_of(refused)
    many = wizard.send("review", additional_cc=", ".join(f"a{one}@x.example" for one in range(10)))
    assert many.status_code == 422 and "At most 10 addresses" in text_of(many)
    wizard.go("review")
    with scene.app.app_context():
        assert db.session.query(Order).one().additional_cc == ["ada@harbour-connect.example", "noc@x.example"]


def test_an_order_names_contacts_of_its_own_in_the_review(scene: Scene) -> None:
    wizard = port(scene.browser())
    wizard.go("configure", **PORT)
    typed = {"contact_billing_who": "+", "contact_billing_full_name": "Bea Till", "contact_billing_keep": "y"}
    wizard.go("review", contact_technical_who="contact-ada", operator_order_ref="A-17", **typed)
    said = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}"))
    for words in ("Technical contact Ada Quayside", "Billing contact Bea Till", "Own reference A-17"):
        assert words in said
    assert book(scene) == ["Ada Quayside", "Bea Till"]


def test_contacts_of_an_order_and_of_its_service_change_while_it_is_under_way(scene: Scene) -> None:
    order, member = placed(scene), scene.browser()
    before = scene.order_version(order_id(order))
    typed = {WHO: "+", **OLA_TYPED, "contact_billing_who": "contact-ada", "copied": "ada@harbour-connect.example"}

    answer = change(member, f"{order}/change", **typed)

    assert answer.status_code == 303, text_of(answer)
    said = text_of(member.get(order))
    for words in ("Technical contact Ola Wire, ola@harbour.example", "Billing contact Ada Quayside",
                  "The technical contact was changed.",
                  "The order was changed: additional e-mails, billing contact."):  # fmt: skip
        assert words in said
    assert people(scene) == {"technical": OLA}
    with scene.app.app_context():
        assert db.session.query(Order).one().version == before + 2  # the order, and its item
        assert db.session.query(Audit).filter_by(what="service contacts changed").count() == 1
    nothing = change(member, f"{order}/change")
    assert nothing.status_code == 422 and "Nothing was changed" in text_of(nothing)


def test_a_change_of_contacts_that_somebody_overtook_is_told_and_what_was_typed_stays(scene: Scene) -> None:
    order, member = placed(scene), scene.browser()
    stale = {**values(member.get(f"{order}/change"), "order-change-form"), WHO: "+", **OLA_TYPED}
    assert change(member, f"{order}/change", po_number="PO-1").status_code == 303

    page = member.post(f"{order}/change", data=stale)

    assert page.status_code == 409 and 'value="Ola Wire"' in page.get_data(as_text=True)
    assert values(page, "order-change-form")[WHO] == "+" and people(scene) == {"technical": ADA}


def test_a_contact_that_is_gone_is_told_at_the_change_too_and_nothing_is_changed(scene: Scene) -> None:
    order, member = placed(scene), scene.browser()
    page = change(member, f"{order}/change", po_number="PO-1", contact_billing_who="contact-gone")
    assert page.status_code == 422 and 'href="#f-contact_billing_who"' in page.get_data(as_text=True)
    assert 'value="PO-1"' in page.get_data(as_text=True) and "PO number PO-1" not in text_of(member.get(order))


def test_sales_change_contacts_at_the_desk(scene: Scene) -> None:
    order, sales = placed(scene).rpartition("/")[2], scene.browser(cast.SALES)
    typed = {WHO: "+", **OLA_TYPED, "contact_billing_who": "contact-ada", "i1-contact_technical_keep": "y"}
    answer = change(sales, f"/orders/{order}/edit", "edit-form", **typed)
    assert answer.status_code == 303, text_of(answer)
    said = text_of(sales.get(f"/orders/{order}"))
    assert "Billing contact Ada Quayside" in said and "Technical contact: Ola Wire, ola@harbour.example" in said
    with scene.app.app_context():
        service = db.session.query(Service).filter_by(state="pre_active").one()
        item = db.session.query(Order).one().items[0].id
        assert service.contacts["technical"]["full_name"] == "Ola Wire"
        made = service.id
    for page in (f"/services/{made}", f"/items/{item}", f"/items/{item}/job-sheet"):
        assert "Technical contact Ola Wire, ola@harbour.example" in text_of(sales.get(page)), page
    assert book(scene) == ["Ada Quayside", "Ola Wire"]


def test_who_to_call_about_a_service_is_named_on_its_page(scene: Scene) -> None:
    member = scene.browser()
    with scene.app.app_context():
        service = f"/portal/services/{db.session.query(Service.id).filter_by(number=cast.PORT).scalar()}"
    assert "Nobody is named." in text_of(member.get(service))
    who = "contact_technical_who"
    stale = values(member.get(f"{service}/contacts"), "calling-form")

    assert change(member, f"{service}/contacts", "calling-form", **{who: "contact-ada"}).status_code == 303

    assert "Technical contact Ada Quayside, ada@harbour-connect.example" in text_of(member.get(service))
    ola = {who: "+", "contact_technical_full_name": "Ola Wire", "contact_technical_phone": "+44 20 7946 0001"}
    late = member.post(f"{service}/contacts", data={**stale, **ola})
    assert late.status_code == 409 and 'value="Ola Wire"' in late.get_data(as_text=True)
    gone = change(member, f"{service}/contacts", "calling-form", **{who: "contact-gone"})
    assert gone.status_code == 422 and "not among the contacts" in text_of(gone)
    same = change(member, f"{service}/contacts", "calling-form")
    assert same.status_code == 422 and "Nothing was changed" in text_of(same)
    stranger = scene.browser(cast.MEMBER2)
    assert stranger.get(f"{service}/contacts").status_code == 404
    assert stranger.post(f"{service}/contacts", data=stale).status_code == 404


def test_a_customer_does_not_read_whom_its_reseller_named(scene: Scene) -> None:
    with scene.app.app_context():
        service = db.session.query(Service).filter_by(number=cast.CONNEXIONS).one()
        service.contacts = {"technical": {"full_name": "Lou Secret"}}
        address = f"/portal/services/{service.id}"
        db.session.commit()
    assert "Lou Secret" in text_of(scene.browser().get(address))
    customer = scene.browser(cast.MEMBER2)
    assert "Lou Secret" not in text_of(customer.get(address))
    assert customer.get(f"{address}/contacts").status_code == 404
    program = cast.program(scene.app, cast.MEMBER2)
    assert "Lou Secret" not in program.get(f"/oms/services?service_number={cast.CONNEXIONS}").get_data(as_text=True)


def test_contacts_named_on_the_page_of_a_service_being_made_are_told_to_its_order(scene: Scene) -> None:
    order, member = placed(scene), scene.browser()
    with scene.app.app_context():
        address = f"/portal/services/{db.session.query(Service).filter_by(state='pre_active').one().id}/contacts"
    before = scene.order_version(order_id(order))
    typed = {"contact_technical_who": ""}
    assert change(member, address, "calling-form", **typed).status_code == 303
    assert "The technical contact was changed." in text_of(member.get(order))
    assert scene.order_version(order_id(order)) == before + 1 and people(scene) == {}


def order_id(address: str) -> uuid.UUID:
    return uuid.UUID(address.rpartition("/")[2])


def test_whoever_joins_a_private_vlan_reads_nothing_of_its_owners_contacts(scene: Scene) -> None:
    with scene.app.app_context():
        owned = db.session.query(Service).filter_by(number=cast.PVLAN).one()
        owned.contacts = {"technical": {"full_name": "Lou Secret"}}
        db.session.commit()
    wizard = begin(scene.browser(), "join-pvlan")
    assert "contact_technical" not in wizard.page("configure").get_data(as_text=True)
    wizard.go("configure", **{"i1-pvlan_service_account_id": "lighthouse"})
    wizard.go("review")
    scene.work()
    owner = scene.browser(cast.MEMBER2)
    asked = f"/portal/requests/{scene.wait_id(wizard.draft_id)}"
    assert owner.post(f"{asked}/agree", data=values(owner.get(asked), "agree-form")).status_code == 303
    scene.work()
    for page in ("", "/change", "/confirmation"):
        assert "Lou Secret" not in text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}{page}"))


def test_a_peering_unit_on_ones_port_has_contacts_of_its_own(scene: Scene) -> None:
    wizard = peering(scene.browser())
    wizard.go("configure", **PEERING, **{WHO: "contact-ada"})
    wizard.go("review")
    assert people(scene) == {"technical": ADA}
    with scene.app.app_context():
        assert db.session.query(Service).filter_by(number=cast.PORT).one().contacts == {}
