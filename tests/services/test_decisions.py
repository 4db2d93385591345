"""What a member reads of decisions that people made: who it was, as far as they may know, and not why staff did it."""

import pytest

from app.services import items, orders
from tests.services.conftest import CRM, ENGINEER, MEMBER, ON_SQLITE, SALES, new_port

pytestmark = ON_SQLITE
SECRET = "Their bill is open"


@pytest.fixture
def order(place, work):
    placed = place(new_port())
    work(placed)
    return placed


def told(order):
    return [line.user_message for line in order.logs if line.user_message]


def test_who_of_the_account_cancels_is_named(order):
    orders.cancel(order.id, MEMBER, "Not needed any more")
    assert "Ada Quayside cancelled the order." in told(order)


@pytest.mark.parametrize(("who", "words"), [(SALES, "We cancelled the order."), (CRM, "The order was cancelled.")])
def test_who_of_us_cancels_is_not_and_neither_is_why(order, who, words):
    orders.cancel(order.id, who, SECRET)
    assert words in told(order)
    assert not any(SECRET in words for words in told(order))


def test_a_hold_and_its_end_are_told_without_the_reason(order):
    orders.hold(order.id, SALES, SECRET)
    orders.release(order.id, SALES)
    assert told(order)[-2:] == ["The order is on hold.", "The order goes on."]
    items.hold(order.items[0].id, ENGINEER, SECRET)
    items.release(order.items[0].id, ENGINEER)
    assert told(order)[-2:] == ["Order item 1 is on hold.", "Order item 1 goes on."]
    assert not any(SECRET in words for words in told(order))


def test_sales_confirm_once_for_all_items(place, work):
    order = place(new_port(port_capacity=100_000), new_port(port_capacity=100_000))
    work(order)
    orders.confirm(order.id, SALES)
    assert told(order).count("We have checked the order and confirmed it.") == 1


def test_an_item_that_is_cancelled_is_told(order):
    items.cancel(order.items[0].id, ENGINEER, SECRET)
    assert "We cancelled order item 1." in told(order)
