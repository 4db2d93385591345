"""“Usually 5–20 min” is measured, or not said."""

from datetime import timedelta

import pytest
from flask import Flask

from app.domain import clock
from app.domain.models import Order, OrderItem
from app.domain.states import Stage, State, Status
from app.extensions import db
from app.queries import durations
from app.queries.durations import Kind, Usual, in_words
from tests import cast

PORT = Kind("multiservice_port", "new", "normal", False)


@pytest.fixture(autouse=True)
def exchange(app: Flask) -> None:
    durations.forget()
    with app.app_context():
        cast.load()


def completed(number: int, minutes: float, kind: Kind = PORT, status: Status = Status.COMPLETED) -> None:
    """An order whose one item took this long in inventory."""
    begun = clock.now() - timedelta(days=1)
    order = Order(number=number, status=status, account_id=cast.HARBOUR, type=kind.order_type)
    order.items = [
        OrderItem(
            item_number=1, service_type=kind.service_type, action=kind.action, state=State.DONE, status=status,
            by_hand=kind.by_hand, stages_begun={"inventory": begun.isoformat()},
            stages_ended={"inventory": (begun + timedelta(minutes=minutes)).isoformat()},
        )
    ]  # fmt: skip
    db.session.add(order)
    db.session.commit()


def test_half_and_nine_tenths_of_the_measured_items(app: Flask) -> None:
    with app.app_context():
        for number, minutes in enumerate([5, 1, 20, 4, 3, 2, 30, 6, 7, 8]):
            completed(number, minutes)

        assert durations.measured() == {(PORT, Stage.INVENTORY): Usual(300.0, 1200.0)}


def test_fewer_than_five_say_nothing(app: Flask) -> None:
    with app.app_context():
        for number in range(4):
            completed(number, 5)
        completed(99, 5, status=Status.CANCELLED)

        assert durations.measured() == {}


def test_what_waited_for_a_wished_completion_is_not_measured(app: Flask) -> None:
    with app.app_context():
        for number in range(5):
            completed(number, 5)
        completed(99, 90 * 24 * 60)
        db.session.query(Order).filter_by(number=99).one().requested_completion_date = clock.now()
        db.session.commit()

        assert durations.measured() == {(PORT, Stage.INVENTORY): Usual(300.0, 300.0)}


def test_by_hand_and_automated_are_not_mixed(app: Flask) -> None:
    by_hand = Kind("multiservice_port", "new", "normal", True)
    with app.app_context():
        for number in range(5):
            completed(number, 5)
            completed(100 + number, 600, by_hand)

        assert durations.measured()[PORT, Stage.INVENTORY].p90 == 300
        assert durations.measured()[by_hand, Stage.INVENTORY].p90 == 36_000


def test_it_is_measured_once_a_minute_and_not_at_every_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        durations.measured()
        for number in range(5):
            completed(number, 5)
        assert durations.measured() == {}

        monkeypatch.setattr(durations, "KEPT_S", 0.0)
        assert (PORT, Stage.INVENTORY) in durations.measured()


def test_only_recent_orders_are_measured(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "RECENT_ORDERS", 5)
    with app.app_context():
        for number in range(10):
            completed(number, 500 if number < 5 else 5)

        assert durations.measured()[PORT, Stage.INVENTORY] == Usual(300.0, 300.0)


def test_items_side_by_side_take_as_long_as_the_slowest_and_unknown_ones_silence_it() -> None:
    other = Kind("pvlan", "new", "normal", False)
    usual = {(PORT, Stage.INVENTORY): Usual(60, 120), (other, Stage.INVENTORY): Usual(30, 600)}

    assert durations.together(usual, [PORT, other], Stage.INVENTORY) == Usual(60, 600)
    assert durations.together(usual, [PORT, other], Stage.PROVISIONING) is None
    assert durations.together({(PORT, Stage.INVENTORY): Usual(1, 2)}, [PORT, other], Stage.INVENTORY) is None
    assert durations.together(usual, [], Stage.INVENTORY) is None


@pytest.mark.parametrize(
    ("p50", "p90", "words"),
    [
        (1, 20, "less than a minute"),
        (300, 1200, "5–20 min"),
        (10, 180, "up to 3 min"),
        (300, 310, "about 5 min"),
        (3600, 3 * 3600, "1–3 h"),
        (86400, 2 * 86400, "1–2 days"),
        (86400, 86400 * 1.2, "24–29 h"),
        (40 * 3600, 45 * 3600, "about 2 days"),
        (60 * 61, 60 * 80, "61–80 min"),
    ],
)
def test_durations_in_words(p50: float, p90: float, words: str) -> None:
    assert in_words(Usual(p50, p90)) == words


def test_nothing_measured_is_nothing_said() -> None:
    assert in_words(None) == ""
