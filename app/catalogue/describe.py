"""Rows of label and value for pages and tickets, in the catalogue's order and words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from app.catalogue.fields import Audience, Field
from app.catalogue.reading import entry
from app.catalogue.registry import NORMAL, action_of, service_type
from app.catalogue.showing import NO_NAMES, Names, show

Row = tuple[str, str]


class DescribedItem(Protocol):
    """What describing needs of an item; the catalogue's `CheckedItem` and a stored item both have it."""

    @property
    def number(self) -> int: ...
    @property
    def service_type(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Any]: ...


def describe(
    type_key: str,
    action: str,
    details: Mapping[str, Any],
    audience: Audience,
    names: Names = NO_NAMES,
    order_type: str = NORMAL,
) -> list[Row]:
    """The details of an item. What the catalogue does not know (any more) is shown under its own name, never lost."""
    found = action_of(type_key, action, order_type)
    return _rows(found.fields if found else (), details, audience, names)


def describe_service(
    type_key: str, details: Mapping[str, Any], audience: Audience, names: Names = NO_NAMES
) -> list[Row]:
    """The details of an existing service."""
    kind = service_type(type_key)
    return _rows(kind.existing_fields if kind else (), details, audience, names)


def title(type_key: str, audience: Audience) -> str:
    """The service type as people know it: “CUG Unit” for members, “Private VLAN unit” for staff."""
    kind = service_type(type_key)
    if kind is None:
        return type_key
    return kind.portal_label if audience == "member" else kind.label


def action_title(type_key: str, action: str, audience: Audience, order_type: str = NORMAL) -> str:
    """The action as people know it: “Change encapsulation”."""
    found = action_of(type_key, action, order_type)
    if found is None:
        return action
    return found.portal_label if audience == "member" else found.label


def item_names(items: Sequence[DescribedItem], audience: Audience) -> dict[int, str]:
    """What the items of one order are called where another of them refers to them, for `Names.items`."""
    return {item.number: _item_name(item, items, audience) for item in items}


def _item_name(item: DescribedItem, items: Sequence[DescribedItem], audience: Audience) -> str:
    kind = service_type(item.service_type)
    noun = kind.noun if kind else item.service_type
    if audience == "ticket":
        alike = [other for other in items if other.service_type == item.service_type]
        behind = f" (order item {item.number})" if len(alike) > 1 else ""
        return f"Use the new {noun}{behind}" if item.action == "new" else f"Use the {noun} of order item {item.number}"
    own_name = item.details.get("service_name")
    if isinstance(own_name, str) and own_name:
        return own_name
    word = title(item.service_type, audience)
    return f"New {word} (order item {item.number})" if item.action == "new" else f"{word} of order item {item.number}"


def _rows(fields: tuple[Field, ...], details: Mapping[str, Any], audience: Audience, names: Names) -> list[Row]:
    rows = [row for field in fields for row in _row(field, details, audience, names)]
    known = {field.name for field in fields}
    return rows + [(name, str(value)) for name, value in details.items() if name not in known]


def _row(field: Field, details: Mapping[str, Any], audience: Audience, names: Names) -> Iterator[Row]:
    if audience == "ticket" and field.preceded_by:
        yield field.preceded_by
    value = details.get(field.name)
    label = field.label_for(audience)
    if field.kind == "object" and isinstance(value, dict):
        yield from _parts(label, field, value, audience, names)
    elif field.kind == "list" and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _parts(entry(field, index), field, one, audience, names)
    elif value is not None:
        yield label, show(field, value, audience, names)


def _parts(label: str, field: Field, value: Any, audience: Audience, names: Names) -> Iterator[Row]:
    """One row for each part: “Address, Street”. What is no object is shown as it stands."""
    if not isinstance(value, dict):
        yield label, str(value)
        return
    for part_label, words in _rows(field.fields, value, audience, names):
        yield f"{label}, {part_label}", words
