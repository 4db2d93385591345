"""Delivers what orders have to tell other systems: in order, each message under its own key, as often as it takes."""

import random
import uuid
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update

from app.config import Config
from app.domain import after_commit, clock
from app.domain.errors import StepError, TemporaryFailure
from app.domain.models import Order, OutboxMessage
from app.domain.models.base import table_of
from app.extensions import db
from workers.pipeline import breaker
from workers.pipeline.journal import DATABASE_AWAY

log = structlog.get_logger()
rows = table_of(OutboxMessage)

LONGEST_PAUSE_S = 300.0


def deliver(order_id: uuid.UUID, systems: Any, config: Config) -> str:
    """Send the order's pending messages, oldest first, until one fails or none is left.

    Never raises for what a far system did, nor for a database that is away: that is left to the sweep.
    """
    try:
        return _deliver(order_id, systems, config)
    except DATABASE_AWAY as failure:
        db.session.rollback()
        log.warning("the database failed under a delivery; the sweep will take it up again", error=str(failure))
        return "database failed"


def _deliver(order_id: uuid.UUID, systems: Any, config: Config) -> str:
    sent = 0
    while True:
        message = _take(order_id, config)
        if message is None:
            return f"sent {sent}"
        try:
            _send(message, systems)
        except StepError as why:
            db.session.rollback()
            _put_back(message, why)
            return "later" if isinstance(why, TemporaryFailure) else "failed"
        except DATABASE_AWAY:
            raise
        except Exception as bug:
            db.session.rollback()
            log.exception("a message could not be sent", system=message.system, verb=message.verb)
            _put_back(message, StepError(f"{type(bug).__name__}: {bug}"))
            return "failed"
        db.session.execute(
            update(rows)
            .where(rows.c.id == message.id, rows.c.state == "pending")
            .values(state="sent", sent_at=clock.now(), error=None)
        )
        db.session.commit()
        sent += 1


def _take(order_id: uuid.UUID, config: Config) -> Any:
    """The order's first unsent message, if it is due; reserved for the time that sending it may take.

    Two workers may still send one message at the same time after a stall: its key makes that harmless.
    """
    now = clock.now()
    first = select(rows.c.id).where(rows.c.order_id == order_id, rows.c.state == "pending").order_by(rows.c.id).limit(1)
    taken = db.session.execute(
        update(rows)
        .where(rows.c.id == first.scalar_subquery(), rows.c.state == "pending", rows.c.run_after <= now)
        .values(tries=rows.c.tries + 1, run_after=now + timedelta(seconds=config.lease_seconds))
        .returning(rows.c.id, rows.c.order_id, rows.c.item_id, rows.c.key, rows.c.system, rows.c.verb, rows.c.payload,
                   rows.c.tries)
    ).first()  # fmt: skip
    shut = breaker.open_until([taken.system]) if taken is not None else None
    if taken is not None and shut is not None:  # no try was made, and none is due before the breaker lets it through
        later = shut + timedelta(seconds=random.uniform(0, 1))
        db.session.execute(update(rows).where(rows.c.id == taken.id).values(tries=taken.tries - 1, run_after=later))
        taken = None
    db.session.commit()
    return taken


def _put_back(message: Any, why: StepError) -> None:
    """A temporary failure is tried again for ever, with growing pauses; a permanent one stays, visibly failed, and
    lets the messages behind it pass."""
    temporary = isinstance(why, TemporaryFailure)
    pause = min(LONGEST_PAUSE_S, 0.5 * 2 ** min(message.tries, 10)) * random.uniform(0.5, 1.5)
    values: dict[str, Any] = {"error": why.detail, "run_after": clock.now() + timedelta(seconds=pause)}
    if temporary:
        breaker.failed([message.system], why.detail)
    else:
        values["state"] = "failed"
        log.error("a message to another system was refused", system=message.system, verb=message.verb, error=why.detail)
        after_commit.deliver(message.order_id)
    db.session.execute(update(rows).where(rows.c.id == message.id, rows.c.state == "pending").values(**values))
    db.session.commit()


def _send(message: Any, systems: Any) -> None:
    payload = dict(message.payload)
    if message.system == "ticketing":
        _ticketing(message, payload, systems.ticketing)
    else:
        systems.notifier.send(message.key, **payload)
    breaker.succeeded([message.system])


def _ticketing(message: Any, payload: dict[str, Any], ticketing: Any) -> None:
    order = db.session.execute(
        select(Order.ticket_number, Order.info_ticket_number).where(Order.id == message.order_id)
    ).one()
    db.session.rollback()  # no transaction is open during the call
    if message.verb == "ensure":
        _ensure(message, payload, ticketing, order.ticket_number)
        return
    number = order.info_ticket_number if payload.get("informs") else order.ticket_number
    if number is not None and message.verb == "note":
        ticketing.note(message.key, number, payload["body"], internal=payload["internal"])
    elif number is not None:
        ticketing.set_status(message.key, number, payload["status"])


def _ensure(message: Any, payload: dict[str, Any], ticketing: Any, worked: int | None) -> None:
    """Make a ticket and remember its number; the extra read-only one names the ticket being worked."""
    informs = payload.pop("informs", False)
    body = payload["body"].replace("{ticket_number}", str(worked or ""))
    number = ticketing.ensure(message.key, **{**payload, "body": body})
    column = Order.info_ticket_number if informs else Order.ticket_number
    db.session.execute(
        update(Order)
        .where(Order.id == message.order_id)
        .values({column: number})
        .execution_options(synchronize_session=False)
    )
    after_commit.signal(f"order-{message.order_id}")
