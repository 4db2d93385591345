"""Ports are ordered only where there are as many."""

import pytest

from tests.catalogue import fake_world as w
from tests.catalogue.orders import broken, change, check, new_port

CAPACITY, QUANTITY = "details/port_capacity", "details/quantity"


def sentence(*items, free: tuple[int, ...]) -> str:
    return check(*items, world=w.FakeWorld(free=free)).findings[0].detail


@pytest.mark.parametrize(
    ("quantities", "free", "at"),
    [
        ([1], (1,), []),
        ([2], (1, 2), []),
        ([1, 1, 1], (2, 1), []),
        ([1], (), [f"/items/0/{CAPACITY}"]),
        ([1], (0, 0), [f"/items/0/{CAPACITY}"]),
        ([4], (3,), [f"/items/0/{QUANTITY}"]),
        ([2, 1], (2,), [f"/items/1/{CAPACITY}"]),  # the first has them
        ([1, 2], (2,), [f"/items/1/{QUANTITY}"]),
        ([2], (1, 1), [f"/items/0/{QUANTITY}"]),  # a bundle is on one switch
    ],
)
def test_all_ports_that_an_order_wants_are_there(quantities, free, at):
    items = [new_port(quantity=one) for one in quantities]
    assert broken(*items, world=w.FakeWorld(free=free)) == [(one, "sold_out") for one in at]


def test_ports_elsewhere_and_of_another_speed_are_counted_by_themselves():
    items = [new_port(), new_port(port_capacity=1_000), new_port(fabric="lon1", location="THN")]
    assert broken(*items, world=w.FakeWorld(free=(1,))) == []


def test_the_sentence_tells_what_is_wanted_what_is_free_and_what_to_do():
    assert sentence(new_port(), free=()) == (
        "No port of 10 Gbit/s is free on “edi2” at “PUL”, and 1 is wanted. Choose another speed or building, or ask us "
        "when there will be one."
    )
    assert sentence(new_port(quantity=4), new_port(quantity=5), free=(4,)) == (
        "9 ports of 10 Gbit/s are wanted on “edi2” at “PUL”, and 4 are free. Order fewer, or choose another speed or "
        "building."
    )
    assert sentence(new_port(quantity=3), free=(2, 1)) == (
        "The ports of a bundle are on one switch: 3 of 10 Gbit/s are wanted on “edi2” at “PUL”, and 2 are free on one "
        "switch. Order fewer."
    )


def test_where_people_do_the_work_they_count():
    assert broken(new_port(fabric="imn1", location="SEC"), world=w.FakeWorld(free=())) == []


def test_what_makes_no_port_needs_none():
    assert (
        broken(change("multiservice_port", "edit_encap", w.PORT, encapsulation="qinq"), world=w.FakeWorld(free=()))
        == []
    )
