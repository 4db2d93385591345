"""What goes wrong at a far side: tried again, given up in words, decided by a person; never done twice."""

import uuid

import pytest
from sqlalchemy import select

from app.domain import clock
from app.domain.errors import (
    IllegalMove,
    Invalid,
    NotFound,
    NotYet,
    PermanentFailure,
    Stale,
    TemporaryFailure,
    UnknownOutcome,
)
from app.domain.models import FarSystem, OutboundCall
from app.domain.states import State, Status
from app.services import items
from tests.engine.room import ENGINEER, OTHER_ENGINEER, Room, does, notes
from workers.pipeline import breaker


@pytest.fixture
def item(room: Room) -> uuid.UUID:
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect"), notes("close")))
    return room.order()


def failing(room: Room, why: Exception, *, on: str = "connect", performed: bool = False) -> None:
    """From now on the far side fails so on this effect, after doing it or instead."""

    def fail(what: str) -> None:
        if what == on:
            raise why

    room.far.before, room.far.after = (lambda what: None, fail) if performed else (fail, lambda what: None)


def healed(room: Room) -> None:
    room.far.before = room.far.after = lambda what: None


def test_a_permanent_failure_stops_the_item_at_once(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422, VLAN 7 is unknown.", member_words="Our engineers look into it."))
    assert room.work(item) == "error"
    found = room.item(item)
    assert (found.state, found.error_class) == (State.ERROR, "permanent")
    assert found.last_error == "network: 422, VLAN 7 is unknown."
    assert room.far.calls.count("connect") == 1
    assert room.step(item, "connect").error == "network: 422, VLAN 7 is unknown."
    assert "Our engineers look into it.|Do connect: network: 422, VLAN 7 is unknown." in room.said(item)
    assert (room.status(item), room.order_of(item).status) == (Status.ERROR, Status.ERROR)


def test_a_temporary_failure_is_tried_again_later(room: Room, item: uuid.UUID) -> None:
    failing(room, TemporaryFailure("network: 503"))
    assert room.work(item) == "backoff"
    assert room.status(item) is Status.PROVISIONING, "a short trouble is nobody's business"
    assert room.work(item) == "not due"
    healed(room)
    room.later(2)
    assert room.work(item) == "done"
    assert room.far.effects == {"reserve": 1, "connect": 1}
    assert room.item(item).attempts == 0


def test_the_pauses_between_tries_grow(room: Room, item: uuid.UUID) -> None:
    failing(room, TemporaryFailure("network: 503"))
    pauses = []
    for _ in range(2):
        room.work(item)
        due = room.item(item).run_after
        assert due is not None
        pauses.append((due - clock.now()).total_seconds())
        room.later(61)
    assert 0.2 <= pauses[0] <= 0.8 <= 2 * pauses[1] <= 3.2


def test_the_far_sides_wish_when_to_come_back_is_honoured(room: Room, item: uuid.UUID) -> None:
    failing(room, TemporaryFailure("network: 503", retry_after=40))
    room.work(item)
    room.later(30)
    assert room.work(item) == "not due"
    room.later(11)
    assert room.work(item) == "backoff"


def test_after_so_many_tries_the_item_stops_visibly(room: Room, item: uuid.UUID) -> None:
    failing(room, TemporaryFailure("network: 503"))
    assert room.work_until_rest(item) == "error"
    assert room.far.calls.count("connect") == 3
    assert room.item(item).error_class == "temporary"
    healed(room)
    items.retry(item, ENGINEER, version=room.version(item))
    room.later(60)  # the breaker has closed again
    assert room.work(item) == "done"


def test_done_but_the_answer_got_lost_is_done_once(room: Room, item: uuid.UUID) -> None:
    failing(room, TemporaryFailure("network: the answer was lost"), performed=True)
    assert room.work(item) == "backoff"
    healed(room)
    room.later(2)
    assert room.work(item) == "done"
    assert room.far.calls == ["reserve", "connect", "connect"]
    assert room.far.effects["connect"] == 1


def test_what_only_takes_longer_spends_no_attempt(room: Room, item: uuid.UUID) -> None:
    failing(room, NotYet("Still configuring.", look_again=5))
    for _ in range(6):
        assert room.work(item) == "waiting"
        room.later(10)
    assert (room.item(item).attempts, len(room.waits(item))) == (0, 1)
    healed(room)
    assert room.work(item) == "done"
    assert [wait.closed_how for wait in room.waits(item)] == ["fulfilled"]


def test_a_bug_in_a_step_stops_the_item_in_words(room: Room, item: uuid.UUID) -> None:
    failing(room, KeyError("vlan"))
    assert room.work(item) == "error"
    assert (room.item(item).error_class, room.item(item).last_error) == ("bug", "connect: KeyError: 'vlan'")


def test_an_open_breaker_lets_items_wait_without_spending_attempts(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    many = [room.order() for _ in range(breaker.OPENS_AFTER)]
    failing(room, TemporaryFailure("network: no connection"))
    assert [room.work(one) for one in many] == ["backoff"] * breaker.OPENS_AFTER
    waiting = room.order()
    calls = len(room.far.calls)
    for _ in range(5):
        assert room.work(waiting) in ("breaker open", "not due")
    assert (len(room.far.calls), room.item(waiting).attempts) == (calls, 0)
    healed(room)
    room.later(12)
    breaker.forget()
    assert room.work(waiting) == "done"
    assert room.see(select(FarSystem.failures)) == [0]


def test_a_system_that_is_down_delays_only_the_items_that_need_it(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    failing(room, TemporaryFailure("network: no connection"))
    for _ in range(breaker.OPENS_AFTER):
        room.work(room.order())
    room.plan(provisioning=(notes("local"),))
    assert room.work(room.order()) == "done"


def test_calls_are_kept_for_the_engineer_with_what_went_wrong(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    calls = room.see(select(OutboundCall).where(OutboundCall.item_id == item).order_by(OutboundCall.id))
    assert [(call.step_key, call.error) for call in calls] == [
        ("reserve", None), ("connect", "PermanentFailure: network: 422"),
    ]  # fmt: skip


# A person decides


@pytest.fixture
def unknown(room: Room, item: uuid.UUID) -> uuid.UUID:
    """An item whose far side may or may not have connected it."""
    failing(room, UnknownOutcome("network: the answer was lost; it may or may not have happened."), performed=True)
    assert room.work(item) == "error"
    assert room.steps(item)["connect"] == "unknown"
    healed(room)
    return item


def test_it_happened_counts_the_step_as_done(room: Room, unknown: uuid.UUID) -> None:
    items.it_happened(unknown, ENGINEER, "It is in the switch.", version=room.version(unknown))
    assert room.work(unknown) == "done"
    assert room.far.effects["connect"] == 1
    assert room.step(unknown, "connect").by == "Nell Patcher"
    assert "“Do connect” said to have happened by Nell Patcher: It is in the switch." in room.said(unknown)


def test_redo_is_a_new_effect_under_a_new_key(room: Room, unknown: uuid.UUID) -> None:
    items.redo(unknown, ENGINEER, "The switch knows nothing of it.", version=room.version(unknown))
    assert room.work(unknown) == "done"
    assert room.far.effects["connect"] == 2
    assert room.step(unknown, "connect").generation == 1


def test_retry_is_the_same_effect_under_the_same_key(room: Room, unknown: uuid.UUID) -> None:
    items.retry(unknown, ENGINEER, version=room.version(unknown))
    assert room.work(unknown) == "done"
    assert room.far.effects["connect"] == 1
    assert room.step(unknown, "connect").generation == 0


def test_a_known_failure_cannot_be_said_to_have_happened(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    with pytest.raises(IllegalMove, match="outcome is unknown"):
        items.it_happened(item, ENGINEER, "I believe so.", version=room.version(item))
    assert room.state(item) is State.ERROR


@pytest.mark.parametrize(("verb", "state"), [(items.done_by_hand, "by_hand"), (items.skip, "skipped")])
def test_a_person_steps_over_a_failed_step_with_a_reason(room: Room, item: uuid.UUID, verb, state: str) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    with pytest.raises(Invalid, match="A reason is needed"):
        verb(item, ENGINEER, "  ", version=room.version(item))
    verb(item, ENGINEER, "Done at the console.", version=room.version(item))
    assert room.work(item) == "done"
    step = room.step(item, "connect")
    assert (step.state.value, step.by, step.reason) == (state, "Nell Patcher", "Done at the console.")
    assert "connect" not in room.far.effects


def test_retry_from_a_step_goes_back_under_the_old_keys(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    healed(room)
    items.retry_from(item, ENGINEER, "reserve", version=room.version(item))
    assert room.steps(item) == {"reserve": "pending", "connect": "pending", "close": "pending"}
    assert room.item(item).stage == "inventory"
    assert room.work(item) == "done"
    assert room.far.calls == ["reserve", "connect", "reserve", "connect"]
    assert room.far.effects == {"reserve": 1, "connect": 1}


def test_one_cannot_go_back_to_a_step_that_was_never_reached(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    with pytest.raises(IllegalMove, match="has been reached"):
        items.retry_from(item, ENGINEER, "close", version=room.version(item))
    with pytest.raises(Invalid, match="No such step"):
        items.retry_from(item, ENGINEER, "nonsense", version=room.version(item))


@pytest.mark.parametrize(
    "verb",
    [
        lambda item, **v: items.retry(item, ENGINEER, **v),
        lambda item, **v: items.retry_from(item, ENGINEER, "reserve", **v),
        lambda item, **v: items.redo(item, ENGINEER, "because", **v),
        lambda item, **v: items.skip(item, ENGINEER, "because", **v),
        lambda item, **v: items.done_by_hand(item, ENGINEER, "because", **v),
        lambda item, **v: items.hold(item, ENGINEER, "because", **v),
        lambda item, **v: items.cancel(item, ENGINEER, "because", **v),
    ],
    ids=["retry", "retry from", "redo", "skip", "done by hand", "hold", "cancel"],
)
def test_every_verb_refuses_a_page_that_is_out_of_date(room: Room, item: uuid.UUID, verb) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    seen = room.version(item)
    items.hold(item, OTHER_ENGINEER, "wait for the vendor", version=seen)
    before = room.item(item)
    with pytest.raises(Stale, match="changed meanwhile by Ivo Splice"):
        verb(item, version=seen)
    assert room.item(item).version == before.version
    with pytest.raises(NotFound):
        verb(uuid.uuid4(), version=1)


def test_the_same_form_sent_twice_retries_once(room: Room, item: uuid.UUID) -> None:
    failing(room, PermanentFailure("network: 422"))
    room.work(item)
    seen = room.version(item)
    for _ in range(2):
        items.retry(item, ENGINEER, version=seen, form_key="form-1")
    assert room.audit(item).count("retry") == 1
    assert room.version(item) == seen + 1


def test_a_done_item_cannot_be_retried(room: Room, item: uuid.UUID) -> None:
    room.work(item)
    for verb in (items.redo, items.skip, items.done_by_hand):
        with pytest.raises(IllegalMove):
            verb(item, ENGINEER, "because", version=room.version(item))
    with pytest.raises(IllegalMove):
        items.retry(item, ENGINEER, version=room.version(item))
