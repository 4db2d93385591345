"""What must happen only after the transaction has committed: wake-ups and signals to open pages.

Whatever is noted here during a transaction is carried out when it commits and forgotten when it rolls back, so a
wake-up can never run ahead of the data it is about. Carrying out must never fail a request: Redis may be away, and the
sweep wakes what was forgotten.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.domain.states import Stage
from app.extensions import db

log = structlog.get_logger()

_KEY = "after_commit"
_here = threading.local()
_carriers: dict[str, Callable[[list[Any]], None]] = {}


def carrier(kind: str, carry: Callable[[list[Any]], None]) -> None:
    """Say who carries out notes of this kind: `wake`, `deliver`, `batch` or `signal`."""
    _carriers[kind] = carry


def wake(item_id: uuid.UUID, stage: Stage | None) -> None:
    _note("wake", (item_id, stage or Stage.INVENTORY))


def deliver(order_id: uuid.UUID) -> None:
    """The order has messages for other systems."""
    _note("deliver", order_id)


def batch(batch_id: uuid.UUID) -> None:
    """The batch has items that nobody has acted upon yet."""
    _note("batch", batch_id)


def signal(topic: str) -> None:
    """Pages that show this topic (`item-<id>`, `order-<id>`, `batch-<id>`, `queue`) should look again."""
    _note("signal", topic)


def signal_accounts(*account_ids: str | None) -> None:
    """The lists of these accounts should look again: an order came, or a question came or went."""
    for account_id in account_ids:
        if account_id is not None:
            signal(account_topic(account_id))


def account_topic(account_id: str) -> str:
    """What an account's lists listen to. Ids of accounts are anything; a topic has no dash, comma or blank."""
    return f"account.{uuid.uuid5(uuid.NAMESPACE_OID, account_id).hex}"


def leave_to_the_sweep() -> None:
    """Wake nobody at once for what this transaction has done so far: a pile of wake-ups would stand before those of
    people who click. The sweep finds the work, as much at a time as there is room for."""
    for kind in ("wake", "deliver"):
        db.session.info.get(_KEY, {}).pop(kind, None)


def _note(kind: str, what: Any) -> None:
    # A dict keeps the order and drops repetitions.
    db.session.info.setdefault(_KEY, {}).setdefault(kind, {})[what] = True


@contextmanager
def gathered() -> Iterator[None]:
    """For a worker: what several short transactions noted is carried out together when the block ends."""
    _here.notes = {}
    try:
        yield
    finally:
        notes, _here.notes = _here.notes, None
        _carry(notes)


def carry_out_now() -> None:
    """Do not keep back any longer what was gathered: something is about to take its time."""
    notes = getattr(_here, "notes", None)
    if notes:
        _here.notes = {}
        _carry(notes)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint, not the commit
    notes = session.info.pop(_KEY, {})
    gathering = getattr(_here, "notes", None)
    if gathering is None:
        _carry(notes)
        return
    for kind, whats in notes.items():
        gathering.setdefault(kind, {}).update(whats)


def _carry(gathered: dict[str, dict[Any, bool]]) -> None:
    for kind, notes in gathered.items():
        if kind not in _carriers:
            continue
        try:
            _carriers[kind](list(notes))
        except Exception:  # what was committed stands; the sweep and the pages' own refresh repeat what got lost
            log.exception("a note after a commit could not be carried out", kind=kind)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if session.in_nested_transaction():
        return  # back to a savepoint: what was noted before it still holds, and the rest wakes nothing
    session.info.pop(_KEY, None)
