"""Takes one item as far as it will go: the only place where steps are done.

The item is claimed with a lease; each step is journaled in one transaction with its result; before a far system is
called the intent is committed and no transaction is open during the call. Any number of duplicate, late or lost
wake-ups is harmless, and so is the death of the worker at any line.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import structlog

from app.domain import after_commit, clock, lifecycle, status_words
from app.domain.errors import LostLease, NotYet, StepError, TemporaryFailure
from app.domain.lifecycle import CancelAsked, Flags, Lease, Move
from app.domain.states import Stage, State, StepState, item_status
from app.domain.status_words import OrderWords
from app.extensions import db
from workers.pipeline import breaker, compensation, journal, plan
from workers.pipeline.handler import Await, Facts, Step, Task, effect_key
from workers.pipeline.journal import DATABASE_AWAY
from workers.southbound.recorder import recorded

log = structlog.get_logger()

SLICE_S = 1.0
"""After so long an item makes way for others that wait."""


@dataclass
class Bench:
    """What a worker works with: the far systems, the settings, the stock, and which stages it serves."""

    systems: Any
    config: Any
    stock: Any
    stages: frozenset[Stage] = frozenset(Stage)
    stopping: Callable[[], bool] = lambda: False
    others_wait: Callable[[], bool] = lambda: False


@dataclass
class Run:
    """One claimed item while a worker has it."""

    bench: Bench
    lease: Lease
    item: Any
    steps: list[Any]
    cursor: int
    facts: Facts
    flags: Flags
    attempts: int = 0
    order: OrderWords | None = None  # of an order that has no other item
    calls: list[Any] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def lease_until(self) -> datetime:
        return clock.now() + timedelta(seconds=self.bench.config.lease_seconds)

    def words(self, state: State, stage: Stage | None) -> dict[str, Any]:
        """What the item's row must say of its status when it comes into this state and stage."""
        word = item_status(state, stage, by_hand=self.item.by_hand, held=self.flags.held)
        return status_words.item_values(self.item, word, stage)

    def refresh_order(self, words: dict[str, Any], stage: Stage | None) -> None:
        """The order follows its item; that of a lone item without being read first."""
        own = SimpleNamespace(
            status=words.get("status", self.item.status), stage=stage,
            stages_ended=words.get("stages_ended", self.item.stages_ended),
        )  # fmt: skip
        after = status_words.refresh_order(self.item.order_id, self.order, [own])
        self.order = after if self.item.alone else None

    def new_task(self, key: str) -> Task:
        """What the next step sees; its calls are recorded in `calls`."""
        self.calls = []
        systems = recorded(self.bench.systems, self.calls)
        return Task(self.item, self.facts, key, systems, self.bench.config, self.bench.stock)

    def to_blame(self, uses: tuple[str, ...]) -> list[str]:
        """The system whose call failed; the one that the step names first, if it failed before any call."""
        return [call.system for call in self.calls[-1:] if call.error] or list(uses[:1])


def advance(item_id: uuid.UUID, bench: Bench) -> str:
    """Claim the item if it is due and do its steps until it ends, waits, fails, or must be handed on.

    Answers one word for the log. Never raises for what a step did, nor for a database that is away: that is left to
    the sweep.
    """
    structlog.contextvars.bind_contextvars(item=str(item_id))
    try:
        clock.measure(db.engine)
        claimed = lifecycle.claim(item_id, bench.config.lease_seconds)
        if claimed is None:
            db.session.rollback()
            return "not due"
        return _guarded(*claimed, bench)
    except LostLease:
        db.session.rollback()
        return "lost lease"
    except DATABASE_AWAY as failure:
        db.session.rollback()
        log.warning("the database failed under an item; the sweep will take it up again", error=_words(failure))
        return "database failed"
    finally:
        structlog.contextvars.unbind_contextvars("item", "order")


def _guarded(lease: Lease, crashes: int, bench: Bench) -> str:
    """Work the claimed item; whatever goes wrong under it is written down, so that no item is tried for ever."""
    try:
        return _work(lease, crashes, bench)
    except LostLease:
        raise
    except DATABASE_AWAY as failure:
        db.session.rollback()
        log.warning("the database failed under an item", error=_words(failure))
        return _let_go(lease, bench, _words(failure))
    except Exception as bug:
        db.session.rollback()
        log.exception("an item could not be worked")
        again = lifecycle.claim(lease.item_id, bench.config.lease_seconds)  # the first may not have been committed
        journal.park(again[0] if again else lease, f"{type(bug).__name__}: {bug}", "bug")
        return "error"


def _let_go(lease: Lease, bench: Bench, why: str) -> str:
    """The database refused (a lock, a restart): try again soon rather than when the lease has run out."""
    attempts = journal.read_item(lease.item_id).attempts
    if attempts + 1 >= bench.config.max_attempts:
        journal.park(lease, f"The database refused this step {attempts + 1} times: {why}", "temporary")
        return "error"
    pause = journal.pause_before_try(bench.config, attempts)
    lifecycle.fenced(lease, Move.BACK_OFF, attempts=attempts + 1, last_error=why, run_after=clock.now() + pause)
    db.session.commit()
    return "backoff"


def _words(failure: BaseException) -> str:
    return str(getattr(failure, "orig", None) or failure).strip().split("\n")[0]


def _work(lease: Lease, crashes: int, bench: Bench) -> str:
    if crashes >= bench.config.max_crashes:
        journal.park(lease, f"The worker died {crashes} times on this item.", "crash")
        return "parked"
    run = _open(lease, bench)
    while True:
        try:
            word = _turn(run)
        except CancelAsked:
            db.session.rollback()
            run.flags = Flags(cancelling=True)
        else:
            if word is not None:
                return word


def _open(lease: Lease, bench: Bench) -> Run:
    """Read the item; write its plan down if it has none. Commits the claim."""
    item = journal.read_item(lease.item_id)
    flags = Flags(item.held, item.cancelling)
    order = OrderWords(
        item.order_id, item.order_status, item.processing_date, item.order_stages_begun, item.order_stages_ended
    )
    facts = {**item.details, **item.facts}
    run = Run(bench, lease, item, [], item.cursor, facts, flags, item.attempts, order if item.alone else None)
    if item.handler is None and not item.cancelling:
        _begin(run)
    else:
        run.steps = journal.read_steps(lease.item_id)
    db.session.commit()
    structlog.contextvars.bind_contextvars(order=item.order_number)
    return run


def _begin(run: Run) -> None:
    """The item's first moment: its plan is written down, it enters its first stage."""
    item = run.item
    handler, run.steps = plan.write_down(item)
    by_hand = handler == "by_hand"
    news = by_hand and not item.by_hand
    item.handler, item.stage, item.by_hand = handler, run.steps[0].stage, by_hand
    words = run.words(State.RUNNING, item.stage)
    run.flags = lifecycle.fenced(run.lease, handler=handler, stage=item.stage, by_hand=by_hand, **words)
    if news:  # locks the order, so only after the item
        run.bench.stock.announce_by_hand(item)
    if words:
        item.status, item.stages_begun = words["status"], words.get("stages_begun", item.stages_begun)
        status_words.signal(item.id, item.order_id)
        run.refresh_order(words, item.stage)


def _turn(run: Run) -> str | None:
    """Do one step; a word ends the item's turn."""
    if not run.flags.cancelling and run.flags.stop:
        return _give_back(run)
    if run.bench.stopping():
        return _give_back(run)
    if run.flags.cancelling:
        return compensation.undo(run)
    if time.monotonic() - run.began > SLICE_S and run.bench.others_wait():
        return _give_back(run)
    if run.cursor >= len(run.steps):
        return journal.finish(run)
    row = run.steps[run.cursor]
    if row.stage is not None and row.stage not in run.bench.stages:
        return _give_back(run)
    step = plan.find_step(run.item.handler, row.key)
    if step is None and row.kind not in journal.PERSON_KINDS:
        return journal.fail(run, row, StepError(f"The handler no longer has a step called “{row.key}”."), "plan")
    if row.kind in journal.PERSON_KINDS:
        return journal.ask_person(run, row)
    assert step is not None
    return _do(run, row, step)


def _give_back(run: Run) -> str:
    flags = lifecycle.fenced(run.lease, Move.HAND_ON, run_after=clock.now())
    lifecycle.settle(run.lease.item_id)
    if flags.cancelling or not flags.stop:
        after_commit.wake(run.lease.item_id, run.item.stage)
    db.session.commit()
    return "handed on"


def _do(run: Run, row: Any, step: Step) -> str | None:
    """Do an automatic step: its condition, its breaker, its intent, its call, its result."""
    task = run.new_task(effect_key(run.lease.item_id, row.key, row.generation))
    try:
        if step.condition is not None and not step.condition(task):
            return journal.passed(run, row, {}, [], state=StepState.SKIPPED, reason="not needed here")
        shut = breaker.open_until(step.uses)
        if shut is not None:
            return journal.back_off(run, row, shut)
        if not _begun(run, row, step):
            return None
        assert step.act is not None
        found = step.act(task)
        breaker.succeeded(step.uses)
        if isinstance(found, Await):
            return journal.pause(run, row, found)
        return journal.passed(run, row, found or {}, task.lines)
    except StepError as why:
        return _failed(run, row, step, why)
    except (LostLease, CancelAsked, *DATABASE_AWAY):
        raise
    except Exception as bug:
        db.session.rollback()
        log.exception("a step has a bug", step=row.key)
        return journal.fail(run, row, StepError(f"{row.key}: {type(bug).__name__}: {bug}"), "bug")


def _begun(run: Run, row: Any, step: Step) -> bool:
    """Write down what is about to be done to a far system; False if somebody said stop at the last moment."""
    if step.uses or step.kind == "auto":
        journal.intend(run, row)
        after_commit.carry_out_now()
    return not run.flags.stop


def _failed(run: Run, row: Any, step: Step, why: StepError) -> str:
    db.session.rollback()
    if isinstance(why, NotYet):
        return journal.wait_on(run, row, next(iter(run.to_blame(step.uses)), "other"), why)
    if not isinstance(why, TemporaryFailure):
        return journal.fail(run, row, why)
    breaker.failed(run.to_blame(step.uses), why.detail)
    if run.attempts + 1 >= run.bench.config.max_attempts:
        return journal.fail(run, row, why)
    return journal.retry_later(run, row, why)
