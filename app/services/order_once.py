"""Placing an order from a form: one order, however often the form is sent."""

import uuid

from app.config import Config
from app.domain.models import FormKey, Order
from app.extensions import db
from app.services import orders
from app.services.actor import Actor
from app.services.once import key_of, once
from app.services.order_input import OrderInput

ORDER_NOTE = "order "


def place(wanted: OrderInput, actor: Actor, config: Config, key: str) -> uuid.UUID:
    """One order under this form key, in one transaction; whoever comes second gets the order of the first.

    `Invalid` names every finding; nothing is stored then.
    """
    if not once(key, actor, ORDER_NOTE):
        db.session.rollback()
        earlier = placed_before(key, actor)
        assert earlier is not None  # the key is noted and the order named in one transaction
        return earlier
    order: Order = orders.place(wanted, actor, config)
    note = db.session.get(FormKey, key_of(key, actor, ORDER_NOTE))
    assert note is not None
    note.what = f"{ORDER_NOTE}{order.id}"
    placed = order.id
    db.session.commit()
    return placed


def placed_before(key: str, actor: Actor) -> uuid.UUID | None:
    """The order that this form made when it was sent before."""
    note = db.session.get(FormKey, key_of(key, actor, ORDER_NOTE))
    if note is None or not note.what.startswith(ORDER_NOTE):
        return None
    return uuid.UUID(note.what.removeprefix(ORDER_NOTE))
