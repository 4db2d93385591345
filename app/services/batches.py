"""One action upon many items: the list is frozen when it is asked for, the workers act, each item has its own result.

An item is acted upon through the same verb as by hand, under a key made of the batch, its round and the item. So when
a worker dies between the effect and the note of it, whoever takes the batch up again repeats the verb without a second
effect.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum, auto
from typing import Any

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.config import Config
from app.domain import after_commit, clock, story
from app.domain.errors import Conflict, Finding, Forbidden, HandoffError, Invalid, NotFound
from app.domain.models import Batch, BatchItem, OrderItem, User
from app.domain.models.base import table_of
from app.domain.permissions import Permission, may
from app.extensions import db
from app.services import batch_verbs, turns
from app.services.actor import Actor
from app.services.items import need_reason
from app.services.once import key_of

log = structlog.get_logger()

MOST = 10_000
"""So many items at most are acted upon at once."""
CHUNK, CHUNK_S = 50, 0.5
"""A worker does so many items, or for so long, before it lets other work pass."""
AT_ONCE = 1_000
"""Ids in one statement."""

batches, entries = table_of(Batch), table_of(BatchItem)


class Verb(StrEnum):
    CLAIM = auto()
    UNCLAIM = auto()
    RETRY = auto()
    HOLD = auto()
    RELEASE = auto()


NEEDS = {
    Verb.CLAIM: Permission.ITEM_ANSWER,
    Verb.UNCLAIM: Permission.ITEM_ANSWER,
    Verb.RETRY: Permission.ITEM_ACT,
    Verb.HOLD: Permission.ITEM_ACT,
    Verb.RELEASE: Permission.ITEM_ACT,
}


def start(
    actor: Actor,
    verb: str,
    item_ids: Sequence[uuid.UUID],
    *,
    reason: str | None = None,
    about: str = "",
    form_key: str | None = None,
) -> uuid.UUID:
    """Freeze the items and let the workers act on them; the batch's id. The same form twice is one batch.

    `item_ids` in the order in which they are to be done; those of a filter are `staff_queue.Queue(…).ids()`. `about`
    says in words where they were chosen. `Invalid` for an unknown verb, an empty or too long list, or a hold without
    a reason; `Forbidden` if the verb is not the actor's.
    """
    wanted = _verb(actor, verb)
    if wanted is Verb.HOLD:
        need_reason(reason)
    batch_id = _id(actor, form_key)
    if form_key and db.session.get(Batch, batch_id) is not None:
        return batch_id
    known = _known(item_ids)
    try:
        _store(batch_id, actor, wanted, known, (reason or "").strip() or None, about)
        db.session.commit()
    except IntegrityError:  # the same form, a moment ago
        db.session.rollback()
        if form_key is None or db.session.get(Batch, batch_id) is None:
            raise
    return batch_id


def may_start(actor: Actor, verb: Verb) -> bool:
    """Whether this verb upon many items is the actor's."""
    return actor.user_id is not None and may(actor.role, NEEDS[verb])


def _verb(actor: Actor, verb: str) -> Verb:
    if verb not in set(Verb):
        raise Invalid("There is no such action.", [Finding("/verb", "choice", f"Choose one of: {', '.join(Verb)}.")])
    if not may_start(actor, Verb(verb)):
        raise Forbidden("Your role does not allow this.")
    return Verb(verb)


def _id(actor: Actor, form_key: str | None) -> uuid.UUID:
    return uuid.UUID(hex=key_of(form_key, actor, "batch")[:32]) if form_key else uuid.uuid4()


def _known(item_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Each once, in the order given, without those that do not exist."""
    wanted = list(dict.fromkeys(item_ids))
    if len(wanted) > MOST:
        raise Invalid(
            "Too many items at once.", [Finding("/item", "length", f"At most {MOST:,} items at once: narrow the list.")]
        )
    there: set[uuid.UUID] = set()
    for some in _slices(wanted):
        there.update(db.session.scalars(select(OrderItem.id).where(OrderItem.id.in_(some))))
    known = [one for one in wanted if one in there]
    if not known:
        raise Invalid("No item is selected.", [Finding("/item", "required", "Select at least one item.")])
    return known


def _slices(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def _store(batch_id: uuid.UUID, actor: Actor, verb: Verb, ids: list[uuid.UUID], reason: str | None, about: str) -> None:
    row = {"id": batch_id, "verb": verb.value, "reason": reason, "about": about[:300], "by_id": actor.user_id}
    db.session.execute(insert(batches), {**row, "total": len(ids), "rounds": 0, "created_at": clock.now()})
    for start_at, some in enumerate(_slices(ids)):
        rows = [
            {"batch_id": batch_id, "item_id": one, "position": start_at * AT_ONCE + at, "state": "pending"}
            for at, one in enumerate(some)
        ]
        db.session.execute(insert(entries), rows)
    story.audit(actor.name, f"batch {verb.value}", subject=f"{len(ids)} items, batch {batch_id}", reason=reason)
    after_commit.batch(batch_id)


def again(batch_id: uuid.UUID, actor: Actor, *, form_key: str | None = None) -> None:
    """Try those that failed once more, now as this actor. `Conflict` while the batch is still at work.

    A repetition of the form finds nothing that has failed any more, or the batch at work: a conflict in words.
    """
    found = db.session.execute(select(batches).where(batches.c.id == batch_id).with_for_update()).first()
    if found is None:
        raise NotFound("There is no such batch.")
    _verb(actor, found.verb)
    if found.finished_at is None:
        db.session.rollback()
        raise Conflict("The batch is still at work; wait until it has finished.")
    reset = (
        update(entries)
        .where(entries.c.batch_id == batch_id, entries.c.state == "failed")
        .values(state="pending", sentence=None, at=None)
        .returning(entries.c.item_id)
    )
    if not (number := len(db.session.execute(reset).all())):
        db.session.rollback()
        raise Conflict("Nothing in this batch has failed.")
    db.session.execute(
        update(batches)
        .where(batches.c.id == batch_id)
        .values(rounds=batches.c.rounds + 1, finished_at=None, lease_until=None, by_id=actor.user_id)
    )
    story.audit(actor.name, f"batch {found.verb} again", subject=f"{number} items, batch {batch_id}")
    _told(batch_id)
    after_commit.batch(batch_id)
    db.session.commit()


def work(batch_id: uuid.UUID, config: Config, stopping: Callable[[], bool] = lambda: False) -> str:
    """A worker's turn: act on some of the batch's items; “finished”, “more” or “not due”.

    Raises what the database raises when it is away; nothing is lost then, and the sweep wakes the batch again.
    """
    batch = turns.take(batches, batch_id, config.lease_seconds)
    if batch is None:
        return "not due"
    actor = _actor(batch.by_id)
    until = time.monotonic() + CHUNK_S
    for item_id in _pending(batch_id):
        if time.monotonic() > until or stopping():
            break
        _write(batch_id, item_id, *_try(batch, item_id, actor, config))
    return _leave(batch_id)


def _actor(user_id: uuid.UUID) -> Actor | None:
    """The person as they are now; None if they may not work here any more."""
    user = db.session.get(User, user_id, populate_existing=True)
    found = Actor(user.name, user.id, user.role, debug=True) if user and user.active and user.is_staff else None
    db.session.rollback()
    return found


def _pending(batch_id: uuid.UUID) -> Sequence[uuid.UUID]:
    found = db.session.scalars(
        select(entries.c.item_id)
        .where(entries.c.batch_id == batch_id, entries.c.state == "pending")
        .order_by(entries.c.position)
        .limit(CHUNK)
    ).all()
    db.session.rollback()
    return found


def _try(batch: Any, item_id: uuid.UUID, actor: Actor | None, config: Config) -> tuple[str, str | None]:
    """The state of the entry after acting on its item, and why it failed."""
    if actor is None or not may_start(actor, Verb(batch.verb)):
        return "failed", "Whoever asked for this may not do it any more."
    try:
        batch_verbs.act(batch.verb, item_id, actor, batch.reason, f"batch:{batch.id}:{batch.rounds}", config)
    except HandoffError as why:
        db.session.rollback()
        return "failed", why.detail
    except DBAPIError:
        db.session.rollback()
        raise
    except Exception:
        db.session.rollback()
        log.exception("an item of a batch failed", batch=str(batch.id), item=str(item_id), verb=batch.verb)
        return "failed", "Something went wrong on our side; it has been noted."
    return "done", None


def _write(batch_id: uuid.UUID, item_id: uuid.UUID, state: str, sentence: str | None) -> None:
    db.session.execute(
        update(entries)
        .where(entries.c.batch_id == batch_id, entries.c.item_id == item_id, entries.c.state == "pending")
        .values(state=state, sentence=sentence, at=clock.now())
    )
    db.session.commit()


def _leave(batch_id: uuid.UUID) -> str:
    """Give the batch back; it is finished when nothing is pending."""
    left = select(entries.c.item_id).where(entries.c.batch_id == batch_id, entries.c.state == "pending").exists()
    return turns.leave(batches, left, batch_id, f"batch-{batch_id}")


def _told(batch_id: uuid.UUID) -> None:
    after_commit.signal(f"batch-{batch_id}")
