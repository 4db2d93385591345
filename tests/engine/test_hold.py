"""Holding an item at awkward moments."""

from sqlalchemy import select

from app.domain.models import Order
from app.domain.states import Status
from app.services import items
from tests.engine.room import ENGINEER, Room, does


def test_an_order_held_during_its_last_step_does_not_stay_held_when_it_has_ended(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    item = room.order()

    def hold(_what: object) -> None:
        items.hold(item, ENGINEER, "wait", version=None)

    room.far.after = hold
    room.work(item)
    assert room.item(item).status is Status.COMPLETED
    assert room.see(select(Order.status)) == [Status.COMPLETED]
