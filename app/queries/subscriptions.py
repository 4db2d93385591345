"""What an account has since an order for a package was submitted: the package, and each service of it."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.domain.models import OrderItem, PackageSubscription, Service, ServiceSubscription
from app.extensions import db


@dataclass(frozen=True)
class Subscribed:
    """A package subscription; `services`: each with its item_number, service_number, service_type and state."""

    package: PackageSubscription
    services: list[Any]


def of_order(order_id: uuid.UUID) -> Subscribed | None:
    """None for a draft, and for an order that is for no package."""
    package = db.session.scalars(
        select(PackageSubscription).where(PackageSubscription.order_id == order_id)
    ).one_or_none()
    if package is None:
        return None
    services = db.session.execute(
        select(
            ServiceSubscription.id, ServiceSubscription.features, OrderItem.item_number, OrderItem.service_type,
            OrderItem.service_number, Service.state, Service.contacts,
        )
        .join(OrderItem, OrderItem.id == ServiceSubscription.item_id)
        .outerjoin(Service, Service.id == ServiceSubscription.service_id)
        .where(ServiceSubscription.package_subscription_id == package.id)
        .order_by(OrderItem.item_number)
    )  # fmt: skip
    return Subscribed(package, list(services))
