"""What was found when somebody asked whether a service can be had."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import Json, JsonType, Model, UtcDateTime, new_id


class Qualification(Model):
    """The answer to one question, true when it was asked and believed until `valid_until`.

    `offers`: what can be had where, as `services.qualification` finds it. `reasons`: why something cannot.
    """

    __tablename__ = "qualification"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    method: Mapped[str] = mapped_column(String(12))  # none, identifier, address
    asked: Mapped[Json] = mapped_column(JsonType, default=dict)
    qualified: Mapped[bool] = mapped_column()
    offers: Mapped[list[Json]] = mapped_column(JsonType, default=list)
    reasons: Mapped[list[Json]] = mapped_column(JsonType, default=list)  # {rule, detail}
    created_by: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
