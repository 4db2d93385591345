"""Sales order for a member, and change what may still change."""

import functools
import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.domain.models import Order, OrderItem, Service
from app.extensions import db
from tests import cast
from tests.web import filled
from tests.web.desk import CONNEXIONS, Desk, form, words

NEW = "/orders/new"


fields = functools.partial(filled.fields, ids=("order-form", "review-form", "edit-form"))


def send(client: FlaskClient, page: TestResponse, step: str, **typed: str) -> TestResponse:
    return client.post(NEW, data={**fields(page), **typed, "step": step})


def begun(sales: FlaskClient, *keys: str, account: str = cast.HARBOUR) -> TestResponse:
    page = sales.get(f"{NEW}?account={account}")
    for key in keys:
        page = send(sales, page, "add", add=key)
        assert page.status_code == 200, words(page)
    return page


def orders(desk: Desk) -> int:
    with desk.app.app_context():
        return db.session.scalar(select(func.count()).select_from(Order)) or 0


PORT_AND_UNIT = {
    "i1-place": "lon1|LD8", "i1-port_capacity": "10000", "i1-encapsulation": "dot1q", "i2-port": "item:1",
    "i2-service_capacity": "5000", "i2-mac_address": "00:00:5e:00:53:41", "po_number": "PO-8",
    "additional_cc": "noc@harbour-connect.example", "notes": "Please hurry", "contact": "contact-ada",
}  # fmt: skip


def test_the_account_is_found_by_name_handle_or_asn(sales: FlaskClient) -> None:
    for text in ("harbour", "AS64496"):
        assert f'href="{NEW}?account={cast.HARBOUR}"' in sales.get(f"{NEW}?q={text}").text
    assert "No account fits" in words(sales.get(f"{NEW}?q=nobody"))
    assert sales.get(f"{NEW}?account=nobody").status_code == 404


def test_a_port_and_a_peering_unit_on_it_become_one_order_though_sent_five_times(
    desk: Desk, sales: FlaskClient
) -> None:
    page = begun(sales, "new:multiservice-port", "new:peering-unit")
    review = send(sales, page, "review", **PORT_AND_UNIT)
    assert review.status_code == 200, words(review)
    told = words(review)
    for expected in ("Is this right?", "Ada Quayside", "PO-8", "noc@harbour-connect.example", "00:00:5e:00:53:41"):
        assert expected in told
    assert orders(desk) == 0
    answers = [send(sales, review, "submit") for _ in range(5)]
    assert {one.status_code for one in answers} == {303}
    assert len({one.location for one in answers}) == 1 and orders(desk) == 1
    with desk.app.app_context():
        order = db.session.scalars(select(Order)).one()
        assert (order.channel, order.po_number, order.created_by) == ("desk", "PO-8", "Sam Quote")
        assert order.requestor["email"] == "ada@harbour-connect.example"
        assert [item.service_type for item in order.items] == ["multiservice_port", "peering_unit"]
        assert order.items[1].details["port"] == {"item": 1}
        assert order.items[1].details["fabric"] == "lon1"
    desk.work()
    assert "LON1" in words(sales.get(answers[0].location)).upper()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(desk: Desk, sales: FlaskClient) -> None:
    page = begun(sales, "new:multiservice-port", "new:peering-unit")
    wrong = {**PORT_AND_UNIT, "i2-mac_address": "11:11:11:11:11:11", "i1-port_capacity": "", "start": "soon"}
    answer = send(sales, page, "review", **wrong)
    assert answer.status_code == 422
    assert 'href="#f-i1-port_capacity"' in answer.text and 'href="#f-start"' in answer.text
    assert 'value="PO-8"' in answer.text
    answer = send(sales, page, "review", **{**wrong, "i1-port_capacity": "10000", "start": ""})
    assert answer.status_code == 422
    assert 'href="#f-i2-mac_address"' in answer.text and 'value="11:11:11:11:11:11"' in answer.text
    assert orders(desk) == 0


def test_items_are_taken_out_and_the_others_keep_their_numbers(sales: FlaskClient) -> None:
    page = begun(sales, "new:multiservice-port", "new:pvlan", "new:multiservice-port")
    page = send(sales, page, "remove:2", **{"i3-place": "lon2|LD8"})
    assert fields(page)["item"] == ["1=new:multiservice-port", "3=new:multiservice-port"]
    assert fields(page)["i3-place"] == ["lon2|LD8"]


def test_an_existing_service_is_changed_and_only_what_changes_is_ordered(desk: Desk, sales: FlaskClient) -> None:
    page = sales.get(f"{NEW}?account={cast.HARBOUR}")
    found = re.search(r'value="([0-9a-f-]{36}:modify)">ConneXions \d', page.text)
    assert found, "the account's ConneXions service can be changed"
    page = begun(sales, found[1])
    typed = {"i1-bandwidth": "1000", "contact": "contact-ada", "customer": cast.LIGHTHOUSE}
    review = send(sales, page, "review", **typed)
    assert review.status_code == 200, words(review)
    assert send(sales, review, "submit").status_code == 303
    with desk.app.app_context():
        item = db.session.scalars(select(OrderItem)).one()
        assert (item.action, item.service_number, item.details) == ("modify", cast.CONNEXIONS, {"bandwidth": 1_000})


def test_a_services_page_leads_sales_to_its_changes(desk: Desk, sales: FlaskClient, engineer: FlaskClient) -> None:
    with desk.app.app_context():
        service = db.session.scalars(select(Service.id).where(Service.number == cast.CONNEXIONS)).one()
    page = sales.get(f"/services/{service}")
    assert "/orders/new" not in engineer.get(f"/services/{service}").text
    link = re.search(r'href="(/orders/new[^"]*modify)"', page.text)
    assert link, "the service can be changed"
    form_page = sales.get(html.unescape(link[1]))
    assert fields(form_page)["item"] == [f"1={service}:modify"]
    assert fields(form_page)["i1-bandwidth"] == ["2000"]
    assert sales.get(f"{NEW}?account={cast.HARBOUR}&add=nonsense").status_code == 422


def test_items_wait_for_each_other_and_have_their_own_dates(desk: Desk, sales: FlaskClient) -> None:
    page = begun(sales, "new:multiservice-port", "new:multiservice-port")
    port = {"place": "lon1|LD8", "port_capacity": "1000", "encapsulation": "none"}
    typed = {f"i{number}-{name}": value for number in (1, 2) for name, value in port.items()}
    typed |= {"i2-depends_on": "1", "i2-start": "2099-05-01T09:00", "contact": "contact-ada"}
    review = send(sales, page, "review", **typed)
    assert "Starts after item 1" in words(review)
    assert send(sales, review, "submit").status_code == 303
    with desk.app.app_context():
        items = db.session.scalars(select(OrderItem).order_by(OrderItem.item_number)).all()
        assert [item.requested_start_date is not None for item in items] == [False, True]
    circle = send(sales, page, "review", **{**typed, "i1-depends_on": "2"})
    assert circle.status_code == 422 and "wait for each other" in words(circle)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({"contact": "", "full_name": ""}, "Say who asked for it."), ({"contact": "x"}, "choice"),
     ({"i1-depends_on": "the port"}, "Give the numbers of other items"),
     ({"additional_cc": "nobody"}, "is not an e-mail address")],
)  # fmt: skip
def test_bad_input_is_answered_in_words(sales: FlaskClient, typed: dict[str, str], sentence: str) -> None:
    page = begun(sales, "new:multiservice-port")
    answer = send(sales, page, "review", **{"i1-place": "lon1|LD8", "i1-port_capacity": "1000", **typed})
    assert answer.status_code == 422 and sentence in words(answer)


def test_a_private_vlan_ends_for_all_of_its_units_and_the_review_says_whose_they_are(
    desk: Desk, sales: FlaskClient
) -> None:
    with desk.app.app_context():
        cast.guest()
        key = f"{db.session.scalars(select(Service.id).where(Service.number == cast.PVLAN)).one()}:cease"
    page = begun(sales, key, account=cast.LIGHTHOUSE)
    review = send(sales, page, "review", contact="", full_name="Lou Lantern")
    assert "Private VLAN unit 107777 of Harbour Connect, whose contacts are told" in words(review)
    placed = send(sales, review, "submit")
    assert placed.status_code == 303, words(placed)
    with desk.app.app_context():
        items = db.session.scalars(select(OrderItem).order_by(OrderItem.item_number)).all()
        assert [one.service_number for one in items] == [cast.PVLAN, 107_777]


@pytest.mark.parametrize("said", ["", "1", "1=", "x=new:pvlan", "1=new:nothing", "1=" + "0" * 36 + ":modify", "\x00"])
def test_a_damaged_form_is_no_bug(sales: FlaskClient, said: str) -> None:
    sent = {**fields(sales.get(f"{NEW}?account={cast.HARBOUR}")), "item": said, "step": "review"}
    assert sales.post(NEW, data=sent).status_code == 422


def test_only_sales_order_at_the_desk(engineer: FlaskClient, member: FlaskClient) -> None:
    assert engineer.get(NEW).status_code == 403
    assert member.get(NEW).status_code == 404


# Changing what is under way


def edited(client: FlaskClient, page: str, **typed: str) -> TestResponse:
    return client.post(f"{page}/edit", data={**fields(client.get(f"{page}/edit")), **typed})


def test_what_may_still_change_is_saved_whole_or_not_at_all(desk: Desk, sales: FlaskClient) -> None:
    order = desk.place(("connexions", "new", CONNEXIONS), po_number="PO-1")
    page = f"/orders/{order.id}"
    assert edited(sales, page, po_number="PO-2", notes="Call before").status_code == 303
    assert "PO-2" in words(sales.get(page)) and "Call before" in words(sales.get(page))
    late = edited(sales, page, po_number="PO-3", **{"i1-start": "2099-01-01T10:00"})
    assert late.status_code == 409, "the item is under way"
    assert 'value="PO-3"' in late.text, "what was typed stays"
    assert "PO-3" not in words(sales.get(page))
    wrong = edited(sales, page, additional_cc="nobody")
    assert wrong.status_code == 422 and 'value="nobody"' in wrong.text


def test_a_date_and_a_bandwidth_move_before_they_are_reached(desk: Desk, sales: FlaskClient) -> None:
    order = desk.place(("connexions", "new", CONNEXIONS))
    page = f"/orders/{order.id}"
    assert edited(sales, page, completion="2099-05-01T09:00").status_code in (303, 409)
    backwards = edited(sales, page, start="2099-05-01T09:00", completion="2098-05-01T09:00")
    assert backwards.status_code in (409, 422)


def test_two_people_edit_and_the_second_is_told(desk: Desk, sales: FlaskClient) -> None:
    page = f"/orders/{desk.place(('connexions', 'new', CONNEXIONS)).id}"
    stale = fields(sales.get(f"{page}/edit"))
    edited(sales, page, po_number="PO-2")
    answer = sales.post(f"{page}/edit", data={**stale, "po_number": "PO-3"})
    assert answer.status_code == 409 and 'value="PO-3"' in answer.text
    assert sales.post(f"{page}/edit", data={**form(answer, f"{page}/edit"), "po_number": "PO-3"}).status_code == 303
