"""Where the jump palette leads besides pages and what the search finds: items by their name, saved views."""

import re
import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app.domain.models import Account, Order, OrderItem, SavedView
from app.extensions import db
from app.services.actor import Actor

MOST = 8
LARGEST = 2**31 - 1
_ITEM = re.compile(r"(\d{1,9})\s*/\s*(\d{1,4})?")


@dataclass(frozen=True)
class ItemPlace:
    """An item as it is named: “100042/1”."""

    id: uuid.UUID
    name: str
    service_type: str
    action: str
    order_type: str
    member: str


def items(text: str) -> list[ItemPlace]:
    """Items of an order's number, or the one that “100042/1” names; nothing for any other text."""
    named = _ITEM.fullmatch(text) or re.fullmatch(r"(\d{1,9})()", text)
    if named is None:
        return []
    number, item = int(named[1]), named[2]
    query = (
        select(
            OrderItem.id, OrderItem.item_number, OrderItem.service_type, OrderItem.action,
            Order.type, Account.organisation,
        )
        .join(Order, Order.id == OrderItem.order_id)
        .join(Account, Account.id == Order.account_id)
        .where(Order.number == number, *([OrderItem.item_number == int(item)] if item else []))
        .order_by(OrderItem.item_number)
        .limit(MOST)
    )  # fmt: skip
    return [
        ItemPlace(row.id, f"{number}/{row.item_number}", row.service_type, row.action, row.type, row.organisation)
        for row in db.session.execute(query)
    ]


def orders_beginning(text: str) -> list[Order]:
    """Orders whose number begins with these digits and goes on, the newest first; nothing for any other text."""
    if not re.fullmatch(r"[1-9]\d{1,7}", text):
        return []
    found: list[Order] = []
    for more in range(1, 5):  # a range each, so that the index is read no further than needed
        first = int(text) * 10**more
        if len(found) < MOST and first < LARGEST - 10**more:
            numbers = Order.number.between(first, first + 10**more - 1)
            rest = select(Order).where(numbers).order_by(Order.number.desc()).limit(MOST - len(found))
            found += db.session.scalars(rest.options(joinedload(Order.account)))
    return found


def saved_views(actor: Actor) -> list[SavedView]:
    """One's own and the shared ones, by name."""
    mine = or_(SavedView.owner_id == actor.user_id, SavedView.shared)
    return list(db.session.scalars(select(SavedView).where(mine).order_by(SavedView.name).limit(100)))
