"""What an order item has beside its details: references as they were sent, features, contacts of the service."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.models.base import Json, JsonType, Model
from app.domain.models.orders import OrderItem


class ItemSetup(Model):
    """Kept apart from the item, whose row the engine writes all the time and which needs none of this.

    `service_ref` and `depends_on` stand as they were sent, as long as the order is a draft; `features` and `contacts`
    are answers to the requirements of the service (`PackageService`) and stay as they were when it was ordered. Whom to
    call about the service from then on, the service says.
    """

    __tablename__ = "item_setup"

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id", ondelete="CASCADE"), primary_key=True)
    made_for: Mapped[int | None] = mapped_column()  # the item of a draft for whose sake this one was added
    qualification_id: Mapped[uuid.UUID | None] = mapped_column()  # by what was found out where it can be had
    package_service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("package_service.id"))
    service_ref: Mapped[Any | None] = mapped_column(JsonType)
    depends_on: Mapped[list[Any] | None] = mapped_column(JsonType)
    features: Mapped[Json] = mapped_column(JsonType, default=dict)  # code → {value, enabled}
    contacts: Mapped[Json] = mapped_column(JsonType, default=dict)  # role → {contact_id, full_name, email, phone}

    item: Mapped[OrderItem] = relationship()
