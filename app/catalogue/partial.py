"""Reads the items of a draft: what is there must be right, what is missing may come later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.catalogue import parsing, reading, shape
from app.catalogue.lines import ItemLike, Reference, numbers_of
from app.catalogue.model import Action
from app.catalogue.registry import ORDER_TYPES, SERVICE_TYPES, action_of, service_type
from app.domain.errors import Finding


@dataclass(frozen=True)
class PartialItem:
    """One item of a draft. `details` holds those that were given, typed, without defaults."""

    number: int
    service_type: str
    action: str
    service_number: Reference | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read(order_type: Any, items: Sequence[ItemLike]) -> tuple[list[PartialItem], list[Finding]]:
    """The items, and what is wrong with what they say. Total, as `check_order` is."""
    findings = []
    if order_type not in ORDER_TYPES:
        findings.append(Finding("/type", "choice", "The order type must be one of " + ", ".join(ORDER_TYPES) + "."))
    if len(items) > shape.MAX_ITEMS:
        return [], [*findings, Finding("/items", "range", f"An order can have at most {shape.MAX_ITEMS} items.")]
    read_items = []
    for index, (item, number) in enumerate(zip(items, numbers_of(items), strict=True)):
        one, wrong = _item(item, number, f"/items/{index}", order_type if isinstance(order_type, str) else "")
        findings += wrong
        if one is not None:
            read_items.append(one)
    return read_items, findings


def _item(item: ItemLike, number: int, at: str, order_type: str) -> tuple[PartialItem | None, list[Finding]]:
    kind = service_type(item.service_type)
    if kind is None:
        known = ", ".join(SERVICE_TYPES)
        return None, [Finding(f"{at}/service_type", "choice", f"The service type must be one of {known}.")]
    action = action_of(item.service_type, item.action, order_type)
    if action is None:
        return None, [Finding(f"{at}/item_action", "choice", kind.no_action(item.action))]
    details, findings = given(action, item.details, f"{at}/details")
    ref = None
    if item.service_number is not None and action.changes:
        try:
            ref = parsing.reference(item.service_number)
        except parsing.Refused as wrong:
            findings.append(Finding(f"{at}/service_number", wrong.rule, f"The service number {wrong.sentence}"))
    if item.depends_on is not None and not _are_needs(item.depends_on):
        findings.append(Finding(f"{at}/depends_on", "type", shape.NEEDS))
    return PartialItem(number, kind.key, action.name, ref, details), findings


def _are_needs(raw: Any) -> bool:
    return isinstance(raw, list | tuple) and len(raw) <= shape.MAX_ITEMS and all(_is_need(one) for one in raw)


def _is_need(one: Any) -> bool:
    if not isinstance(one, dict):
        return type(one) is int
    return (set(one) == {"service"} and type(one["service"]) is int) or (
        set(one) == {"order_item"} and isinstance(one["order_item"], str)
    )


def given(action: Action, raw: Any, pointer: str) -> tuple[dict[str, Any], list[Finding]]:
    """The details that are there, typed; nothing is filled in and nothing is missed."""
    if raw is None:
        return {}, []
    if not isinstance(raw, dict):
        return {}, [Finding(pointer, "type", "The details must be an object.")]
    return reading.fields(action.fields, raw, pointer, complete=False)
