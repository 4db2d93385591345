"""Lines of the local loop that are active, so that another one can be built beside them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import Json, JsonType, Model, UtcDateTime


class AccessLine(Model):
    """An active line, known by what the eligibility check calls it.

    `address`: as an access line's details have it. `service_id`: the service of ours that uses it; None for a line that
    the carrier entered because somebody else has it.
    """

    __tablename__ = "access_line"

    ref_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    ref: Mapped[str] = mapped_column(String(60), primary_key=True)
    address: Mapped[Json] = mapped_column(JsonType, default=dict)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
