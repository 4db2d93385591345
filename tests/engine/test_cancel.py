"""Holding, releasing and cancelling, whatever state the item is in."""

import itertools
import uuid

import pytest

from app.domain.errors import IllegalMove, PermanentFailure, TemporaryFailure
from app.domain.permissions import Team
from app.domain.states import State, Status, WaitKind
from app.services import items, orders
from tests.engine.room import ENGINEER, MEMBER, Died, Room, does, notes
from workers.pipeline.handler import Await, Facts, Task, manual, until

patch = manual("patch", "Patch it", team=Team.ENGINEERING, tell="Patch the port.")


@pytest.fixture
def item(room: Room) -> uuid.UUID:
    room.plan(inventory=(does("reserve"), does("register")), provisioning=(patch, does("connect"), notes("close")))
    return room.order()


def cancel(room: Room, item: uuid.UUID) -> None:
    """An engineer cancels, from a session of their own."""
    with room.app.app_context():
        items.cancel(item, ENGINEER, "The member changed their mind.")


def once(room: Room, on: str, act) -> None:
    """`act` while the far side is busy with `on`."""

    def during(what: str) -> None:
        if what == on:
            room.far.before = lambda what: None
            act()

    room.far.before = during


def test_what_was_done_is_undone_in_reverse(room: Room, item: uuid.UUID) -> None:
    room.work(item)
    cancel(room, item)
    assert room.work(item) == "cancelled"
    assert room.far.calls == ["reserve", "register", "undo register", "undo reserve"]
    assert room.steps(item) == {
        "reserve": "undone", "register": "undone", "patch": "started", "connect": "pending", "close": "pending",
    }  # fmt: skip
    assert (room.status(item), room.order_of(item).status) == (Status.CANCELLED, Status.CANCELLED)
    assert room.wait(item) is None


def test_an_item_that_never_began_is_cancelled_without_a_trace_at_the_far_side(room: Room, item: uuid.UUID) -> None:
    cancel(room, item)
    assert room.work(item) == "cancelled"
    assert (room.far.calls, room.steps(item)) == ([], {})
    assert "Creating services" not in room.said(item)


def test_a_running_item_is_cancelled_after_its_step(room: Room, item: uuid.UUID) -> None:
    once(room, "reserve", lambda: cancel(room, item))
    assert room.work(item) == "cancelled"
    assert room.far.calls == ["reserve", "undo reserve"]


def test_an_item_cancelled_during_its_last_step_does_not_complete(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    item = room.order()
    once(room, "connect", lambda: cancel(room, item))
    assert room.work(item) == "cancelled"
    assert room.far.calls == ["connect", "undo connect"]


def test_an_item_cancelled_while_it_fails_is_undone(room: Room) -> None:
    room.plan(provisioning=(does("reserve"), does("connect")))
    item = room.order()

    def cancel_and_fail() -> None:
        cancel(room, item)
        raise PermanentFailure("network: 422")

    once(room, "connect", cancel_and_fail)
    assert room.work(item) == "cancelled"
    assert room.far.calls == ["reserve", "connect", "undo connect", "undo reserve"]


def test_an_item_cancelled_as_it_begins_to_wait_does_not_wait(room: Room) -> None:
    @until("Wait for the far side", uses=("network",))
    def look(task: Task) -> Facts | Await:
        task.systems.network.do(task.key, "look")
        return Await(WaitKind.SYSTEM, "system:network", "The network works on it", reference="job-1")

    room.plan(provisioning=(does("connect"), look))
    item = room.order()
    once(room, "look", lambda: cancel(room, item))
    assert room.work(item) == "cancelled"
    assert room.wait(item) is None


@pytest.mark.parametrize("state", ["backoff", "error", "waiting"])
def test_cancelling_works_wherever_the_item_rests(room: Room, item: uuid.UUID, state: str) -> None:
    failures = {"backoff": TemporaryFailure("busy"), "error": PermanentFailure("no")}

    def fail(what: str) -> None:
        if what == "register" and state in failures:
            raise failures[state]

    room.far.before = fail
    room.work(item)
    assert room.state(item) == state
    cancel(room, item)
    assert room.work(item) == "cancelled"
    assert room.far.effects["undo reserve"] == 1


def test_a_worker_may_die_at_any_moment_of_undoing(room: Room) -> None:
    room.plan(inventory=(does("reserve"), notes("note"), does("register")), provisioning=(patch,))
    for moment in itertools.count(1):
        room.far.effects.clear()
        item = room.order()
        room.work(item)
        cancel(room, item)
        with room.death_at(moment) as passed:
            room.work(item)
        if passed[0] < moment:
            break
        room.lease_runs_out()
        room.work(item)
        assert room.state(item) is State.CANCELLED, f"killed at moment {moment}"
        assert room.far.effects == {"reserve": 1, "register": 1, "undo reserve": 1, "undo register": 1}
    assert moment > 8


def test_a_step_whose_worker_died_is_undone_as_well(room: Room, item: uuid.UUID) -> None:
    def dies(what: str) -> None:
        if what == "register":
            raise Died

    room.far.after = dies
    with pytest.raises(Died):
        room.work(item)
    cancel(room, item)
    room.far.after = lambda what: None
    assert room.work(item) == "not due"  # its worker may still live
    room.lease_runs_out()
    assert room.work(item) == "cancelled"
    assert room.far.effects["undo register"] == 1


def test_a_step_gone_back_behind_is_undone_as_well(room: Room) -> None:
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect"),))
    item = room.order()

    def fail(what: str) -> None:
        if what == "connect":
            raise PermanentFailure("no")

    room.far.before = fail
    room.work(item)
    items.retry_from(item, ENGINEER, "reserve", version=room.version(item))
    cancel(room, item)
    room.far.before = lambda what: None
    assert room.work(item) == "cancelled"
    assert (room.far.effects["undo connect"], room.far.effects["undo reserve"]) == (1, 1)


def test_a_step_that_was_passed_over_is_not_undone(room: Room) -> None:
    room.plan(inventory=(does("reserve").when(lambda task: False), does("register")), provisioning=(patch,))
    item = room.order()
    room.work(item)
    cancel(room, item)
    room.work(item)
    assert room.far.calls == ["register", "undo register"]


def failing_undo(room: Room, item: uuid.UUID, why: Exception) -> None:
    room.work(item)
    cancel(room, item)

    def fail(what: str) -> None:
        if what == "undo register":
            raise why

    room.far.before = fail


def test_an_undo_that_fails_stops_visibly_and_can_be_tried_again(room: Room, item: uuid.UUID) -> None:
    failing_undo(room, item, PermanentFailure("inventory: 409, still referenced."))
    assert room.work(item) == "error"
    assert room.item(item).last_error == "inventory: 409, still referenced."
    room.far.before = lambda what: None
    items.retry(item, ENGINEER, version=room.version(item))
    assert room.work(item) == "cancelled"
    assert room.far.effects["undo register"] == 1


def test_an_undo_that_is_out_of_reach_is_tried_again_by_itself(room: Room, item: uuid.UUID) -> None:
    failing_undo(room, item, TemporaryFailure("inventory: 503"))
    assert room.work(item) == "backoff"
    room.far.before = lambda what: None
    room.later(5)
    assert room.work(item) == "cancelled"


def test_an_undo_with_a_bug_stops_visibly(room: Room, item: uuid.UUID) -> None:
    failing_undo(room, item, KeyError("ports"))
    assert room.work(item) == "error"
    assert room.item(item).last_error == "Undoing register: KeyError: 'ports'"


@pytest.mark.parametrize("verb", [items.done_by_hand, items.skip])
def test_an_undo_that_cannot_be_done_is_left_to_a_person(room: Room, item: uuid.UUID, verb) -> None:
    failing_undo(room, item, PermanentFailure("no"))
    room.work(item)
    verb(item, ENGINEER, "Removed it at the console.", version=room.version(item))
    assert room.work(item) == "cancelled"
    assert room.step(item, "register").reason == "Removed it at the console."
    assert "undo register" not in room.far.effects
    assert room.far.effects["undo reserve"] == 1


def test_an_ended_item_cannot_be_cancelled(room: Room) -> None:
    room.plan(inventory=(notes("one"),))
    item = room.order()
    room.work(item)
    with pytest.raises(IllegalMove, match="has already ended: done"):
        cancel(room, item)


def test_the_same_form_cancels_once(room: Room, item: uuid.UUID) -> None:
    for _ in range(2):
        items.cancel(item, ENGINEER, "twice clicked", form_key="form-1")
    assert room.audit(item).count("cancel") == 1


# An order


def test_cancelling_an_order_cancels_what_is_alive(room: Room, item: uuid.UUID) -> None:
    done, waiting, fresh = room.orders({}, {}, {})
    room.work(waiting)
    room.work(done)
    room.resume(done)
    room.work(done)
    with room.app.app_context():
        orders.cancel(room.item(done).order_id, ENGINEER, "The member gives up.", form_key="form-1")
        orders.cancel(room.item(done).order_id, ENGINEER, "The member gives up.", form_key="form-1")
    assert [room.work(waiting), room.work(fresh)] == ["cancelled", "cancelled"]
    order = room.order_of(done)
    assert (order.status, order.outcome) == (Status.COMPLETED, "partial")
    with room.app.app_context(), pytest.raises(IllegalMove, match="already ended"):
        orders.cancel(order.id, ENGINEER, "again")


def test_a_member_may_not_cancel_what_is_being_provisioned(room: Room, item: uuid.UUID) -> None:
    room.work(item)
    room.resume(item)  # now it is patched
    with pytest.raises(IllegalMove, match="Item 1 is being provisioned"):
        orders.cancel(room.item(item).order_id, MEMBER, "no more", until_provisioning=True)
    assert room.state(item) is State.READY


# Hold


def test_a_held_item_stops_before_its_next_step(room: Room, item: uuid.UUID) -> None:
    def hold() -> None:
        with room.app.app_context():
            items.hold(item, ENGINEER, "The provider has trouble.")

    once(room, "reserve", hold)
    assert room.work(item) == "handed on"
    assert room.far.calls == ["reserve"]
    assert (room.status(item), room.order_of(item).status) == (Status.HELD, Status.HELD)
    assert room.order_of(item).held_date is not None
    assert room.work(item) == "not due"
    items.release(item, ENGINEER)
    assert room.woken[-1][0] == item
    assert room.work(item) == "waiting"


def test_a_held_item_that_waits_stays_held_when_it_is_answered(room: Room, item: uuid.UUID) -> None:
    room.work(item)
    items.hold(item, ENGINEER, "The provider has trouble.")
    assert room.status(item) is Status.HELD
    room.resume(item)
    assert room.work(item) == "not due"
    items.release(item, ENGINEER)
    assert room.work(item) == "done"


def test_a_held_item_can_be_cancelled(room: Room, item: uuid.UUID) -> None:
    items.hold(item, ENGINEER, "The provider has trouble.")
    cancel(room, item)
    assert room.work(item) == "cancelled"


def test_a_hold_needs_a_reason_and_a_release_a_hold(room: Room, item: uuid.UUID) -> None:
    with pytest.raises(Exception, match="A reason is needed"):
        items.hold(item, ENGINEER, "")
    with pytest.raises(IllegalMove, match="is not held"):
        items.release(item, ENGINEER)
