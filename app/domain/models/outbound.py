"""What we tell other systems: messages to deliver, calls that were made, and how those systems are."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime


class OutboxMessage(Model):
    """Something to tell a far system, written in the transaction that made it true and delivered afterwards.

    Messages of one order go out in the order of their ids, each with the same key on every try.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_order", "order_id", "state", "id"),
        Index("ix_outbox_due", "state", "run_after"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80), unique=True)
    system: Mapped[str] = mapped_column(String(20))  # ticketing, notifier
    verb: Mapped[str] = mapped_column(String(30))
    payload: Mapped[Json] = mapped_column(JsonType, default=dict)
    state: Mapped[str] = mapped_column(String(12), default="pending")  # pending, sent, failed
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboundCall(Model):
    """One call that a step made, secrets redacted: what an engineer reads when it went wrong."""

    __tablename__ = "outbound_call"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), index=True)
    step_key: Mapped[str | None] = mapped_column(String(80))
    system: Mapped[str] = mapped_column(String(20))
    verb: Mapped[str] = mapped_column(String(40))
    request: Mapped[Json] = mapped_column(JsonType, default=dict)
    response: Mapped[Json | None] = mapped_column(JsonType)
    error: Mapped[str | None] = mapped_column(Text)
    milliseconds: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class FarSystem(Model):
    """The breaker of one far system: open = items that need it wait without spending attempts."""

    __tablename__ = "far_system"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Callback(Model):
    """A signed message from a far system, by its id: the same one twice is one."""

    __tablename__ = "callback"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    system: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str | None] = mapped_column(String(120), index=True)  # what it is about
    early: Mapped[bool] = mapped_column(default=False)  # came before anybody waited for it
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
