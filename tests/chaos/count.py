"""What the far side has really done, held against what the items should have caused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select

from app.domain import clock
from app.domain.models import Audit, OrderItem, OutboxMessage, StepRow, Ticket, TicketMessage
from app.domain.states import PERSON_WAITS, State, StepState
from app.extensions import db
from tests.chaos.room import Room
from workers.pipeline.handler import effect_key

EFFECTS = {
    "create_service": ("inventory", "create"),
    "register_active": ("inventory", "update active"),
    "enable_port": ("network", "enable_port"),
    "connect_service": ("network", "connect_service"),
}
"""Step → what it causes at the far side, once for each service."""


class Made(NamedTuple):
    key: str
    verb: str
    what: tuple[Any, ...]


@dataclass
class Count:
    states: Counter[str] = field(default_factory=Counter)
    expected: int = 0
    effects: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong_keys: list[str] = field(default_factory=list)
    tickets: int = 0
    notes: int = 0
    untold: list[str] = field(default_factory=list)
    doubly_resumed: int = 0
    unfinished: list[str] = field(default_factory=list)
    requests: int = 0
    tries: int = 0


def count(room: Room) -> Count:
    """Count at the far side, twice over: by what was done to which service, and by idempotency key."""
    found = Count(requests=sum(room.requests().values()))
    effects = room.effects()
    done = Counter(filter(None, map(_what, effects)))
    keys = Counter((effect["system"], effect["key"]) for effect in effects)
    with room.look():
        items = db.session.execute(select(OrderItem.id, OrderItem.service_number, OrderItem.state)).all()
        steps = db.session.execute(
            select(StepRow.item_id, StepRow.key, StepRow.state, StepRow.generation, StepRow.tries)
        ).all()
        told = db.session.execute(select(OutboxMessage.key, OutboxMessage.verb, OutboxMessage.state)).all()
        found.doubly_resumed = _doubly_resumed()
        found.unfinished = _unfinished(room)
    found.states = Counter(State(item.state).value for item in items)
    number = {item.id: item.service_number for item in items}
    for step in steps:
        if step.key not in EFFECTS or step.state is not StepState.SUCCEEDED:
            continue
        system, verb = EFFECTS[step.key]
        found.expected += 1
        found.tries += step.tries
        what = f"{verb} of service {number[step.item_id]}"
        if not done[system, verb, number[step.item_id]]:
            found.lost.append(what)
        if not keys[system, effect_key(step.item_id, step.key, step.generation)]:
            found.wrong_keys.append(what)
    found.effects = sum(done.values())
    found.duplicated = [f"{verb} of service {n}: {times}×" for (_, verb, n), times in done.items() if times > 1]
    _count_told(found, _tickets_made(room, effects), told)
    return found


def _unfinished(room: Room) -> list[str]:
    """Where the items stand that are not done."""
    rows = db.session.execute(
        select(OrderItem, StepRow)
        .outerjoin(StepRow, and_(StepRow.item_id == OrderItem.id, StepRow.position == OrderItem.cursor))
        .where(OrderItem.state != State.DONE)
    ).all()
    now = clock.now()
    return [
        f"unfinished: {item.state.value} at {step.key if step else None} ({step.state if step else None}), due "
        f"{_from(now, item.run_after)}, lease {_from(now, item.lease_until)}, attempts {item.attempts}, "
        f"crashes {item.crashes}, {item.last_error}"
        for item, step in rows
    ]


def _from(now: datetime, moment: datetime | None) -> str:
    return f"{(moment - now).total_seconds():+.1f} s" if moment else "never"


def _what(effect: dict[str, Any]) -> tuple[str, str, int] | None:
    about, system, verb = effect["parameters"], effect["system"], effect["verb"]
    if system == "network":
        return system, about["action"], about["service_number"]
    if system == "inventory":
        state = about.get("changes", {}).get("state")
        return system, f"{verb} {state}" if state else verb, about["service_number"]
    return None


def _tickets_made(room: Room, effects: list[dict[str, Any]]) -> list[Made]:
    """Tickets and notes as the ticketing system has them: key, verb, and what makes two of them the same."""
    if room.scale.ticketing == "local":
        with room.look():
            tickets = db.session.execute(select(Ticket.key, Ticket.queue, Ticket.order_number)).all()
            notes = db.session.execute(select(TicketMessage.key).where(TicketMessage.position > 1)).scalars().all()
        return [
            *(Made(row.key, "ensure", (row.queue, row.order_number)) for row in tickets),
            *(Made(key, "note", (key,)) for key in notes),
        ]
    return [
        Made(effect["key"], effect["verb"], tuple(sorted(map(str, effect["parameters"].items()))))
        for effect in effects
        if effect["system"] == "ticketing" and effect["verb"] in ("ensure", "note")
    ]


def _count_told(found: Count, made: list[Made], told: Sequence[Any]) -> None:
    """Tickets and notes: each that the outbox sent is there, and is there once."""
    kinds = Counter(one.verb for one in made)
    found.tickets, found.notes = kinds["ensure"], kinds["note"]
    found.untold = [row.key for row in told if row.state != "sent"]
    there = {one.key for one in made}
    sent = [row for row in told if row.state == "sent" and row.verb in ("ensure", "note")]
    found.lost += [f"ticketing {row.verb} {row.key}" for row in sent if row.key not in there]
    twice = Counter((one.verb, one.what) for one in made)
    found.duplicated += [f"ticketing {verb} {what}: {times}×" for (verb, what), times in twice.items() if times > 1]


def _doubly_resumed() -> int:
    """Manual steps whose answer was taken more than once."""
    person_steps = select(func.count()).where(
        StepRow.item_id == Audit.item_id, StepRow.kind.in_([kind.value for kind in PERSON_WAITS])
    )
    answered = (
        select(Audit.item_id)
        .where(Audit.what == "answer")
        .group_by(Audit.item_id)
        .having(func.count() > person_steps.correlate(Audit).scalar_subquery())
    )
    return len(db.session.execute(answered).all())
