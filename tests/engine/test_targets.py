"""Until when a wait should have been dealt with, and what becomes of a far system that never ends."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from app.config import Config
from app.domain import clock, targets
from app.domain.errors import NotYet
from app.domain.permissions import Team
from app.domain.states import State, WaitKind
from app.services import items
from app.settings import ConfigError
from tests.engine.room import ENGINEER, Room, does
from tests.engine.test_cancel import failing_undo
from tests.engine.test_waits import Job
from workers.pipeline.handler import manual

patch = manual("patch", "Patch it", team=Team.ENGINEERING, tell="Patch.")


def due_in(room: Room, item: uuid.UUID) -> timedelta:
    wait = room.wait(item)
    assert wait is not None and wait.due_at is not None
    return wait.due_at - wait.opened_at


def about(length: timedelta, minutes: float) -> bool:
    return abs(length - timedelta(minutes=minutes)) < timedelta(seconds=5)


def test_a_wait_is_due_after_the_target_of_its_kind(room: Room) -> None:
    room.plan(provisioning=(patch,))
    item = room.order()
    room.work(item)
    assert about(due_in(room, item), 240)


def test_the_most_exact_target_wins(room: Room) -> None:
    said = '{"manual": 10, "manual provisioning": 20, "trial patch": 30, "trial patch provisioning": 45}'
    room.config = replace(room.config, targets=said)
    room.plan(provisioning=(patch,))
    item = room.order()
    room.work(item)
    assert about(due_in(room, item), 45)


def test_a_far_systems_wait_shows_up_as_late_and_ends_as_a_failure(room: Room) -> None:
    room.plan(provisioning=(Job().step(),))
    item = room.order()
    room.work(item)
    assert about(due_in(room, item), 30)
    clock.advance(timedelta(hours=23))
    assert room.work(item) == "waiting"
    clock.advance(timedelta(hours=2))
    assert room.work(item) == "error"
    found = room.item(item)
    assert found.error_class == "overdue"
    assert found.last_error == "The network works on it: still not done after 25 hours."
    assert room.wait(item) is None
    items.retry(item, ENGINEER, version=room.version(item))
    assert room.work(item) == "waiting", "a retry gives it its time again"


@pytest.fixture
def undoing(room: Room) -> uuid.UUID:
    """A cancelled item whose undoing is under way at the far side."""
    room.plan(inventory=(does("register"),), provisioning=(patch,))
    item = room.order()
    room.work(item)
    failing_undo(room, item, NotYet("It still works on it.", look_again=5))
    assert room.work(item) == "waiting"
    return item


def test_an_undoing_that_takes_long_is_a_wait_with_a_target(room: Room, undoing: uuid.UUID) -> None:
    wait = room.wait(undoing)
    assert wait is not None
    assert (wait.kind, wait.audience, wait.title) == (WaitKind.SYSTEM, "system:network", "Undoing: Do register")
    assert about(due_in(room, undoing), 30)
    assert room.steps(undoing)["register"] == "succeeded"
    room.far.before = lambda what: None
    room.later(10)
    assert room.work(undoing) == "cancelled"
    assert room.wait(undoing) is None


def test_an_undoing_that_never_ends_stops_in_words(room: Room, undoing: uuid.UUID) -> None:
    clock.advance(timedelta(hours=25))
    assert room.work(undoing) == "error"
    assert room.item(undoing).error_class == "overdue"
    items.done_by_hand(undoing, ENGINEER, "Taken off at the console.", version=room.version(undoing))
    assert room.work(undoing) == "cancelled"


def test_somebody_who_did_the_undoing_by_hand_need_not_wait_for_its_end(room: Room, undoing: uuid.UUID) -> None:
    items.done_by_hand(undoing, ENGINEER, "Taken off at the console.", version=room.version(undoing))
    assert room.work(undoing) == "cancelled"
    assert room.state(undoing) is State.CANCELLED


@pytest.mark.parametrize(
    "said",
    ["4 hours", "[1]", '{"manual": "4 h"}', '{"manual": true}', '{"manual": 0}', '{"manual": 1e99}',
     '{"manual review": 5}', '{"failed provisioning": 5}', '{"": 5}', '{"Manual!": 5}',
     '{"inventory provisioning": 5}'],
)  # fmt: skip
def test_targets_that_make_no_sense_are_refused_in_words(said: str) -> None:
    with pytest.raises(ConfigError, match=r"^TARGETS must .*\.$"):
        Config(targets=said)


def test_dates_and_other_items_have_no_target() -> None:
    assert targets.read("").of(WaitKind.TIME) is None
    assert targets.read("").of(WaitKind.DEPENDENCY, "provisioning") is None
