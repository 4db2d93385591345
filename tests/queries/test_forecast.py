"""When an order will be completed is told from history, or not told."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.domain import clock
from app.domain.models import ItemDependency, Order, OrderItem
from app.domain.states import Stage, State, Status
from app.extensions import db
from app.queries import durations, forecast
from app.queries.durations import Kind, Usual
from app.queries.forecast import Forecast
from app.services import expectations
from tests import cast

PORT = Kind("multiservice_port", "new", "normal", False)
UNIT = Kind("peering_unit", "new", "normal", False)
MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture(autouse=True)
def exchange(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports take 10 min to 1 h in each stage, peering units half of it."""
    known = {(PORT, stage): Usual(10 * MINUTE, HOUR) for stage in Stage}
    known |= {(UNIT, stage): Usual(5 * MINUTE, HOUR / 2) for stage in Stage}
    monkeypatch.setattr(durations, "measured", lambda: known)
    with app.app_context():
        cast.load()


def going(
    stage: Stage | None = None, minutes: float = 0, *, kind: Kind = PORT, order: Order | None = None, **more: Any
) -> OrderItem:
    """An item that has been in a stage for so long."""
    begun = (clock.now() - timedelta(minutes=minutes)).isoformat()
    order = order or Order(number=int(uuid.uuid4().int % 10**6), account_id=cast.HARBOUR, type=kind.order_type)
    values: dict[str, object] = {
        "item_number": len(order.items) + 1, "service_type": kind.service_type, "action": kind.action,
        "state": State.RUNNING, "status": Status(stage.value) if stage else Status.ORDERED, "stage": stage,
        "stages_begun": {stage.value: begun} if stage else {},
    }  # fmt: skip
    item = OrderItem(**{**values, **more})
    order.items.append(item)
    db.session.add(order)
    db.session.commit()
    return item


def minutes_to(moment: datetime) -> float:
    return round((moment - clock.now()).total_seconds() / 60)


def told(item: OrderItem) -> Forecast | None:
    return forecast.of_orders([item.order_id]).items.get(item.id)


def of_order(item: OrderItem) -> Forecast | None:
    return forecast.of_orders([item.order_id]).orders.get(item.order_id)


def test_what_is_left_of_the_stages_is_added_up(app: Flask) -> None:
    with app.app_context():
        found = told(going(Stage.QUALITY_ASSURANCE, minutes=4))
        assert found is not None
        assert (minutes_to(found.likely), minutes_to(found.by), found.overdue) == (16, 116, False)


def test_one_that_is_longer_in_its_stage_than_nine_of_ten_is_overdue(app: Flask) -> None:
    with app.app_context():
        found = told(going(Stage.PROVISIONING, minutes=90))
        assert found is not None
        assert (minutes_to(found.likely), found.overdue) == (0, True)


def test_an_order_is_completed_with_its_last_item(app: Flask) -> None:
    with app.app_context():
        port = going(Stage.PROVISIONING)
        going(Stage.INVENTORY, kind=UNIT, order=port.order)
        found = of_order(port)
        assert found is not None
        assert (minutes_to(found.likely), minutes_to(found.by)) == (15, 90)


def test_an_item_starts_when_what_it_needs_is_completed(app: Flask) -> None:
    with app.app_context():
        port = going(Stage.PROVISIONING)
        unit = going(kind=UNIT, order=port.order)
        db.session.add(ItemDependency(item_id=unit.id, needs_id=port.id))
        db.session.commit()
        found = told(unit)
        assert found is not None
        assert minutes_to(found.likely) == 25
        assert (of_order(unit) or found).likely == found.likely


def test_an_item_that_needs_another_order_takes_its_stored_date(app: Flask) -> None:
    with app.app_context():
        port = going(Stage.PROVISIONING)
        unit = going(kind=UNIT)
        db.session.add(ItemDependency(item_id=unit.id, needs_id=port.id))
        db.session.commit()
        assert told(unit) is None, "nobody has said yet when the port will be there"
        expectations.refresh([port.order_id])
        assert minutes_to((told(unit) or Forecast(clock.now(), clock.now())).likely) == 75


def test_a_wished_date_that_will_be_missed_is_told(app: Flask) -> None:
    with app.app_context():
        for hours, word in ((0.1, "will"), (1, "may"), (5, "")):
            wish = clock.now() + timedelta(hours=hours)
            found = told(going(Stage.INVENTORY, requested_start_date=clock.now(), requested_completion_date=wish))
            assert found is not None
            assert found.misses == word


def test_what_only_waits_for_its_date_is_completed_then(app: Flask) -> None:
    with app.app_context():
        wish = clock.now() + timedelta(days=2)
        found = told(going(Stage.INVENTORY, requested_completion_date=wish))
        assert found is not None
        assert (found.likely, found.misses) == (wish, "")


@pytest.mark.parametrize("more", [{"held": True}, {"cancelling": True}, {"by_hand": True}])
def test_without_history_or_with_a_hold_nothing_is_told(app: Flask, more: dict[str, Any]) -> None:
    with app.app_context():
        item = going(Stage.INVENTORY, **more)
        going(Stage.INVENTORY, order=item.order)
        assert told(item) is None
        assert of_order(item) is None


def test_the_stored_dates_follow_and_the_order_has_not_changed(app: Flask) -> None:
    with app.app_context():
        item = going(Stage.INVENTORY)
        before = (item.version, item.modified_at, item.order.version, item.order.modified_at)
        walk = expectations.Round()
        assert walk.go() == 2
        db.session.expire_all()
        assert minutes_to(item.expected_completion_date or clock.now()) == 180
        assert minutes_to(item.order.expected_completion_date or clock.now()) == 180
        assert (item.version, item.modified_at, item.order.version, item.order.modified_at) == before
        assert walk.go() == 0, "what says the same is not written again"
        clock.advance(timedelta(hours=2))
        assert walk.go() == 2


def test_every_open_order_gets_its_turn(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "AT_A_TIME", 2)
    with app.app_context():
        made = [going(Stage.INVENTORY) for _ in range(5)]
        walk = expectations.Round()
        for _ in range(4):
            walk.go()
        db.session.expire_all()
        assert all(item.expected_completion_date for item in made)
