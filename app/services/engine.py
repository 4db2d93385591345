"""Pausing and resuming a whole stage."""

from sqlalchemy import delete

from app.domain import after_commit, clock, story
from app.domain.errors import IllegalMove
from app.domain.models import StagePause
from app.domain.models.base import table_of
from app.domain.states import Stage
from app.domain.upsert import insert_for
from app.extensions import db
from app.services.actor import Actor

pauses = table_of(StagePause)


def pause_stage(stage: Stage, actor: Actor, reason: str) -> None:
    """Stop working one stage's queue; running steps finish, nothing new starts.

    `IllegalMove` says who was faster; the same click twice is one pause.
    """
    row = {"stage": stage, "by": actor.name, "reason": reason, "since": clock.now()}
    paused = insert_for(pauses).values(**row).on_conflict_do_nothing().returning(pauses.c.stage)
    if db.session.execute(paused).first() is None:
        db.session.rollback()
        _already(stage, actor, reason)
        return
    story.audit(actor.name, "pause stage", subject=stage.value, reason=reason)
    after_commit.signal("queue")
    db.session.commit()


def _already(stage: Stage, actor: Actor, reason: str) -> None:
    """The stage was paused before: by whom and why, unless it was this very person for this very reason."""
    there = db.session.get(StagePause, stage, populate_existing=True)
    if there is None:
        raise IllegalMove("Somebody paused this stage and resumed it a moment ago; look again.")
    if (there.by, there.reason) != (actor.name, reason):
        raise IllegalMove(f"{there.by} has paused this stage already: {there.reason}")


def resume_stage(stage: Stage, actor: Actor) -> None:
    """Work the stage's queue again; the sweep wakes what piled up. `IllegalMove` if it is not paused (any more)."""
    ended = delete(pauses).where(pauses.c.stage == stage).returning(pauses.c.stage)
    if db.session.execute(ended).first() is None:
        db.session.rollback()
        raise IllegalMove(f"The stage {stage.value.replace('_', ' ')} is not paused.")
    story.audit(actor.name, "resume stage", subject=stage.value)
    after_commit.signal("queue")
    db.session.commit()
