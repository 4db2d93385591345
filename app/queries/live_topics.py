"""Which signals somebody may hear: staff all, members those of their own accounts and orders."""

import re
import uuid
from collections.abc import Iterable

from sqlalchemy import select

from app.domain.after_commit import account_topic
from app.domain.models import Order, OrderItem
from app.domain.permissions import STAFF
from app.extensions import db
from app.services.access import visible_orders
from app.services.actor import Actor

STAFF_LISTS = frozenset({"queue"})
_ONE = re.compile(r"(item|order|batch|import)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def allowed(actor: Actor, asked: Iterable[str]) -> frozenset[str]:
    """The asked topics (`item-…`, `order-…`, `batch-…`, `import-…` with an id, `queue`, `account.…`) that are this
    actor's to hear; the rest is left out."""
    wanted = frozenset(asked)
    ones = {topic: fits for topic in wanted if (fits := _ONE.fullmatch(topic))}
    if actor.role in STAFF:
        return frozenset(ones) | (wanted & STAFF_LISTS)
    ids = {kind: {uuid.UUID(one[2]) for one in ones.values() if one[1] == kind} for kind in ("order", "item")}
    mine = visible_orders(actor)
    found = {topic for topic in map(account_topic, actor.account_ids) if topic in wanted}
    if ids["order"]:
        rows = db.session.scalars(select(Order.id).where(Order.id.in_(ids["order"]), mine))
        found |= {f"order-{row}" for row in rows}
    if ids["item"]:
        rows = db.session.scalars(
            select(OrderItem.id).join(Order, Order.id == OrderItem.order_id).where(OrderItem.id.in_(ids["item"]), mine)
        )
        found |= {f"item-{row}" for row in rows}
    return frozenset(found)
