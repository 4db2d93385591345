"""Orders on the desk: found, shown, confirmed or rejected."""

import html
import re
import uuid

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.states import State
from tests import cast
from tests.support.schema import both_databases
from tests.web.desk import PATCHED, Desk, actions, form, later, press, words


def numbers(client: FlaskClient, url: str) -> list[int]:
    answer = client.get(url)
    assert answer.status_code == 200, words(answer)
    return [int(one) for one in re.findall(r'<tr id="order-(\d+)"', answer.text)]


@both_databases
def test_orders_are_found_by_number_member_and_status(desk: Desk, engineer: FlaskClient) -> None:
    desk.port()
    done = desk.port(account=cast.PARTNER)
    desk.answer(done, **PATCHED)
    desk.failed()
    assert numbers(engineer, "/orders") == [100003, 100002, 100001]
    assert numbers(engineer, "/orders?q=100002") == [100002]
    assert numbers(engineer, "/orders?q=beacon") == [100002]
    assert numbers(engineer, "/orders?q=100%25") == [], "a wildcard is just a sign"
    assert numbers(engineer, "/orders?status=error") == [100003]
    assert numbers(engineer, "/orders?status=completed&q=harbour") == []


@both_databases
def test_pages_of_orders_follow_each_other(desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.queries.staff_orders.PAGE", 2)
    for _ in range(3):
        desk.by_hand()
    for sort, first, second in (
        ("newest", [100003, 100002], [100001]),
        ("oldest", [100001, 100002], [100003]),
        ("changed", [100003, 100002], [100001]),
    ):
        page = engineer.get(f"/orders?sort={sort}")
        assert numbers(engineer, f"/orders?sort={sort}") == first
        following = link(page, "next")
        assert numbers(engineer, following) == second
        assert numbers(engineer, link(engineer.get(following), "prev")) == first


def link(page: TestResponse, rel: str) -> str:
    """Where the page's link to the next or the previous page leads."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page.text)
    assert found, f"there is no {rel} page"
    return html.unescape(found[1])


@both_databases
def test_orders_are_narrowed_by_what_they_are_and_what_they_need(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    big = desk.big()
    desk.port()
    for query, expected in {
        "needs=confirmation": [big.number], "needs=hands": [100001], "needs=member": [], "fabric=imn1": [100001],
        "channel=api&type=normal": [100003, 100002, 100001], "channel=portal": [], "type=join_pvlan": [],
        f"account={cast.HARBOUR}": [100003, 100002, 100001], f"account={cast.PARTNER}": [],
        "placed=2020-01-01&changed=2020-01-01": [100003, 100002, 100001], "placed=2999-01-01": [], "late=1": [],
    }.items():  # fmt: skip
        assert numbers(sales, f"/orders?{query}") == expected, query
    later(days=30)
    assert big.number in numbers(cast.browser(desk.app, cast.SALES), "/orders?late=1")


def test_filters_in_force_are_chips_that_can_be_taken_away_and_the_csv_keeps_them(
    desk: Desk, sales: FlaskClient
) -> None:
    desk.by_hand()
    desk.port()
    page = sales.get(f"/orders?fabric=imn1&account={cast.HARBOUR}&late=")
    assert "Fabric: IMN1" in words(page) and "Account: Harbour Connect" in words(page)
    assert f'href="/orders?account={cast.HARBOUR}"' in page.text, "each chip leads to the list without it"
    lines = sales.get("/orders.csv?fabric=imn1").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["100001"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=<",
        "cursor=<1e9",
        "cursor=<99999999999999",
        "status=nonsense",
        "needs=money",
        "sort=sideways",
        "placed=tomorrow",
        "type=x",
        "channel=x",
        "late=maybe",
        "sort=changed&cursor=>1",
    ],
)
def test_nonsense_is_answered_in_words(engineer: FlaskClient, query: str) -> None:
    assert engineer.get(f"/orders?{query}").status_code in (400, 422)


def test_an_order_shows_items_requestor_dates_tickets_services_and_log(desk: Desk, engineer: FlaskClient) -> None:
    order = desk.place(("multiservice_port", "new", {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000,
                                                     "encapsulation": "dot1q"}), po_number="PO-7")  # fmt: skip
    page = engineer.get(f"/orders/{order.id}")
    told = words(page)
    for expected in (
        "Ada Quayside",
        "PO-7",
        "Awaiting agent",
        "Pre-active",
        "Submitted",
        "106001",
        "New service created",
    ):
        assert expected in told
    assert f'href="/items/{order.items[0]}"' in page.text
    assert re.search(r'href="/tickets/\d+"', page.text)
    assert not [one for one in actions(page) if one.endswith(("/confirm", "/reject", "/assign"))], "that is for Sales"


def test_sales_confirm_an_order_once(desk: Desk, sales: FlaskClient) -> None:
    order = desk.big()
    url = f"/orders/{order.id}/confirm"
    sent = form(sales.get(f"/orders/{order.id}"), url)
    assert [sales.post(url, data=sent).status_code for _ in range(2)] == [303, 303]
    desk.work()
    assert desk.value(order.items[0], "stage").value == "provisioning"
    assert url not in actions(sales.get(f"/orders/{order.id}"))


def test_sales_reject_an_order_only_with_a_reason(desk: Desk, sales: FlaskClient) -> None:
    order = desk.big()
    url = f"/orders/{order.id}/reject"
    without = press(sales, f"/orders/{order.id}", url)
    assert without.status_code == 422
    assert '<details id="reject" open>' in without.text
    assert press(sales, f"/orders/{order.id}", url, reason="No capacity before May.").status_code == 303
    assert desk.state(order.items[0]) is State.REJECTED
    assert "No capacity before May." in words(sales.get(f"/orders/{order.id}"))


def test_an_order_that_was_confirmed_meanwhile_is_told(desk: Desk, sales: FlaskClient) -> None:
    order = desk.big()
    stale = form(sales.get(f"/orders/{order.id}"), f"/orders/{order.id}/reject")
    press(sales, f"/orders/{order.id}", f"/orders/{order.id}/confirm")
    desk.work()
    answer = sales.post(f"/orders/{order.id}/reject", data={**stale, "reason": "Too late."})
    assert answer.status_code == 409
    assert "The order changed meanwhile" in words(answer)
    assert "Too late." in words(answer), "what was typed stays"


def test_engineers_cannot_confirm(desk: Desk, engineer: FlaskClient) -> None:
    order = desk.big()
    assert engineer.post(f"/orders/{order.id}/confirm").status_code == 403


def test_an_order_that_is_not_there_is_404(engineer: FlaskClient) -> None:
    assert engineer.get(f"/orders/{uuid.uuid4()}").status_code == 404


def test_stages_before_the_start_are_not_shown_as_done(desk: Desk, sales: FlaskClient) -> None:
    page = sales.get(f"/orders/{desk.big().id}").text
    assert page.count('class="stage stage-done') == 1
