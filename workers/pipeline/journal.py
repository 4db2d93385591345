"""The transactions of a run: each writes the step's row, the item, the log and the audit together, under the lease."""

import random
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, insert, null, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Config
from app.domain import after_commit, clock, lifecycle, prepared, status_words, story
from app.domain.asks import frozen, thawed
from app.domain.errors import NotYet, StepError, TemporaryFailure, UnknownOutcome
from app.domain.lifecycle import Flags, Lease, Move
from app.domain.models import Audit, Callback, ItemDependency, Order, OrderItem, OutboundCall, StepRow, Wait
from app.domain.models.base import table_of
from app.domain.states import PERSON_WAITS, Stage, State, StepState, WaitKind
from app.domain.story import Line
from app.extensions import db
from workers.pipeline.handler import Await, Facts
from workers.pipeline.plan import COLUMNS

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What the database itself could not do, through no fault of the step."""

if TYPE_CHECKING:
    from workers.pipeline.runner import Run

item, order, step, audit_rows = table_of(OrderItem), table_of(Order), table_of(StepRow), table_of(Audit)
needs, calls, others = table_of(ItemDependency), table_of(OutboundCall), item.alias("others")
_NAMED = re.compile(r"\{(\w+)\}")
PERSON_KINDS = frozenset(kind.value for kind in PERSON_WAITS)

_ITEM = select(
    item.c.id, item.c.order_id, item.c.item_number, item.c.service_type, item.c.action, item.c.details, item.c.before,
    item.c.facts, item.c.service_id, item.c.service_number, item.c.state, item.c.stage, item.c.by_hand,
    item.c.status, item.c.stages_begun, item.c.stages_ended, item.c.confirmations, item.c.held,
    item.c.cancelling, item.c.handler, item.c.cursor, item.c.attempts,
    func.coalesce(item.c.requested_start_date, order.c.requested_start_date).label("start_wish"),
    func.coalesce(item.c.requested_completion_date, order.c.requested_completion_date).label("completion_wish"),
    order.c.number.label("order_number"), order.c.type.label("order_type"), order.c.account_id,
    order.c.sub_account_id, order.c.requestor,
    exists().where(needs.c.item_id == item.c.id).label("needs_others"),
    exists().where(needs.c.needs_id == item.c.id).label("needed_by_others"),
    ~exists().where(others.c.order_id == item.c.order_id, others.c.id != item.c.id).label("alone"),
    order.c.status.label("order_status"), order.c.processing_date,
    order.c.stages_begun.label("order_stages_begun"), order.c.stages_ended.label("order_stages_ended"),
).join(order, order.c.id == item.c.order_id).where(item.c.id == bindparam("item_id"))  # fmt: skip
_STEPS = select(*COLUMNS).where(step.c.item_id == bindparam("item_id")).order_by(step.c.position)
_BEGUN = (
    update(step)
    .where(step.c.id == bindparam("row_id"))
    .values(tries=step.c.tries + 1, **prepared.placeholders(("state", "token", "started_at")))
)
_ENDED = (
    update(step)
    .where(step.c.id == bindparam("row_id"))
    .values(
        started_at=func.coalesce(step.c.started_at, bindparam("new_ended_at")), error=null(),
        **prepared.placeholders(("state", "token", "facts", "ended_at", "by", "reason")),
    )
)  # fmt: skip


def read_item(item_id: uuid.UUID) -> Any:
    """The item with what steps need to know of its order. Its worker keeps it up to date while it has the lease."""
    return SimpleNamespace(**db.session.execute(_ITEM, {"item_id": item_id}).one()._mapping)


def read_steps(item_id: uuid.UUID) -> list[Any]:
    return list(db.session.execute(_STEPS, {"item_id": item_id}))


def intend(run: "Run", row: Any) -> None:
    """T1: the intent is durable before the call. Commits."""
    run.flags = lifecycle.fenced(run.lease, lease_until=run.lease_until())
    begun = {"state": StepState.STARTED, "token": run.lease.token, "started_at": clock.now()}
    db.session.execute(_BEGUN, {"row_id": row.id, **prepared.parameters(begun)})
    db.session.commit()


def passed(
    run: "Run",
    row: Any,
    facts: Facts,
    lines: list[Line],
    state: StepState = StepState.SUCCEEDED,
    reason: str | None = None,
) -> str | None:
    """T2: result, cursor, facts, log and audit move together; the item enters its next stage or is done. Commits."""
    now = clock.now()
    nxt = run.steps[run.cursor + 1] if run.cursor + 1 < len(run.steps) else None
    stage = nxt.stage if nxt is not None and nxt.stage is not None else run.item.stage
    values: dict[str, Any] = {"cursor": run.cursor + 1, "attempts": 0, "crashes": 0, "lease_until": run.lease_until()}
    if facts:
        values["facts"] = {**run.item.facts, **facts}
    if stage is not run.item.stage:
        values["stage"] = stage
    if nxt is None:
        values["lease_until"] = None
    words = run.words(State.RUNNING if nxt is not None else State.DONE, stage)
    flags = lifecycle.fenced(
        run.lease, Move.FINISH if nxt is None else None, at_leisure=nxt is not None, **values, **words
    )
    if row.kind == "local" and _stopped_before(run, flags, entered="stage" in values):
        db.session.rollback()
        run.flags = flags
        return None
    if row.kind == "until" or row.state is StepState.STARTED:  # only such a step may have waited
        lifecycle.close_wait(run.item.id, "fulfilled", by="worker")
    ended = {"state": state, "token": run.lease.token, "facts": facts or None, "ended_at": now, "by": "worker",
             "reason": reason}  # fmt: skip
    db.session.execute(_ENDED, {"row_id": row.id, **prepared.parameters(ended)})
    write_calls(run, row)
    story.audit(
        "worker", f"step {state.value}", order_id=run.item.order_id, item_id=run.item.id, subject=row.key,
        after=facts or None,
    )  # fmt: skip
    if nxt is None and run.item.needed_by_others:
        lifecycle.nudge_dependents(run.item.id)
    _tell_words(run, flags, words, [replace(line, step=row.key) for line in lines], stage)
    db.session.commit()
    run.flags = flags
    if nxt is None:
        return "done"
    _step_forward(run, row, facts, {**values, **words})
    return None


def _stopped_before(run: "Run", flags: Flags, *, entered: bool) -> bool:
    """Whether somebody said stop before this step began in earnest: a step in our own database begins as it ends.

    A pause of the stage that is just being entered stops the item at that stage's door, not here.
    """
    return (flags.held or flags.cancelling or (flags.paused and not entered)) and not run.flags.stop


def _tell_words(run: "Run", flags: Flags, words: dict[str, Any], lines: list[Line], stage: Stage | None) -> None:
    """The log lines, and what follows from the item's new word."""
    if flags.held != run.flags.held:  # somebody held or released it meanwhile: the word is another one
        run.order = None
        status_words.refresh(run.item.id, lines)
    else:
        for line in lines:
            story.log(run.item.order_id, line, item_id=run.item.id)
    if words:  # also then: a step that was the last one ends the item although somebody held it
        status_words.signal(run.item.id, run.item.order_id)
        run.refresh_order(words, stage)
    else:
        _signal(run)


def _step_forward(run: "Run", row: Any, facts: Facts, values: dict[str, Any]) -> None:
    """What was just committed, in the worker's own picture of the item."""
    run.cursor += 1
    run.attempts = 0
    run.facts = {**run.facts, **facts}
    if row.kind == "local" and facts:  # such a step may have changed the item itself, as a join does
        run.item = read_item(run.item.id)
        db.session.rollback()
        return
    for name in ("facts", "stage", "status", "stages_begun", "stages_ended"):
        if name in values:
            setattr(run.item, name, values[name])


def finish(run: "Run") -> str:
    """The plan is at its end although the last step was answered by a person. Commits."""
    lifecycle.fenced(run.lease, Move.FINISH)
    lifecycle.settle(run.item.id)
    db.session.commit()
    return "done"


def ask_person(run: "Run", row: Any) -> str | None:
    """A person's step: open its wait; if it is open already and has expired, go on with its default answer. Commits."""
    asked = db.session.execute(
        select(Wait.id, Wait.expires_at, Wait.default_answer).where(
            Wait.item_id == run.item.id, Wait.open, Wait.step_key == row.key
        )
    ).first()
    if asked is None:
        return pause(run, row, await_from_row(run, row))
    if asked.default_answer is not None and asked.expires_at is not None and asked.expires_at <= clock.now():
        lifecycle.fenced(run.lease)
        lifecycle.close_wait(run.item.id, "expired", by="time", wait_id=asked.id, answers=asked.default_answer)
        return passed(
            run, row, asked.default_answer, [Line(debug=f"{row.title}: no answer in time, went on by itself.")]
        )
    lifecycle.fenced(run.lease, Move.PAUSE, same_version=True, run_after=asked.expires_at)
    db.session.commit()
    return "waiting"


def pause(run: "Run", row: Any, what: Await) -> str:
    """The item now waits. If it already waits for the same, only the next look is set. Commits.

    A far system that takes longer than anybody should wait for is a failure, in words.
    """
    since = _waits_since(run.item.id, row, what)
    longest = timedelta(seconds=run.bench.config.system_longest_seconds)
    if what.kind is WaitKind.SYSTEM and since is not None and since + longest <= clock.now():
        late = StepError(f"{what.title}: still not done after {_plainly(clock.now() - since)}.")
        return fail(run, row, late, "overdue")
    look_again = what.look_again
    if _told_already(what):
        look_again = clock.now()
        after_commit.wake(run.item.id, run.item.stage)
    values: dict[str, Any] = {"run_after": _earliest(look_again, what.expires), "crashes": 0, "attempts": 0}
    if what.facts:
        values["facts"] = {**run.item.facts, **what.facts}
    undoing = run.flags.cancelling
    if since is not None:
        lifecycle.fenced(run.lease, Move.PAUSE, undoing=undoing, same_version=True, **values)
        write_calls(run, row)
    else:
        lifecycle.fenced(run.lease, Move.PAUSE, undoing=undoing, **values)
        _open_wait(run, row, what)
        if not undoing:  # a step that is being undone stays what it was until it is
            _write_step(row.id, state=StepState.STARTED, token=run.lease.token,
                        started_at=func.coalesce(step.c.started_at, clock.now()))  # fmt: skip
        write_calls(run, row)
        story.audit("worker", f"waits: {what.kind.value}", order_id=run.item.order_id, item_id=run.item.id,
                    subject=row.key, after={"audience": what.audience, "title": what.title})  # fmt: skip
        status_words.refresh(run.item.id, [replace(what.line, step=row.key)] if what.line else None)
    db.session.commit()
    return "waiting"


def _told_already(what: Await) -> bool:
    """Whether the far side's callback was faster than this wait; then nobody would be told again."""
    if what.kind is not WaitKind.SYSTEM or what.reference is None:
        return False
    seen = update(Callback).where(Callback.reference == what.reference, Callback.early).values(early=False)
    return db.session.execute(seen.returning(Callback.id)).first() is not None


def wait_on(run: "Run", row: Any, system: str, why: NotYet) -> str:
    """A step, or its undoing, that a far system has not finished: a wait like all others, with a target. Commits."""
    look_again = clock.now() + timedelta(seconds=why.look_again)
    title = (f"Undoing: {row.title}" if run.flags.cancelling else row.title)[:200]
    return pause(run, row, Await(WaitKind.SYSTEM, f"system:{system}", title, tell=why.detail, look_again=look_again))


def _plainly(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600)
    return f"{hours} hours" if hours > 1 else f"{max(1, round(length.total_seconds() / 60))} minutes"


def _waits_since(item_id: uuid.UUID, row: Any, what: Await) -> datetime | None:
    """Since when the item waits for just this, if it does."""
    found = db.session.execute(
        select(Wait.step_key, Wait.kind, Wait.reference, Wait.audience, Wait.opened_at).where(
            Wait.item_id == item_id, Wait.open
        )
    ).first()
    same = found is not None and tuple(found)[:4] == (row.key, what.kind, what.reference, what.audience)
    return found.opened_at if found is not None and same else None


def _open_wait(run: "Run", row: Any, what: Await) -> None:
    lifecycle.open_wait(
        run.lease,
        step_key=row.key,
        kind=what.kind,
        audience=what.audience,
        title=what.title,
        tell=what.tell or None,
        ask=frozen(what.ask) or None,
        reference=what.reference,
        due_at=what.due or _target(run, row, what),
        expires_at=what.expires,
        default_answer=what.default_answer,
    )


def _target(run: "Run", row: Any, what: Await) -> datetime | None:
    """When the wait is due: by its target, though not after it has answered itself."""
    stage = run.item.stage.value if run.item.stage else None
    allowed = run.bench.config.due_after.of(what.kind, stage, run.item.service_type, row.key)
    return _earliest(clock.now() + allowed, what.expires) if allowed is not None else None


def filled_in(text: str, run: "Run") -> str:
    """`text` with {facts} filled in; a fact that is not there yet shows as a dash, never as an error.

    Brackets around nothing but a dash are left out. Not `str.format`: names of accounts and ports are in these texts,
    and may have braces of their own.
    """
    known = {**run.facts, "service_number": run.item.service_number, "item_number": run.item.item_number,
             "order_number": run.item.order_number}  # fmt: skip
    filled = _NAMED.sub(lambda found: "–" if known.get(found[1]) is None else str(known[found[1]]), text)
    return filled.replace(" (–)", "")


def await_from_row(run: "Run", row: Any) -> Await:
    """What a person's step asks, as it was written down for this item."""
    kind = WaitKind(row.kind)
    extra = row.extra or {}
    expires = None
    if extra.get("expires"):
        expires = clock.now() + timedelta(seconds=getattr(run.bench.config, extra["expires"]))
    if kind is WaitKind.MEMBER:
        audience = f"account:{run.item.account_id}"
    else:
        audience = row.team if ":" in (row.team or "") else f"team:{row.team}"
    says = filled_in(extra.get("says") or "", run)
    line = Line(user=says) if says else Line(debug=f"Paused: {row.title}.")
    return Await(
        kind, audience, row.title, tell=filled_in(row.tell or "", run), ask=thawed(row.ask), expires=expires,
        default_answer=extra.get("default"), line=line,
    )  # fmt: skip


def back_off(run: "Run", row: Any, until: datetime) -> str:
    """A system that the step needs is known to be down: wait without spending an attempt. Commits."""
    lifecycle.fenced(run.lease, Move.BACK_OFF, run_after=until + timedelta(seconds=random.uniform(0, 1)))
    _signal(run)
    db.session.commit()
    return "breaker open"


def pause_before_try(config: Config, attempts: int) -> timedelta:
    """Growing pauses with jitter, so that items that failed together do not come back together."""
    longest = min(config.retry_max_seconds, config.retry_base_seconds * 2 ** min(attempts, 30))
    return timedelta(seconds=longest * random.uniform(0.5, 1.5))


def retry_later(run: "Run", row: Any, why: TemporaryFailure) -> str:
    """A temporary failure: try again later. Commits."""
    when = clock.now() + max(pause_before_try(run.bench.config, run.attempts), timedelta(seconds=why.retry_after or 0))
    lifecycle.fenced(run.lease, Move.BACK_OFF, attempts=run.attempts + 1, last_error=why.detail, run_after=when)
    _write_step(row.id, state=_failed_state(run, row, why), token=run.lease.token, error=why.detail)
    write_calls(run, row)
    _signal(run)
    db.session.commit()
    return "backoff"


def fail(run: "Run", row: Any, why: StepError, error_class: str = "") -> str:
    """The item stops, visibly, until a person decides. Whatever the step wrote is rolled back already. Commits."""
    word = error_class or {TemporaryFailure: "temporary", UnknownOutcome: "unknown"}.get(type(why), "permanent")
    lifecycle.fenced(run.lease, Move.FAIL, undoing=run.flags.cancelling, last_error=why.detail, error_class=word)
    lifecycle.close_wait(run.item.id, "superseded", by="worker")
    _write_step(row.id, state=_failed_state(run, row, why), token=run.lease.token, error=why.detail,
                ended_at=clock.now())  # fmt: skip
    write_calls(run, row)
    story.audit("worker", "step failed", order_id=run.item.order_id, item_id=run.item.id, subject=row.key,
                reason=why.detail)  # fmt: skip
    lifecycle.settle(run.item.id, [Line(why.member_words or None, f"{row.title}: {why.detail}", row.key)])
    db.session.commit()
    return "error"


def _failed_state(run: "Run", row: Any, why: StepError) -> StepState:
    """A step whose undoing fails is still what it was: done, and not undone."""
    if isinstance(why, UnknownOutcome):
        return StepState.UNKNOWN
    return StepState(row.state) if run.flags.cancelling else StepState.FAILED


def park(lease: Lease, why: str, error_class: str) -> None:
    """An item that kills its workers, or that cannot even be opened, goes to `error`, not back into the queue.

    Commits.
    """
    lifecycle.fenced(lease, Move.FAIL, undoing=True, last_error=why, error_class=error_class, crashes=0)
    lifecycle.close_wait(lease.item_id, "superseded", by="worker")
    row = read_item(lease.item_id)
    story.audit("worker", "parked", order_id=row.order_id, item_id=lease.item_id, reason=why)
    lifecycle.settle(lease.item_id, [Line(debug=why)])
    db.session.commit()


def _write_step(row_id: int, **values: Any) -> None:
    db.session.execute(update(step).where(step.c.id == row_id).values(**values))


def write_calls(run: "Run", row: Any) -> None:
    if run.calls:
        rows = [{**call.as_dict(), "item_id": run.item.id, "step_key": row.key} for call in run.calls]
        db.session.execute(insert(calls), rows)
        run.calls = []


def _signal(run: "Run") -> None:
    after_commit.signal(f"item-{run.item.id}")
    after_commit.signal(f"order-{run.item.order_id}")


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
