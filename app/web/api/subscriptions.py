"""What an account has since its order was submitted."""

import uuid

from flask import Response

from app.domain.errors import NotFound
from app.queries import subscriptions
from app.queries.subscriptions import Subscribed
from app.services import prices
from app.web.api import answering, reading
from app.web.api.described import described
from app.web.api.filters import NoFilters
from app.web.api.life_answers import ServiceSubscriptionAnswer, SubscriptionAnswer
from app.web.api.orders import own_order
from app.web.api.showing import Shower, shown_options, shown_price, shown_product


@described("Read what was subscribed to", "Qualification and packages", SubscriptionAnswer)
def show_subscription(order_id: uuid.UUID) -> Response:
    """The package that the order is for, with options and price as they were when it was submitted, and each of its
    services with its state. 404 before that, and for an order without a package; for who placed the order alone."""
    reading.query(NoFilters)
    own_order(order_id)
    found = subscriptions.of_order(order_id)
    if found is None:
        raise NotFound("This order has subscribed to no package.")
    return answering.answer(_shown(found, answering.shower()))


def _shown(found: Subscribed, shower: Shower) -> SubscriptionAnswer:
    package, price = found.package, prices.frozen(found.package)
    return SubscriptionAnswer(
        id=str(package.id), order_id=str(package.order_id), account_id=package.account_id,
        product=shown_product(package.product), options=shown_options(package.options), price=shown_price(price),
        created_at=shower.at(package.created_at),
        services=[
            ServiceSubscriptionAnswer(
                id=str(one.id), item_number=one.item_number, service_type=one.service_type,
                service_number=one.service_number, state=one.state,
                features=shown_options(one.features), contacts=one.contacts or {},
            )
            for one in found.services
        ],
    )  # fmt: skip
