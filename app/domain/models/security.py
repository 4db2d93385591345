"""The audit trail, and the memory that makes a repeated request one request."""

import uuid
from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime


class Audit(Model):
    """Who did what, before → after. Appended with the change itself; sealed into a hash chain by one sealer later."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_item", "item_id", "id"), Index("ix_audit_order", "order_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[str] = mapped_column(String(254))
    what: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[uuid.UUID | None] = mapped_column()
    item_id: Mapped[uuid.UUID | None] = mapped_column()
    subject: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[Json | None] = mapped_column(JsonType)
    after: Mapped[Json | None] = mapped_column(JsonType)
    reason: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int | None] = mapped_column(unique=True)
    digest: Mapped[str | None] = mapped_column(String(64))


class FormKey(Model):
    """A form or request that has taken effect. Inserted with the effect, so a second click finds it."""

    __tablename__ = "form_key"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    by: Mapped[str] = mapped_column(String(254))
    what: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class StoredAnswer(Model):
    """The answer to a creating POST under an Idempotency-Key, per token, kept for 24 hours."""

    __tablename__ = "stored_answer"

    key: Mapped[str] = mapped_column(String(400), primary_key=True)  # token id + the client's key
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column()
    body: Mapped[Json] = mapped_column(JsonType)
    location: Mapped[str | None] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
