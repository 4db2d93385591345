"""What an order for a package costs: the price of one piece, how many, and all of them.

A package has a price for itself as it is described. Where it lets its buyer say how many ports there are to be, the
price is for each of them. From its submission on an order costs what it cost then.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.domain.models import ItemSetup, Order, OrderItem, Package, PackageService, PackageSubscription
from app.domain.states import Status
from app.extensions import db

QUANTITY = "quantity"


@dataclass(frozen=True)
class Price:
    """`each` in the smallest unit of `currency`, for one piece; `period`: month or once. `frozen` since the order was
    submitted; before, it is today's."""

    each: int
    quantity: int
    currency: str
    period: str
    frozen: bool = False

    @property
    def total(self) -> int:
        return self.each * self.quantity


def per_port(package: Package) -> bool:
    """Whether the price is for each port, as its buyer says how many."""
    return any(_counts(service) for service in package.services)


def counts(service_type: str, fixed: Collection[str]) -> bool:
    """Whether the buyer of such a service of a package says how many it is to be."""
    return service_type == "multiservice_port" and QUANTITY not in fixed


def _counts(service: PackageService) -> bool:
    return counts(service.service_type, service.fixed)


def of_order(order: Order) -> Price | None:
    """None where there is no package, or its price is told on request."""
    return of_orders([order]).get(order.id)


def of_orders(orders: Iterable[Order]) -> dict[uuid.UUID, Price]:
    """Order → what it costs, in a fixed number of queries; without orders that have no price."""
    bought = [one for one in orders if one.package_id is not None]
    drafts = [one for one in bought if one.status is Status.DRAFT]
    return _frozen([one.id for one in bought if one.status is not Status.DRAFT]) | _of_today(drafts)


def _frozen(ids: list[uuid.UUID]) -> dict[uuid.UUID, Price]:
    rows = db.session.scalars(select(PackageSubscription).where(PackageSubscription.order_id.in_(ids))) if ids else ()
    return {one.order_id: price for one in rows if (price := frozen(one)) is not None}


def frozen(bought: PackageSubscription) -> Price | None:
    """What was bought costs what it cost then; None where the price was told on request."""
    if bought.price_minor is None or bought.currency is None:
        return None
    return Price(bought.price_minor, bought.quantity, bought.currency, bought.price_period, frozen=True)


def _of_today(orders: list[Order]) -> dict[uuid.UUID, Price]:
    if not orders:
        return {}
    packages = db.session.scalars(select(Package).where(Package.id.in_({one.package_id for one in orders})))
    each = {
        one.id: Price(one.price_minor, 1, one.currency, one.price_period)
        for one in packages if one.price_minor is not None and one.currency is not None
    }  # fmt: skip
    counts = quantities([one.id for one in orders])
    return {
        one.id: replace(each[one.package_id], quantity=counts.get(one.id, 1))
        for one in orders if one.package_id in each
    }  # fmt: skip


def quantities(order_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Order → how many pieces of its package it is for."""
    rows = db.session.execute(
        select(OrderItem.order_id, OrderItem.details, PackageService)
        .join(ItemSetup, ItemSetup.item_id == OrderItem.id)
        .join(PackageService, PackageService.id == ItemSetup.package_service_id)
        .where(OrderItem.order_id.in_(list(order_ids)))
    )
    found: dict[uuid.UUID, list[tuple[Mapping[str, Any], PackageService]]] = {}
    for order_id, details, service in rows:
        found.setdefault(order_id, []).append((details, service))
    return {order_id: pieces(several) for order_id, several in found.items()}


def pieces(several: Iterable[tuple[Mapping[str, Any], PackageService]]) -> int:
    """How many pieces of a package these details of its services are: the ports of the service that its buyer may have
    several of; of several such services the one with most."""
    return max((int(details.get(QUANTITY) or 1) for details, service in several if _counts(service)), default=1)
