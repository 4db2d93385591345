"""Wished dates: an item starts by itself on its day; a completion date alone holds back only the switching."""

from datetime import datetime, timedelta

import pytest

from app.domain import clock
from app.domain.errors import IllegalMove
from app.domain.states import Status, WaitKind
from app.services import items, orders
from tests.engine.room import ENGINEER, MEMBER, Room, does


def in_days(days: float) -> datetime:
    return clock.now() + timedelta(days=days)


def test_an_item_with_a_future_start_is_scheduled_and_starts_by_itself(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    item = room.order(requested_start_date=in_days(2))
    assert room.work(item) == "waiting"
    wait = room.wait(item)
    assert wait is not None
    assert (wait.kind, wait.due_at) == (WaitKind.TIME, room.item(item).requested_start_date)
    assert (room.status(item), room.order_of(item).status) == (Status.SCHEDULED, Status.SCHEDULED)
    room.later(86400)
    assert (room.work(item), room.far.calls) == ("not due", [])
    room.later(86401)
    assert room.work(item) == "done"


def test_the_orders_date_counts_unless_the_item_has_its_own(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    early, late = room.orders({"requested_start_date": in_days(1)}, {}, order={"requested_start_date": in_days(5)})
    assert [room.work(early), room.work(late)] == ["waiting", "waiting"]
    room.later(2 * 86400)
    assert [room.work(early), room.work(late)] == ["done", "not due"]


def test_a_past_start_is_no_reason_to_wait(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    assert room.work(room.order(requested_start_date=in_days(-1))) == "done"


def test_a_completion_date_alone_holds_back_only_the_activating_step(room: Room) -> None:
    room.plan(
        inventory=(does("reserve"),), provisioning=(does("prepare"), does("connect", activates=True), does("tell"))
    )
    item = room.order(requested_completion_date=in_days(3))
    assert room.work(item) == "waiting"
    assert room.far.calls == ["reserve", "prepare"]
    assert (room.status(item), room.order_of(item).status) == (Status.SCHEDULED, Status.SCHEDULED)
    room.later(3 * 86400 + 1)
    assert room.work(item) == "done"
    assert room.far.calls == ["reserve", "prepare", "connect", "tell"]


def test_with_both_dates_it_starts_then_and_does_not_wait_again(room: Room) -> None:
    room.plan(provisioning=(does("connect", activates=True),))
    item = room.order(requested_start_date=in_days(1), requested_completion_date=in_days(9))
    room.work(item)
    room.later(86401)
    assert room.work(item) == "done"


def test_a_person_may_start_a_scheduled_item_at_once(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    item = room.order(requested_start_date=in_days(30))
    room.work(item)
    items.skip(item, ENGINEER, "The member is in a hurry.", version=room.version(item))
    assert room.work(item) == "done"


def test_a_scheduled_item_can_be_cancelled(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    item = room.order(requested_start_date=in_days(30))
    room.work(item)
    items.cancel(item, ENGINEER, "no more")
    assert (room.work(item), room.far.calls) == ("cancelled", [])


def test_confirmation_comes_before_the_start_date(room: Room) -> None:
    room.plan(inventory=(does("reserve"),))
    item = room.order(requested_start_date=in_days(1), confirmations=[["team:sales", "Sales confirm", "Large."]])
    room.work(item)
    assert list(room.steps(item)) == ["confirmation_1", "start_date_reached", "reserve"]
    assert room.status(item) is Status.AWAITING_ORDER_CONFIRMATION


def test_the_member_cancels_while_nothing_but_the_date_is_waited_for(room: Room) -> None:
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect", activates=True),))
    item = room.order(requested_completion_date=in_days(90))
    room.work(item)
    orders.cancel(room.item(item).order_id, MEMBER, "We moved", until_provisioning=True)
    assert (room.work(item), room.far.calls) == ("cancelled", ["reserve", "undo reserve"])


def test_once_something_was_done_outside_only_the_exchange_cancels(room: Room) -> None:
    room.plan(provisioning=(does("prepare"), does("connect", activates=True)))
    item = room.order(requested_completion_date=in_days(90))
    room.work(item)
    with pytest.raises(IllegalMove, match="Item 1 is being provisioned"):
        orders.cancel(room.item(item).order_id, MEMBER, "We moved", until_provisioning=True)
    orders.cancel(room.item(item).order_id, ENGINEER, "They moved")
    assert room.work(item) == "cancelled"


def test_an_order_shows_what_goes_on_before_what_is_scheduled(room: Room) -> None:
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect", activates=True),))
    waiting, going = room.orders({"requested_completion_date": in_days(3)}, {"requested_start_date": in_days(9)})
    room.work(waiting)
    room.work(going)
    assert room.order_of(waiting).status is Status.SCHEDULED
