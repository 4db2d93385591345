"""Payments of an order: a reference to what was paid elsewhere, or money collected through a provider.

Collecting is an effect outside of our database: the intent is committed first, the provider is asked under the row's
own key, then the result is written. Asked again under the same key it goes on from where it was, and nothing is taken
twice.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import func, select, update

from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid, TemporaryFailure
from app.domain.models import Order, Payment
from app.domain.money import DECIMALS, shown
from app.domain.states import ENDED_STATUSES
from app.domain.upsert import insert_for
from app.extensions import db
from app.queries.package_words import order_price
from app.services import prices
from app.services.actor import Actor


@dataclass(frozen=True)
class Receipt:
    """What the provider calls the payment it took."""

    reference: str


class PaymentRefused(Exception):
    """The provider will not take this payment; the words are for the payer."""


class PaymentProvider(Protocol):
    """Somebody who collects money. The same key means the same payment, however often it is asked."""

    name: str

    def collect(self, key: str, amount_minor: int, currency: str, subject: str) -> Receipt:
        """Take `amount_minor` (in the currency's smallest unit). Raises `PaymentRefused` or `TemporaryFailure`."""


class LocalRecorder:
    """Records what a cashier took: there is nobody to ask, the row itself is the receipt."""

    name = "local"

    def collect(self, key: str, amount_minor: int, currency: str, subject: str) -> Receipt:
        return Receipt(f"local-{key[:12]}")


@dataclass(frozen=True)
class Money:
    """`amount_minor` in the smallest unit of `currency` (ISO 4217)."""

    amount_minor: int
    currency: str


def of_order(order_id: uuid.UUID) -> Sequence[Payment]:
    query = select(Payment).where(Payment.order_id == order_id)
    return db.session.scalars(query.order_by(Payment.created_at, Payment.id)).all()


def key_of(order_id: uuid.UUID, actor: Actor, given: str) -> str:
    """The key of a payment: those of different people and orders never meet."""
    return hashlib.sha256(f"{order_id}\n{actor.user_id or actor.name}\n{given}".encode()).hexdigest()


def refer(order: Order, reference: str, money: Money | None, actor: Actor, key: str) -> Payment:
    """Note a payment that was made elsewhere; commits. Under the same key it is noted once."""
    return _begin(order, "reference", "recorded", reference, money, actor, key)


def collect(
    order: Order, money: Money, reference: str | None, actor: Actor, key: str, provider: PaymentProvider | None = None
) -> Payment:
    """Collect money for the order through the provider; commits. Under the same key it is collected once.

    `Invalid` where the order has a price, and this is in another currency or more than is still to be paid of it.
    The state of the answer is `collected`, `refused` (with the provider's words in `error`), or still `started` if the
    provider could not be reached: ask again under the same key.
    """
    asked = provider or LocalRecorder()
    row = _begin(order, "collected", "started", reference, money, actor, key, asked.name)
    if row.state != "started":
        return row
    row_id, subject = row.id, f"Order {order.number}"
    try:
        receipt = asked.collect(key, money.amount_minor, money.currency, subject)
    except PaymentRefused as refused:
        return _end(row_id, actor, state="refused", error=str(refused))
    except TemporaryFailure:
        return db.session.get_one(Payment, row_id)
    return _end(row_id, actor, state="collected", provider_reference=receipt.reference)


def _begin(
    order: Order, kind: str, state: str, reference: str | None, money: Money | None, actor: Actor, key: str,
    provider: str | None = None,
) -> Payment:  # fmt: skip
    """The payment's row, committed: made now, or as it was made under this key before."""
    if order.status in ENDED_STATUSES and order.outcome is not None and order.outcome.value == "none":
        raise Conflict("The order has ended without a service; nothing is paid for it any more.")
    if money is not None:
        _check(order, money, key, collecting=kind == "collected")
    now = clock.now()
    values = {
        "id": uuid.uuid4(), "key": key, "order_id": order.id, "kind": kind, "state": state, "reference": reference,
        "amount_minor": money.amount_minor if money else None, "currency": money.currency if money else None,
        "provider": provider, "created_by": actor.name, "created_at": now, "modified_at": now,
    }  # fmt: skip
    made = insert_for(Payment).values(**values).on_conflict_do_nothing(index_elements=["key"])
    fresh = db.session.execute(made.returning(Payment.id)).first() is not None
    row = db.session.scalars(select(Payment).where(Payment.key == key)).one()
    if not fresh and any(
        getattr(row, name) != values[name] for name in ("kind", "amount_minor", "currency", "reference")
    ):
        db.session.rollback()
        raise Invalid(
            "This Idempotency-Key was used for another payment.",
            [Finding("Idempotency-Key", "reused", "Use a new key for a new payment.")],
        )
    if fresh:
        after = {"kind": kind, "amount_minor": values["amount_minor"], "currency": values["currency"]}
        story.audit(actor.name, f"payment {state}", order_id=order.id, subject=order.name, after=after)
    db.session.commit()
    return row


def _check(order: Order, money: Money, key: str, *, collecting: bool) -> None:
    """What somebody has paid elsewhere is so, whatever the price was; what we take is no more than the price."""
    if money.currency not in DECIMALS:
        raise Invalid(
            "There is no such currency.", [Finding("/currency", "choice", f"There is no currency “{money.currency}”.")]
        )
    price = prices.of_order(order) if collecting else None
    if price is None:
        return
    costs = f"The order costs {order_price(price)}"
    if money.currency != price.currency:
        raise Invalid(f"{costs}.", [Finding("/currency", "match", f"{costs}.")])
    db.session.execute(select(Order.id).where(Order.id == order.id).with_for_update())  # of two payments one is second
    left = max(price.total - _paid(order.id, price.currency, key), 0)
    if money.amount_minor > left:
        words = f"{costs}; {shown(left, price.currency)} of it is still to be paid."
        raise Invalid("That is more than the order costs.", [Finding("/amount_minor", "range", words)])


def _paid(order_id: uuid.UUID, currency: str, but: str) -> int:
    """What other payments of the order are, those with this key left out."""
    return (
        db.session.scalar(
            select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
                Payment.order_id == order_id,
                Payment.currency == currency,
                Payment.state != "refused",
                Payment.key != but,
            )
        )
        or 0
    )


def _end(row_id: uuid.UUID, actor: Actor, **values: str) -> Payment:
    """Write how it ended; whoever is second of two finds it written."""
    ended = db.session.execute(
        update(Payment)
        .where(Payment.id == row_id, Payment.state == "started")
        .values(modified_at=clock.now(), **values)
        .returning(Payment.order_id)
    ).first()
    if ended is not None:
        story.audit(actor.name, f"payment {values['state']}", order_id=ended.order_id, after=dict(values))
    db.session.commit()
    return db.session.get_one(Payment, row_id, populate_existing=True)
