"""Long undertakings that workers do by turns: a batch's items, an import's lines.

The undertaking's row has `lease_until` and `finished_at`; its entries have a `state`, which is `pending` until somebody
has worked them. A worker takes a turn, works some entries, and leaves; one that dies loses its lease, and the sweep
wakes the undertaking for somebody else.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select, update

from app.domain import after_commit, clock
from app.extensions import db


def take(undertakings: Table, wanted: uuid.UUID, lease_seconds: float) -> Any:
    """Reserve it for a turn; its row, or None if it has finished or somebody is at it. Commits."""
    now = clock.now()
    taken = db.session.execute(
        update(undertakings)
        .where(undertakings.c.id == wanted, undertakings.c.finished_at.is_(None), _free(undertakings, now))
        .values(lease_until=now + timedelta(seconds=lease_seconds))
        .returning(*undertakings.c)
    ).first()
    db.session.commit()
    return taken


def leave(undertakings: Table, pending: ColumnElement[bool], wanted: uuid.UUID, topic: str) -> str:
    """Give it back: “more” if there are entries that are `pending`, else it is “finished”. Commits."""
    more = db.session.execute(select(pending)).scalar_one()
    ended = {} if more else {"finished_at": clock.now()}
    db.session.execute(update(undertakings).where(undertakings.c.id == wanted).values(lease_until=None, **ended))
    after_commit.signal(topic)
    if more:
        after_commit.batch(wanted)
    db.session.commit()
    return "more" if more else "finished"


def orphans(undertakings: Table, now: datetime, limit: int) -> Sequence[uuid.UUID]:
    """Those with work left that no worker is at, the oldest first."""
    left = select(undertakings.c.id).where(undertakings.c.finished_at.is_(None), _free(undertakings, now))
    oldest = left.where(undertakings.c.created_at < now).order_by(undertakings.c.created_at).limit(limit)
    return db.session.scalars(oldest).all()


def _free(undertakings: Table, now: datetime) -> ColumnElement[bool]:
    return or_(undertakings.c.lease_until.is_(None), undertakings.c.lease_until < now)
