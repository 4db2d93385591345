"""What people are told outside of the pages they look at: notifications, mails, and who wants which."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime, new_id

UNSPREAD = text("spread_at is null")
UNSENT = text("state = 'pending'")
FAILED = text("state = 'failed'")
"""Conditions of partial indexes; a query says them in the same words, or the index is of no use to it."""


class Notification(Model):
    """Something that happened to an order, for the people of an account or of a team.

    Written in the transaction of the change. `key` is one per order and event, so nothing is ever told twice. `facts`
    hold keys and times, never a text that somebody wrote: words are made for the reader.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_account", "account_id", "id"),
        Index("ix_notification_sub_account", "sub_account_id", "id"),
        Index("ix_notification_team", "team", "id"),
        Index("ix_notification_unspread", "order_id", postgresql_where=UNSPREAD, sqlite_where=UNSPREAD),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    event: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    wait_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("wait.id", ondelete="CASCADE"))
    account_id: Mapped[str | None] = mapped_column(String(64))  # as waits name it
    sub_account_id: Mapped[str | None] = mapped_column(String(64))
    team: Mapped[str | None] = mapped_column(String(20))
    facts: Mapped[Json] = mapped_column(JsonType, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    spread_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its mails have been written


class NotificationMark(Model):
    """A person marked one notification as read or unread; it counts more than `NotificationsRead`."""

    __tablename__ = "notification_mark"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True)
    read: Mapped[bool] = mapped_column()


class NotificationsRead(Model):
    """Up to which notification a person has read all."""

    __tablename__ = "notifications_read"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    up_to: Mapped[int] = mapped_column(BigInteger)


class MailChoice(Model):
    """Whether an address wants mails of one kind. By address, as people without a login get mails too."""

    __tablename__ = "mail_choice"

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    event: Mapped[str] = mapped_column(String(20), primary_key=True)
    wanted: Mapped[bool] = mapped_column()


class Mail(Model):
    """One mail to one address, delivered after the commit. `key` gives its Message-ID, the same on every try."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "run_after", postgresql_where=UNSENT, sqlite_where=UNSENT),
        Index("ix_mail_batch", "batch", postgresql_where=UNSENT, sqlite_where=UNSENT),
        Index("ix_mail_failed", "created_at", postgresql_where=FAILED, sqlite_where=FAILED),
        Index("ix_mail_newest", "created_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(280), unique=True)
    batch: Mapped[uuid.UUID] = mapped_column()  # what it is delivered with: its order's mails, else itself
    kind: Mapped[str] = mapped_column(String(30))
    to_address: Mapped[str] = mapped_column(String(254))
    facts: Mapped[Json] = mapped_column(JsonType, default=dict)
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="pending")  # pending, sent, failed
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a person let it be tried anew
