"""The machine: workers, stages with their queues, far systems; and pausing a stage."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from redis.exceptions import RedisError

from app import queues
from app.domain import clock
from app.domain.errors import Conflict, Finding, NotFound
from app.domain.models import FarSystem
from app.domain.permissions import Permission
from app.domain.states import Stage
from app.extensions import db
from app.queries import staff_mails, staff_workers
from app.services import engine, outbound
from app.web.guard import actor
from app.web.staff import frame, words
from app.web.staff.refusal import Refusal

QUEUE_WORDS = {**{stage.value: label for stage, label in words.STAGE_LABELS.items()}, queues.OUTBOX: "Messages",
               queues.BATCHES: "Batches"}  # fmt: skip


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


def send_again(message_id: int) -> Any:
    """POST /workers/messages/<id>/send-again"""
    try:
        outbound.send_again(message_id, actor(), request.form.get("form_key", "")[:64] or None)
    except Conflict as why:
        db.session.rollback()
        return _page(Refusal("send-again", None, request.form.to_dict(), sentence=why.detail))
    return _back("The message is on its way again.")


@dataclass(frozen=True)
class Carrier:
    """What Redis tells: wake-ups in each queue, since when the next one waits, and what RQ keeps of jobs."""

    depths: dict[str, int]
    oldest: dict[str, datetime | None]
    kept: queues.Kept


def _page(refusal: Refusal | None = None) -> Response:
    carrier = _carrier()
    depths = carrier.depths if carrier else {}
    return frame.answer(
        "staff/workers.html", "staff/_workers.html", refusal.status if refusal else 200,
        current=url_for("staff.workers"), refusal=refusal, workers=staff_workers.workers(),
        loads=[(load, words.STAGE_LABELS[load.stage], depths.get(load.stage.value)) for load in staff_workers.loads()],
        carrier=carrier, systems=_systems(), outbox=staff_workers.outbox(), refused=staff_workers.refused(),
        mails=staff_mails.counts(), may_see_mails=frame.may_now(Permission.MAIL_MANAGE),
        may_pause=frame.may_now(Permission.ENGINE_PAUSE), queue_words=QUEUE_WORDS,
    )  # fmt: skip


def _carrier() -> Carrier | None:
    wakes = queues.here()
    try:
        depths = {name: wakes.depth(name) for name in queues.QUEUES}
        return Carrier(depths, {name: wakes.oldest(name) for name, depth in depths.items() if depth}, wakes.kept())
    except RedisError:
        return None


def _systems() -> list[dict[str, Any]]:
    """Every system that we call, and how it is; those that are not asked for any more only while they have failed."""
    config, rows = frame.config(), staff_workers.far_systems()
    known = {name: getattr(config, name) for name in ("network", "inventory", "ticketing")}
    return [_system(name, known.get(name, ""), rows.get(name)) for name in [*known, *(set(rows) - set(known))]]


def _system(name: str, kind: str, one: FarSystem | None) -> dict[str, Any]:
    shut = one is not None and one.open_until is not None and one.open_until > clock.now()
    failing = one is not None and one.failures
    key, said = ("failed", "Away") if shut else ("paused", "Failing") if failing else ("done", "Answers")
    return {"name": name, "kind": kind, "key": key, "words": said, "row": one, "shut": shut}
