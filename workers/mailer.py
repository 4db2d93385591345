"""Delivers mails: each on its own, under a Message-ID that stays the same, as often as it takes.

A mail is told to the mail server after its row says that it is being tried, and before the row says that it is sent. A
worker that dies in between leaves a row that is tried again when the time for it has run out; the server, or the
reader's program, knows the second one by its Message-ID.
"""

import random
import uuid
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import and_, select, update

from app.config import Config
from app.domain import clock
from app.domain.errors import StepError, TemporaryFailure
from app.domain.models import Mail, Notification
from app.domain.models.base import table_of
from app.extensions import db
from app.services import notifications
from app.services.mails import letters
from workers.pipeline import breaker
from workers.pipeline.journal import DATABASE_AWAY
from workers.southbound.protocols import Notifier, RecipientLater

log = structlog.get_logger()
rows, news = table_of(Mail), table_of(Notification)

LONGEST_PAUSE_S = 900.0
GIVE_UP_AFTER = timedelta(days=3)
"""A mail that could not be handed over for so long may be wrong by then: it fails, and is sent no more unless a person
lets it go again."""


def deliver(batch: uuid.UUID, notifier: Notifier, config: Config) -> str:
    """Write the mails of an order's new notifications, then send what is due of this batch (an order, or one mail).

    Never raises for what the mail server did, nor for a database that is away: that is left to the sweep.
    """
    try:
        if _has_news(batch):
            notifications.spread(batch)
        sent = 0
        while mail := _take(batch, notifier, config):
            word = _send(mail, notifier, config)
            if word == "later":
                return f"sent {sent}, the others later"
            sent += word == "sent"
        return f"sent {sent}"
    except DATABASE_AWAY as failure:
        db.session.rollback()
        log.warning("the database failed under a mail; the sweep will take it up again", error=str(failure))
        return "database failed"


def _has_news(batch: uuid.UUID) -> bool:
    found = db.session.execute(
        select(news.c.id).where(news.c.order_id == batch, news.c.spread_at.is_(None)).limit(1)
    ).first()
    db.session.rollback()
    return found is not None


def _take(batch: uuid.UUID, notifier: Notifier, config: Config) -> Any:
    """The next mail that is due, reserved for the time that sending it may take; None if there is none."""
    while True:
        now = clock.now()
        mine = and_(rows.c.batch == batch, rows.c.state == "pending", rows.c.run_after <= now)
        found = db.session.scalar(select(rows.c.id).where(mine).order_by(rows.c.created_at).limit(1))
        db.session.rollback()
        if found is None:
            return None
        if (shut := breaker.open_until([notifier.system])) is not None:
            due = shut + timedelta(seconds=random.uniform(0, 1))
            db.session.execute(update(rows).where(mine).values(run_after=due))
            db.session.commit()
            return None
        taken = db.session.execute(
            update(rows)
            .where(rows.c.id == found, mine)
            .values(tries=rows.c.tries + 1, run_after=now + timedelta(seconds=config.lease_seconds))
            .returning(rows.c.id, rows.c.key, rows.c.kind, rows.c.to_address, rows.c.facts, rows.c.order_id,
                       rows.c.tries, rows.c.created_at, rows.c.again_at)
        ).first()  # fmt: skip
        db.session.commit()
        if taken is not None:  # else another worker was faster: look for the next one
            return taken


def _send(mail: Any, notifier: Notifier, config: Config) -> str:
    """“sent”; “later” if the mail server is away; “passed” if only this one could not be sent, now or at all."""
    try:
        notifier.send(letters.compose(mail, config))
    except RecipientLater as why:
        return _put_back(mail, why)
    except TemporaryFailure as why:
        breaker.failed([notifier.system], why.detail)
        _put_back(mail, why)
        return "later"
    except DATABASE_AWAY:
        raise
    except Exception as why:
        if not isinstance(why, StepError):
            log.exception("a mail could not be made", kind=mail.kind)
        return _failed(mail, why.detail if isinstance(why, StepError) else f"{type(why).__name__}: {why}")
    breaker.succeeded([notifier.system])
    _write(mail, state="sent", sent_at=clock.now(), error=None)
    return "sent"


def _put_back(mail: Any, why: TemporaryFailure) -> str:
    if clock.now() - (mail.again_at or mail.created_at) > GIVE_UP_AFTER:
        return _failed(mail, why.detail)
    pause = why.retry_after or min(LONGEST_PAUSE_S, 2.0 * 2 ** min(mail.tries, 10)) * random.uniform(0.5, 1.5)
    log.warning("a mail could not be handed over; it is tried again", kind=mail.kind, mail=str(mail.id),
                tries=mail.tries, next_try_s=round(pause), error=why.detail)  # fmt: skip
    _write(mail, error=why.detail, run_after=clock.now() + timedelta(seconds=pause))
    return "passed"


def _failed(mail: Any, why: str) -> str:
    """It stays, visibly failed; the order is not touched by it."""
    db.session.rollback()
    log.error("a mail cannot be delivered", kind=mail.kind, mail=str(mail.id), error=why)
    _write(mail, state="failed", error=why)
    return "passed"


def _write(mail: Any, **values: Any) -> None:
    db.session.execute(update(rows).where(rows.c.id == mail.id, rows.c.state == "pending").values(**values))
    db.session.commit()
