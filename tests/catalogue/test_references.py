"""Items may name each other; what they name becomes a dependency."""

from app.catalogue import ItemInput
from tests.catalogue import fake_world as w
from tests.catalogue.orders import broken, change, check, new_peering, new_port, new_pvlan, new_unit


def numbered(item: ItemInput, number: object, depends_on: object = None) -> ItemInput:
    return ItemInput(item.service_type, item.action, item.details, item.service_number, number, depends_on)


def test_a_reference_makes_a_dependency_and_stands_as_it_was_sent():
    checked = check(new_port(), new_peering(port={"item": 1}))
    assert checked.items[1].depends_on == (1,)
    assert checked.items[1].details["port"] == {"item": 1}


def test_items_are_called_by_the_numbers_that_the_request_gives_them():
    checked = check(numbered(new_port(), 20), numbered(new_peering(port={"item": 20}), 10))
    assert [(item.number, item.depends_on) for item in checked.items] == [(20, ()), (10, (20,))]


def test_numbers_that_are_not_unique_give_way_to_positions():
    checked = check(numbered(new_port(), 7), numbered(new_peering(port={"item": 1}), 7))
    assert [(item.number, item.depends_on) for item in checked.items] == [(1, ()), (2, (1,))]


def test_an_item_may_say_what_it_waits_for():
    checked = check(new_port(), numbered(new_pvlan(), None, [1]))
    assert checked.items[1].depends_on == (1,)


def test_an_item_that_is_not_there_is_no_reference():
    assert broken(new_peering(port={"item": 2})) == [("/items/0/details/port", "reference")]
    assert broken(numbered(new_port(), None, [9])) == [("/items/0/depends_on", "reference")]


def test_an_item_of_the_wrong_type_is_no_reference():
    assert broken(new_pvlan(), new_peering(port={"item": 1})) == [("/items/1/details/port", "reference")]


def test_an_item_that_ceases_its_service_is_no_reference():
    assert broken(change("multiservice_port", "cease", w.PORT), new_unit(port={"item": 1})) == [
        ("/items/1/details/port", "reference")
    ]


def test_items_that_wait_for_each_other_are_refused_once():
    one, two = (change("pvlan_unit", "modify", {"item": n}, vlan_id=5) for n in (2, 1))
    assert broken(one, two) == [("/items/0/service_number", "cycle")]


def test_two_circles_are_two_findings():
    items = [numbered(new_port(), None, [n]) for n in (2, 1, 4, 3)]
    assert broken(*items) == [("/items/0/depends_on", "cycle"), ("/items/2/depends_on", "cycle")]


def test_an_item_that_waits_for_itself_is_refused():
    assert broken(new_unit(pvlan={"item": 1})) == [("/items/0/details/pvlan", "reference")]
    assert broken(numbered(new_port(), None, [1])) == [("/items/0/depends_on", "cycle")]


def test_a_unit_may_wait_for_the_change_of_its_port():
    checked = check(
        change("multiservice_port", "edit_encap", w.UNTAGGED_PORT, encapsulation="qinq"), new_unit(port={"item": 1})
    )
    assert checked.findings == []
    assert checked.items[1].depends_on == (1,)


def test_what_one_item_makes_another_may_change_and_a_third_cease():
    unit = new_unit()
    checked = check(
        unit,
        change("pvlan_unit", "modify", {"item": 1}, vlan_id=445),
        change("pvlan_unit", "cease", {"item": 1}),
    )
    assert checked.findings == []
    assert [item.depends_on for item in checked.items] == [(), (1,), (1, 2)]


def test_a_change_of_what_another_item_makes_keeps_the_rules_of_its_port():
    made = new_unit(port=w.OTHER_PORT, vlan_id=5)
    assert broken(made, change("pvlan_unit", "modify", {"item": 1}, vlan_id=300)) == [
        ("/items/1/details/vlan_id", "unique")
    ]


def test_a_reference_has_exactly_its_form():
    for wrong in ("103127", {"item": "1"}, {"item": 1, "more": 2}, {"item": True}, {}, 1.0):
        assert broken(new_unit(port=wrong)) == [("/items/0/details/port", "type")]
    assert broken(new_unit(port=0)) == [("/items/0/details/port", "range")]
    assert broken(new_unit(port={"item": 0})) == [("/items/0/details/port", "range")]


def test_a_long_chain_of_changes_is_followed():
    items = [change("pvlan_unit", "modify", w.UNIT, vlan_id=1000)]
    items += [change("pvlan_unit", "modify", {"item": n}, vlan_id=1000 + n) for n in range(1, 150)]
    assert check(*items).findings == []
