"""Mails: written in the transaction of what they tell, delivered by workers afterwards, as often as it takes."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.domain import after_commit, clock
from app.domain.models import Mail, Notification
from app.domain.models.base import table_of
from app.domain.models.notices import UNSENT, UNSPREAD
from app.domain.upsert import insert_for
from app.extensions import db

mail = table_of(Mail)
KEPT = timedelta(days=30)
ADDRESS = re.compile(r"[^@\s<>\",;:()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}")
"""What we hand to a mail server as an address: one mailbox, no list, no comment, no line break."""


def write(key: str, kind: str, to: str, facts: dict[str, Any], *, order_id: uuid.UUID | None = None) -> None:
    """Leave a mail for delivery; once per `key`. `kind` names its words, `facts` what they are made of.

    An order's mails are delivered together. Nothing secret may stand in `facts`: links are signed when it is sent.
    """
    if not sendable(to):
        return
    mail_id = uuid.uuid4()
    now = clock.now()
    row = {"id": mail_id, "key": key, "batch": order_id or mail_id, "kind": kind, "to_address": to.strip(),
           "facts": facts, "order_id": order_id, "state": "pending", "tries": 0, "run_after": now,
           "created_at": now}  # fmt: skip
    db.session.execute(insert_for(mail).values(**row).on_conflict_do_nothing(index_elements=["key"]))
    after_commit.deliver(order_id or mail_id)


def sendable(address: str) -> bool:
    return len(address) <= 254 and ADDRESS.fullmatch(address.strip()) is not None and address.isascii()


def due(now: datetime, limit: int) -> list[uuid.UUID]:
    """What has mails that are due, or notifications whose mails are not written: orders, and single mails."""
    if limit <= 0:
        return []
    unsent = select(mail.c.batch).where(UNSENT, mail.c.run_after <= now).distinct().limit(limit)
    news = select(Notification.order_id).where(UNSPREAD, Notification.created_at <= now).distinct().limit(limit)
    return list(dict.fromkeys([*db.session.scalars(news), *db.session.scalars(unsent)]))


def forget_old() -> None:
    """Mails that went out, or could not, long ago. In the caller's transaction."""
    db.session.execute(delete(mail).where(mail.c.state != "pending", mail.c.created_at < clock.now() - KEPT))
