"""A row of a CSV file as the body of an order of one item. The columns are the catalogue's details and the order's own
fields; what stands in a cell becomes the JSON value that the API takes, and is refused by the same rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.catalogue import NORMAL, action_of, every_action
from app.catalogue.fields import Field, from_text
from app.domain.errors import Finding

ADDED = ("line", "problem")
"""Columns that the file of failed lines has beside what was sent; taken and ignored when they come back."""
ITEM = {"service_type": "service_type", "action": "item_action", "service_number": "service_number"}
ORDER = (
    "type", "po_number", "notes", "description", "operator_order_ref", "operator_order_name", "comment",
    "requested_start_date", "requested_completion_date", "parent_order_id",
)  # fmt: skip
REQUESTOR = {
    "account_id": "account_id", "contact_id": "contact_id", "organisation": "organisation", "email": "email",
    "full_name": "full_name", "phone": "phone",
}  # fmt: skip
NESTED = {"sub_customer": ("sub_customer", "account_id"), "product": ("product", "code")}
COPIES = "additional_cc"
DETAILS: dict[str, Field] = {
    field.name: field for _, action, _ in every_action() for field in action.fields if not field.fields
}
"""The last field of each name; the row's own action tells the right one where several share a name. What has
parts fits no cell: such orders are sent as JSON."""

FLAGS = {**dict.fromkeys(("true", "yes", "y", "1"), True), **dict.fromkeys(("false", "no", "n", "0"), False)}
COLUMNS = (*ITEM, *ORDER, COPIES, *REQUESTOR, *NESTED, *(name for name in DETAILS))
HELP = {
    "type": "normal or join_pvlan; empty is normal.", "service_type": "What is ordered, such as multiservice_port.",
    "action": "new, modify, edit_encap or cease.", "service_number": "The service that a change is about.",
    "po_number": "The member's own reference.", COPIES: "E-mail addresses, with blanks or semicolons between them.",
    "account_id": "Who orders; needed unless the token is an account's.", "contact_id": "A contact of the account.",
    "organisation": "The name of an account that is not known yet.", "full_name": "Who asks for it.",
    "email": "Their e-mail address.", "phone": "Their telephone number.",
    "sub_customer": "The account of the reseller's customer that it is for.", "product": "The code of a package.",
    "parent_order_id": "The order that this one belongs to, by its id.", "notes": "For staff.",
    "description": "What the order is about.", "comment": "The operator's comment.",
    "operator_order_ref": "The order in the operator's own books.",
    "operator_order_name": "The order's name in the operator's own books.",
    "requested_start_date": "When to start: 2026-05-01, or a time with offset.",
    "requested_completion_date": "As the start: when it should be done.",
}  # fmt: skip


def unknown(headings: Sequence[str]) -> list[Finding]:
    """What is wrong with the headings: unknown or repeated ones, and none that says what is ordered."""
    found = [
        Finding(f"/{name[:60]}", "unknown", f"There is no column “{name[:60]}”.")
        for name in dict.fromkeys(headings) if name not in COLUMNS and name not in ADDED
    ]  # fmt: skip
    found += [
        Finding(f"/{name}", "repeated", f"The column “{name}” is there more than once.")
        for name in dict.fromkeys(headings) if name in COLUMNS and headings.count(name) > 1
    ]  # fmt: skip
    if "service_type" not in headings and "product" not in headings:
        words = "There is no column service_type that says what is ordered, and none for a product."
        found.append(Finding("/service_type", "required", words))
    return found


def body(cells: Mapping[str, str]) -> dict[str, Any]:
    """The order that a row stands for. Empty cells say nothing."""
    said = {name: text for name, cell in cells.items() if name in COLUMNS and (text := plain(cell))}
    made: dict[str, Any] = {name: said[name] for name in ORDER if name in said}
    if COPIES in said:
        made[COPIES] = said[COPIES].replace(";", " ").replace(",", " ").split()
    requestor = {key: said[name] for name, key in REQUESTOR.items() if name in said}
    if requestor:
        made["requestor"] = requestor
    for name, (outer, inner) in NESTED.items():
        if name in said:
            made[outer] = {inner: said[name]}
    item = _item(said)
    made["items"] = [item] if item else []
    return made


def plain(cell: str) -> str:
    """Without blanks around it, and without the mark by which our own files keep spreadsheets from calculating."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _item(said: Mapping[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {key: said[name] for name, key in ITEM.items() if name in said}
    if item.get("service_number", "").isascii() and item.get("service_number", "").isdigit():
        item["service_number"] = int(item["service_number"][:18])
    action = action_of(item.get("service_type"), item.get("item_action"), said.get("type", NORMAL))
    own = {field.name: field for field in action.fields} if action else {}
    details = {name: _detail(own.get(name, DETAILS[name]), said[name]) for name in DETAILS if name in said}
    return item | ({"details": details} if details else {})


def _detail(field: Field, text: str) -> Any:
    return FLAGS.get(text.lower(), text) if field.kind == "flag" else from_text(field, text)


def column_of(pointer: str) -> str:
    """The column that a finding about the body is about; empty for one about the whole row."""
    parts = [part for part in pointer.split("/") if part]
    if not parts:
        return ""
    if parts[0] == "items":
        last = parts[3] if len(parts) > 3 and parts[2] == "details" else parts[2] if len(parts) > 2 else "service_type"
        return {"item_action": "action"}.get(last, last)
    if parts[0] == "requestor":
        return parts[1] if len(parts) > 1 else "account_id"
    return parts[0]
