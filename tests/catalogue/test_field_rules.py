"""Each detail is read strictly, and a refusal names the field and the rule."""

import pytest

from app.catalogue import ItemInput
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


@pytest.mark.parametrize("vlan", [0, 4095, -1, 10**30])
def test_a_vlan_outside_1_to_4094_is_refused(vlan: int):
    assert broken(new_unit(vlan_id=vlan)) == [("/items/0/details/vlan_id", "range")]


@pytest.mark.parametrize("vlan", [1, 4094])
def test_the_first_and_the_last_vlan_are_fine(vlan: int):
    assert broken(new_unit(vlan_id=vlan)) == []


@pytest.mark.parametrize("vlan", ["444", 444.0, True, None, [444], {"item": 1}])
def test_a_vlan_that_is_not_a_whole_number_is_refused(vlan: object):
    assert broken(new_unit(vlan_id=vlan)) == [("/items/0/details/vlan_id", "type")]


@pytest.mark.parametrize(
    "written", ["0000.5E00.53AA", "00-00-5e-00-53-aa", "00:00:5E:00:53:AA", "00005e0053aa", " 00:00:5e:00:53:aa "]
)
def test_a_mac_address_in_any_usual_notation_is_stored_in_one(written: str):
    assert check(new_peering(mac_address=written)).items[0].details["mac_address"] == "00:00:5e:00:53:aa"


@pytest.mark.parametrize(
    ("mac", "rule"),
    [
        ("11:11:11:11:11:11", "multicast"),
        ("ff:ff:ff:ff:ff:ff", "multicast"),
        ("00:00:00:00:00:00", "zero"),
        ("00:00:5e:00:53", "type"),
        ("00:00:5e:00:53:0g", "type"),
        ("00:00:5e-00-53-01", "type"),
        ("", "type"),
        (["00:00:5e:00:53:aa", "00:00:5e:00:53:ab"], "type"),
        (83, "type"),
    ],
)
def test_a_mac_address_that_no_single_router_can_have_is_refused(mac: object, rule: str):
    assert broken(new_peering(mac_address=mac)) == [("/items/0/details/mac_address", rule)]


@pytest.mark.parametrize("asn", [0, 23456, 4_294_967_295, -64496])
def test_a_reserved_or_impossible_as_number_is_refused(asn: int):
    assert broken(new_connexions(asn=asn)) == [("/items/0/details/asn", "range")]


@pytest.mark.parametrize("asn", ["64496", 64496.5, False])
def test_an_as_number_is_a_whole_number(asn: object):
    assert broken(new_connexions(asn=asn)) == [("/items/0/details/asn", "type")]


def test_a_32_bit_as_number_is_fine_and_may_be_left_out():
    assert broken(new_connexions(asn=65536)) == []
    assert "asn" not in check(new_connexions()).items[0].details


@pytest.mark.parametrize(("bandwidth", "rule"), [(-1, "range"), (10**9, "range"), ("50", "type"), (True, "type")])
def test_a_bandwidth_is_a_whole_number_from_0(bandwidth: object, rule: str):
    assert broken(new_pvlan(bandwidth=bandwidth)) == [("/items/0/details/bandwidth", rule)]


@pytest.mark.parametrize("written", ["DOT1Q", "dot1q", "Dot1Q"])
def test_encapsulation_is_read_without_regard_to_case(written: str):
    assert check(new_port(encapsulation=written)).items[0].details["encapsulation"] == "dot1q"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"encapsulation": "vxlan"}, ("encapsulation", "choice")),
        ({"encapsulation": None}, ("encapsulation", "type")),
        ({"port_capacity": 2500}, ("port_capacity", "choice")),
        ({"port_capacity": "1000"}, ("port_capacity", "type")),
        ({"quantity": 0}, ("quantity", "range")),
        ({"quantity": 1.5}, ("quantity", "type")),
        ({"presentation_type": "string and tins"}, ("presentation_type", "choice")),
        ({"fabric": "atlantis"}, ("fabric", "choice")),
        ({"location": "SEC"}, ("location", "choice")),
        ({"location": 8}, ("location", "type")),
    ],
)
def test_each_detail_of_a_port_has_its_rule(details: dict[str, object], expected: tuple[str, str]):
    name, rule = expected
    assert broken(new_port(**details)) == [(f"/items/0/details/{name}", rule)]


def test_what_a_port_order_leaves_out_has_its_usual_value():
    details = check(new_port()).items[0].details
    assert (details["quantity"], details["encapsulation"]) == (1, "none")


@pytest.mark.parametrize("protected", ["false", 0, "No"])
def test_a_flag_is_true_or_false_and_nothing_like_it(protected: object):
    assert broken(new_pvlan(mac_acl_protected=protected)) == [("/items/0/details/mac_acl_protected", "type")]


@pytest.mark.parametrize(
    ("name", "rule"),
    [("", "required"), ("  ", "required"), ("x" * 101, "range"), ("a\x00b", "type"), ("\ud800", "type")],
)
def test_a_name_is_printable_text(name: str, rule: str):
    assert broken(new_pvlan(service_name=name)) == [("/items/0/details/service_name", rule)]


@pytest.mark.parametrize("name", ["pvlan", "port", "vlan_id"])
def test_each_missing_detail_is_named(name: str):
    item = new_unit()
    del item.details[name]
    assert broken(item) == [(f"/items/0/details/{name}", "required")]


def test_an_unknown_detail_is_refused_by_name():
    item = new_unit(colour="blue")
    assert broken(item) == [("/items/0/details/colour", "unknown")]
    assert "“colour”" in check(item).findings[0].detail


def test_an_unknown_name_is_escaped_in_the_pointer():
    assert broken(new_unit(**{"a/b~c": 1})) == [("/items/0/details/a~1b~0c", "unknown")]


def test_a_service_number_among_the_details_is_shown_its_place():
    item = ItemInput("multiservice_port", "cease", {"service_number": w.PORT}, service_number=w.PORT)
    assert "beside the details" in check(item).findings[0].detail


@pytest.mark.parametrize("details", [[], "details", 7, True])
def test_details_that_are_no_object_are_refused(details: object):
    assert broken(ItemInput("pvlan", "new", details)) == [("/items/0/details", "type")]


def test_an_unknown_service_type_or_action_is_refused():
    assert broken(new("teleport")) == [("/items/0/service_type", "choice")]
    assert broken(ItemInput("pvlan", "edit_encap")) == [("/items/0/item_action", "choice")]
    assert broken(ItemInput(["pvlan"], {}, {})) == [("/items/0/service_type", "choice")]


def test_a_change_says_which_service_and_at_least_one_thing():
    assert broken(ItemInput("pvlan_unit", "modify", {"vlan_id": 5})) == [("/items/0/service_number", "required")]
    assert broken(change("pvlan_unit", "modify", w.UNIT)) == [("/items/0/details", "required")]


def test_a_change_cannot_name_what_may_not_change():
    item = change("pvlan_unit", "modify", w.UNIT, vlan_id=5, pvlan=w.PVLAN)
    assert broken(item) == [("/items/0/details/pvlan", "unknown")]


def test_the_service_number_of_something_new_is_the_exchanges_to_give_so_it_is_ignored():
    item = ItemInput("pvlan", "new", new_pvlan().details, service_number="<service_number>")
    assert check(item).items[0].service_number is None


def test_an_order_has_a_known_type_and_at_least_one_item():
    assert broken(order_type="express") == [("/type", "choice"), ("/items", "required")]


def test_an_order_of_very_many_items_is_refused_with_one_finding():
    assert broken(*[new("teleport")] * 201) == [("/items", "range")]


def test_a_very_broken_order_is_not_answered_with_endless_findings():
    item = new_unit(**{f"unknown{n}": n for n in range(1000)})
    assert len(check(item).findings) == 100


def test_every_finding_is_a_sentence_without_code_words():
    item = new_unit(vlan_id=0, port="x", colour=1)
    for finding in check(item).findings:
        assert finding.detail.endswith(".")
        assert "None" not in finding.detail
        assert "dict" not in finding.detail
