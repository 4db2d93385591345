"""Pausing and resuming a whole stage."""

from app.domain import after_commit, clock, story
from app.domain.errors import IllegalMove
from app.domain.models import StagePause
from app.domain.states import Stage
from app.extensions import db
from app.services.actor import Actor


def pause_stage(stage: Stage, actor: Actor, reason: str) -> None:
    """Stop working one stage's queue; running steps finish, nothing new starts."""
    db.session.merge(StagePause(stage=stage, by=actor.name, reason=reason, since=clock.now()))
    story.audit(actor.name, "pause stage", subject=stage.value, reason=reason)
    after_commit.signal("queue")
    db.session.commit()


def resume_stage(stage: Stage, actor: Actor) -> None:
    """Work the stage's queue again; the sweep wakes what piled up."""
    paused = db.session.get(StagePause, stage)
    if paused is None:
        raise IllegalMove(f"The stage {stage.value} is not paused.")
    db.session.delete(paused)
    story.audit(actor.name, "resume stage", subject=stage.value)
    after_commit.signal("queue")
    db.session.commit()
