"""Sales order access products at the desk, see what they need to work them by hand, and decline what cannot be done."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.models import Order, Service
from app.extensions import db
from app.services import demo_carrier
from tests import cast
from tests.web.desk import Desk, form, words
from tests.web.test_ordering import begun, orders, send

ENNI = "S181102_12001"
POP = {"i1-pop--code": "P75TH2", "i1-pop--address": "137 Lamp Street", "i1-pop--interface": "10G_SR"}
LINE = {
    "i1-product": "SD01", "i1-enni_service_ref": ENNI, "i1-enni_vlan": "111", "i1-activation_type": "create_nearby",
    "i1-eligibility_ref": "E-17", "i1-mandate_id": "M-1",
    "i1-reference_endpoint--endpoint_ref": demo_carrier.LINE[1], "i1-appointment--day": "2099-05-01",
    "contact": "contact-ada",
}  # fmt: skip


@pytest.fixture
def carrier(desk: Desk) -> Desk:
    with desk.app.app_context():
        demo_carrier.build()
        db.session.add(
            Service(number=12_001, service_type="enni", state="active", account_id=cast.HARBOUR, details={},
                    created_at=datetime(2018, 11, 2, tzinfo=UTC))
        )  # fmt: skip
        db.session.commit()
    return desk


def placed(sales: FlaskClient, key: str, **typed: str) -> str:
    """The address of an order that was placed at the desk."""
    review = send(sales, begun(sales, key), "review", **typed)
    assert review.status_code == 200, words(review)
    answer = send(sales, review, "submit")
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def test_an_exchange_that_sells_none_is_not_asked_about_them(sales: FlaskClient, admin: FlaskClient) -> None:
    assert "new:collect" not in sales.get(f"/orders/new?account={cast.HARBOUR}").text
    for page in ("/services", "/work", "/orders", "/admin/catalogue"):
        client = admin if page.startswith("/admin") else sales
        assert "Access line" not in client.get(page).text, page


def test_an_administrator_reads_the_parts_of_its_details_and_its_rules(carrier: Desk, admin: FlaskClient) -> None:
    kind = words(admin.get("/admin/catalogue/collect"))
    assert "endpoints.endpoint_ref" in kind and "list of objects" in kind and "address.insee_code" in kind
    assert "Built lines have a reference" in words(admin.get("/admin/catalogue"))


def test_an_enni_is_set_up_at_the_desk_and_worked_by_hand(carrier: Desk, sales: FlaskClient) -> None:
    order = placed(sales, "new:enni", **POP, **{"i1-product": "NT01", "contact": "contact-ada"})
    carrier.work()
    page = sales.get(order)
    assert "Manual processing" in words(page) and "Point of presence, Interface 10G_SR" in words(page)
    for _ in range(3):
        address = f"{order}/items/{item_id(carrier)}/answer"
        done = sales.post(address, data=form(sales.get(order), address))
        assert done.status_code == 303, words(done)
        carrier.work()
    with carrier.app.app_context():
        service = db.session.scalars(
            select(Service).filter_by(service_type="enni").order_by(Service.number.desc())
        ).first()
        assert service is not None and service.state == "active"
        address, alias = f"/services/{service.id}", service.alias
    shown = sales.get(address)
    assert alias in words(shown)
    assert "cease" not in shown.text.lower()
    assert address in sales.get(f"/search?q={alias}").text


def item_id(carrier: Desk) -> str:
    with carrier.app.app_context():
        return str(db.session.scalars(select(Order)).one().items[0].id)


def test_sales_see_with_the_order_what_was_said_with_it(carrier: Desk, sales: FlaskClient) -> None:
    order = placed(sales, "new:collect", **LINE)
    carrier.work()
    said = words(sales.get(order))
    for expected in (
        "SDSL-4M-PREMIUM-G-1P (SD01), SDSL", f"ENNI {ENNI}", "VLAN at the ENNI 111", "Appointment, Day 2099-05-01",
        "Address, Street RUE DES LAMPES", "Appointment with the end customer: 2099-05-01.", "Ada Quayside",
    ):  # fmt: skip
        assert expected in said, expected


def test_what_is_wrong_is_said_at_the_part_that_it_is_about(carrier: Desk, sales: FlaskClient) -> None:
    page = begun(sales, "new:collect")
    wrong = {**LINE, "i1-product": "AM01", "i1-appointment--day": "", "i1-appointment--slot": "morning",
             "i1-address--city": "BOURG"}  # fmt: skip
    answer = send(sales, page, "review", **wrong)
    assert answer.status_code == 422
    for at in ("i1-enni_service_ref", "i1-appointment--day"):
        assert f'href="#f-{at}"' in answer.text and f'id="f-{at}-error"' in answer.text, at
    answer = send(sales, page, "review", **{**LINE, "i1-address--city": "BOURG", "i1-product": ""})
    assert 'href="#f-i1-product"' in answer.text
    answer = send(sales, page, "review", **{**LINE, "i1-address--city": "BOURG"})
    assert 'href="#f-i1-address--city"' in answer.text and 'value="BOURG"' in answer.text
    answer = send(sales, page, "review", **{**LINE, "contact": "", "full_name": "Somebody"})
    assert 'href="#f-contact"' in answer.text
    assert orders(carrier) == 0


def test_one_order_is_of_one_product(carrier: Desk, sales: FlaskClient) -> None:
    page = begun(sales, "new:collect", "new:enni")
    answer = send(
        sales,
        page,
        "review",
        **LINE,
        **{"i2-product": "NT01", "i2-pop--code": "X"},
        **{name.replace("i1", "i2"): value for name, value in POP.items() if not name.endswith("code")},
    )
    assert answer.status_code == 422
    assert 'href="#f-i2-product"' in answer.text and "please make another order for this one" in words(answer)


def test_what_is_worked_by_hand_may_be_rejected_with_a_reason(carrier: Desk, sales: FlaskClient) -> None:
    order = placed(sales, "new:collect", **LINE)
    carrier.work()
    refused = sales.post(f"{order}/reject", data=form(sales.get(order), f"{order}/reject"))
    assert refused.status_code == 422
    data = {**form(sales.get(order), f"{order}/reject"), "reason": "There is no free pair"}
    assert sales.post(f"{order}/reject", data=data).status_code == 303
    said = words(sales.get(order))
    assert "Rejected" in said and "The order was declined: There is no free pair" in said


def test_engineers_do_not_reject(carrier: Desk, sales: FlaskClient, engineer: FlaskClient) -> None:
    order = placed(sales, "new:collect", **LINE)
    carrier.work()
    assert 'id="reject"' not in engineer.get(order).text
