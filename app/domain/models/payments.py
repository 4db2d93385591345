"""Payments that belong to an order: references to what was paid elsewhere, and what was collected for it."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import Model, UtcDateTime, new_id


class Payment(Model):
    """`kind` reference: somebody else took it. `kind` collected: our provider was asked for it under the row's key.

    `state`: recorded (a reference), started (the provider was asked), collected, refused.
    """

    __tablename__ = "payment"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)  # in the currency's smallest unit
    currency: Mapped[str | None] = mapped_column(String(3))
    reference: Mapped[str | None] = mapped_column(String(100))
    provider: Mapped[str | None] = mapped_column(String(30))
    provider_reference: Mapped[str | None] = mapped_column(String(120))
    error: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
