"""The only functions that ever stand in Redis. They carry an id and may come twice, late or never."""

import uuid

from flask import current_app

from app import queues
from app.services import batches, imports
from workers import mailer, outbox
from workers.pipeline import runner


def advance(item_id: str) -> str:
    """Take an item as far as it will go."""
    queues.here().begun(queues.ADVANCE, item_id)
    return runner.advance(uuid.UUID(item_id), current_app.extensions["bench"])


def deliver(order_id: str) -> str:
    """Send what an order has to tell other systems, and its mails; or a mail that belongs to no order."""
    queues.here().begun(queues.DELIVER, order_id)
    bench = current_app.extensions["bench"]
    told = outbox.deliver(uuid.UUID(order_id), bench.systems, bench.config)
    mailed = mailer.deliver(uuid.UUID(order_id), bench.systems.notifier, bench.config)
    return f"{told}; mails: {mailed}"


def work_batch(batch_id: str) -> str:
    """Act on some more items of a batch, or make orders of some more lines of an import."""
    queues.here().begun(queues.BATCH, batch_id)
    bench, wanted = current_app.extensions["bench"], uuid.UUID(batch_id)
    work = imports.work if imports.is_one(wanted) else batches.work
    return work(wanted, bench.config, bench.stopping)
