"""The confirmation of an order: what was ordered on which terms and at which price, as it was when it was submitted."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.catalogue.describe import Row
from app.domain.models import ItemSetup, OrderItem, PackageSubscription, Payment, TermsAcceptance
from app.extensions import db
from app.queries import portal_draft
from app.queries.package_words import ON_REQUEST, price
from app.services.actor import Actor


@dataclass(frozen=True)
class Confirmation:
    """What the confirmation says beside the order itself. `beside`: item number → its contacts."""

    product: str
    price: str
    options: list[Row]
    terms: str
    terms_by: str
    terms_at: datetime | None
    payments: list[str]
    beside: dict[int, list[Row]]


def confirmation(actor: Actor, order_id: uuid.UUID) -> Confirmation | None:
    """Of an order that the viewer's account placed; None for everybody else's."""
    order = portal_draft.find(actor, order_id)
    if order is None:
        return None
    sold = db.session.scalars(select(PackageSubscription).where(PackageSubscription.order_id == order_id)).one_or_none()
    accepted = db.session.scalars(
        select(TermsAcceptance)
        .where(TermsAcceptance.order_id == order_id)
        .order_by(TermsAcceptance.accepted_at.desc())
        .limit(1)
    ).one_or_none()
    paid = db.session.scalars(
        select(Payment.reference).where(Payment.order_id == order_id, Payment.reference.is_not(None))
    )
    return Confirmation(
        product=str(sold.product.get("name", "")) if sold else "",
        price=price(sold.price_minor, sold.currency, sold.price_period) if sold else ON_REQUEST,
        options=portal_draft.options_of(order), terms=accepted.version if accepted else "",
        terms_by=accepted.accepted_by if accepted else "", terms_at=accepted.accepted_at if accepted else None,
        payments=[one for one in paid if one], beside=_beside(order_id),
    )  # fmt: skip


def _beside(order_id: uuid.UUID) -> dict[int, list[Row]]:
    rows = db.session.execute(
        select(OrderItem.item_number, ItemSetup)
        .join(ItemSetup, ItemSetup.item_id == OrderItem.id)
        .where(OrderItem.order_id == order_id)
    ).all()
    bundles = portal_draft.bundles_of([setup for _, setup in rows])
    return {number: portal_draft.beside(setup, bundles) for number, setup in rows}
