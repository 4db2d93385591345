"""Tickets: read only, in lists of what wants action and what informs, each as its own system shows it."""

import re

import pytest
from flask.testing import FlaskClient

from tests.web.desk import Desk, actions, words


def numbers(client: FlaskClient, url: str) -> list[int]:
    answer = client.get(url)
    assert answer.status_code == 200, words(answer)
    return [int(one) for one in re.findall(r'<tr id="ticket-(\d+)"', answer.text)]


def test_manual_orders_want_action_and_self_service_orders_inform(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    assert len(numbers(sales, "/tickets?view=action")) == 1
    assert numbers(sales, "/tickets?view=info") == []
    desk.port()
    assert len(numbers(sales, "/tickets?view=action")) == 1, "the provisioning ticket is for the engineers"
    assert len(numbers(sales, "/tickets?view=info")) == 2
    assert len(numbers(sales, "/tickets?view=all")) == 3


def test_a_ticket_looks_like_the_ticketing_systems(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    (number,) = numbers(sales, "/tickets?view=action")
    page = sales.get(f"/tickets/{number}")
    told = words(page)
    assert "OMS: New port service order from Harbour Connect (Order ID: 100001)" in told
    assert "Peering LAN:..... imn1" in told
    assert "<b>Member Details</b>" in page.text
    assert "Awaiting agent" in told
    for label in ("Problem", "Product", "Prov Port Type 1G", "Category Member Request", "Escalated to Software - DEV"):
        assert label in told


def test_the_information_ticket_names_the_other_and_cannot_be_changed(desk: Desk, sales: FlaskClient) -> None:
    desk.port()
    worked, info = sorted(numbers(sales, "/tickets?view=all"))
    page = sales.get(f"/tickets/{info}")
    assert f"Provisioning ticket number: {worked}" in words(page)
    assert "read only" in words(page)
    assert not [one for one in actions(page) if "ticket" in one], "no form of the page leads to the ticket"
    for refused in ("post", "put", "patch", "delete"):
        assert getattr(sales, refused)(f"/tickets/{info}").status_code == 405


def test_log_and_dates_have_their_own_addresses(desk: Desk, engineer: FlaskClient) -> None:
    desk.port()
    number = numbers(engineer, "/tickets?view=all")[0]
    assert "Order placed" in words(engineer.get(f"/tickets/{number}?show=log"))
    assert "Created" in words(engineer.get(f"/tickets/{number}?show=dates"))
    assert engineer.get(f"/tickets/{number}?show=nonsense").status_code == 200


def test_a_ticket_can_be_printed_whole(desk: Desk, sales: FlaskClient) -> None:
    desk.port()
    worked, info = sorted(numbers(sales, "/tickets?view=all"))
    told = words(sales.get(f"/tickets/{info}/print"))
    for expected in (f"Provisioning ticket number: {worked}", "Escalated to Software - DEV", "Peering LAN:..... lon1"):
        assert expected in told
    assert sales.get("/tickets/99999/print").status_code == 404


def test_a_message_cannot_bring_markup_along(desk: Desk, engineer: FlaskClient) -> None:
    desk.by_hand(notes="*<script>alert(1)</script>* and <b>more</b>")
    number = numbers(engineer, "/tickets?view=all")[0]
    page = engineer.get(f"/tickets/{number}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("url", ["/tickets?view=nonsense", "/tickets?cursor=x"])
def test_nonsense_is_answered_in_words(engineer: FlaskClient, url: str) -> None:
    assert engineer.get(url).status_code == 400


def test_a_ticket_that_is_not_there_is_404(engineer: FlaskClient) -> None:
    for number in ("99999", "9" * 30, str(2**63)):
        assert engineer.get(f"/tickets/{number}").status_code == 404
