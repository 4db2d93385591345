"""What a member is told who has just placed an order: what happens next, and who is written to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.catalogue import JOIN_PVLAN
from app.domain import clock
from app.domain.models import Order
from app.domain.notices import Event
from app.extensions import db
from app.services import notifications


@dataclass(frozen=True)
class Placed:
    """`asks_owner`: another account has to agree first. `starts`: the future moment that was wished for.
    `mailed`: the addresses that a confirmation goes to."""

    asks_owner: bool
    starts: datetime | None
    mailed: Sequence[str]


def told(order_id: uuid.UUID) -> Placed:
    order = db.session.get_one(Order, order_id)
    return Placed(order.type == JOIN_PVLAN, _starts(order), notifications.mailed(order, Event.RECEIVED))


def _starts(order: Order) -> datetime | None:
    """When the first of its items may start; an item's own date wins over the order's."""
    starts = [item.requested_start_date or order.requested_start_date for item in order.items]
    dated = [start for start in starts if start is not None and start > clock.now()]
    return min(dated) if dated and len(dated) == len(starts) else None
