"""Items that need another one wait for it; all others move freely."""

import uuid

import pytest

from app.domain.errors import Invalid, PermanentFailure
from app.domain.states import State, Status, WaitKind
from app.services import items
from tests.engine.room import ENGINEER, Room, does

GO_ON = {"decision": "go on without it"}


@pytest.fixture
def pair(room: Room) -> tuple[uuid.UUID, uuid.UUID]:
    """A port and a unit that needs it, in one order."""
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect"),))
    port, unit = room.orders({}, {})
    room.needs(unit, port)
    return port, unit


def break_the_network(room: Room) -> None:
    def fail(what: str) -> None:
        raise PermanentFailure("network: 422")

    room.far.before = fail


def test_an_item_waits_until_the_one_it_needs_has_completed(room: Room, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    port, unit = pair
    assert room.work(unit) == "waiting"
    wait = room.wait(unit)
    assert wait is not None
    assert (wait.kind, wait.audience) == (WaitKind.DEPENDENCY, f"item:{port}")
    assert wait.title == "Waits for item 100001/1"
    assert (room.status(unit), room.far.calls) == (Status.ORDERED, [])
    room.woken.clear()
    room.work(port)
    assert unit in [item for item, _ in room.woken]
    assert room.work(unit) == "done"
    assert not any(wait.open for wait in room.waits(unit))


def test_independent_items_of_one_order_move_freely(room: Room, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    port, unit = pair
    (third,) = room.orders({})
    room.work(unit)
    assert room.work(third) == "done"
    assert (room.state(port), room.state(unit)) == (State.READY, State.WAITING)


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_broken_predecessor_is_a_question_to_a_person(
    room: Room, pair: tuple[uuid.UUID, uuid.UUID], end: str
) -> None:
    port, unit = pair
    room.work(unit)
    if end == "failed":
        break_the_network(room)
    else:
        items.cancel(port, ENGINEER, "not needed")
    room.work(port)
    assert room.work(unit) == "waiting"
    wait = room.wait(unit)
    assert wait is not None
    assert (wait.kind, wait.audience) == (WaitKind.PREDECESSOR, "team:engineering")
    assert "100001/1 (error)" in (wait.tell or "") or "100001/1 (cancelled)" in (wait.tell or "")
    assert room.status(unit) is Status.AWAITING_AGENT


def test_the_question_closes_itself_when_the_predecessor_completes_after_all(
    room: Room, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    port, unit = pair
    break_the_network(room)
    room.work(port)
    room.work(unit)
    room.far.before = lambda what: None
    items.retry(port, ENGINEER, version=room.version(port))
    room.work(port)
    assert room.work(unit) == "done"
    assert [wait.closed_how for wait in room.waits(unit)] == ["fulfilled"]


def test_a_person_lets_it_go_on_without(room: Room, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    port, unit = pair
    break_the_network(room)
    room.work(port)
    room.work(unit)
    room.far.before = lambda what: None
    with pytest.raises(Invalid):
        items.resume(unit, ENGINEER, {"decision": "perhaps"}, version=room.version(unit))
    items.resume(unit, ENGINEER, GO_ON, version=room.version(unit))
    assert room.work(unit) == "done"
    assert room.state(port) is State.ERROR


def test_looking_again_does_not_ask_again(room: Room, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    port, unit = pair
    break_the_network(room)
    room.work(port)
    room.work(unit)
    version = room.version(unit)
    for _ in range(3):
        room.later(20)
        assert room.work(unit) == "waiting"
    assert (room.version(unit), len(room.waits(unit))) == (version, 1)


def test_a_lost_nudge_only_delays(room: Room, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    """The predecessor completes while the dependent is being looked at: nobody tells it, it looks by itself."""
    port, unit = pair
    room.work(unit)
    room.woken.clear()
    room.later(20)
    room.far.before = lambda what: None
    assert room.work(port) == "done"
    room.woken.clear()
    assert room.work(unit) == "done"


def test_a_chain_goes_through(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    first, second, third = room.orders({}, {}, {})
    room.needs(second, first)
    room.needs(third, second)
    assert [room.work(third), room.work(second)] == ["waiting", "waiting"]
    assert [room.work(first), room.work(second), room.work(third)] == ["done"] * 3
