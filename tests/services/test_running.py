"""Whole orders on both databases with the local systems, which need nothing: what `make run` does."""

import pytest

from app.catalogue import ItemInput
from app.domain.models import NetworkJob, Order
from app.domain.states import Status
from app.extensions import db
from app.services import items, orders
from tests import cast
from tests.services.conftest import ENGINEER, MEMBER2, join, new_port, new_unit


def change(service_type: str, action: str, number: int, **details: object) -> ItemInput:
    return ItemInput(service_type, action, details, service_number=number)


def jobs() -> list[str]:
    """The network actions that were done, in their order."""
    rows = db.session.query(NetworkJob).order_by(NetworkJob.id)
    assert {row.state for row in rows} <= {"succeeded"}
    return [row.action for row in rows]


def result(order: Order) -> tuple[Status, str | None]:
    db.session.expire_all()
    return order.status, order.items[0].last_error


@pytest.mark.parametrize(
    ("wanted", "done"),
    [
        (new_unit(), ["open_quarantine", "connect_service"]),
        (change("connexions", "modify", cast.CONNEXIONS, bandwidth=500, vlan_id=702), ["modify_service"]),
        (change("connexions", "cease", cast.CONNEXIONS), ["remove_service"]),
        (change("multiservice_port", "edit_encap", cast.PORT, encapsulation="qinq"), ["edit_encapsulation"]),
        (change("multiservice_port", "cease", cast.PORT), ["disable_port"]),
        (ItemInput("pvlan_unit", "new", {"pvlan": cast.PVLAN, "port": cast.PORT, "vlan_id": 9}), ["attach_pvlan_unit"]),
    ],
    ids=lambda value: f"{value.service_type}-{value.action}" if isinstance(value, ItemInput) else "",
)
def test_an_order_of_one_item_completes_by_itself(place, work, wanted, done):
    customer = {"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media"}
    order = place(wanted, sub_customer=customer)
    work(order)
    assert result(order) == (Status.COMPLETED, None)
    assert jobs() == done


def test_a_port_and_the_unit_on_it_with_one_click_between(place, work):
    order = place(new_port(), new_unit(port={"item": 1}, fabric="lon2", location="LD8"))
    work(order)
    answers = {"patch_position": "R12-PP03/17", "light_dbm": -3}
    items.resume(order.items[0].id, ENGINEER, answers, version=None)
    work(order)
    assert result(order) == (Status.COMPLETED, None)
    assert jobs() == ["enable_port", "open_quarantine", "connect_service"]


def test_a_join_after_its_owner_agreed(place, work):
    order = place(*join(), type="join_pvlan")
    work(order)
    orders.confirm(order.id, MEMBER2)
    work(order)
    assert result(order) == (Status.COMPLETED, None)
    assert order.items[0].service_number == cast.PVLAN


def test_a_change_that_was_ordered_earlier_and_runs_later_undoes_nothing(place, work):
    one = place(change("connexions", "modify", cast.CONNEXIONS, bandwidth=500))
    items.hold(one.items[0].id, ENGINEER, "Not yet")
    two = place(change("connexions", "modify", cast.CONNEXIONS, vlan_id=702))
    work(two)
    items.release(one.items[0].id, ENGINEER)
    work(one)
    assert {result(order)[0] for order in (one, two)} == {Status.COMPLETED}
    details = one.items[0].service.details
    assert (details["bandwidth"], details["vlan_id"]) == (500, 702)
