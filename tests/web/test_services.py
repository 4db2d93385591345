"""Services on the desk: the list, its filters, and one service with the orders that touched it."""

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.models import Service
from app.extensions import db
from tests import cast
from tests.web.desk import CONNEXIONS, Desk, words


def service_id(desk: Desk, number: int) -> uuid.UUID:
    with desk.app.app_context():
        return db.session.execute(select(Service.id).where(Service.number == number)).scalar_one()


def test_all_services_are_listed_with_whose_they_are_and_where(sales: FlaskClient) -> None:
    page = words(sales.get("/services"))
    assert (
        "106552 ConneXions Harbour Connect for Lighthouse Media jsp1 Mon edge2-dev ge-3/0/2 701 2 Gbit/s Active" in page
    )
    assert "103127" in page
    assert "edge1-edi2 xe-0/0/3" in page


@pytest.mark.parametrize(
    ("asked", "number"),
    [({"q": "106552"}, 106552), ({"q": "701"}, 106552), ({"q": "0000.5e00.5302"}, 106552),
     ({"q": "lighthouse", "kind": "pvlan"}, 104001), ({"q": "edge1-edi2 xe-0/0/3"}, 103127),
     ({"kind": "pvlan"}, 104001), ({"site": "PUL"}, 103127)],
)  # fmt: skip
def test_a_service_is_found_by_what_one_has(sales: FlaskClient, asked: dict[str, str], number: int) -> None:
    page = sales.get("/services", query_string=asked)
    assert page.text.count("<tr id=") == 1
    assert f">{number}</a>" in page.text


def test_filters_are_chips_that_can_be_taken_away(sales: FlaskClient) -> None:
    page = sales.get("/services?q=harbour&state=active&site=nowhere")
    assert "No service fits" in words(page)
    assert 'href="/services?q=harbour&amp;state=active"' in page.text
    assert '<option value="nowhere" selected>' in page.text


def test_a_cursor_that_is_nonsense_is_told(sales: FlaskClient) -> None:
    answer = sales.get("/services?cursor=%3Cx")
    assert answer.status_code == 400
    assert "cannot be read" in words(answer)


def test_a_service_tells_its_details_and_the_orders_that_touched_it(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.place(("connexions", "new", CONNEXIONS)).items[0]
    number = desk.value(item_id, "service_number")
    page = engineer.get(f"/services/{service_id(desk, number)}")
    said = words(page)
    assert f"ConneXions {number}" in said
    assert "VLAN 710" in said
    assert f'href="/items/{item_id}"' in page.text
    assert engineer.get(f"/services/{uuid.uuid4()}").status_code == 404


def test_what_stands_on_a_port_is_listed_with_it(desk: Desk, sales: FlaskClient) -> None:
    with desk.app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        db.session.query(Service).filter_by(number=cast.PVLAN).one().port_service_id = port.id
        db.session.commit()
    page = words(sales.get(f"/services/{service_id(desk, cast.PORT)}"))
    assert "Services on it" in page
    assert str(cast.PVLAN) in page


def test_members_know_of_no_such_page(member: FlaskClient) -> None:
    assert member.get("/services").status_code == 404
