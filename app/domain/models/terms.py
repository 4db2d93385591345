"""Terms and conditions, and who accepted which version when."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import clock
from app.domain.models.base import Model, UtcDateTime, new_id


class Terms(Model):
    """One version; the latest that is in force counts. Without any, nobody is asked to accept terms."""

    __tablename__ = "terms"

    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    in_force_from: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class TermsAcceptance(Model):
    """Somebody accepted this version for this order."""

    __tablename__ = "terms_acceptance"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    version: Mapped[str] = mapped_column(ForeignKey("terms.version"), index=True)
    accepted_by: Mapped[str] = mapped_column(String(254))
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
