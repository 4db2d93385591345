"""What the desk keeps for its people: views they have saved, and actions upon many items at once."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import Json, JsonType, Model, UtcDateTime, new_id
from app.domain.models.members import User

PENDING = text("state = 'pending'")
UNFINISHED = text("finished_at is null")
"""Conditions of partial indexes; a query says them in the same words."""


class SavedView(Model):
    """A view of the queue with its filters and sorting under a name of one's own. `shared`: all staff see it.

    `filters` is stored as it was asked for; what does not exist any more is said when the view is opened.
    """

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    view: Mapped[str] = mapped_column(String(20))
    filters: Mapped[Json] = mapped_column(JsonType, default=dict)
    sort: Mapped[str] = mapped_column(String(20), default="")
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    owner: Mapped[User] = relationship()


class Batch(Model):
    """One action upon a list of items that was frozen when it was asked for. Worked by the workers, chunk by chunk.

    `lease_until`: a worker is at it; whoever finds it past takes the batch up. `rounds` counts how often the failed
    ones were tried anew, and is part of the key under which each item is acted upon.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_unfinished", "lease_until", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED),
        Index("ix_batch_by", "by_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    verb: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    about: Mapped[str] = mapped_column(String(300), default="")  # where the items were chosen, in words
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    total: Mapped[int] = mapped_column()
    rounds: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[User] = relationship()


class BatchItem(Model):
    """One item of a batch and what came of it: pending, done, or failed with a sentence."""

    __tablename__ = "batch_item"
    __table_args__ = (
        Index("ix_batch_item_pending", "batch_id", "position", postgresql_where=PENDING, sqlite_where=PENDING),
        Index("ix_batch_item_state", "batch_id", "state", "position"),
        Index("ix_batch_item_item", "item_id"),
    )

    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(10), default="pending")  # pending, done, failed
    sentence: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
