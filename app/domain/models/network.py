"""What the local stand-ins for far systems keep: network jobs, simulated switches, keys of effects."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import BigId, Json, JsonType, Model, UtcDateTime


class NetworkJob(Model):
    """One action on the network. `key` is the idempotency key it was asked for with: asked twice, it is still one.

    `token` counts the runs: a run whose token is no longer the row's has been taken over and may not write.
    """

    __tablename__ = "network_job"
    __table_args__ = (Index("ix_network_job_state", "state", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    action: Mapped[str] = mapped_column(String(40))
    parameters: Mapped[Json] = mapped_column(JsonType, default=dict)
    callback_url: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(12), default="queued")  # queued, running, succeeded, failed
    token: Mapped[int] = mapped_column(default=0)
    diff: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[str] = mapped_column(String(200), default="")
    checks: Mapped[list[Json]] = mapped_column(JsonType, default=list)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SwitchConfig(Model):
    """The running configuration of one simulated switch. `revision` goes up by one with every change."""

    __tablename__ = "switch_config"

    switch_name: Mapped[str] = mapped_column(String(60), primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    running: Mapped[Json] = mapped_column(JsonType, default=dict)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class LocalEffect(Model):
    """The key of an effect that leaves no row of its own: a status that was set. Asked again, it is not set again."""

    __tablename__ = "local_effect"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
