"""What an account has since an order for a package was submitted: the package, and each service of it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.domain.models import OrderItem, PackageSubscription, Service, ServiceSubscription
from app.extensions import db


@dataclass(frozen=True)
class Subscribed:
    """A package subscription; `services`: each with its item_number, service_number, service_type, state, features and
    contacts."""

    package: PackageSubscription
    services: list[Any]


def of_order(order_id: uuid.UUID) -> Subscribed | None:
    """None for a draft, and for an order that is for no package."""
    return of_orders([order_id]).get(order_id)


def of_orders(order_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Subscribed]:
    """Order → what it subscribed to, in two queries however many there are."""
    which = PackageSubscription.order_id.in_(list(order_ids))
    packages = db.session.scalars(select(PackageSubscription).where(which)).all()
    services: dict[uuid.UUID, list[Any]] = defaultdict(list)
    rows = db.session.execute(
        select(
            ServiceSubscription.id, ServiceSubscription.package_subscription_id, ServiceSubscription.features,
            OrderItem.item_number, OrderItem.service_type, OrderItem.service_number, Service.state, Service.contacts,
        )
        .join(OrderItem, OrderItem.id == ServiceSubscription.item_id)
        .outerjoin(Service, Service.id == ServiceSubscription.service_id)
        .where(ServiceSubscription.package_subscription_id.in_([one.id for one in packages]))
        .order_by(OrderItem.item_number)
    )  # fmt: skip
    for row in rows if packages else ():
        services[row.package_subscription_id].append(row)
    return {one.order_id: Subscribed(one, services[one.id]) for one in packages}


def of_services(service_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, PackageSubscription]:
    """Service → the package that it came with."""
    rows = db.session.execute(
        select(ServiceSubscription.service_id, PackageSubscription)
        .join(PackageSubscription, PackageSubscription.id == ServiceSubscription.package_subscription_id)
        .where(ServiceSubscription.service_id.in_(list(service_ids)))
    )
    return {service_id: package for service_id, package in rows if service_id is not None}
