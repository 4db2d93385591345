"""How a worker takes an item through its plan: each step once, whatever happens to the worker."""

import itertools
import uuid

import pytest
from sqlalchemy import update

from app.domain import lifecycle
from app.domain.errors import LostLease
from app.domain.lifecycle import Lease
from app.domain.models import StepRow
from app.domain.states import Stage, State, Status
from app.extensions import db
from app.services import engine, items
from tests.engine.room import ENGINEER, Died, Room, does, notes
from workers.pipeline.handler import Facts, Task, local


@pytest.fixture
def item(room: Room) -> uuid.UUID:
    """An item with a step in each stage."""
    room.plan(inventory=(does("reserve"),), quality_assurance=(notes("check"),), provisioning=(does("connect"),))
    return room.order()


def test_an_item_goes_through_its_stages_and_completes(room: Room, item: uuid.UUID) -> None:
    assert room.work(item) == "done"
    assert room.steps(item) == {"reserve": "succeeded", "check": "succeeded", "connect": "succeeded"}
    assert room.far.effects == {"reserve": 1, "connect": 1}
    assert room.status(item) is Status.COMPLETED
    assert set(room.item(item).stages_ended) == set(Stage)
    assert room.item(item).facts == {"reserve": "reserve #1", "check": True, "connect": "connect #1"}


def test_a_duplicate_wake_up_does_nothing(room: Room, item: uuid.UUID) -> None:
    room.work(item)
    assert [room.work(item), room.work(item)] == ["not due", "not due"]
    assert room.far.calls == ["reserve", "connect"]


def test_a_wake_up_for_nothing_does_nothing(room: Room) -> None:
    assert room.work(uuid.uuid4()) == "not due"


def test_two_workers_cannot_have_the_same_item(room: Room, item: uuid.UUID) -> None:
    seen = []
    room.far.before = lambda what: seen.append(room.work(item))
    assert room.work(item) == "done"
    assert seen == ["not due", "not due"]


def test_the_same_key_goes_out_on_every_try(room: Room, item: uuid.UUID) -> None:
    def dies(what: str) -> None:
        raise Died

    room.far.after = dies
    with pytest.raises(Died):
        room.work(item)
    assert room.steps(item)["reserve"] == "started"
    room.far.after = lambda what: None
    assert room.work(item) == "not due"  # the dead worker's lease still runs
    room.lease_runs_out()
    assert room.work(item) == "done"
    assert room.far.calls == ["reserve", "reserve", "connect"]
    assert room.far.effects == {"reserve": 1, "connect": 1}


def test_a_worker_may_die_at_any_moment(room: Room, item: uuid.UUID) -> None:
    for moment in itertools.count(1):
        room.far.effects.clear()
        item = room.order()
        with room.death_at(moment) as passed:
            room.work(item)
        if passed[0] < moment:
            break  # nobody died: all moments have been tried
        room.lease_runs_out()
        room.work(item)
        assert room.state(item) is State.DONE, f"killed at moment {moment}"
        assert room.far.effects == {"reserve": 1, "connect": 1}, f"killed at moment {moment}"
        assert room.audit(item).count("step succeeded") == 3, f"killed at moment {moment}"
    assert moment > 12


def test_a_zombie_past_its_lease_writes_nothing(room: Room, item: uuid.UUID) -> None:
    words = []

    def freeze(what: str) -> None:
        room.far.before = lambda what: None
        room.lease_runs_out()
        words.append(room.work(item))

    room.far.before = freeze
    assert room.work(item) == "lost lease"
    assert words == ["done"]
    assert room.far.effects == {"reserve": 1, "connect": 1}
    assert room.audit(item).count("step succeeded") == 3


def test_a_write_under_a_lost_lease_is_refused(room: Room, item: uuid.UUID) -> None:
    first = lifecycle.claim(item, 30)
    db.session.commit()
    room.lease_runs_out()
    assert lifecycle.claim(item, 30) is not None
    db.session.commit()
    assert first is not None
    with pytest.raises(LostLease):
        lifecycle.fenced(first[0], cursor=3)
    with pytest.raises(LostLease):
        lifecycle.fenced(Lease(item, 99))


def test_an_item_that_kills_its_workers_is_parked(room: Room, item: uuid.UUID) -> None:
    def dies(what: str) -> None:
        raise Died

    room.far.before = dies
    for _ in range(3):
        with pytest.raises(Died):
            room.work(item)
        room.lease_runs_out()
    assert room.work(item) == "parked"
    assert (room.state(item), room.item(item).error_class) == (State.ERROR, "crash")
    assert "died 3 times" in room.said(item)
    room.far.before = lambda what: None
    items.retry(item, ENGINEER, version=room.version(item))
    assert room.work(item) == "done"
    assert room.far.effects == {"reserve": 1, "connect": 1}


def test_a_death_is_forgiven_when_the_next_step_succeeds(room: Room) -> None:
    room.plan(provisioning=tuple(does(f"step{n}") for n in range(5)))
    item = room.order()

    def dies_once_per_step(what: str) -> None:
        if room.far.calls.count(what) == 1:
            raise Died

    room.far.before = dies_once_per_step
    for _ in range(5):
        with pytest.raises(Died):
            room.work(item)
        room.lease_runs_out()
    assert room.work(item) == "done"


def test_an_item_is_handed_to_a_worker_of_the_next_stage(room: Room, item: uuid.UUID) -> None:
    assert room.work(item, stages=frozenset({Stage.INVENTORY})) == "handed on"
    assert (room.state(item), room.status(item)) == (State.READY, Status.QUALITY_ASSURANCE)
    assert room.woken[-1] == (item, Stage.QUALITY_ASSURANCE)
    assert room.work(item, stages=frozenset({Stage.PROVISIONING})) == "handed on"
    assert room.far.calls == ["reserve"]
    assert room.work(item, stages=frozenset({Stage.QUALITY_ASSURANCE, Stage.PROVISIONING})) == "done"


def test_a_stopping_worker_gives_the_item_back_after_the_step(room: Room, item: uuid.UUID) -> None:
    assert room.work(item, stopping=lambda: bool(room.far.calls)) == "handed on"
    assert room.far.calls == ["reserve"]
    assert room.woken[-1][0] == item
    assert room.work(item) == "done"


def test_a_long_item_makes_way_for_others(room: Room, item: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.pipeline.runner.SLICE_S", 0.0)
    assert room.work(item, others_wait=lambda: True) == "handed on"
    assert room.work(item, others_wait=lambda: False) == "done"


def test_a_paused_stage_starts_nothing_new(room: Room, item: uuid.UUID) -> None:
    engine.pause_stage(Stage.INVENTORY, ENGINEER, "switch maintenance")
    assert room.work(item) == "not due"
    engine.resume_stage(Stage.INVENTORY, ENGINEER)
    assert room.work(item) == "done"


def test_a_stage_that_is_paused_meanwhile_stops_the_item_at_its_door(room: Room, item: uuid.UUID) -> None:
    def pause(what: str) -> None:
        with room.app.app_context():
            engine.pause_stage(Stage.PROVISIONING, ENGINEER, "switch maintenance")

    room.far.before = pause
    assert room.work(item) == "handed on"
    assert room.steps(item) == {"reserve": "succeeded", "check": "succeeded", "connect": "pending"}
    assert room.work(item) == "not due"
    room.far.before = lambda what: None
    engine.resume_stage(Stage.PROVISIONING, ENGINEER)
    assert room.work(item) == "done"


def test_a_live_item_keeps_the_plan_it_started_with(room: Room, item: uuid.UUID) -> None:
    room.work(item, stages=frozenset({Stage.INVENTORY}))
    room.plan(inventory=(does("other"), does("reserve")), quality_assurance=(notes("check"),),
              provisioning=(does("before"), does("connect")))  # fmt: skip
    assert room.work(item) == "done"
    assert room.far.calls == ["reserve", "connect"]


def test_a_step_that_the_code_no_longer_knows_stops_the_item_in_words(room: Room, item: uuid.UUID) -> None:
    room.work(item, stages=frozenset({Stage.INVENTORY}))
    room.plan(inventory=(does("reserve"),), provisioning=(does("connect"),))
    assert room.work(item) == "error"
    assert (room.state(item), room.item(item).error_class) == (State.ERROR, "plan")
    assert room.item(item).last_error == "The handler no longer has a step called “check”."
    assert room.far.calls == ["reserve"], "nothing was skipped silently"


def test_a_step_is_passed_over_where_its_condition_does_not_hold(room: Room) -> None:
    wanted = does("connect").when(lambda task: bool(task.facts.get("wanted")))
    room.plan(provisioning=(wanted, does("activate")))
    plain, extra = room.order(), room.order(details={"wanted": True})
    assert [room.work(plain), room.work(extra)] == ["done", "done"]
    assert room.steps(plain)["connect"] == "skipped"
    assert room.far.effects == {"connect": 1, "activate": 2}


def test_a_local_step_and_its_journal_row_are_one_transaction(room: Room) -> None:
    @local("Count")
    def count(task: Task) -> Facts:
        db.session.execute(update(StepRow).where(StepRow.key == "count").values(team="counted"))
        return {}

    room.plan(inventory=(count,))
    item = room.order()
    with room.death_at(3):  # before the commit of its result
        room.work(item)
    assert room.step(item, "count").team is None
    room.lease_runs_out()
    room.work(item)
    assert room.step(item, "count").team == "counted"


def test_what_a_step_says_is_in_the_log_once(room: Room) -> None:
    @local("Tell")
    def tell(task: Task) -> Facts:
        task.say(user="Your service is being built.", debug="Rack 4.")
        return {}

    room.plan(inventory=(tell, notes("more")))
    item = room.order()
    room.work(item)
    assert room.said(item).count("Your service is being built.|Rack 4.") == 1


def test_an_item_that_no_handler_serves_is_worked_by_hand(room: Room) -> None:
    item = room.order(service_type="unheard_of", by_hand=True)
    assert room.work(item) == "waiting"
    assert room.status(item) is Status.MANUAL_PROCESSING
    assert [key for key in room.steps(item) if key.startswith("by_hand_")] == [
        "by_hand_inventory", "by_hand_quality_assurance", "by_hand_provisioning",
    ]  # fmt: skip


def test_an_item_whose_plan_cannot_be_written_stops_visibly(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.plan(inventory=(notes("one"),))
    item = room.order()

    def broken(item: object) -> str:
        raise ValueError("no such gate")

    monkeypatch.setattr("workers.pipeline.plan.write_down", broken)
    assert room.work(item) == "error"
    assert room.item(item).last_error == "ValueError: no such gate"
    monkeypatch.undo()
    items.retry(item, ENGINEER, version=room.version(item))
    assert room.work(item) == "done"
