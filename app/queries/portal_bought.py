"""The package that an order is for, as its member reads it: name, price, options; and the features of its services."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import select

from app.catalogue.describe import Row
from app.domain.models import ItemSetup, Order, OrderItem, PackageService
from app.extensions import db
from app.queries import portal_draft
from app.queries.package_words import ON_REQUEST, order_price
from app.services import prices


@dataclass(frozen=True)
class Bought:
    """`name` is empty where there is no package. `rows`: price and options; `features`: item → what was chosen."""

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    features: dict[uuid.UUID, list[Row]] = field(default_factory=dict)


NOTHING = Bought(rows=[("Price", ON_REQUEST)])


def of_order(order_id: uuid.UUID) -> Bought:
    """As it was when the order was submitted."""
    order = db.session.get_one(Order, order_id)
    rows: list[Row] = [("Price", order_price(prices.of_order(order))), *portal_draft.options_of(order)]
    return Bought(str((order.product or {}).get("name", "")), rows, _features(order_id))


def _features(order_id: uuid.UUID) -> dict[uuid.UUID, list[Row]]:
    chosen = db.session.execute(
        select(ItemSetup, PackageService)
        .join(OrderItem, OrderItem.id == ItemSetup.item_id)
        .join(PackageService, PackageService.id == ItemSetup.package_service_id)
        .where(OrderItem.order_id == order_id)
    ).all()
    return {setup.item_id: portal_draft.features(setup, service) for setup, service in chosen}
