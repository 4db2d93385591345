"""The only functions that ever stand in Redis. They carry an id and may come twice, late or never."""

import uuid

from flask import current_app

from app import queues
from workers import outbox
from workers.pipeline import runner


def advance(item_id: str) -> str:
    """Take an item as far as it will go."""
    queues.here().begun(queues.ADVANCE, item_id)
    return runner.advance(uuid.UUID(item_id), current_app.extensions["bench"])


def deliver(order_id: str) -> str:
    """Send what an order has to tell other systems."""
    queues.here().begun(queues.DELIVER, order_id)
    bench = current_app.extensions["bench"]
    return outbox.deliver(uuid.UUID(order_id), bench.systems, bench.config)
