"""Ordering an access line in the portal of a small carrier: a product, details with parts, people, the ENNI."""

from datetime import UTC, datetime

import pytest

from app.domain.models import Order, Service
from app.extensions import db
from app.services import demo_carrier, items
from tests import cast
from tests.portal.ordering import Wizard, begin, details, order_count
from tests.portal.scene import ENGINEER, Scene, hidden, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENNI = "S181102_12001"
LINE = {
    "i1-activation_type": "activate", "i1-eligibility_ref": "E-17", "i1-mandate_id": "M-1",
    "i1-endpoints--0--endpoint_ref": "0143340043", "i1-address--city": "COURBEVOIE",
}  # fmt: skip


@pytest.fixture
def carrier(scene: Scene) -> Scene:
    """The carrier's products, and an ENNI of Harbour Connect."""
    with scene.app.app_context():
        demo_carrier.build()
        pop = {"code": "P75TH2", "address": "137 Lamp Street", "interface": "10G_SR"}
        db.session.add(
            Service(number=12_001, service_type="enni", state="active", account_id=cast.HARBOUR, details={"pop": pop},
                    created_at=datetime(2018, 11, 2, tzinfo=UTC))
        )  # fmt: skip
        db.session.commit()
    return scene


def a_line(scene: Scene, product: str = "SD01") -> Wizard:
    """A draft of this product, to be configured."""
    wizard = begin(scene.browser(), "collect")
    wizard.go("what", package=product)
    return wizard


def placed(scene: Scene) -> Order:
    order: Order = db.session.query(Order).one()
    return order


def test_an_exchange_that_sells_none_never_sees_them(scene: Scene) -> None:
    browser = scene.browser()
    assert "Access line" not in text_of(browser.get("/portal/new"))
    form = {**hidden(browser.get("/portal/new"), "new-form"), "what": "collect"}
    assert browser.post("/portal/new", data=form).status_code == 404


def test_an_enni_is_no_card_even_where_it_is_sold(carrier: Scene) -> None:
    browser = carrier.browser()
    said = text_of(browser.get("/portal/new"))
    assert "Access line" in said and "ENNI" not in said
    form = {**hidden(browser.get("/portal/new"), "new-form"), "what": "enni"}
    assert browser.post("/portal/new", data=form).status_code == 404


def test_a_line_is_ordered_from_the_product_to_the_enni(carrier: Scene) -> None:
    wizard = a_line(carrier)
    assert "Where" not in text_of(wizard.page("configure")).split("Configure")[0]
    wizard.go("configure", **LINE, **{"o-grt": "4h_24_7"})
    said = text_of(wizard.page("review"))
    for words in ("SDSL-4M-PREMIUM-G-1P", "Endpoint 1, Reference 0143340043", "Address, City COURBEVOIE",
                  "VLAN at the ENNI", "S181102_12001 · P75TH2 · 10G_SR"):  # fmt: skip
        assert words in said
    assert "Not everything can be ordered yet" not in said

    refused = wizard.send("review")
    assert refused.status_code == 422
    assert "Say the VLAN at which the line is handed over." in text_of(refused)
    wizard.go(
        "review", enni_service_ref=ENNI, enni_vlan="111", contact_owner_who="+", contact_owner_full_name="Lu Lamp"
    )

    with carrier.app.app_context():
        order = placed(carrier)
        assert order.enni == {"enni_service_ref": ENNI, "enni_vlan": "111"}
        address = f"/portal/orders/{order.id}"
        people = order.contacts or {}
        assert people["operator"]["contact_id"] == "contact-ada"  # who orders, unless somebody else is chosen
        assert people["owner"]["full_name"] == "Lu Lamp"
        assert (order.product or {})["code"] == "SD01"
    assert "Handed over at S181102_12001, VLAN 111" in text_of(wizard.browser.get(address))
    assert details(carrier) == [{
        "activation_type": "activate", "eligibility_ref": "E-17", "mandate_id": "M-1",
        "endpoints": [{"endpoint_ref_type": "line_number", "endpoint_ref": "0143340043"}],
        "address": {"city": "COURBEVOIE"},
    }]  # fmt: skip


def test_only_products_that_are_handed_over_ask_for_an_enni(carrier: Scene) -> None:
    wizard = a_line(carrier, "AM01")
    wizard.go("configure", **LINE)
    assert "VLAN at the ENNI" not in text_of(wizard.page("review"))
    wizard.go("review")
    assert order_count(carrier) == 1


def test_each_part_has_its_error_and_what_was_typed_stays(carrier: Scene) -> None:
    wizard = a_line(carrier)
    wrong = {
        **LINE, "i1-activation_type": "create_nearby", "i1-endpoints--0--endpoint_ref": "",
        "i1-reference_endpoint--endpoint_ref": demo_carrier.LINE[1], "i1-appointment--slot": "morning",
        "i1-address--city": "", "i1-address--street_number": "13",
    }  # fmt: skip
    refused = wizard.send("configure", **wrong)
    assert refused.status_code == 422
    source, said = refused.get_data(as_text=True), text_of(refused)
    assert "Address, Street number comes from the reference endpoint: it is “12” and stays so." in said
    assert 'id="f-i1-address--street_number-error"' in source and 'href="#f-i1-address--street_number"' in source
    assert 'name="i1-address--street_number"' in source and 'value="13"' in source

    refused = wizard.send("configure", **{**wrong, "i1-address--street_number": ""})
    assert "Appointment, Day is missing." in text_of(refused)
    assert 'id="f-i1-appointment--day-error"' in refused.get_data(as_text=True)

    wizard.go("configure", **{**wrong, "i1-address--street_number": "", "i1-appointment--day": "2099-05-01"})
    said = text_of(wizard.page("review"))
    assert "Address, Street RUE DES LAMPES" in said and "Appointment, Time of day Morning" in said


def test_a_list_grows_by_one_entry_each_time_it_is_kept(carrier: Scene) -> None:
    wizard = a_line(carrier, "AM01")
    assert "endpoints--1--" not in wizard.page("configure").get_data(as_text=True)
    wizard.go("configure", then="later", **LINE)
    assert "endpoints--1--" in wizard.page("configure").get_data(as_text=True)
    wizard.go("configure", then="later", **{"i1-endpoints--1--endpoint_ref": "0143340044"})
    assert [one["endpoint_ref"] for one in details(carrier)[0]["endpoints"]] == ["0143340043", "0143340044"]  # type: ignore[attr-defined]
    wizard.go("configure", then="later", **{"i1-endpoints--0--endpoint_ref": ""})
    assert [one["endpoint_ref"] for one in details(carrier)[0]["endpoints"]] == ["0143340044"]  # type: ignore[attr-defined]


def test_the_wizard_asks_for_a_product_and_offers_nothing_beside_the_line(carrier: Scene) -> None:
    wizard = begin(carrier.browser(), "collect")
    for chosen in ("", "alone"):
        refused = wizard.send("what", package=chosen)
        assert refused.status_code == 422 and "Choose a product." in text_of(refused)
    assert "without a package" not in text_of(wizard.page("what"))
    wizard.go("what", package="AM01")
    assert "Something else in the same order?" not in text_of(wizard.page("configure"))


def test_the_operator_confirms_or_cancels_while_it_is_asked_and_ends_the_line_later(carrier: Scene) -> None:
    wizard = a_line(carrier, "AM01")
    wizard.go("configure", **LINE)
    wizard.go("review")
    carrier.work()
    page = f"/portal/orders/{wizard.draft_id}"
    said = text_of(wizard.browser.get(page))
    assert "You can cancel this order while it waits for your answer; otherwise please ask us to cancel it." in said
    assert "Cancel order …" not in said

    with carrier.app.app_context():
        answers = {"ask_member": "The access is sensitive. Do we go on?"}
        items.resume(carrier.item(wizard.draft_id).id, ENGINEER, answers, version=None)
    carrier.work()
    said = text_of(wizard.browser.get(page))
    assert "The access is sensitive. Do we go on?" in said and "Cancel order …" in said
    answer = wizard.browser.post(f"{page}/items/1/answer", data=hidden(wizard.browser.get(page), "answer-1"))
    assert answer.status_code == 303, answer.status_code
    for _ in range(2):
        carrier.work()
        carrier.engineer_answers(wizard.draft_id)
    assert carrier.status(wizard.draft_id) == "completed"

    with carrier.app.app_context():
        service = db.session.query(Service).filter_by(service_type="collect").one()
        address = f"/portal/services/{service.id}"
        alias = service.alias
    assert alias in text_of(wizard.browser.get(address))
    assert address in wizard.browser.get(f"/portal/services?q={alias}").get_data(as_text=True)
    assert address not in wizard.browser.get(f"/portal/services?q=S000101{alias[7:]}").get_data(as_text=True)
    form = hidden(wizard.browser.get(f"{address}/cease"), "changing-form")
    begun = wizard.browser.post(f"{address}/cease", data=form)
    ending = Wizard(wizard.browser, f"/portal/new/{begun.headers['Location'].split('/')[3]}")
    assert "Not everything can be ordered yet" not in text_of(ending.page("review"))
    ending.go("review")
    with carrier.app.app_context():
        last = db.session.get_one(Order, ending.draft_id)
        assert (last.contacts or {})["operator"]["contact_id"] == "contact-ada"
