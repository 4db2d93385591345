"""The machine: workers, stages with their queues, far systems; and pausing a stage."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from redis.exceptions import RedisError

from app import queues
from app.domain import clock
from app.domain.errors import Conflict, Finding, NotFound
from app.domain.permissions import Permission
from app.domain.states import Stage
from app.extensions import db
from app.queries import staff_workers
from app.services import engine
from app.web.guard import actor
from app.web.staff import frame, words
from app.web.staff.refusal import Refusal


def workers() -> Response:
    """GET /workers"""
    return _page()


def pause(stage: str) -> Any:
    """POST /workers/<stage>/pause: nothing new starts there until it is resumed."""
    which, reason = _stage(stage), request.form.get("reason", "").strip()
    if not reason:
        finding = Finding("/reason", "required", "Say why, for those who wonder.")
        return _page(Refusal(which.value, None, request.form.to_dict(), findings=[finding]))
    try:
        engine.pause_stage(which, actor(), reason[:1000])
    except Conflict as why:
        db.session.rollback()
        return _page(Refusal(which.value, None, request.form.to_dict(), sentence=why.detail))
    return _back(f"{words.STAGE_LABELS[which]} is paused.")


def resume_stage(stage: str) -> Any:
    """POST /workers/<stage>/resume"""
    which = _stage(stage)
    try:
        engine.resume_stage(which, actor())
    except Conflict as why:
        db.session.rollback()
        return _page(Refusal(which.value, None, request.form.to_dict(), sentence=why.detail))
    return _back(f"{words.STAGE_LABELS[which]} goes on.")


def _back(said: str) -> Any:
    flash(said, "success")
    return redirect(url_for("staff.workers"), 303)


def _stage(name: str) -> Stage:
    if name not in set(Stage):
        raise NotFound("There is no such stage.")
    return Stage(name)


def _page(refusal: Refusal | None = None) -> Response:
    depths = _depths()
    return frame.answer(
        "staff/workers.html", "staff/_workers.html", refusal.status if refusal else 200,
        current=url_for("staff.workers"), refusal=refusal, workers=staff_workers.workers(),
        loads=[(load, words.STAGE_LABELS[load.stage], depths.get(load.stage.value)) for load in staff_workers.loads()],
        redis_away=not depths, systems=[_system(one) for one in staff_workers.far_systems()],
        outbox=staff_workers.outbox(), may_pause=frame.may_now(Permission.ENGINE_PAUSE),
    )  # fmt: skip


def _depths() -> dict[str, int]:
    """How many wake-ups lie in each queue; empty while Redis is away."""
    try:
        return {name: queues.here().depth(name) for name in queues.QUEUES}
    except RedisError:
        return {}


def _system(one: Any) -> dict[str, Any]:
    shut = one.open_until is not None and one.open_until > clock.now()
    key, said = ("failed", "Away") if shut else ("paused", "Failing") if one.failures else ("done", "Answers")
    return {"name": one.name, "key": key, "words": said, "row": one, "shut": shut}
