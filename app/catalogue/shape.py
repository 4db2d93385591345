"""Reads the items of an order strictly, one by one, without asking the world. Never raises: it finds."""

from collections.abc import Sequence
from typing import Any

from app.catalogue import parsing, reading
from app.catalogue.fields import quoted
from app.catalogue.lines import ItemLike, Line, numbers_of
from app.catalogue.model import Action
from app.catalogue.registry import JOIN_PVLAN, ORDER_TYPES, SERVICE_TYPES, action_of, joins, service_type
from app.domain.errors import Finding

NEEDS = (
    'What an item depends on must be a list of item numbers; of another order it is {"order_item": id}, '
    'and {"service": number} of a service.'
)
MAX_ITEMS = 200
"""Items of one order; larger undertakings are batches of orders."""


def read(order_type: Any, items: Sequence[ItemLike]) -> tuple[list[Line], list[Finding]]:
    """The lines of an order and everything that is wrong with their form."""
    findings = _order_findings(order_type, items)
    if any(finding.pointer == "/items" and finding.rule == "range" for finding in findings):
        return [], findings
    kind_of_order = order_type if isinstance(order_type, str) else ""
    lines = []
    for index, (item, number) in enumerate(zip(items, numbers_of(items), strict=True)):
        line = Line(index, number)
        findings += _read_item(line, item, kind_of_order)
        lines.append(line)
    if order_type == JOIN_PVLAN and items and not findings and not any(line.is_join for line in lines):
        findings.append(Finding("/items", "required", "An order of type join_pvlan needs an item “pvlan new”."))
    return lines, findings


def _order_findings(order_type: Any, items: Sequence[ItemLike]) -> list[Finding]:
    findings = []
    if order_type not in ORDER_TYPES:
        findings.append(Finding("/type", "choice", "The order type must be one of " + ", ".join(ORDER_TYPES) + "."))
    if not items:
        findings.append(Finding("/items", "required", "An order needs at least one item."))
    if len(items) > MAX_ITEMS:
        findings.append(Finding("/items", "range", f"An order can have at most {MAX_ITEMS} items."))
    return findings


def _read_item(line: Line, item: ItemLike, order_type: str) -> list[Finding]:
    line.kind = service_type(item.service_type)
    if line.kind is None:
        known = ", ".join(SERVICE_TYPES)
        wrong = line.finding("service_type", "choice", f"The service type must be one of {known}.")
        return [wrong, *_read_depends_on(line, item.depends_on)]
    line.action = action_of(item.service_type, item.action, order_type)
    if line.action is None:
        wrong = line.finding("item_action", "choice", line.kind.no_action(item.action))
        return [wrong, *_read_depends_on(line, item.depends_on)]
    line.is_join = joins(line.kind, line.action.name, order_type)
    line.may_wait = item.may_wait
    findings = _read_service_number(line, item.service_number) if line.action.changes else []
    line.details, detail_findings = read_details(line.action, item.details, f"/items/{line.index}/details")
    return findings + detail_findings + _read_depends_on(line, item.depends_on)


def _read_service_number(line: Line, raw: Any) -> list[Finding]:
    """Which service a change is about. For `new` the number is the exchange's to give, so what is sent is ignored."""
    if raw is None:
        return [line.finding("service_number", "required", "The service number says which service this is about.")]
    try:
        line.service_number = parsing.reference(raw)
    except parsing.Refused as wrong:
        return [line.finding("service_number", wrong.rule, f"The service number {wrong.sentence}")]
    return []


def _read_depends_on(line: Line, raw: Any) -> list[Finding]:
    if raw is None:
        return []
    if not isinstance(raw, list | tuple) or not all(type(number) is int for number in raw):
        return [line.finding("depends_on", "type", NEEDS)]
    if len(raw) > MAX_ITEMS:
        return [line.finding("depends_on", "range", f"An item can depend on at most {MAX_ITEMS} items.")]
    line.depends_on = set(raw)
    return []


def read_details(action: Action, raw: Any, pointer: str = "/details") -> tuple[dict[str, Any], list[Finding]]:
    """The typed details of one action, with defaults filled in, and what is wrong with the rest."""
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        return {}, [Finding(pointer, "type", "The details must be an object.")]
    details, findings = reading.fields(action.fields, raw, pointer, complete=True)
    if action.may_change and not details and not findings:
        words = f"Say what is to change; it can be {quoted(action.may_change)}."
        findings.append(Finding(pointer, "required", words))
    return details, findings
