"""Lines that programs add to an order's story."""

import uuid

from app.domain import after_commit, story
from app.domain.story import Line
from app.services.actor import Actor


def write(order_id: uuid.UUID, line: Line, actor: Actor, item_id: uuid.UUID | None = None) -> uuid.UUID:
    """Add a line with the statuses as they are now; open pages look again. The caller commits."""
    uid = story.log(order_id, line, item_id=item_id, by=actor.name)
    after_commit.signal(f"order-{order_id}")
    if item_id is not None:
        after_commit.signal(f"item-{item_id}")
    return uid
