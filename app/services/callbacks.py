"""What far systems tell us by themselves."""

from sqlalchemy import select, update

from app.domain import after_commit, clock
from app.domain.models import Callback, OrderItem, Wait
from app.domain.models.base import table_of
from app.domain.states import State, WaitKind
from app.extensions import db


def look_again(reference: str) -> bool:
    """A far system says that something happened: bring the next look at it forward. False if nobody waits for it.

    The message is only a hint; what is true is read from the far side. So replays and disorder do no harm.
    """
    item = table_of(OrderItem)
    row = db.session.execute(
        update(item)
        .where(
            item.c.id.in_(
                select(Wait.item_id).where(Wait.open, Wait.reference == reference, Wait.kind == WaitKind.SYSTEM)
            ),
            item.c.state == State.WAITING,
        )
        .values(run_after=clock.now())
        .returning(item.c.id, item.c.stage)
    ).first()
    if row is not None:
        after_commit.wake(row.id, row.stage)
    else:  # faster than the worker that will wait for it
        db.session.execute(update(Callback).where(Callback.reference == reference).values(early=True))
    db.session.commit()
    return row is not None
