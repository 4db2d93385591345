"""Joining a private VLAN: the same words as making one, in an order of another type."""

from app.catalogue import check_order
from tests.catalogue import fake_world as w
from tests.catalogue.orders import change, items_of, seed


def test_the_join_is_told_from_a_new_private_vlan_by_the_order_type():
    order = seed("join_pvlan")
    checked = check_order("join_pvlan", items_of(order), w.FakeWorld())
    assert [item.is_join for item in checked.items] == [True, False]
    assert check_order("normal", items_of(order), w.FakeWorld()).findings[0].rule == "unknown"


def test_a_join_order_needs_something_to_join():
    port = change("multiservice_port", "edit_encap", w.PORT, encapsulation="qinq")
    findings = check_order("join_pvlan", [port], w.FakeWorld()).findings
    assert [(one.pointer, one.rule) for one in findings] == [("/items", "required")]
