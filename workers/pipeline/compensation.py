"""Cancelling: what was done is undone, in reverse, with the same care as the doing; then the item is cancelled."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from app.domain import after_commit, clock, lifecycle, story
from app.domain.errors import NotYet, StepError, TemporaryFailure
from app.domain.lifecycle import Move
from app.domain.models import StepRow
from app.domain.states import PASSED_STEPS, StepState
from app.domain.story import Line
from app.extensions import db
from workers.pipeline import breaker, journal, plan
from workers.pipeline.handler import Task, effect_key
from workers.southbound.recorder import recorded

if TYPE_CHECKING:
    from workers.pipeline.runner import Run

# A step that failed or whose outcome is unknown may have acted as well: its undo must bear that nothing is there.
_MAY_HAVE_ACTED = PASSED_STEPS | {StepState.STARTED, StepState.FAILED, StepState.UNKNOWN}


def undo(run: "Run") -> str:
    """Undo every step that may have acted, last first, then end as cancelled."""
    for row in reversed(journal.read_steps(run.item.id)):
        if row.undo_key is None or row.state not in _MAY_HAVE_ACTED:
            continue
        word = _undo_one(run, row)
        if word is not None:
            return word
    lifecycle.fenced(run.lease, Move.END_CANCEL)
    lifecycle.close_wait(run.item.id, "cancelled", by="worker")
    story.audit("worker", "cancelled", order_id=run.item.order_id, item_id=run.item.id)
    lifecycle.settle(run.item.id)
    db.session.commit()
    return "cancelled"


def _undo_one(run: "Run", row: Any) -> str | None:
    step = plan.find_step(run.item.handler, row.key)
    if step is None or step.undo is None:
        return journal.fail(run, row, StepError(f"The handler no longer knows how to undo “{row.key}”."), "plan")
    key = effect_key(run.item.id, f"undo:{row.key}", row.generation)
    run.calls = []
    task = Task(run.item, run.facts, key, recorded(run.bench.systems, run.calls), run.bench.config, run.bench.stock)
    try:
        shut = breaker.open_until(step.undo_uses)
        if shut is not None:
            return journal.back_off(run, row, shut)
        run.flags = lifecycle.fenced(run.lease, lease_until=run.lease_until())
        if step.undo_uses:
            db.session.commit()
        step.undo(task)
    except NotYet as why:
        db.session.rollback()
        return journal.back_off(run, row, clock.now() + timedelta(seconds=why.look_again))
    except TemporaryFailure as why:
        db.session.rollback()
        for system in step.undo_uses[:1]:
            breaker.failed(system, why.detail)
        if run.attempts + 1 >= run.bench.config.max_attempts:
            return journal.fail(run, row, why)
        return journal.retry_later(run, row, why)
    except StepError as why:
        return journal.fail(run, row, why)
    run.attempts = 0
    lifecycle.fenced(run.lease, attempts=0, crashes=0, lease_until=run.lease_until())
    db.session.execute(update(StepRow).where(StepRow.id == row.id).values(state=StepState.UNDONE, ended_at=clock.now()))
    journal.write_calls(run, row)
    for line in task.lines or [Line(debug=f"Undone: {row.title}.")]:
        story.log(run.item.order_id, line, item_id=run.item.id)
    story.audit("worker", "step undone", order_id=run.item.order_id, item_id=run.item.id, subject=row.key)
    after_commit.signal(f"item-{run.item.id}")
    db.session.commit()
    return None
