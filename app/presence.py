"""Who looks at an item, and who types there: kept in Redis for seconds, and a hint only.

Whoever fetches an item's page is looking; an open page fetches itself every half minute anyway, so nobody is asked to
say more. Without Redis nobody is seen, and nothing else changes.
"""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from flask import current_app
from redis.exceptions import RedisError

from app import live
from app.services.actor import Actor

log = structlog.get_logger()

LOOKS_S = 45
"""A page that is open looks again every 30 s."""
TYPES_S = 15
QUIET_S = 5.0


@dataclass(frozen=True)
class Person:
    """Somebody at an item."""

    name: str
    typing: bool


Present = Mapping[uuid.UUID, Sequence[Person]]


class Presence:
    """Notes who is where. Silent for a moment after Redis failed."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def note(self, item_id: uuid.UUID, actor: Actor, *, typing: bool = False) -> None:
        """The actor is at the item now. Others' pages are told only when that is news."""
        if actor.user_id is None or self._quiet:
            return
        member, now = f"{actor.user_id} {actor.name}", time.time()
        try:
            pipe = live.here().redis.pipeline(transaction=False)
            for key, lasts in ((_looks(item_id), LOOKS_S), *(((_types(item_id), TYPES_S),) if typing else ())):
                pipe.zremrangebyscore(key, 0, now)
                pipe.zadd(key, {member: now + lasts})
                pipe.expire(key, lasts)
            news = any(pipe.execute()[1::3])
        except RedisError as failure:
            self._away(failure)
            return
        if news:
            live.here().send([f"item-{item_id}"])

    def of(self, item_ids: Iterable[uuid.UUID], actor: Actor) -> Present:
        """Who else is at these items, in one round trip for any number of them."""
        ids = list(item_ids)
        if not ids or self._quiet:
            return {}
        now = time.time()
        try:
            pipe = live.here().redis.pipeline(transaction=False)
            for one in ids:
                pipe.zrangebyscore(_looks(one), now, "+inf")
                pipe.zrangebyscore(_types(one), now, "+inf")
            answers = pipe.execute()
        except RedisError as failure:
            self._away(failure)
            return {}
        found = {one: _others(answers[2 * at], answers[2 * at + 1], actor) for at, one in enumerate(ids)}
        return {one: people for one, people in found.items() if people}

    @property
    def _quiet(self) -> bool:
        return time.monotonic() < self._quiet_until

    def _away(self, failure: RedisError) -> None:
        self._quiet_until = time.monotonic() + QUIET_S
        log.warning("redis is away; nobody is seen at items", error=str(failure))


def _others(looking: list[bytes], typing: list[bytes], actor: Actor) -> list[Person]:
    busy = set(typing)
    people = {
        user_id: Person(name, member in busy)
        for member in (*looking, *typing)
        for user_id, _, name in [member.decode().partition(" ")]
    }
    people.pop(str(actor.user_id), None)
    return sorted(people.values(), key=lambda one: (not one.typing, one.name))


def _looks(item_id: uuid.UUID) -> str:
    return f"handoff:looks:{item_id}"


def _types(item_id: uuid.UUID) -> str:
    return f"handoff:types:{item_id}"


def words(people: Sequence[Person]) -> str:
    """“Ivo Splice is typing here. Nell Patcher is looking at this.”"""
    parts = []
    for doing, there in (("typing here", True), ("looking at this", False)):
        names = [person.name for person in people if person.typing is there]
        if names:
            joined = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
            parts.append(f"{joined} {'is' if len(names) == 1 else 'are'} {doing}.")
    return " ".join(parts)


def here() -> Presence:
    """The presence of the running app."""
    found: Presence = current_app.extensions.setdefault("presence", Presence())
    return found
