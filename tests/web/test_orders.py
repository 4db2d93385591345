"""Orders on the desk: found, shown, confirmed or rejected."""

import re
import uuid

import pytest
from flask.testing import FlaskClient

from app.domain.states import State
from tests import cast
from tests.support.schema import both_databases
from tests.web.desk import PATCHED, Desk, actions, form, press, words


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
    monkeypatch.setattr("app.queries.staff_paging.page.__defaults__", (2,))
    for _ in range(3):
        desk.by_hand()
    assert numbers(engineer, "/orders") == [100003, 100002]
    assert numbers(engineer, "/orders?cursor=<100002") == [100001]
    assert numbers(engineer, "/orders?cursor=>100001") == [100003, 100002]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=<", "cursor=<1e9", "cursor=<99999999999999", "status=nonsense"])
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
    assert actions(page) == ["/search", "/logout"], "an engineer confirms nothing"


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
    assert "nothing to confirm" in words(answer)


def test_engineers_cannot_confirm(desk: Desk, engineer: FlaskClient) -> None:
    order = desk.big()
    assert engineer.post(f"/orders/{order.id}/confirm").status_code == 403


def test_an_order_that_is_not_there_is_404(engineer: FlaskClient) -> None:
    assert engineer.get(f"/orders/{uuid.uuid4()}").status_code == 404


def test_stages_before_the_start_are_not_shown_as_done(desk: Desk, sales: FlaskClient) -> None:
    page = sales.get(f"/orders/{desk.big().id}").text
    assert page.count('class="stage stage-done') == 1
