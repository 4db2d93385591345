"""The published schema says what the check does, and forms speak the same fields."""

from typing import Any

import hypothesis.strategies as st
import jsonschema_rs
import pytest
from hypothesis import given, settings

from app.catalogue import details_schema, every_action
from app.catalogue.fields import Field, from_text
from app.catalogue.reading import fields
from app.catalogue.registry import SERVICE_TYPES, action_of
from app.catalogue.schema import field_schema
from app.catalogue.shape import read_details

ACTIONS = [(kind.key, action.name, order_type) for kind, action, order_type in every_action()]

VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        -1,
        0,
        1,
        123,
        444,
        4094,
        4095,
        1000,
        10_000,
        23456,
        4_294_967_294,
        4_294_967_295,
        1.5,
        10**9,
    ),
    *("", " ", "x", "x" * 200, "none", "DOT1Q", "qinq", "p2p", "MP2MP", "rj45 (copper)", "RJ45 (Copper"),
    *("00:00:5e:00:53:01", "00-00-5E-00-53-01", "0000.5e00.5301", "00005e005301", "00:00-5e:00:53:01"),
    *("11:11:11:11:11:11", "00:00:00:00:00:00", "0000.0000.0000", "12:13"),
    *({"item": 1}, {"item": 0}, {"item": "1"}, {"item": 1, "more": 1}, {}, [], [1]),
)
values = st.sampled_from(VALUES)


def details_from_form(fields: tuple[Field, ...], form: dict[str, str]) -> dict[str, Any]:
    """The details of a submitted form: what is empty is absent."""
    values = {field.name: from_text(field, form.get(field.name, "")) for field in fields}
    return {name: value for name, value in values.items() if value is not None}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize(("kind", "action", "order_type"), ACTIONS)
def test_the_schema_accepts_exactly_what_the_check_reads(kind: str, action: str, order_type: str, data: Any):
    found = action_of(kind, action, order_type)
    assert found is not None
    names = st.sampled_from([*(field.name for field in found.fields), "unknown"])
    details = data.draw(st.dictionaries(names, values, max_size=len(found.fields)))
    _, findings = read_details(found, details)
    assert jsonschema_rs.is_valid(details_schema(kind, action, order_type), details) == (not findings)


@pytest.mark.parametrize("value", VALUES)
def test_each_kind_of_value_is_in_the_schema_if_the_check_reads_it(value: Any):
    for kind, name, order_type in ACTIONS:
        action = action_of(kind, name, order_type)
        for field in action.fields if action else ():
            reads = not fields((field,), {field.name: value}, "", complete=True)[1]
            assert jsonschema_rs.is_valid(field_schema(field), value) == reads, (kind, name, field.name)


def test_a_schema_that_does_not_exist_is_not_made_up():
    with pytest.raises(KeyError):
        details_schema("pvlan", "edit_encap")


def test_a_schema_carries_label_and_help():
    vlan = details_schema("pvlan_unit", "new")["properties"]["vlan_id"]
    assert (vlan["title"], vlan["minimum"], vlan["maximum"]) == ("VLAN ID", 1, 4094)
    assert vlan["description"]


def test_a_form_gives_the_same_details_as_json():
    form = {
        "port": "item:1",
        "fabric": "edi2",
        "location": " PUL ",
        "service_capacity": "1000",
        "mac_address": "00:00:5e:00:53:01",
        "asn": "",
    }
    peering = action_of("peering_unit", "new")
    assert peering is not None
    assert details_from_form(peering.fields, form) == {
        "port": {"item": 1},
        "fabric": "edi2",
        "location": "PUL",
        "service_capacity": 1000,
        "mac_address": "00:00:5e:00:53:01",
    }


def test_a_form_sends_what_it_cannot_convert_to_be_refused_in_words():
    unit = action_of("pvlan_unit", "new")
    assert unit is not None
    details = details_from_form(unit.fields, {"pvlan": "item:x", "port": "²", "vlan_id": "four"})
    assert [one.rule for one in read_details(unit, details)[1]] == ["type", "type", "type"]


def test_a_box_that_is_not_ticked_is_false_and_a_speed_is_a_number():
    new = action_of("pvlan", "new")
    port = action_of("multiservice_port", "new")
    assert new and port
    assert details_from_form(new.fields, {})["mac_acl_protected"] is False
    assert details_from_form(new.fields, {"mac_acl_protected": "on"})["mac_acl_protected"] is True
    capacity = port.field("port_capacity")
    assert capacity and from_text(capacity, "10000") == 10_000


def test_every_service_type_is_whole():
    assert list(SERVICE_TYPES) == [
        "connexions",
        "multiservice_port",
        "peering_unit",
        "reseller_peering_unit",
        "pvlan",
        "pvlan_unit",
        "collect",
        "enni",
    ]
    for kind, action, _ in every_action():
        assert kind.label and kind.portal_label and kind.plural and kind.description
        assert action.label and action.portal_label and action.ticket.heading
        assert len({field.name for field in action.fields}) == len(action.fields)
        for field in action.fields:
            for one in (field, *field.fields):
                assert one.help, f"{kind.key} {action.name} {field.name} {one.name} has no help for the form."


def test_the_actions_are_those_of_the_design():
    assert {key: list(kind.actions) for key, kind in SERVICE_TYPES.items()} == {
        "connexions": ["new", "modify", "cease"],
        "multiservice_port": ["new", "edit_encap", "cease"],
        "peering_unit": ["new", "modify", "cease"],
        "reseller_peering_unit": ["new", "modify", "cease"],
        "pvlan": ["new", "cease"],
        "pvlan_unit": ["new", "modify", "cease"],
        "collect": ["new", "cease"],
        "enni": ["new"],
    }
