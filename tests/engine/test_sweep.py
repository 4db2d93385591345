"""A wake-up may come twice, late or never: the sweep finds whatever is due."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from app import queues
from app.domain import after_commit, story
from app.domain.errors import TemporaryFailure
from app.domain.models import OrderItem
from app.domain.states import Stage
from app.extensions import db
from app.services import engine, items
from app.services.sweep import sweep
from tests.engine.room import ENGINEER, Died, Room, does, notes
from workers import outbox


class FakeWakes:
    """Queues that only remember; each with so much room."""

    def __init__(self) -> None:
        self.woken: list[tuple[uuid.UUID, Stage]] = []
        self.delivered: list[uuid.UUID] = []
        self.batches: list[uuid.UUID] = []
        self.rooms: dict[str, int] = {}

    def room(self, queue: str) -> int:
        return self.rooms.get(queue, 100)

    def wake(self, notes: list[tuple[uuid.UUID, Stage]]) -> None:
        self.woken += notes

    def deliver(self, orders: list[uuid.UUID]) -> None:
        self.delivered += orders

    def work_batches(self, batches: list[uuid.UUID]) -> None:
        self.batches += batches


@pytest.fixture
def wakes(room: Room) -> Iterator[FakeWakes]:
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect"),))
    fake = FakeWakes()
    kept = room.app.extensions["wakes"]
    room.app.extensions["wakes"] = fake
    yield fake
    room.app.extensions["wakes"] = kept


def test_a_forgotten_item_is_woken(room: Room, wakes: FakeWakes) -> None:
    item = room.order()
    sweep()
    assert wakes.woken == [(item, Stage.INVENTORY)]


def test_what_rests_or_has_ended_is_left_alone(room: Room, wakes: FakeWakes) -> None:
    done, held = room.order(), room.order()
    room.work(done)
    items.hold(held, ENGINEER, "moment")
    assert sweep()[0] == 0


def test_an_item_whose_worker_died_is_woken_when_its_lease_has_run_out(room: Room, wakes: FakeWakes) -> None:
    item = room.order()

    def dies(what: str) -> None:
        raise Died

    room.far.before = dies
    with pytest.raises(Died):
        room.work(item)
    assert sweep()[0] == 0
    room.lease_runs_out()
    assert (sweep()[0], wakes.woken) == (1, [(item, Stage.INVENTORY)])


def test_an_item_is_woken_in_the_queue_of_its_stage(room: Room, wakes: FakeWakes) -> None:
    item = room.order()
    room.work(item, stages=frozenset({Stage.INVENTORY}))
    sweep()
    assert wakes.woken == [(item, Stage.PROVISIONING)]


def test_what_backs_off_is_woken_when_it_is_time(room: Room, wakes: FakeWakes) -> None:
    item = room.order()

    def busy(what: str) -> None:
        raise TemporaryFailure("503")

    room.far.before = busy
    room.work(item)
    assert sweep()[0] == 0
    room.later(5)
    assert sweep()[0] == 1


def test_a_stage_that_nobody_works_does_not_starve_the_others(room: Room, wakes: FakeWakes) -> None:
    stuck = [room.order() for _ in range(5)]
    for item in stuck:
        room.work(item, stages=frozenset({Stage.INVENTORY}))
    fresh = room.order()
    wakes.rooms = {"provisioning": 3}
    sweep(limit=4)
    assert (fresh, Stage.INVENTORY) in wakes.woken
    assert len(wakes.woken) == 4


def test_a_paused_stage_is_not_woken_until_it_is_resumed(room: Room, wakes: FakeWakes) -> None:
    room.order()
    engine.pause_stage(Stage.INVENTORY, ENGINEER, "maintenance")
    assert sweep()[0] == 0
    engine.resume_stage(Stage.INVENTORY, ENGINEER)
    assert sweep()[0] == 1


def test_only_orders_whose_first_message_is_due_are_delivered(room: Room, wakes: FakeWakes) -> None:
    room.plan(inventory=(notes("one"),))
    order_id = room.item(room.order()).order_id
    for key in ("first", "second"):
        story.tell(order_id, key, "ticketing", "note", {"body": key, "internal": False})
    db.session.commit()
    sweep()
    assert wakes.delivered == [order_id]
    wakes.delivered.clear()
    assert outbox._take(order_id, room.config) is not None
    sweep()
    assert wakes.delivered == [], "the second waits for the first"
    room.lease_runs_out()
    sweep()
    assert wakes.delivered == [order_id]


# Wake after commit


def test_a_wake_up_never_runs_ahead_of_its_data(room: Room) -> None:
    item = room.order()
    seen: list[int] = []

    def look(notes: list[tuple[uuid.UUID, Stage]]) -> None:
        seen.extend(room.item(woken).version for woken, _ in notes)

    after_commit.carrier("wake", look)
    db.session.execute(update(OrderItem).where(OrderItem.id == item).values(version=7))
    after_commit.wake(item, None)
    assert seen == []
    db.session.commit()
    assert seen == [7]


def test_what_is_rolled_back_wakes_nobody(room: Room) -> None:
    item = room.order()
    db.session.execute(update(OrderItem).where(OrderItem.id == item).values(version=7))
    after_commit.wake(item, None)
    db.session.rollback()
    db.session.execute(update(OrderItem).where(OrderItem.id == item).values(version=8))
    db.session.commit()
    assert room.woken == []


def test_a_redis_that_is_away_fails_no_request(room: Room) -> None:
    queues.init_app(room.app, "redis://127.0.0.1:1/0")
    room.plan(inventory=(notes("one"),))
    item = room.order()
    items.hold(item, ENGINEER, "moment")
    items.release(item, ENGINEER)
    assert room.work(item) == "done"


def test_a_carrier_with_a_bug_fails_no_request(room: Room) -> None:
    def broken(notes: list[object]) -> None:
        raise OSError("no such socket")

    room.plan(inventory=(notes("one"),))
    item = room.order()
    after_commit.carrier("wake", broken)
    items.hold(item, ENGINEER, "moment")
    items.release(item, ENGINEER)
    assert not room.item(item).held
