"""Cancelling: what was done is undone, in reverse, with the same care as the doing; then the item is cancelled."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import update

from app.domain import after_commit, clock, lifecycle, story
from app.domain.errors import LostLease, NotYet, StepError, TemporaryFailure
from app.domain.lifecycle import Move
from app.domain.models import StepRow
from app.domain.states import StepState
from app.domain.story import Line
from app.extensions import db
from workers.pipeline import breaker, journal, plan
from workers.pipeline.handler import Step, Task, effect_key

if TYPE_CHECKING:
    from workers.pipeline.runner import Run

log = structlog.get_logger()


def undo(run: "Run") -> str | None:
    """Undo the last step that may have acted; None if more may be left. With none left the item is cancelled."""
    row = next((row for row in reversed(journal.read_steps(run.item.id)) if lifecycle.may_have_acted(row)), None)
    if row is None:
        return _end(run)
    step = plan.find_step(run.item.handler, row.key)
    if step is None or step.undo is None:
        why = StepError(f"The handler no longer knows how to undo “{row.key}”.")
        return journal.fail(run, row, why, "plan")
    return _undo_one(run, row, step)


def _end(run: "Run") -> str:
    lifecycle.fenced(run.lease, Move.END_CANCEL)
    lifecycle.close_wait(run.item.id, "cancelled", by="worker")
    story.audit("worker", "cancelled", order_id=run.item.order_id, item_id=run.item.id)
    lifecycle.settle(run.item.id)
    db.session.commit()
    return "cancelled"


def _undo_one(run: "Run", row: Any, step: Step) -> str | None:
    task = run.new_task(effect_key(run.item.id, f"undo:{row.key}", row.generation))
    try:
        shut = breaker.open_until(step.undo_uses)
        if shut is not None:
            return journal.back_off(run, row, shut)
        run.flags = lifecycle.fenced(run.lease, lease_until=run.lease_until())
        if step.undo_uses:
            db.session.commit()
            after_commit.carry_out_now()
        assert step.undo is not None
        step.undo(task)
        breaker.succeeded(step.undo_uses)
        _undone(run, row, task)
        return None
    except StepError as why:
        return _failed(run, row, step, why)
    except (LostLease, *journal.DATABASE_AWAY):
        raise
    except Exception as bug:
        db.session.rollback()
        log.exception("the undoing of a step has a bug", step=row.key)
        return journal.fail(run, row, StepError(f"Undoing {row.key}: {type(bug).__name__}: {bug}"), "bug")


def _undone(run: "Run", row: Any, task: Task) -> None:
    run.attempts = 0
    run.flags = lifecycle.fenced(run.lease, attempts=0, crashes=0, lease_until=run.lease_until())
    db.session.execute(update(StepRow).where(StepRow.id == row.id).values(state=StepState.UNDONE, ended_at=clock.now()))
    lifecycle.close_wait(run.item.id, "fulfilled", by="worker")
    journal.write_calls(run, row)
    for line in task.lines or [Line(debug=f"Undone: {row.title}.")]:
        story.log(run.item.order_id, replace(line, step=row.key), item_id=run.item.id)
    story.audit("worker", "step undone", order_id=run.item.order_id, item_id=run.item.id, subject=row.key)
    after_commit.signal(f"item-{run.item.id}")
    db.session.commit()


def _failed(run: "Run", row: Any, step: Step, why: StepError) -> str:
    db.session.rollback()
    if isinstance(why, NotYet):
        return journal.wait_on(run, row, next(iter(run.to_blame(step.undo_uses)), "other"), why)
    if not isinstance(why, TemporaryFailure):
        return journal.fail(run, row, why)
    breaker.failed(run.to_blame(step.undo_uses), why.detail)
    if run.attempts + 1 >= run.bench.config.max_attempts:
        return journal.fail(run, row, why)
    return journal.retry_later(run, row, why)
