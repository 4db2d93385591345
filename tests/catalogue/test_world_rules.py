"""Rules that need to know what is there: broken once, each gives exactly its own finding."""

from dataclasses import replace

import pytest

from app.catalogue import ItemInput, PortGroupFacts, units_too
from tests.catalogue import fake_world as w
from tests.catalogue.orders import (
    broken,
    change,
    check,
    new,
    new_connexions,
    new_peering,
    new_port,
    new_pvlan,
    new_unit,
)

NO_MAC = "00:00:5e:00:53:"


def test_a_port_stands_where_the_peering_says():
    assert broken(new_peering(fabric="lon1", location="LD8")) == [
        ("/items/0/details/fabric", "match"),
        ("/items/0/details/location", "match"),
    ]


def test_a_port_group_stands_where_the_item_says():
    world = w.FakeWorld(groups=[PortGroupFacts(w.GROUP, "lon1", "LD8", 10_000)])
    assert broken(new_connexions(), world=world) == [
        ("/items/0/details/fabric", "match"),
        ("/items/0/details/location", "match"),
    ]


def test_a_port_group_that_is_not_the_partners_does_not_exist():
    assert broken(new_connexions(port_group_id="other")) == [("/items/0/details/port_group_id", "reference")]


def test_a_port_group_has_the_named_port():
    item = new_connexions(connexions_port="edge9 xe-9")
    assert broken(item) == [("/items/0/details/connexions_port", "reference")]


def test_bandwidth_beyond_the_port_is_refused():
    assert broken(new_peering(service_capacity=10_001)) == [("/items/0/details/service_capacity", "capacity")]
    assert broken(new_connexions(bandwidth=10_001)) == [("/items/0/details/bandwidth", "capacity")]


def test_bandwidth_beyond_a_port_of_the_same_order_is_refused():
    port = new_port(port_capacity=1_000)
    assert broken(port, new_peering(port={"item": 1}, service_capacity=1_001)) == [
        ("/items/1/details/service_capacity", "capacity")
    ]
    assert broken(port, new_peering(port={"item": 1}, service_capacity=1_000)) == []


def test_a_bundle_has_the_capacity_of_all_its_ports():
    peering = new_peering(port=w.BUNDLE, service_capacity=20_000)
    assert broken(peering) == []
    assert broken(new_peering(port=w.BUNDLE, service_capacity=20_001)) != []


def test_a_change_keeps_within_the_port_that_carries_the_service():
    assert broken(change("connexions", "modify", w.CONNEXIONS, bandwidth=20_000)) == [
        ("/items/0/details/bandwidth", "capacity")
    ]
    assert broken(change("peering_unit", "modify", w.PEERING, service_capacity=20_000)) == [
        ("/items/0/details/service_capacity", "capacity")
    ]


def test_unpoliced_bandwidth_always_fits():
    assert broken(new_peering(port=w.SMALL_PORT, service_capacity=0)) == []


def test_a_private_vlan_wider_than_the_port_is_refused():
    assert broken(new_pvlan(bandwidth=2_000), new_unit(pvlan={"item": 1}, port=w.SMALL_PORT)) == [
        ("/items/1/details/pvlan", "capacity")
    ]


def test_a_vlan_in_use_on_the_port_is_refused():
    assert broken(new_unit(port=w.OTHER_PORT, vlan_id=300)) == [("/items/0/details/vlan_id", "unique")]
    assert broken(new_connexions(vlan_id=701)) == [("/items/0/details/vlan_id", "unique")]


def test_a_vlan_used_twice_in_one_order_is_refused():
    assert broken(new_unit(), new_unit()) == [("/items/1/details/vlan_id", "unique")]
    port = new_port(encapsulation="dot1q")
    assert broken(port, new_unit(port={"item": 1}), new_unit(port={"item": 1})) == [
        ("/items/2/details/vlan_id", "unique")
    ]


def test_the_same_vlan_on_two_ports_is_fine():
    assert broken(new_unit(), new_unit(port=w.SMALL_PORT)) == []


def test_a_vlan_that_this_order_gives_up_can_be_taken_after_that():
    checked = check(new_unit(port=w.OTHER_PORT, vlan_id=300), change("pvlan_unit", "cease", w.UNIT))
    assert checked.findings == []
    assert checked.items[0].depends_on == (2,)


def test_two_services_cannot_swap_their_vlans_in_one_order():
    world = w.FakeWorld()
    world.own.append(w.unit(105002, w.PVLAN, w.OTHER_PORT, 301))
    one, other = (change("pvlan_unit", "modify", n, vlan_id=v) for n, v in ((w.UNIT, 301), (105002, 300)))
    assert broken(one, other, world=world) == [("/items/1/details/vlan_id", "unique")]


def test_keeping_ones_own_vlan_or_mac_address_is_no_conflict():
    kept = change("peering_unit", "modify", w.PEERING, mac_address=NO_MAC + "01", service_capacity=500)
    assert broken(kept) == []


@pytest.mark.parametrize(
    ("service_type", "action", "number", "details"),
    [
        ("pvlan_unit", "modify", w.UNIT, {"vlan_id": 300}),
        ("peering_unit", "modify", w.PEERING, {"mac_address": NO_MAC + "01", "service_capacity": 1_000}),
        ("connexions", "modify", w.CONNEXIONS, {"bandwidth": 2_000}),
        ("multiservice_port", "edit_encap", w.PORT, {"encapsulation": "DOT1Q"}),
    ],
)
def test_a_change_that_changes_nothing_is_refused_unless_the_service_is_changing_anyway(
    service_type, action, number, details
):
    item = change(service_type, action, number, **details)
    (finding,) = check(item).findings
    assert (finding.pointer.rpartition("/")[2] in details, finding.rule) == (True, "same")
    assert finding.detail == "The service is like this already, so nothing would change."
    world = w.FakeWorld()
    world.own = [replace(one, changing=one.number == number) for one in world.own]
    assert broken(item, world=world) == []


def test_there_and_back_in_one_order_is_a_change():
    there, back = (change("connexions", "modify", w.CONNEXIONS, bandwidth=mbps) for mbps in (3_000, 2_000))
    assert broken(there, back) == []


def test_a_mac_address_in_use_on_the_fabric_is_refused():
    assert broken(new_peering(mac_address=NO_MAC + "01")) == [("/items/0/details/mac_address", "unique")]


def test_a_mac_address_used_twice_in_one_order_is_refused():
    assert broken(new_peering(), new_peering(port=w.SMALL_PORT)) == [("/items/1/details/mac_address", "unique")]


def test_quantity_above_one_needs_encapsulation_none():
    assert broken(new_port(quantity=2, encapsulation="dot1q")) == [("/items/0/details/encapsulation", "quantity")]
    assert broken(new_port(quantity=2)) == []
    assert broken(change("multiservice_port", "edit_encap", w.BUNDLE, encapsulation="qinq")) == [
        ("/items/0/details/encapsulation", "quantity")
    ]


def test_point_to_point_joins_two_units_and_no_third():
    units = [new_unit(pvlan={"item": 1}, vlan_id=vlan) for vlan in (1, 2, 3)]
    assert broken(new_pvlan(), *units[:2]) == []
    assert broken(new_pvlan(), *units) == [("/items/3/details/pvlan", "units")]
    assert broken(new_pvlan(pvlan_type="mp2mp"), *units) == []


def test_point_to_point_counts_the_units_of_others():
    world = w.FakeWorld()
    world.foreign += [w.unit(105100, w.P2P_PVLAN, w.FOREIGN_PORT, 7), w.unit(105101, w.P2P_PVLAN, w.FOREIGN_PORT, 8)]
    assert broken(new_unit(pvlan=w.P2P_PVLAN), world=world) == [("/items/0/details/pvlan", "units")]


def test_a_port_with_services_is_ceased_only_together_with_them_and_after_them():
    port, unit = change("multiservice_port", "cease", w.OTHER_PORT), change("pvlan_unit", "cease", w.UNIT)
    assert broken(port) == [("/items/0/service_number", "in_use")]
    together = check(port, unit)
    assert together.findings == []
    assert together.items[0].depends_on == (2,)


def test_a_private_vlan_with_units_is_ceased_only_together_with_them():
    assert broken(change("pvlan", "cease", w.PVLAN)) == [("/items/0/service_number", "in_use")]
    assert broken(change("pvlan", "cease", w.PVLAN), change("pvlan_unit", "cease", w.UNIT)) == []


def test_a_port_that_is_being_ceased_takes_no_new_service():
    assert broken(change("multiservice_port", "cease", w.PORT), new_unit()) == [("/items/1/details/port", "in_use")]


def test_a_service_is_ceased_once():
    assert broken(*[change("pvlan_unit", "cease", w.UNIT)] * 2) == [("/items/1/service_number", "unique")]


def test_a_change_comes_before_the_cease_of_the_same_service():
    checked = check(change("pvlan_unit", "cease", w.UNIT), change("pvlan_unit", "modify", w.UNIT, vlan_id=9))
    assert checked.items[0].depends_on == (2,)


def test_encapsulation_none_is_refused_while_services_need_vlans():
    assert broken(change("multiservice_port", "edit_encap", w.OTHER_PORT, encapsulation="none")) == [
        ("/items/0/details/encapsulation", "encapsulation")
    ]
    assert broken(change("multiservice_port", "edit_encap", w.PORT, encapsulation="none")) == []


def test_a_vlan_service_needs_a_tagged_port_or_an_order_that_makes_it_one():
    unit = new_unit(port=w.UNTAGGED_PORT)
    assert broken(unit) == [("/items/0/details/port", "encapsulation")]
    both = check(unit, change("multiservice_port", "edit_encap", w.UNTAGGED_PORT, encapsulation="DOT1Q"))
    assert both.findings == []
    assert both.items[0].depends_on == (2,)


def test_an_untagged_port_carries_one_service():
    assert broken(new_peering(port=w.UNTAGGED_PORT)) == [("/items/0/details/port", "encapsulation")]
    assert broken(new_port(), *(new_peering(port={"item": 1}, mac_address=NO_MAC + n) for n in ("ab", "ac"))) == [
        ("/items/2/details/port", "encapsulation")
    ]


def test_the_port_and_the_private_vlan_are_on_one_lan():
    world = w.FakeWorld()
    world.own = [replace(one, fabric="lon1") if one.number == w.PVLAN else one for one in world.own]
    assert broken(new_unit(), world=world) == [("/items/0/details/pvlan", "match")]


def test_joining_asks_for_an_account_that_exists():
    assert broken(new("pvlan", pvlan_service_account_id="nobody"), order_type="join_pvlan") == [
        ("/items/0/details/pvlan_service_account_id", "reference")
    ]


def test_one_order_joins_private_vlans_of_one_owner():
    one, same, other = (new("pvlan", pvlan_service_account_id=who) for who in (w.OWNER, w.OWNER, w.OTHER_OWNER))
    assert broken(one, same, order_type="join_pvlan") == []
    assert broken(one, other, order_type="join_pvlan") == [("/items/1/details/pvlan_service_account_id", "match")]


@pytest.mark.parametrize("number", [w.FOREIGN_PORT, 999_999])
def test_somebody_elses_service_is_reported_as_one_that_does_not_exist(number: int):
    foreign = check(new_peering(port=number)).findings[0]
    assert (foreign.pointer, foreign.rule) == ("/items/0/details/port", "reference")
    assert foreign.detail == f"There is no multiservice port with service number {number}."


def test_a_joined_private_vlan_takes_units_but_is_not_the_joiners_to_cease():
    world = w.FakeWorld()
    world.own = [replace(one, joined=True) if one.number == w.P2P_PVLAN else one for one in world.own]
    assert broken(new_unit(pvlan=w.P2P_PVLAN), world=world) == []
    cease = check(change("pvlan", "cease", w.P2P_PVLAN), world=world)
    assert [one.detail for one in cease.findings] == [f"There is no private VLAN with service number {w.P2P_PVLAN}."]


def test_a_service_of_the_wrong_type_or_state_is_refused():
    assert broken(new_peering(port=w.PVLAN)) == [("/items/0/details/port", "reference")]
    assert broken(new_peering(port=w.ENDED)) == [("/items/0/details/port", "state")]
    assert broken(change("multiservice_port", "cease", w.NEW_BORN)) == [("/items/0/service_number", "state")]


def test_an_item_on_a_fabric_that_is_not_automated_is_marked():
    order = check(new_port(fabric="imn1", location="SEC"), new_port())
    assert [item.automated for item in order.items] == [False, True]


def test_a_unit_is_on_the_fabric_of_its_port():
    assert check(new_unit()).items[0].fabric == "edi2"


def test_what_ends_with_a_private_vlan_is_each_of_its_active_units_that_the_order_does_not_name():
    world = w.FakeWorld()
    world.foreign += [w.unit(105100, w.PVLAN, w.FOREIGN_PORT, 7)]
    cease = change("pvlan", "cease", w.PVLAN)
    more = units_too([cease, change("pvlan_unit", "cease", w.UNIT)], [False] * 2, world)
    assert [(at, one.service_type, one.action, one.service_number, one.item_number) for at, one in more] == [
        (0, "pvlan_unit", "cease", 105100, 3)
    ]
    assert [one.service_number for _, one in units_too([cease, cease], [False] * 2, world)] == [w.UNIT, 105100]


def test_nothing_ends_with_what_the_account_cannot_end_or_with_what_makes_no_sense():
    world = w.FakeWorld()
    world.foreign += [w.pvlan(104009, "mp2mp"), w.unit(105100, 104009, w.FOREIGN_PORT, 7)]
    for number in (104009, 10**30, -1, None, "104001", {"item": 1}, w.PORT):
        assert units_too([change("pvlan", "cease", number)], [True], world) == []
    assert units_too([ItemInput([], {}, None, [])], [True], world) == []


def test_a_unit_that_is_still_being_set_up_keeps_its_private_vlan_unless_that_ends_later():
    world = w.FakeWorld()
    world.foreign += [replace(w.unit(105100, w.PVLAN, w.FOREIGN_PORT, 7), state="pre_active")]
    cease = change("pvlan", "cease", w.PVLAN)
    assert [one.service_number for _, one in units_too([cease], [True], world)] == [w.UNIT, 105100]
    more = [one for _, one in units_too([cease], [False], world)]
    assert [one.service_number for one in more] == [w.UNIT]
    (finding,) = check(cease, *more, world=world).findings
    assert (finding.pointer, finding.rule) == ("/items/0/service_number", "in_use")
    assert "1 service still being set up" in finding.detail
