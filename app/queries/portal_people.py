"""Whom to call about the services that an order makes, and about a service: roles and people."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from app.catalogue.describe import Row
from app.domain.models import Order, OrderItem, Service
from app.extensions import db
from app.services import named_people, service_contacts


@dataclass(frozen=True)
class Called:
    """`roles`: role → {label, required}; `people`: role → whoever is named."""

    roles: Mapping[str, Mapping[str, Any]]
    people: Mapping[str, Mapping[str, Any]]

    def rows(self) -> list[Row]:
        """In words."""
        return [
            (str(told["label"]), named_people.in_words(self.people[role]))
            for role, told in self.roles.items()
            if role in self.people
        ]  # fmt: skip


def of_order(order_id: uuid.UUID) -> dict[uuid.UUID, Called]:
    """Item → whom to call about the service that it makes; a change, an end and a join make none."""
    rows = db.session.execute(
        select(OrderItem.id, Service.id.label("service_id"), Service.contacts)
        .join(Order, Order.id == OrderItem.order_id)
        .join(Service, and_(Service.id == OrderItem.service_id, Service.account_id == Order.account_id))
        .where(OrderItem.order_id == order_id, OrderItem.action == "new")
    ).all()
    roles = service_contacts.roles_of([row.service_id for row in rows])
    return {row.id: Called(roles[row.service_id], row.contacts) for row in rows}


def of_service(service: Service) -> Called:
    """Whom to call about a service that there is."""
    return Called(service_contacts.roles_of([service.id])[service.id], service.contacts)


def rows_of(service: Service | None) -> list[Row]:
    """In words; nothing is read where nobody is named."""
    return of_service(service).rows() if service is not None and service.contacts else []
