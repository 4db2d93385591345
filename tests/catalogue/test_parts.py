"""Details with parts: an object of fields, a list of objects. Described once, read strictly, published as they are."""

from typing import Any

import hypothesis.strategies as st
import jsonschema_rs
import pytest
from hypothesis import given, settings

from app.catalogue import reading
from app.catalogue.fields import Choice, Field
from app.catalogue.schema import field_schema, sketch

FLOOR = Field("floor", "Floor", "integer", required=False, minimum=0, maximum=99)
SIDE = Field("side", "Side", "choice", required=False, default="left",
             choices=(Choice("left", "Left"), Choice("right", "Right")))  # fmt: skip
STREET = Field("street", "Street", "text", max_length=10)
ADDRESS = Field("address", "Address", "object", required=False, fields=(STREET, FLOOR))
DOORS = Field("doors", "Doors", "list", minimum=1, maximum=2, each="Door", fields=(STREET, SIDE))
FIELDS = (ADDRESS, DOORS)


def read(raw: dict[str, Any], *, complete: bool = True) -> dict[str, Any]:
    found, findings = reading.fields(FIELDS, raw, "", complete=complete)
    assert findings == []
    return found


def refused(raw: dict[str, Any], *, complete: bool = True) -> list[tuple[str, str, str]]:
    _, findings = reading.fields(FIELDS, raw, "", complete=complete)
    return [(one.pointer, one.rule, one.detail) for one in findings]


def test_parts_are_typed_and_have_their_defaults():
    said = {"address": {"street": " Quay ", "floor": 3}, "doors": [{"street": "A"}, {"street": "B", "side": "RIGHT"}]}
    assert read(said) == {
        "address": {"street": "Quay", "floor": 3},
        "doors": [{"street": "A", "side": "left"}, {"street": "B", "side": "right"}],
    }
    assert read({"doors": [{"street": "A"}]}) == {"doors": [{"street": "A", "side": "left"}]}


@pytest.mark.parametrize(
    ("raw", "pointer", "rule", "sentence"),
    [
        ({}, "/doors", "required", "Doors (doors) is missing."),
        ({"doors": []}, "/doors", "range", "Doors (doors) must have at least 1 entry."),
        ({"doors": [{"street": "A"}] * 3}, "/doors", "range", "Doors (doors) must have at most 2 entries."),
        ({"doors": {"street": "A"}}, "/doors", "type", "Doors (doors) must be a list."),
        ({"doors": None}, "/doors", "type", "Doors (doors) must be a list."),
        ({"doors": ["A"]}, "/doors/0", "type", "Doors (doors) must be an object."),
        ({"doors": [{"street": "A"}, {}]}, "/doors/1/street", "required", "Door 2, Street (street) is missing."),
        ({"doors": [{"street": "A", "side": "up"}]}, "/doors/0/side", "choice",
         "Door 1, Side (side) must be one of left, right."),
        ({"doors": [{"street": "A", "colour": 1}]}, "/doors/0/colour", "unknown",
         "There is no detail “colour” here; it can be “street”, “side”."),
        ({"address": "Quay 1", "doors": [{"street": "A"}]}, "/address", "type", "Address (address) must be an object."),
        ({"address": {"street": "Q", "floor": "3"}, "doors": [{"street": "A"}]}, "/address/floor", "type",
         "Address, Floor (floor) must be a whole number."),
    ],
)  # fmt: skip
def test_each_part_is_refused_by_its_own_pointer(raw: dict[str, Any], pointer: str, rule: str, sentence: str):
    assert refused(raw) == [(pointer, rule, sentence)]


def test_all_parts_are_answered_together():
    raw = {"address": {"floor": 100}, "doors": [{}, {"street": 1}]}
    assert [pointer for pointer, _, _ in refused(raw)] == [
        "/address/street", "/address/floor", "/doors/0/street", "/doors/1/street",
    ]  # fmt: skip


def test_a_draft_may_say_a_part_at_a_time_but_nothing_wrong():
    assert read({"address": {"floor": 3}, "doors": []}, complete=False) == {"address": {"floor": 3}, "doors": []}
    assert read({"doors": [{}]}, complete=False) == {"doors": [{}]}
    assert [rule for _, rule, _ in refused({"address": {"floor": "3"}, "doors": [{}] * 3}, complete=False)] == [
        "type", "range",
    ]  # fmt: skip
    assert [one.pointer for one in reading.missing(FIELDS, {"address": {}, "doors": [{}]}, "/details")] == [
        "/details/address/street", "/details/doors/0/street",
    ]  # fmt: skip


values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 3, 100, 1.5, "", "Quay", "x" * 11, "LEFT", [], {}, [{}]]
)
doors = st.dictionaries(st.sampled_from(["street", "side", "unknown"]), values, max_size=2)
addresses = st.dictionaries(st.sampled_from(["street", "floor", "unknown"]), values, max_size=3)
several = st.lists(doors, max_size=3)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={"address": addresses | values, "doors": st.lists(doors, max_size=3) | values})
)
def test_the_schema_accepts_exactly_what_is_read(raw: dict[str, Any]):
    for complete in (True, False):
        schema = {
            "type": "object", "additionalProperties": False, "required": ["doors"],
            "properties": {one.name: field_schema(one) for one in FIELDS},
        }  # fmt: skip
        asked = schema if complete else sketch(schema)
        assert jsonschema_rs.is_valid(asked, raw) == (not refused(raw, complete=complete)), (complete, raw)


@pytest.mark.parametrize(
    ("said", "rule"),
    [("2027-02-28", None), ("2027-02-30", "range"), ("1 May", "type"), ("2027-5-1", "type"), (1, "type")],
)
def test_a_day_is_written_in_one_way_and_exists(said: Any, rule: str | None):
    day = Field("day", "Day", "date")
    _, findings = reading.fields((day,), {"day": said}, "", complete=True)
    assert [one.rule for one in findings] == ([rule] if rule else [])
    assert field_schema(day)["format"] == "date"
