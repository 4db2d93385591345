"""A stateful test of the real protocol: claim, fence, journal, resume, with workers that freeze and die anywhere.

Hypothesis moves three workers from boundary to boundary, kills them, lets time pass beyond their leases, makes the far
side misbehave, and lets two engineers click on pages that may be out of date. Five mutants, each with one rule of the
protocol taken out, must be caught by this very test.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import and_, delete, or_, select, update

from app.domain import after_commit, clock, lifecycle, status_words
from app.domain.errors import Conflict, TemporaryFailure, UnknownOutcome
from app.domain.lifecycle import Flags, Lease, Move
from app.domain.models import (
    Account,
    Audit,
    FarSystem,
    FormKey,
    Order,
    OrderItem,
    OrderLog,
    OutboundCall,
    OutboxMessage,
    StepRow,
    Wait,
)
from app.domain.models.base import table_of
from app.domain.permissions import Role, Team
from app.domain.states import ENDED, PASSED_STEPS, State, Status, StepState
from app.extensions import db
from app.services import items
from app.services.actor import Actor
from app.services.stock import Stock
from app.site import create_app
from tests.engine.actors import Puppet, boundary, strings_off, strings_on
from tests.engine.room import ACCOUNT, TRIAL, FarSide, FarSystems, does, notes
from tests.support.schema import test_config
from workers.pipeline import breaker, runner
from workers.pipeline.handler import HANDLERS, Handler, manual
from workers.pipeline.runner import Bench

WORKERS, ENGINEERS = 3, 2
LEASE_S = 30
ROWS = (Wait, StepRow, FormKey, Audit, OrderLog, OutboxMessage, OutboundCall, FarSystem, OrderItem, Order)
ENGINEER = [Actor(name, role=Role.ENGINEER) for name in ("Nell Patcher", "Ivo Splice")]
patch = manual("patch", "Patch", team=Team.ENGINEERING, tell="Patch it.")
label = manual("label", "Label", team=Team.ENGINEERING, tell="Label it.")
EFFECTS = ("reserve", "connect", "announce")


class World:
    """The application on a database in memory, the same for all examples."""

    app: Flask
    bench: Bench


@dataclass
class Page:
    """What an engineer sees, and the form that is on it."""

    version: int
    wait: uuid.UUID | None
    form_key: str


class Protocol(RuleBasedStateMachine):
    @initialize(cancels=st.booleans(), waiting=st.booleans())
    def order(self, cancels: bool, waiting: bool) -> None:
        """A new order; in half of the examples it has come to its first question already."""
        self.cancels = cancels
        clock.reset()
        breaker.forget()
        for model in ROWS:
            db.session.execute(delete(model))
        head = Order(id=uuid.uuid4(), number=1, account_id=ACCOUNT)
        self.item = uuid.uuid4()
        ready = {"service_type": TRIAL, "action": "new", "status": Status.ORDERED, **lifecycle.submitted(clock.now())}
        db.session.add_all([head, OrderItem(id=self.item, order_id=head.id, item_number=1, **ready)])
        db.session.commit()
        self.far = FarSide(before=self._before_call, after=self._after_call)
        World.bench.systems = FarSystems(self.far)
        self.fault: str | None = None
        self.puppets: dict[int, Puppet] = {}
        self.pages: dict[int, Page] = {}
        self.winners: Counter[uuid.UUID] = Counter()
        self.redone: Counter[str] = Counter()
        self.cancelled = False
        self.seen_cursor = 0
        if waiting:
            self._finish_work()

    # The far side

    def _before_call(self, what: str) -> None:
        boundary()
        if self.fault == "busy":
            self.fault = None
            raise TemporaryFailure("network: 503")

    def _after_call(self, what: str) -> None:
        boundary()
        fault, self.fault = self.fault, None
        if fault == "lost":
            raise TemporaryFailure("network: the answer was lost")
        if fault == "unknown":
            raise UnknownOutcome("network: it may or may not have happened")

    @rule(how=st.sampled_from(["busy", "lost", "unknown"]))
    def misbehave(self, how: str) -> None:
        self.fault = how

    # Workers

    def _move(self, k: int) -> None:
        if k not in self.puppets:
            self.puppets[k] = Puppet(World.app, lambda: runner.advance(self.item, World.bench))
        self.puppets[k].go()
        if not self.puppets[k].alive:
            del self.puppets[k]

    @rule(k=st.integers(0, WORKERS - 1), boundaries=st.integers(1, 6))
    def work(self, k: int, boundaries: int) -> None:
        """A worker, woken if it sleeps, comes so many boundaries further."""
        for _ in range(boundaries):
            self._move(k)

    def _finish_work(self) -> None:
        for _ in range(60):
            self._move(0)
            if 0 not in self.puppets:
                return
        raise AssertionError("a worker does not come to an end")

    @rule(k=st.integers(0, WORKERS - 1), boundaries=st.integers(1, 6))
    def take_over(self, k: int, boundaries: int) -> None:
        """While the others stand still their leases run out, and this one takes the item."""
        self.pass_time(LEASE_S + 1)
        self.work(k, boundaries)

    @rule(
        k=st.integers(0, WORKERS - 1), boundaries=st.integers(1, 6), others=st.integers(1, 20), awake=st.integers(1, 6)
    )
    def zombie(self, k: int, boundaries: int, others: int, awake: int) -> None:
        """It is frozen beyond its lease, another worker takes the item, and it wakes up as if nothing had happened."""
        self.work(k, boundaries)
        self.take_over((k + 1) % WORKERS, others)
        self.work(k, awake)

    @precondition(lambda self: self.puppets)
    @rule(k=st.integers(0, WORKERS - 1), in_commit=st.booleans())
    def kill(self, k: int, in_commit: bool) -> None:
        puppet = self.puppets.pop(k, None)
        if puppet is not None and in_commit:
            puppet.die_in_next_commit()
        if puppet is not None and puppet.alive:
            puppet.die()

    @rule(seconds=st.sampled_from([1, 6, 12, LEASE_S + 1]))
    def pass_time(self, seconds: int) -> None:
        clock.advance(timedelta(seconds=seconds))

    # People

    @rule(e=st.integers(0, ENGINEERS - 1))
    def look(self, e: int) -> None:
        """An engineer opens the item's page."""
        wait = self._open_wait()
        self.pages[e] = Page(self._item().version, wait.id if wait else None, str(uuid.uuid4()))

    @precondition(lambda self: self.pages)
    @rule(e=st.integers(0, ENGINEERS - 1), clicks=st.integers(1, 2))
    def click(self, e: int, clicks: int) -> None:
        """They press Resume on the page they have, however old it is, perhaps twice."""
        page = self.pages.get(e)
        if page is None or page.wait is None:
            return
        for _ in range(clicks):
            before = self._open_wait()
            if not self._resume(e, page):
                return
            after = self._open_wait()
            if before is None or (after is not None and after.id == before.id):
                assert self.winners[page.wait], "a resume succeeded but answered nothing"
                continue
            assert before.id == page.wait, f"a stale page answered another wait: {before.step_key}"
            self.winners[before.id] += 1

    @rule(e=st.integers(0, ENGINEERS - 1), k=st.integers(0, WORKERS - 1), boundaries=st.integers(0, 6))
    def click_late(self, e: int, k: int, boundaries: int) -> None:
        """Both see the same page; the other one clicks at once, this one when the item has gone on."""
        self.look(e)
        self.look(1 - e)
        self.click(1 - e, 1)
        self.work(k, boundaries)
        self.click(e, 1)

    def _resume(self, e: int, page: Page) -> bool:
        with World.app.app_context():
            try:
                items.resume(self.item, ENGINEER[e], {}, version=page.version, form_key=page.form_key)
            except Conflict:
                return False
            return True

    @rule(e=st.integers(0, ENGINEERS - 1))
    def decide(self, e: int) -> None:
        """An engineer looks at an item that stopped: retry, or, where the outcome is unknown, asks the far side."""
        item = self._item()
        if item.state is not State.ERROR:
            return
        step = next((step for step in self._steps() if step.position == item.cursor), None)
        with World.app.app_context():
            if step is None or step.state is not StepState.UNKNOWN or item.cancelling:
                items.retry(self.item, ENGINEER[e], version=item.version)
            elif self.far.effects[step.key]:
                items.it_happened(self.item, ENGINEER[e], "It is there.", version=item.version)
            else:
                items.redo(self.item, ENGINEER[e], "It is not there.", version=item.version)
                self.redone[step.key] += 1

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        with World.app.app_context():
            try:
                if held:
                    items.hold(self.item, ENGINEER[0], "A moment.")
                else:
                    items.release(self.item, ENGINEER[0])
            except Conflict:
                pass  # it has ended, or is not held

    @precondition(lambda self: self.cancels and self.far.effects)
    @rule()
    def cancel(self) -> None:
        with World.app.app_context():
            try:
                items.cancel(self.item, ENGINEER[1], "No more.")
                self.cancelled = True
            except Conflict:
                pass

    # What must always be so

    def _see(self, query: Any) -> list[Any]:
        rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
        db.session.expunge_all()
        db.session.rollback()
        return rows

    def _item(self) -> OrderItem:
        found: OrderItem = self._see(select(OrderItem).where(OrderItem.id == self.item))[0]
        return found

    def _steps(self) -> list[StepRow]:
        return self._see(select(StepRow).where(StepRow.item_id == self.item).order_by(StepRow.position))

    def _open_wait(self) -> Wait | None:
        return next(iter(self._see(select(Wait).where(Wait.item_id == self.item, Wait.open))), None)

    @invariant()
    def nothing_is_done_twice_or_skipped(self) -> None:
        item, steps = self._item(), self._steps()
        for what in EFFECTS:
            assert self.far.effects[what] <= 1 + self.redone[what], f"{what} was done {self.far.effects[what]} times"
            assert self.far.effects[f"undo {what}"] <= 1 + self.redone[what], f"{what} was undone twice"
        assert max(self.winners.values(), default=0) <= 1, "a wait was answered twice"
        assert self.seen_cursor <= item.cursor <= len(steps), (
            f"the cursor went from {self.seen_cursor} to {item.cursor}"
        )
        self.seen_cursor = item.cursor
        self._each_step_passed_once()
        for step in steps[: item.cursor]:
            taken_back = item.cancelling and step.state in (StepState.UNDONE, StepState.UNKNOWN)
            assert taken_back or step.state in PASSED_STEPS, f"{step.key} was skipped: {step.state}"
            done = step.state is StepState.SUCCEEDED and step.key in EFFECTS
            assert not done or self.far.effects[step.key], f"{step.key} succeeded, but nothing happened"
        if item.state in ENDED:
            assert self._open_wait() is None, "an ended item still waits"
            assert item.state is (State.CANCELLED if self.cancelled else State.DONE)
        if item.state is State.DONE:
            assert all(step.state in PASSED_STEPS for step in steps), "done, but not all steps"

    def _each_step_passed_once(self) -> None:
        passed = select(Audit.subject).where(
            Audit.what.in_(["step succeeded", "step undone"]), Audit.item_id == self.item
        )
        for key, times in Counter(self._see(passed)).items():
            both = 2 if self.cancelled else 1
            assert times <= both + self.redone[key], f"{key} was journaled {times} times"

    def teardown(self) -> None:
        """Once nothing dies any more and people answer what is asked, everything comes to its end."""
        if not hasattr(self, "puppets"):
            return
        for puppet in self.puppets.values():
            puppet.die()
        self.puppets.clear()
        self.fault = None
        self.hold(False)
        for _ in range(30):
            self.pass_time(LEASE_S + 60)
            self._finish_work()
            self.look(0)
            self.click(0, 1)
            self.decide(0)
            if self._item().state in ENDED:
                break
        self.nothing_is_done_twice_or_skipped()
        item = self._item()
        assert item.state in ENDED, f"lost: {item.state} at {item.cursor}, {item.last_error}"
        for what in EFFECTS:
            if item.state is State.DONE:
                assert self.far.effects[what] >= 1, f"{what} was lost"
            else:
                assert self.far.effects[f"undo {what}"] >= min(1, self.far.effects[what]), f"{what} was not undone"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    config = test_config("sqlite://", "redis://127.0.0.1:1/0", tmp_path_factory.mktemp("world"), lease_seconds=LEASE_S)
    World.app = create_app(config)
    World.bench = Bench(FarSystems(FarSide()), config, Stock(config))
    monkeypatch.setattr(breaker, "_READ_EVERY_S", 0.0)  # no memory of an earlier example
    for kind in ("wake", "deliver", "signal"):
        after_commit.carrier(kind, lambda notes: None)
    plan = {
        "inventory": (does("reserve"), patch),
        "provisioning": (label, notes("note"), does("connect"), does("announce")),
    }
    type("Trial", (Handler,), {"service_type": TRIAL, "action": "new", **plan})
    strings_on()
    with World.app.app_context():
        db.create_all()
        db.session.add(Account(id=ACCOUNT, organisation="Harbour Connect"))
        db.session.commit()
        yield
        db.session.remove()
        db.engine.dispose()
    strings_off()
    HANDLERS.pop(f"{TRIAL}:new")
    clock.reset()
    breaker.forget()


def run_it(examples: int) -> None:
    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, database=None, derandomize=True,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip


def test_the_protocol_holds_whatever_happens(world: None) -> None:
    run_it(60)


# Mutants: the protocol with one rule taken out


def fresh_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new idempotency key on every try."""
    monkeypatch.setattr(runner, "effect_key", lambda *_: str(uuid.uuid4()))


def no_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker writes whether or not its lease is still its own."""
    item = table_of(OrderItem)

    def fenced(lease: Lease, move: Move | None = None, *, undoing: bool = False, **values: Any) -> Flags:
        if move is not None:
            to = lifecycle.MOVES[move][1]
            values = {"state": to, "lease_until": None, "run_after": None, "version": item.c.version + 1, **values}
        written = update(item).where(item.c.id == lease.item_id).values(**(values or {"token": item.c.token}))
        row = db.session.execute(written.returning(item.c.held, item.c.cancelling)).one()
        return Flags(row.held, row.cancelling)

    monkeypatch.setattr(lifecycle, "fenced", fenced)


def no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resume answers whatever the item waits for by now."""
    resume = items.resume
    monkeypatch.setattr(items, "resume", lambda *args, version, **more: resume(*args, version=None, **more))


def no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resume moves the item without looking whether it waits at all."""
    item = table_of(OrderItem)

    def resume(item_id: uuid.UUID, actor: Actor, given: Any, **more: Any) -> None:
        moved = {"state": State.READY, "cursor": item.c.cursor + 1, "run_after": clock.now()}
        db.session.execute(update(item).where(item.c.id == item_id).values(version=item.c.version + 1, **moved))
        lifecycle.close_wait(item_id, "answered", by=actor.name)
        status_words.refresh(item_id)
        db.session.commit()

    monkeypatch.setattr(items, "resume", resume)


def no_reclaim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes up the item of a worker that died."""
    item = table_of(OrderItem)
    due: Callable[[Any], Any] = lambda now: and_(  # noqa: E731
        item.c.state.in_([State.READY, State.BACKOFF, State.WAITING]), item.c.run_after <= now,
        or_(item.c.held.is_(False), item.c.cancelling),
    )  # fmt: skip
    monkeypatch.setattr(lifecycle, "claimable", due)


@pytest.mark.parametrize("mutant", [fresh_key, no_fence, no_version, no_guard, no_reclaim], ids=lambda f: f.__name__)
def test_a_protocol_without_one_of_its_rules_is_caught(
    world: None, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        run_it(80)
    print(f"{mutant.__name__} is caught: {str(caught.value).splitlines()[0]}")
