"""Orders that come as a file: the file line by line, and what became of each line."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import JsonType, Model, UtcDateTime, new_id
from app.domain.models.desk import PENDING, UNFINISHED
from app.domain.models.members import User

JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class OrderImport(Model):
    """A file of orders. All that become of it carry its `alias` as their batch's (BYYMMDD_XXXXX, as Covage writes it).

    `owner`: the account whose import it is; empty = the exchange's. `digest`: SHA-256 of the file; `repeat` counts how
    often the same file was imported before. `corrects_id`: the import whose failed lines it brings again; it then has
    that one's alias. `columns`: the headings of a CSV file as they were. `total`: its lines, of which several may be
    one of its `orders`. `lease_until`: a worker is at it; whoever finds it past takes the import up. `token_id`: the
    program's token, under which the lines are worked.
    """

    __tablename__ = "order_import"
    __table_args__ = (
        UniqueConstraint("owner", "digest", "repeat"),
        Index("ix_order_import_unfinished", "lease_until", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED),
        Index("ix_order_import_created", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    alias: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    format: Mapped[str] = mapped_column(String(4))  # csv, json
    mode: Mapped[str] = mapped_column(String(10))  # drafts, submit
    channel: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str] = mapped_column(String(64), default="")
    digest: Mapped[str] = mapped_column(String(64))
    repeat: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column()  # bytes
    columns: Mapped[list[str]] = mapped_column(JsonType, default=list)
    total: Mapped[int] = mapped_column(default=0)
    orders: Mapped[int] = mapped_column(default=0)
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_import.id", ondelete="SET NULL"))
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    token_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_token.id"))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[User] = relationship()
    corrects: Mapped["OrderImport | None"] = relationship(remote_side=[id])


class ImportLine(Model):
    """A line of the file: an order, or in a CSV file one of several that are an order together.

    pending; done with its `order_id`; skipped, as the corrected import did it before; stopped, as somebody stopped the
    import before its turn; or failed with `findings` (pointer, rule, detail).

    `number`: the line in the file; in a JSON array the position. `begins`: that of the order's first line, which alone
    has `wanted`, the order as read, for the worker. `raw`: the line as it came, a row's cells or the JSON text.
    `key`: of the order; tells whether a corrected file brings the same again.
    """

    __tablename__ = "order_import_line"
    __table_args__ = (
        Index("ix_order_import_line_pending", "import_id", "number", postgresql_where=PENDING, sqlite_where=PENDING),
        Index("ix_order_import_line_state", "import_id", "state", "number"),
        Index("ix_order_import_line_order", "order_id"),
    )

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begins: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(10), default="pending")
    key: Mapped[str] = mapped_column(String(32))
    raw: Mapped[Any] = mapped_column(JsonType, nullable=False)
    wanted: Mapped[Any] = mapped_column(JsonOrNull, nullable=True)
    findings: Mapped[list[dict[str, str]]] = mapped_column(JsonType, default=list)
    sentence: Mapped[str | None] = mapped_column(Text)
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
