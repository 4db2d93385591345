"""Lines that programs add to an order's story, and the notes that members write on their orders."""

import uuid
from typing import Any

from sqlalchemy import select

from app.domain import after_commit, story
from app.domain.models import Order, OrderLog
from app.domain.states import Status
from app.domain.story import Line
from app.extensions import db
from app.services.actor import Actor


def write(order_id: uuid.UUID, line: Line, actor: Actor, item_id: uuid.UUID | None = None) -> uuid.UUID:
    """Add a line with the statuses as they are now; open pages look again. The caller commits."""
    uid = story.log(order_id, line, item_id=item_id, by=actor.name)
    after_commit.signal(f"order-{order_id}")
    if item_id is not None:
        after_commit.signal(f"item-{item_id}")
    return uid


def note(order: Order, text: str, actor: Actor) -> uuid.UUID:
    """Write a note on the order. The tickets of a draft do not exist yet; they are told when it is submitted."""
    if order.status is not Status.DRAFT:
        return write(order.id, Line(user=text), actor)
    untold: list[dict[str, Any]] = []
    uid = story.log(order.id, Line(user=text), by=actor.name, order_status=order.status, told=untold)
    after_commit.signal(f"order-{order.id}")
    return uid


def notes_of_draft(order_id: uuid.UUID) -> list[dict[str, Any]]:
    """What the tickets are to be told of the notes that were written while the order was a draft."""
    rows = db.session.execute(
        select(OrderLog.uid, OrderLog.user_message)
        .where(OrderLog.order_id == order_id, OrderLog.status == Status.DRAFT, OrderLog.user_message.is_not(None))
        .order_by(OrderLog.id)
    )
    return [
        story.message(f"log:{row.uid}:user", "ticketing", "note", {"body": row.user_message, "internal": False})
        for row in rows
    ]
