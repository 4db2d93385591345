"""The customer who goes abroad, from the TM Forum's thread on delayed actions: international roaming now, a discount
for it on from 1 May and off on 10 May. As one request with three items, and as three orders that belong together.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain import clock
from app.domain.states import Stage
from app.queries import durations
from app.queries.durations import Kind, Usual
from app.services import expectations
from tests import cast

Order = dict[str, Any]
ROAMING = {"fabric": "edi2", "pvlan_type": "mp2mp", "service_name": "International roaming", "bandwidth": 10}
DISCOUNT = {**ROAMING, "service_name": "Discount for roaming"}
WEEK_BEFORE = (4, 24)
ON, OFF = (5, 1, 15), (5, 10, 6)
"""Month, day and hour at which the discount goes on and off: times of day count, not days."""


class Calendar:
    """The clock, set to moments of a year that is to come."""

    def __init__(self) -> None:
        self.year = clock.now().year + 1

    def at(self, month: int, day: int, hour: int = 0) -> str:
        return f"{self.year}-{month:02}-{day:02}T{hour:02}:00:00+00:00"

    def turn_to(self, month: int, day: int, hour: int = 0) -> None:
        clock.advance(datetime.fromisoformat(self.at(month, day, hour)) + timedelta(seconds=5) - clock.now())


@dataclass
class Crm:
    """The CRM's program, and the worker that does what is due."""

    program: FlaskClient
    work: Callable[[], None]
    calendar: Calendar

    def order(self, *items: Any, **more: Any) -> Order:
        sent = {"requestor": {"account_id": cast.HARBOUR}, "items": list(items), **more}
        answer = self.program.post("/oms/orders", json=sent)
        assert answer.status_code == 201, answer.get_json()
        return dict(answer.get_json())

    def read(self, order: Order) -> Order:
        return dict(self.program.get(f"/oms/orders/{order['id']}").get_json())

    def statuses(self, order: Order) -> list[str]:
        return [item["status"] for item in self.read(order)["items"]]

    def service(self, number: int) -> str:
        (found,) = self.program.get(f"/oms/services?service_number={number}").get_json()["items"]
        return str(found["state"])

    def later(self, month: int, day: int, hour: int = 0) -> None:
        """Time passes, and the worker does what has become due."""
        self.calendar.turn_to(month, day, hour)
        self.work()


@pytest.fixture
def shop(crm: FlaskClient, work: Callable[[], None]) -> Iterator[Crm]:
    """A week before 1 May."""
    calendar = Calendar()
    calendar.turn_to(*WEEK_BEFORE)
    yield Crm(crm, work, calendar)
    clock.reset()


def new(details: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"service_type": "pvlan", "item_action": "new", "details": details, **more}


def off(service: Any, **more: Any) -> dict[str, Any]:
    return {"service_type": "pvlan", "item_action": "cease", "service_number": service, **more}


def test_as_one_request(shop: Crm) -> None:
    order = shop.order(
        new(ROAMING),
        new(DISCOUNT, depends_on=[1], requested_start_date=shop.calendar.at(*ON)),
        off({"item": 2}, requested_start_date=shop.calendar.at(*OFF)),
    )
    roaming, discount, ended = (item["service_number"] for item in order["items"])
    assert ended == discount
    assert [item["depends_on"] for item in order["items"]] == [[], [1], [2]]

    shop.work()
    assert shop.statuses(order) == ["completed", "scheduled", "ordered"]
    assert (shop.service(roaming), shop.service(discount)) == ("active", "pre_active")
    shop.later(5, 1, 14)
    assert (shop.statuses(order)[1], shop.service(discount)) == ("scheduled", "pre_active")
    shop.later(*ON)
    assert (shop.statuses(order), shop.service(discount)) == (["completed", "completed", "scheduled"], "active")
    shop.later(5, 10, 5)
    assert shop.service(discount) == "active"
    shop.later(*OFF)
    assert (shop.statuses(order), shop.service(discount)) == (["completed"] * 3, "ceased")
    assert shop.service(roaming) == "active"
    done = shop.read(order)
    assert done["completion_date"][:10] == shop.calendar.at(*OFF)[:10]
    assert done["items"][1]["completion_date"][:10] == shop.calendar.at(*ON)[:10]


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Private VLANs usually take minutes."""
    kinds = [Kind("pvlan", action, "normal", False) for action in ("new", "cease")]
    usual = {(kind, stage): Usual(60, 120) for kind in kinds for stage in Stage}
    monkeypatch.setattr(durations, "measured", lambda: usual)


def same(one: str, other: str) -> bool:
    """Whether two times are the same moment, whatever their offsets."""
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)


@pytest.mark.usefixtures("history")
def test_as_three_orders(shop: Crm, app: Flask) -> None:
    """Each action is an order with its wished completion; the first is the parent of the others."""
    first = shop.order(new(ROAMING))
    roaming = first["items"][0]["service_number"]
    second = shop.order(
        new(DISCOUNT, depends_on=[{"service": roaming}]),
        requested_completion_date=shop.calendar.at(*ON), parent_order_id=first["id"],
    )  # fmt: skip
    discount = second["items"][0]["service_number"]
    third = shop.order(
        off(discount), requested_completion_date=shop.calendar.at(*OFF), parent_order_id=first["id"]
    )  # fmt: skip
    assert second["items"][0]["depends_on"] == [{"order_item": first["items"][0]["id"]}]
    assert third["items"][0]["depends_on"] == [{"order_item": second["items"][0]["id"]}]  # it was not said
    shop.work()
    with app.app_context():
        expectations.Round().go()
    assert [shop.read(one)["status"] for one in (first, second, third)] == ["completed", "scheduled", "ordered"]
    for order, moment in ((second, ON), (third, OFF)):
        now = shop.read(order)
        assert now["parent_order_id"] == first["id"]
        assert now["submission_date"][:10] == shop.calendar.at(*WEEK_BEFORE)[:10]
        assert same(now["expected_completion_date"], shop.calendar.at(*moment))

    linked = shop.program.get(f"/oms/orders?parent_order_id={first['id']}").get_json()["items"]
    assert [one["name"] for one in linked] == [third["name"], second["name"]]

    shop.later(*ON)
    assert (shop.read(second)["status"], shop.service(discount)) == ("completed", "active")
    shop.later(*OFF)
    assert (shop.read(third)["status"], shop.service(discount)) == ("completed", "ceased")
    assert shop.service(roaming) == "active"


def test_who_stays_at_home_cancels_the_discount_and_a_person_looks_at_its_end(shop: Crm) -> None:
    on = shop.order(new(DISCOUNT), requested_completion_date=shop.calendar.at(*ON))
    discount = on["items"][0]["service_number"]
    end = shop.order(off(discount), requested_completion_date=shop.calendar.at(*OFF))
    shop.work()
    shop.program.post(f"/oms/orders/{on['id']}/cancel", json={"reason": "No journey"})
    shop.work()
    assert (shop.read(on)["status"], shop.service(discount)) == ("cancelled", "cancelled")
    assert shop.statuses(end) == ["awaiting_agent"]
