"""Collecting money: once under its key, whatever happens to the provider or to us on the way."""

import pytest

from app.domain.errors import Invalid, TemporaryFailure
from app.domain.models import Payment
from app.extensions import db
from app.services import payments
from app.services.payments import Money, PaymentRefused, Receipt
from tests.services.conftest import MEMBER, ON_SQLITE, new_port

POUNDS = Money(75_000, "GBP")


class Cashier:
    """A provider that remembers which keys it took money for, and can be told to misbehave."""

    name = "cashier"

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.trouble: Exception | None = None

    def collect(self, key: str, amount_minor: int, currency: str, subject: str) -> Receipt:
        if isinstance(self.trouble, PaymentRefused):
            raise self.trouble
        self.taken.setdefault(key, amount_minor)
        if self.trouble is not None:
            raise self.trouble
        return Receipt(f"receipt-{len(self.taken)}")


@pytest.fixture
def pay(place):
    order, cashier = place(new_port()), Cashier()

    def paid(money: Money = POUNDS, key: str = "k1") -> Payment:
        return payments.collect(order, money, None, MEMBER, payments.key_of(order.id, MEMBER, key), cashier)

    paid.cashier = cashier  # type: ignore[attr-defined]
    return paid


def test_asked_twice_it_is_collected_once(pay):
    first, again = pay(), pay()
    assert (first.id, first.state, first.provider_reference) == (again.id, "collected", "receipt-1")
    assert len(pay.cashier.taken) == db.session.query(Payment).count() == 1
    assert pay(key="k2").id != first.id


@ON_SQLITE
def test_an_answer_that_got_lost_is_asked_for_again_under_the_same_key(pay):
    pay.cashier.trouble = TemporaryFailure("no answer in time")
    assert pay().state == "started"
    pay.cashier.trouble = None
    assert pay().state == "collected"
    assert list(pay.cashier.taken.values()) == [75_000]


@ON_SQLITE
def test_a_refusal_is_kept_in_the_providers_words(pay):
    pay.cashier.trouble = PaymentRefused("The card has expired.")
    found = pay()
    assert (found.state, found.error) == ("refused", "The card has expired.")
    pay.cashier.trouble = None
    assert pay().state == "refused"  # the same request stays refused; a new one is a new payment


@ON_SQLITE
def test_a_key_is_for_one_payment_only(pay):
    pay()
    with pytest.raises(Invalid, match="another payment"):
        pay(Money(1, "GBP"))
