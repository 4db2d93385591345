"""The plan of an item as it was written down, and what it waits for."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime, new_id, one_of
from app.domain.models.orders import OrderItem
from app.domain.states import Stage, StepState, WaitKind

CLAIMED = text("open and claimed_by_id is not null")


class StepRow(Model):
    """One step of one item's plan, and its journal. Written once; a later edit of the handler cannot move it."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("item_id", "position"), UniqueConstraint("item_id", "key"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    stage: Mapped[Stage | None] = mapped_column(one_of(Stage, 20))
    kind: Mapped[str] = mapped_column(String(12))  # auto, pure, gate, or a wait kind
    team: Mapped[str | None] = mapped_column(String(30))
    tell: Mapped[str | None] = mapped_column(Text)
    ask: Mapped[Json | None] = mapped_column(JsonType)
    extra: Mapped[Json | None] = mapped_column(JsonType)  # e.g. seconds until a wait answers itself
    undo_key: Mapped[str | None] = mapped_column(String(80))

    state: Mapped[StepState] = mapped_column(one_of(StepState, 12), default=StepState.PENDING)
    generation: Mapped[int] = mapped_column(default=0)  # raised only by a person's "redo"
    tries: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    facts: Mapped[Json | None] = mapped_column(JsonType)
    error: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)  # why it was skipped or done by hand
    by: Mapped[str] = mapped_column(String(254), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    item: Mapped[OrderItem] = relationship(back_populates="steps")


class Wait(Model):
    """What an item waits for: a person, a system, a time, another item. Answered through one service."""

    __tablename__ = "wait"
    __table_args__ = (
        Index("uq_wait_open", "item_id", unique=True, postgresql_where=text("open"), sqlite_where=text("open")),
        Index("ix_wait_queue", "open", "audience", "due_at"),
        Index("ix_wait_reference", "reference"),
        # The desk's queue: what is open, by when it is due. PostgreSQL counts and filters in the index alone.
        Index(
            "ix_wait_due",
            "due_at",
            "item_id",
            postgresql_where=text("open"),
            sqlite_where=text("open"),
            postgresql_include=["audience", "kind", "opened_at", "claimed_by_id", "claim_until"],
        ),
        Index("ix_wait_claimed", "claimed_by_id", "due_at", "item_id", postgresql_where=CLAIMED, sqlite_where=CLAIMED),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), index=True)
    step_key: Mapped[str | None] = mapped_column(String(80))
    kind: Mapped[WaitKind] = mapped_column(one_of(WaitKind, 12))
    audience: Mapped[str] = mapped_column(
        String(120)
    )  # team:engineering, account:<id>, system:network, time, item:<id>
    title: Mapped[str] = mapped_column(String(200))
    tell: Mapped[str | None] = mapped_column(Text)
    ask: Mapped[Json | None] = mapped_column(JsonType)
    reference: Mapped[str | None] = mapped_column(String(120))  # the far side's name for what we wait for
    open: Mapped[bool] = mapped_column(default=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    default_answer: Mapped[Json | None] = mapped_column(JsonType)
    claimed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_how: Mapped[str | None] = mapped_column(String(20))  # answered, expired, superseded, cancelled
    answers: Mapped[Json | None] = mapped_column(JsonType)
    answered_by: Mapped[str | None] = mapped_column(String(254))

    item: Mapped[OrderItem] = relationship(back_populates="waits")
    claimed_by: Mapped[Any] = relationship("User")


class HandlerPlan(Model):
    """Every handler's plan as the workers last published it, for pages that show a plan before it runs."""

    __tablename__ = "handler_plan"

    handler: Mapped[str] = mapped_column(String(80), primary_key=True)
    service_type: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    order_type: Mapped[str | None] = mapped_column(String(32))
    steps: Mapped[list[Json]] = mapped_column(JsonType)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class StagePause(Model):
    """A stage that an engineer has paused: its queue is not worked until it is resumed."""

    __tablename__ = "stage_pause"

    stage: Mapped[Stage] = mapped_column(one_of(Stage, 20), primary_key=True)
    by: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class WorkerBeat(Model):
    """A worker's sign of life."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(120))
    pid: Mapped[int] = mapped_column()
    queues: Mapped[list[str]] = mapped_column(JsonType)
    item_id: Mapped[uuid.UUID | None] = mapped_column()
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
