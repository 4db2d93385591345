"""Tickets of the local ticketing system."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime


class Ticket(Model):
    """A ticket. `key` is the idempotency key it was asked for with: asked twice, it is still one."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_queue", "queue", "status", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    order_number: Mapped[int] = mapped_column(index=True)
    queue: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(20))  # pending, awaiting_agent, awaiting_user, resolved
    read_only: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(String(300))
    person: Mapped[Json] = mapped_column(JsonType, default=dict)
    cc: Mapped[list[str]] = mapped_column(JsonType, default=list)
    labels: Mapped[list[str]] = mapped_column(JsonType, default=list)
    properties: Mapped[Json] = mapped_column(JsonType, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    messages: Mapped[list["TicketMessage"]] = relationship(back_populates="ticket", order_by="TicketMessage.position")


class TicketMessage(Model):
    """One message. `internal` notes are for the NOC; the others may be read by the customer's side."""

    __tablename__ = "ticket_message"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    ticket_number: Mapped[int] = mapped_column(ForeignKey("ticket.number", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column()
    author: Mapped[str] = mapped_column(String(200), default="Order Management System")
    body: Mapped[str] = mapped_column(Text)
    is_note: Mapped[bool] = mapped_column(default=False)
    internal: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
