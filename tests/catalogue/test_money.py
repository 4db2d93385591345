"""Amounts as people write them, and in a currency's smallest unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import money


@pytest.mark.parametrize(
    ("typed", "currency", "minor", "shown"),
    [("12.50", "EUR", 1_250, "EUR 12.50"), ("12.5", "EUR", 1_250, "EUR 12.50"), (" 12 ", "EUR", 1_200, "EUR 12.00"),
     ("0.05", "GBP", 5, "GBP 0.05"), ("1200", "JPY", 1_200, "JPY 1,200"), ("1.234", "KWD", 1_234, "KWD 1.234"),
     ("0", "USD", 0, "USD 0.00"), ("1234567.89", "USD", 123_456_789, "USD 1,234,567.89")],
)  # fmt: skip
def test_an_amount_is_read_and_shown(typed: str, currency: str, minor: int, shown: str) -> None:
    assert money.minor(typed, currency) == minor
    assert money.shown(minor, currency) == shown


@pytest.mark.parametrize(
    ("typed", "currency", "sentence"),
    [("12,50", "EUR", "such as 12.50, with digits and a point only"), ("-1", "EUR", "such as 12.50"),
     ("1e3", "EUR", "such as 12.50"), ("٣", "EUR", "such as 12.50"), ("two", "JPY", "such as 1200, with digits only"),
     ("12.505", "EUR", "EUR has 2 decimals"), ("12.5", "JPY", "JPY has no decimals"),
     ("9999999999999", "EUR", "more than EUR 10,000,000,000.00")],
)  # fmt: skip
def test_what_is_no_amount_is_told_in_a_sentence(typed: str, currency: str, sentence: str) -> None:
    with pytest.raises(money.NoAmount, match=sentence):
        money.minor(typed, currency)


@given(st.integers(0, money.MOST_MINOR), st.sampled_from(sorted(money.DECIMALS)))
def test_what_is_shown_to_be_changed_is_read_back_as_it_was(amount: int, currency: str) -> None:
    assert money.minor(money.typed(amount, currency), currency) == amount
