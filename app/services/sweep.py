"""Finds what is due, expired or forgotten, and wakes it: what makes a lost wake-up harmless.

Any number of workers may sweep; `flask items sweep` does it by hand.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from app import queues
from app.database import reading
from app.domain import clock, lifecycle
from app.domain.models import (
    Batch,
    Callback,
    FormKey,
    LoginFailure,
    OrderImport,
    OrderItem,
    OutboxMessage,
    StoredAnswer,
    WebSession,
)
from app.domain.models.base import table_of
from app.domain.states import Stage
from app.extensions import db
from app.services import links, mails, turns

item = table_of(OrderItem)
message = table_of(OutboxMessage)
UNDERTAKINGS = (table_of(Batch), table_of(OrderImport))
"""What workers do by turns."""
KEEP_FORMS = timedelta(days=2)
KEEP_ANSWERS = timedelta(hours=24)
KEEP_FAILURES = timedelta(hours=24)
KEEP_CALLBACKS = timedelta(days=2)
KEEP_BATCHES = timedelta(days=30)
KEEP_IMPORTS = timedelta(days=90)


def sweep(limit: int = 500, grace: timedelta = timedelta(0)) -> tuple[int, int]:
    """Wake items and deliveries that have been due for longer than `grace`, and batches and imports
    whose worker is gone; answer how many items and deliveries.

    Each queue gets only as many as it has room for, so that a stage nobody works cannot keep the others waiting and
    wake-ups do not pile up behind busy workers. Costs a few index look-ups when all is well.
    """
    clock.measure(db.engine)
    now = clock.now() - grace
    wakes = queues.here()
    items: list[tuple[uuid.UUID, Stage]] = []
    with reading():
        for stage in Stage:
            if room := min(limit, wakes.room(stage.value)):
                items += [(item_id, stage) for item_id in _due_items(stage, now, room)]
        orders = _due_orders(now, min(limit, wakes.room(queues.OUTBOX)))
        orders = list(dict.fromkeys([*orders, *mails.due(now, min(limit, wakes.room(queues.OUTBOX)))]))
        room = min(limit, wakes.room(queues.BATCHES))
        batches = [one for work in UNDERTAKINGS for one in turns.orphans(work, now, room)]
        db.session.rollback()
    wakes.wake(items)
    wakes.deliver(orders)
    wakes.work_batches(batches)
    return len(items), len(orders)


def _due_items(stage: Stage, now: datetime, limit: int) -> Sequence[uuid.UUID]:
    here = item.c.stage == stage
    if stage is Stage.INVENTORY:
        here = or_(here, item.c.stage.is_(None))  # not begun yet: it stands in the first queue
    return db.session.scalars(
        select(item.c.id).where(lifecycle.claimable(now), here).order_by(item.c.run_after).limit(limit)
    ).all()


def _due_orders(now: datetime, limit: int) -> list[uuid.UUID]:
    """Orders whose first undelivered message is due: the ones behind it wait for it."""
    earlier = message.alias()
    before = select(earlier.c.id).where(
        earlier.c.order_id == message.c.order_id, earlier.c.state == "pending", earlier.c.id < message.c.id
    )
    due = select(message.c.order_id).where(message.c.state == "pending", message.c.run_after <= now, ~before.exists())
    return list(db.session.scalars(due.order_by(message.c.run_after).limit(limit)))


def forget_old() -> None:
    """Drop memories that have served: form keys, stored answers, ended sessions, failed logins, ids of callbacks,
    results of batches and imports; their orders stay.

    A callback as old as that is refused for its date alone.
    """
    now = clock.now()
    db.session.execute(delete(FormKey).where(FormKey.at < now - KEEP_FORMS))
    db.session.execute(delete(StoredAnswer).where(StoredAnswer.at < now - KEEP_ANSWERS))
    db.session.execute(delete(WebSession).where(WebSession.expires_at < now))
    db.session.execute(delete(LoginFailure).where(LoginFailure.last_at < now - KEEP_FAILURES))
    db.session.execute(delete(Callback).where(Callback.received_at < now - KEEP_CALLBACKS))
    links.forget_old()
    mails.forget_old()
    db.session.execute(delete(Batch).where(Batch.finished_at < now - KEEP_BATCHES))
    db.session.execute(delete(OrderImport).where(OrderImport.finished_at < now - KEEP_IMPORTS))
    db.session.commit()
