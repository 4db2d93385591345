"""Orders, their items, what depends on what, and the log."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime, new_id, one_of
from app.domain.models.members import Account, Contact, User
from app.domain.states import Outcome, Stage, State, Status

FAILED = text("status = 'error'")
HELD = text("held")
REFERRED = text("operator_order_ref is not null")
UNENDED = text("state not in ('idle', 'done', 'cancelled', 'rejected')")
"""Conditions of partial indexes; a query says them in the same words, or the index is of no use to it."""


class WishedDates:
    """The four dates of an order and of each item; the item's own wins over the order's."""

    requested_start_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requested_completion_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expected_completion_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completion_date: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Order(WishedDates, Model):
    """What was asked for in one request. Its status is derived from its items and stored for lists."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_account_number", "account_id", "number"),
        Index("ix_orders_status_number", "status", "number"),
        Index("ix_orders_modified", "modified_at", "number"),
        Index("ix_orders_created", "created_at", "number"),
        Index("ix_orders_sub_account_number", "sub_account_id", "number"),
        Index("ix_orders_ticket", "ticket_number"),
        Index("ix_orders_operator_ref", "operator_order_ref", postgresql_where=REFERRED, sqlite_where=REFERRED),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(unique=True)
    status: Mapped[Status] = mapped_column(one_of(Status, 32), default=Status.ORDERED)
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome, 10))
    type: Mapped[str] = mapped_column(String(32), default="normal")
    channel: Mapped[str] = mapped_column(String(20), default="api")

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"))
    requestor: Mapped[Json] = mapped_column(JsonType, default=dict)
    sub_account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    sub_customer: Mapped[Json | None] = mapped_column(JsonType)
    parent_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    assigned_to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[str] = mapped_column(String(254), default="")

    po_number: Mapped[str | None] = mapped_column(String(100))
    payment_reference: Mapped[str | None] = mapped_column(String(100))  # typed into a draft; a payment once placed
    additional_cc: Mapped[list[str]] = mapped_column(JsonType, default=list)
    notes: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)

    alias: Mapped[str | None] = mapped_column(String(20), unique=True)
    operator_order_ref: Mapped[str | None] = mapped_column(String(100))
    operator_order_name: Mapped[str | None] = mapped_column(String(200))
    product: Mapped[Json | None] = mapped_column(JsonType)
    options: Mapped[Json | None] = mapped_column(JsonType)
    contacts: Mapped[Json | None] = mapped_column(JsonType)
    owner: Mapped[Json | None] = mapped_column(JsonType)
    comment: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(20), default="standard")
    batch_alias: Mapped[str | None] = mapped_column(String(20), index=True)
    enni: Mapped[Json | None] = mapped_column(JsonType)  # access products: {enni_vlan, enni_service_ref}
    # No foreign keys: SQLite adds those only by rewriting the table. Neither kind of row is ever deleted.
    package_id: Mapped[uuid.UUID | None] = mapped_column()  # selected once
    qualification_id: Mapped[uuid.UUID | None] = mapped_column()

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    submission_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    processing_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pending_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancellation_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rejection_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stages_begun: Mapped[Json] = mapped_column(JsonType, default=dict)  # stage → when first entered
    stages_ended: Mapped[Json] = mapped_column(JsonType, default=dict)

    ticket_number: Mapped[int | None] = mapped_column()
    info_ticket_number: Mapped[int | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    sub_account: Mapped[Account | None] = relationship(foreign_keys=[sub_account_id])
    contact: Mapped[Contact | None] = relationship()
    assigned_to: Mapped[User | None] = relationship()
    items: Mapped[list["OrderItem"]] = relationship(back_populates="order", order_by="OrderItem.item_number")
    logs: Mapped[list["OrderLog"]] = relationship(back_populates="order", order_by="OrderLog.id")

    @property
    def name(self) -> str:
        """The order number as a string, as the CRM knows it."""
        return str(self.number)


class OrderItem(WishedDates, Model):
    """One service type × one action. The unit that the engine moves."""

    __tablename__ = "order_item"
    __table_args__ = (
        UniqueConstraint("order_id", "item_number"),
        CheckConstraint(
            "state in ('idle','ready','running','backoff','waiting','error','done','cancelled','rejected')",
            name="ck_order_item_state",
        ),
        Index("ix_order_item_due", "state", "run_after"),
        Index("ix_order_item_lease", "state", "lease_until"),
        Index("ix_order_item_status", "status", "order_id"),
        # The desk's queue: what has failed, and what is open, longest first.
        Index("ix_order_item_failed", "status_since", "id", postgresql_where=FAILED, sqlite_where=FAILED),
        Index("ix_order_item_open", "status_since", "id", postgresql_where=UNENDED, sqlite_where=UNENDED),
        Index("ix_order_item_held", "id", postgresql_where=HELD, sqlite_where=HELD),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    item_number: Mapped[int] = mapped_column()
    service_type: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    details: Mapped[Json] = mapped_column(JsonType, default=dict)
    before: Mapped[Json | None] = mapped_column(JsonType)  # the service's details when a change was ordered
    facts: Mapped[Json] = mapped_column(JsonType, default=dict)  # what finished steps found out
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    service_number: Mapped[int | None] = mapped_column(index=True)
    ticket_number: Mapped[int | None] = mapped_column()

    state: Mapped[State] = mapped_column(one_of(State, 12), default=State.IDLE)
    status: Mapped[Status] = mapped_column(one_of(Status, 32), default=Status.DRAFT)
    stage: Mapped[Stage | None] = mapped_column(one_of(Stage, 20))
    by_hand: Mapped[bool] = mapped_column(default=False)  # no handler automates it
    confirmations: Mapped[list[list[Any]]] = mapped_column(JsonType, default=list)  # audience, title, tell, maybe ask
    held: Mapped[bool] = mapped_column(default=False)
    held_reason: Mapped[str | None] = mapped_column(Text)
    cancelling: Mapped[bool] = mapped_column(default=False)
    handler: Mapped[str | None] = mapped_column(String(80))
    cursor: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    token: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    run_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    error_class: Mapped[str | None] = mapped_column(String(40))
    status_since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_by: Mapped[str] = mapped_column(String(254), default="")

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    stages_begun: Mapped[Json] = mapped_column(JsonType, default=dict)
    stages_ended: Mapped[Json] = mapped_column(JsonType, default=dict)

    order: Mapped[Order] = relationship(back_populates="items")
    steps: Mapped[list[Any]] = relationship("StepRow", back_populates="item", order_by="StepRow.position")
    waits: Mapped[list[Any]] = relationship("Wait", back_populates="item", order_by="Wait.opened_at")
    service: Mapped[Any] = relationship("Service", foreign_keys=[service_id])

    @property
    def name(self) -> str:
        return f"{self.service_type} - {self.service_number or ''}".rstrip()


class ItemDependency(Model):
    """`item` starts only when `needs` has completed."""

    __tablename__ = "item_dependency"

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), primary_key=True)
    needs_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id"), primary_key=True, index=True)
    waived: Mapped[bool] = mapped_column(default=False)  # a person said: go on without it


class OrderLog(Model):
    """One line of an order's story, with the statuses as they were when it was written."""

    __tablename__ = "order_log"
    __table_args__ = (Index("ix_order_log_order", "order_id", "id"), Index("ix_order_log_created", "created_at", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    uid: Mapped[uuid.UUID] = mapped_column(default=new_id, unique=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), index=True)
    step_key: Mapped[str | None] = mapped_column(String(80))  # the step that the line is about
    item_name: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[Status] = mapped_column(one_of(Status, 32))
    item_status: Mapped[Status | None] = mapped_column(one_of(Status, 32))
    user_message: Mapped[str | None] = mapped_column(Text)
    debug_message: Mapped[str | None] = mapped_column(Text)
    internal: Mapped[bool] = mapped_column(default=False)  # a staff note, never shown to a member
    by: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    order: Mapped[Order] = relationship(back_populates="logs")


class Counter(Model):
    """Numbers that people read: orders, services, tickets. Counted up in the transaction that uses them."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    value: Mapped[int] = mapped_column()
