"""Waiting and being answered: for a person, a system, a time. One click, one effect."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from app.domain import clock
from app.domain.asks import number, text
from app.domain.errors import Forbidden, IllegalMove, Invalid, NotFound, Stale
from app.domain.models import User
from app.domain.permissions import Role, Team
from app.domain.states import State, Status, WaitKind
from app.extensions import db
from app.services import callbacks, claims, items, orders
from app.services.actor import Actor
from tests.engine.room import ACCOUNT, ENGINEER, MEMBER, OTHER_ENGINEER, SALES, Room, does, notes
from workers.pipeline.handler import Await, Facts, Task, manual, member, until

patch = manual(
    "patch", "Patch the cross-connect", team=Team.ENGINEERING, tell="Patch {port} of item {item_number}, {unknown}.",
    ask={"position": text("Position"), "light": number("Light level", unit="dBm", minimum=-60)},
)  # fmt: skip
label = manual("label", "Label the cable", team=Team.ENGINEERING, tell="Label it.")
ready = member(
    "ready", "Wait for the member", tell="Please confirm.", says="Your service has been configured.",
    expires_setting="member_ready_seconds", default_answer={"confirmed": "no answer"},
)  # fmt: skip
GIVEN: dict[str, Any] = {"position": "R12/17", "light": "-3.5"}


@pytest.fixture
def item(room: Room) -> uuid.UUID:
    """An item that waits for the cross-connect; labelling follows, then the rest."""
    room.plan(inventory=(does("reserve"),), provisioning=(patch, label, does("connect")))
    item = room.order(details={"port": "xe-0/0/1"})
    assert room.work(item) == "waiting"
    return item


def test_a_manual_step_pauses_the_item_for_the_team(room: Room, item: uuid.UUID) -> None:
    wait = room.wait(item)
    assert wait is not None
    assert (wait.kind, wait.audience, wait.title) == (WaitKind.MANUAL, "team:engineering", "Patch the cross-connect")
    assert wait.tell == "Patch xe-0/0/1 of item 1, –."
    assert wait.due_at is not None
    assert (room.state(item), room.status(item)) == (State.WAITING, Status.AWAITING_AGENT)
    assert room.work(item) == "not due", "a waiting item holds no worker"


def test_one_click_resumes_it_and_the_answers_become_facts(room: Room, item: uuid.UUID) -> None:
    room.resume(item, **GIVEN)
    assert (room.state(item), room.status(item)) == (State.READY, Status.PROVISIONING)
    assert room.woken[-1][0] == item
    assert room.work(item) == "waiting"
    room.resume(item)
    assert room.work(item) == "done"
    assert room.item(item).facts == {
        "reserve": "reserve #1", "position": "R12/17", "light": -3.5, "connect": "connect #1",
    }  # fmt: skip
    step = room.step(item, "patch")
    assert (step.state.value, step.by, step.facts) == (
        "succeeded",
        "Nell Patcher",
        {"position": "R12/17", "light": -3.5},
    )
    closed = room.waits(item)[0]
    assert (closed.closed_how, closed.answered_by) == ("answered", "Nell Patcher")
    assert "Patch the cross-connect: resumed by Nell Patcher." in room.said(item)


def test_wrong_answers_are_all_named_and_nothing_changes(room: Room, item: uuid.UUID) -> None:
    seen = room.version(item)
    with pytest.raises(Invalid) as refused:
        items.resume(item, ENGINEER, {"light": "-99", "colour": "red"}, version=seen, form_key="form-1")
    assert {finding.pointer for finding in refused.value.errors} == {
        "/answers/position", "/answers/light", "/answers/colour",
    }  # fmt: skip
    assert (room.version(item), room.state(item)) == (seen, State.WAITING)
    items.resume(item, ENGINEER, GIVEN, version=seen, form_key="form-1")  # the corrected form still works


def test_a_page_that_is_out_of_date_is_refused(room: Room, item: uuid.UUID) -> None:
    seen = room.version(item)
    items.hold(item, OTHER_ENGINEER, "moment")
    with pytest.raises(Stale, match="changed meanwhile by Ivo Splice"):
        items.resume(item, ENGINEER, GIVEN, version=seen)
    assert room.state(item) is State.WAITING


def test_a_stale_page_never_answers_the_next_wait(room: Room, item: uuid.UUID) -> None:
    seen = room.version(item)
    room.resume(item, **GIVEN)
    room.work(item)
    assert room.wait(item) is not None
    for given in ({}, GIVEN):
        with pytest.raises(Stale):
            items.resume(item, OTHER_ENGINEER, given, version=seen)
    assert room.steps(item)["label"] == "started"


def test_the_same_form_gets_the_same_success(room: Room, item: uuid.UUID) -> None:
    seen = room.version(item)
    for _ in range(3):
        items.resume(item, ENGINEER, GIVEN, version=seen, form_key="form-1")
    room.work(item)
    items.resume(item, ENGINEER, GIVEN, version=seen, form_key="form-1")
    assert room.audit(item).count("answer") == 1
    assert room.steps(item)["label"] == "started", "the late repetition did not answer the next wait"


def test_another_persons_click_loses_in_words(room: Room, item: uuid.UUID) -> None:
    seen = room.version(item)
    items.resume(item, ENGINEER, GIVEN, version=seen, form_key="form-1")
    with pytest.raises(Stale, match="by Nell Patcher"):
        items.resume(item, OTHER_ENGINEER, GIVEN, version=seen, form_key="form-2")


def at_once(room: Room, *clicks: Callable[[], None]) -> list[BaseException | None]:
    """All clicks at the same moment, each in a process of its own; what each of them raised."""
    gate = threading.Barrier(len(clicks))
    outcomes: list[BaseException | None] = [None] * len(clicks)

    def click(n: int) -> None:
        with room.app.app_context():
            gate.wait()
            try:
                clicks[n]()
            except BaseException as why:
                outcomes[n] = why

    threads = [threading.Thread(target=click, args=(n,)) for n in range(len(clicks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_double_click_is_one_effect_and_two_successes(room: Room) -> None:
    room.plan(provisioning=(patch, label, does("connect")))
    for round_ in range(8):
        item = room.order()
        room.work(item)
        seen = room.version(item)
        outcomes = at_once(
            room, *[partial(items.resume, item, ENGINEER, GIVEN, version=seen, form_key=f"form-{round_}")] * 4
        )
        assert outcomes == [None] * 4
        assert room.audit(item).count("answer") == 1


def test_two_people_racing_have_one_winner(room: Room) -> None:
    room.plan(provisioning=(patch, label, does("connect")))
    for round_ in range(8):
        item = room.order()
        room.work(item)
        seen = room.version(item)
        outcomes = at_once(
            room,
            partial(items.resume, item, ENGINEER, GIVEN, version=seen, form_key=f"a-{round_}"),
            partial(items.resume, item, OTHER_ENGINEER, GIVEN, version=seen, form_key=f"b-{round_}"),
            partial(items.resume, item, OTHER_ENGINEER, GIVEN, version=None, form_key=f"c-{round_}"),
        )
        assert outcomes.count(None) == 1
        assert all(isinstance(why, Stale | IllegalMove) for why in outcomes if why)
        assert room.audit(item).count("answer") == 1


def test_there_is_nothing_to_resume_where_nobody_waits(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    item = room.order()
    with pytest.raises(IllegalMove, match="nothing to resume"):
        items.resume(item, ENGINEER, {}, version=None)
    with pytest.raises(NotFound):
        items.resume(uuid.uuid4(), ENGINEER, {}, version=None)


@pytest.mark.parametrize("actor", [SALES, MEMBER, Actor("Nobody")])
def test_a_wait_is_answered_only_by_its_audience(room: Room, item: uuid.UUID, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        items.resume(item, actor, GIVEN, version=room.version(item))


def test_a_wait_can_be_stepped_over(room: Room, item: uuid.UUID) -> None:
    items.done_by_hand(item, ENGINEER, "It was patched last week.", version=room.version(item))
    assert room.work(item) == "waiting"
    assert room.steps(item)["patch"] == "by_hand"
    assert [wait.closed_how for wait in room.waits(item)] == ["superseded", None]


# Claims


@pytest.fixture
def people(room: Room) -> tuple[Actor, Actor]:
    found = []
    for name in ("Nell Patcher", "Ivo Splice"):
        user = User(email=f"{name[:3]}@handoff.example", name=name, role=Role.ENGINEER, password_hash="-")
        db.session.add(user)
        db.session.flush()
        found.append(Actor(name, user.id, Role.ENGINEER))
    db.session.commit()
    return found[0], found[1]


def test_a_claimed_item_is_in_one_persons_hands(room: Room, item: uuid.UUID, people: tuple[Actor, Actor]) -> None:
    nell, ivo = people
    seen = room.version(item)
    claims.claim(item, nell, 3600)
    with pytest.raises(Stale, match="Nell Patcher"):
        claims.claim(item, ivo, 3600)
    with pytest.raises(Stale, match="Nell Patcher has claimed"):
        items.resume(item, ivo, GIVEN, version=seen)
    claims.take_over(item, ivo, 3600, "Nell is at lunch.")
    items.resume(item, ivo, GIVEN, version=seen)  # claiming does not raise the version
    assert room.state(item) is State.READY


def test_an_untouched_claim_lapses(room: Room, item: uuid.UUID, people: tuple[Actor, Actor]) -> None:
    nell, ivo = people
    claims.claim(item, nell, 60)
    room.later(61)
    items.resume(item, ivo, GIVEN, version=room.version(item))
    assert room.state(item) is State.READY


# The member


@pytest.fixture
def at_member(room: Room) -> uuid.UUID:
    room.plan(provisioning=(ready, notes("activate")))
    item = room.order()
    room.work(item)
    return item


def test_the_member_is_asked_and_told(room: Room, at_member: uuid.UUID) -> None:
    wait = room.wait(at_member)
    assert wait is not None
    assert (wait.audience, room.status(at_member)) == (f"account:{ACCOUNT}", Status.AWAITING_MEMBER)
    assert "Your service has been configured.|" in room.said(at_member)
    items.resume(at_member, MEMBER, {}, version=room.version(at_member))
    assert room.work(at_member) == "done"
    assert room.step(at_member, "ready").by == "Ada Quayside"


def test_without_an_answer_it_goes_on_by_itself(room: Room, at_member: uuid.UUID) -> None:
    room.later(room.config.member_ready_seconds - 60)
    assert room.work(at_member) == "not due"
    room.later(120)
    assert room.work(at_member) == "done"
    assert room.waits(at_member)[0].closed_how == "expired"
    assert room.item(at_member).facts["confirmed"] == "no answer"
    assert "no answer in time" in room.said(at_member)


def test_sales_answer_for_the_member_only_with_a_reason(room: Room, at_member: uuid.UUID) -> None:
    with pytest.raises(Invalid, match="Say why"):
        items.resume(at_member, SALES, {}, version=room.version(at_member))
    items.resume(at_member, SALES, {}, version=room.version(at_member), reason="Confirmed by phone.")
    assert "Confirmed by phone." in room.said(at_member)


def test_somebody_elses_member_may_not_answer(room: Room, at_member: uuid.UUID) -> None:
    stranger = Actor("Lou Lantern", role=Role.MEMBER, account_ids=frozenset({"account-lighthouse"}))
    with pytest.raises(Forbidden):
        items.resume(at_member, stranger, {}, version=room.version(at_member))


# Far systems


class Job:
    """A job of the far side that ends when the test says so."""

    def __init__(self) -> None:
        self.ended = False

    def step(self):
        @until("Wait for the network", uses=("network",))
        def look(task: Task) -> Facts | Await:
            task.systems.network.do(task.key, "look")
            if self.ended:
                return {"revision": "r7"}
            return Await(WaitKind.SYSTEM, "system:network", "The network works on it", reference="job-1",
                         look_again=clock.now() + timedelta(seconds=5))  # fmt: skip

        return look


@pytest.fixture
def job(room: Room) -> Job:
    job = Job()
    room.plan(provisioning=(job.step(), notes("close")))
    return job


def test_a_far_systems_wait_is_looked_at_again_by_itself(room: Room, job: Job) -> None:
    item = room.order()
    assert room.work(item) == "waiting"
    version = room.version(item)
    room.later(6)
    assert room.work(item) == "waiting"
    assert (room.version(item), len(room.waits(item))) == (version, 1), "looking again changes nothing that people see"
    job.ended = True
    room.later(6)
    assert room.work(item) == "done"
    assert [(wait.open, wait.closed_how) for wait in room.waits(item)] == [(False, "fulfilled")]


def test_a_callback_brings_the_next_look_forward(room: Room, job: Job) -> None:
    item = room.order()
    room.work(item)
    job.ended = True
    assert room.work(item) == "not due"
    assert callbacks.look_again("job-1")
    assert room.woken[-1][0] == item
    assert room.work(item) == "done"
    assert not callbacks.look_again("job-1"), "a replay finds nobody waiting"


def test_a_person_cannot_answer_for_a_far_system(room: Room, job: Job) -> None:
    item = room.order()
    room.work(item)
    with pytest.raises(IllegalMove, match="nothing to resume"):
        items.resume(item, ENGINEER, {}, version=room.version(item))


# Confirming a whole order

OWNER = ["account:account-lighthouse", "The owner agrees", "Harbour asks to join."]
BOSS = ["team:sales", "Sales confirm the order", "It is large."]
LOU = Actor("Lou Lantern", role=Role.MEMBER, account_ids=frozenset({"account-lighthouse"}))


@pytest.fixture
def asked(room: Room) -> list[uuid.UUID]:
    """An order of three items that wait for the owner's and then for Sales' consent."""
    room.plan(inventory=(does("reserve"),))
    found = room.orders(*[{"confirmations": [OWNER, BOSS]}] * 3)
    assert [room.work(one) for one in found] == ["waiting"] * 3
    return found


def test_confirming_answers_all_confirmation_waits_in_one_transaction(room: Room, asked: list[uuid.UUID]) -> None:
    order_id = room.item(asked[0]).order_id
    assert room.order_of(asked[0]).status is Status.AWAITING_ORDER_CONFIRMATION
    with room.death_at(1), room.app.app_context():  # before the only commit
        orders.confirm(order_id, LOU)
    assert [room.state(one) for one in asked] == [State.WAITING] * 3
    orders.confirm(order_id, LOU, form_key="form-1")
    orders.confirm(order_id, LOU, form_key="form-1")
    assert [room.state(one) for one in asked] == [State.READY] * 3
    assert [room.work(one) for one in asked] == ["waiting"] * 3
    with pytest.raises(IllegalMove, match="not waiting for your agreement"):
        orders.confirm(order_id, LOU)
    orders.confirm(order_id, SALES)
    assert [room.work(one) for one in asked] == ["done"] * 3


def test_two_who_confirm_at_once_confirm_once(room: Room, asked: list[uuid.UUID]) -> None:
    order_id = room.item(asked[0]).order_id
    outcomes = at_once(room, *[lambda: orders.confirm(order_id, LOU)] * 3)
    assert outcomes.count(None) == 1
    assert all(isinstance(why, IllegalMove) for why in outcomes if why)
    assert all(room.audit(one).count("answer") == 1 for one in asked)


def test_declining_ends_every_item_as_rejected(room: Room, asked: list[uuid.UUID]) -> None:
    orders.reject(room.item(asked[0]).order_id, LOU, "We do not know them.")
    assert [room.status(one) for one in asked] == [Status.REJECTED] * 3
    order = room.order_of(asked[0])
    assert (order.status, order.outcome) == (Status.REJECTED, "none")
    assert "The order was declined: We do not know them.|" in room.said(asked[0])
    assert [room.work(one) for one in asked] == ["not due"] * 3
    assert not any(wait.open for one in asked for wait in room.waits(one))
