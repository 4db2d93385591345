"""Delivers what orders have to tell other systems: in order, each message under its own key, as often as it takes."""

import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, select, update

from app.config import Config
from app.domain import after_commit, clock
from app.domain.errors import PermanentFailure, StepError, TemporaryFailure
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
    while batch := _take(order_id, config):
        until = time.monotonic() + config.lease_seconds / 2
        number, word = _send_all(batch, systems, until)
        sent += number
        if word:
            return word
    return f"sent {sent}"


def _take(order_id: uuid.UUID, config: Config) -> list[Any]:
    """The order's unsent messages, if the first of them is due; reserved for the time that sending them may take.

    Two workers may still send one message at the same time after a stall: its key makes that harmless, and as each of
    them sends all in their order, that stays too.
    """
    now = clock.now()
    mine = and_(rows.c.order_id == order_id, rows.c.state == "pending")
    first_due = select(rows.c.run_after).where(mine).order_by(rows.c.id).limit(1).scalar_subquery()
    taken = db.session.execute(
        update(rows)
        .where(mine, rows.c.run_after <= now, first_due <= now)
        .values(tries=rows.c.tries + 1, run_after=now + timedelta(seconds=config.lease_seconds))
        .returning(rows.c.id, rows.c.order_id, rows.c.item_id, rows.c.key, rows.c.system, rows.c.verb, rows.c.payload,
                   rows.c.tries)
    ).all()  # fmt: skip
    batch = sorted(taken, key=lambda message: message.id)
    shut = breaker.open_until([batch[0].system]) if batch else None
    if shut is not None:  # no try was made, and none is due before the breaker lets it through
        _untake(batch, shut + timedelta(seconds=random.uniform(0, 1)))
        batch = []
    db.session.commit()
    return batch


def _untake(batch: Sequence[Any], due: datetime) -> None:
    """They were not tried after all; in the caller's transaction."""
    ids = [message.id for message in batch]
    if ids:
        given_back = update(rows).where(rows.c.id.in_(ids), rows.c.state == "pending")
        db.session.execute(given_back.values(tries=rows.c.tries - 1, run_after=due))


def _send_all(batch: list[Any], systems: Any, until: float) -> tuple[int, str | None]:
    """Send them in their order; how many were sent, and a word if one could not be."""
    for number, message in enumerate(batch):
        if time.monotonic() > until:  # the reservation must not run out meanwhile: take them anew
            return _stop(batch, number), None
        try:
            _send(message, systems)
            db.session.commit()
        except StepError as why:
            return _stop(batch, number, why), "later" if isinstance(why, TemporaryFailure) else "failed"
        except DATABASE_AWAY:
            raise
        except Exception as bug:
            log.exception("a message could not be sent", system=message.system, verb=message.verb)
            return _stop(batch, number, StepError(f"{type(bug).__name__}: {bug}")), "failed"
    return _stop(batch, len(batch)), None


def _stop(batch: list[Any], sent: int, why: StepError | None = None) -> int:
    """Write down how far it went: what is sent, what failed, and that the rest has not been tried."""
    db.session.rollback()
    ids = [message.id for message in batch[:sent]]
    if ids:
        db.session.execute(
            update(rows)
            .where(rows.c.id.in_(ids), rows.c.state == "pending")
            .values(state="sent", sent_at=clock.now(), error=None)
        )
    if why is not None:
        _put_back(batch[sent], why)
    _untake(batch[sent + (why is not None) :], clock.now())
    db.session.commit()
    return sent


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


def _send(message: Any, systems: Any) -> None:
    _ticketing(message, dict(message.payload), systems.ticketing)
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
    if number is None:  # never silently: what was to be told stays in the outbox, as failed
        raise PermanentFailure("The order has no ticket to write this to: the help desk refused to open one.")
    if message.verb == "note":
        as_note = payload.get("as_note", True)
        ticketing.note(message.key, number, payload["body"], internal=payload["internal"], as_note=as_note)
    else:
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
