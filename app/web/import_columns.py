"""Rows of a CSV file as the body of an order: one row is an order of one item, several rows with the same `order` are
one order with an item for each. The columns are the catalogue's details and the order's own fields; what stands in a
cell becomes the JSON value that the API takes, and is refused by the same rules."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from app.catalogue import NORMAL, action_of, every_action
from app.catalogue.fields import Field, from_text
from app.domain.errors import Finding

ADDED = ("line", "problem")
"""Columns that the file of failed lines has beside what was sent; taken and ignored when they come back."""
GROUP, NUMBER, NEEDS = "order", "item", "depends_on"
ITEM = {
    "service_type": "service_type", "action": "item_action", "service_number": "service_number",
    "item_start_date": "requested_start_date", "item_completion_date": "requested_completion_date",
}  # fmt: skip
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
    field.name: field for kind, action, _ in every_action() for field in action.fields if not kind.families
}
"""The last field of each name; the row's own action tells the right one where several share a name. Details
of access products have parts, which fit no cell: such orders are sent as JSON."""

REFERENCE = Field("service_number", "", "reference")

FLAGS = {**dict.fromkeys(("true", "yes", "y", "1"), True), **dict.fromkeys(("false", "no", "n", "0"), False)}
SHARED = {
    **{name: f"/{name}" for name in (*ORDER, COPIES)}, **{name: f"/requestor/{key}" for name, key in REQUESTOR.items()},
    **{name: f"/{outer}/{inner}" for name, (outer, inner) in NESTED.items()},
}  # fmt: skip
"""What is said of an order as a whole, and where that stands in the body."""
COLUMNS = (GROUP, NUMBER, *ITEM, NEEDS, *ORDER, COPIES, *REQUESTOR, *NESTED, *(name for name in DETAILS))
HELP = {
    GROUP: "Lines that follow each other with the same word or number here are one order. Empty: an order by itself.",
    NUMBER: "The item's number within its order, by which others name it; else they count from 1.",
    NEEDS: "What must be done first: items of the order (1 2), service:103127, order_item: and an item's id.",
    "item_start_date": "As requested_start_date, for this item only.",
    "item_completion_date": "As requested_completion_date, for this item only.",
    "type": "normal or join_pvlan; empty is normal.", "service_type": "What is ordered, such as multiservice_port.",
    "action": "new, modify, edit_encap or cease.",
    "service_number": "The service that a change is about; item:1 for the one that item 1 makes.",
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


def body(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The order that these rows stand for. Empty cells say nothing; what is said of the order stands in the first."""
    several = [{name: text for name, cell in cells.items() if name in COLUMNS and (text := plain(cell))}
               for cells in rows]  # fmt: skip
    said = several[0]
    made: dict[str, Any] = {name: said[name] for name in ORDER if name in said}
    if COPIES in said:
        made[COPIES] = said[COPIES].replace(";", " ").replace(",", " ").split()
    requestor = {key: said[name] for name, key in REQUESTOR.items() if name in said}
    if requestor:
        made["requestor"] = requestor
    for name, (outer, inner) in NESTED.items():
        if name in said:
            made[outer] = {inner: said[name]}
    items = [_item(cells, said.get("type", NORMAL)) for cells in several]
    made["items"] = items if len(items) > 1 or items[0] else []
    return made


def at_odds(rows: Sequence[Mapping[str, str]], begins: int) -> list[list[Finding]]:
    """For each row what it says otherwise than the first one, which is line `begins` of the file; and what is wrong
    with the numbers of the items."""
    first = rows[0]
    found = [
        [Finding(pointer, "differs", _otherwise(cells[name], first.get(name, ""), begins))
         for name, pointer in SHARED.items() if cells.get(name) and cells[name] != first.get(name)]
        for cells in rows
    ]  # fmt: skip
    seen: set[str] = set()
    for index, cells in enumerate(rows):
        number = cells.get(NUMBER, "")
        if words := _wrong_number(number, seen, any(other.get(NUMBER) for other in rows)):
            found[index].append(Finding(f"/items/{index}/item_number", "number", words))
        seen.add(number)
    return found


def _otherwise(says: str, first: str, begins: int) -> str:
    where = f"line {begins}, where the order begins,"
    if not first:
        return f"This is said of the order as a whole: write it on {where} too."
    return f"“{says[:60]}” is not what {where} says: “{first[:60]}”. Write the same, or leave the cell empty."


def _wrong_number(number: str, seen: AbstractSet[str], numbered: bool) -> str:
    if not number:
        return "Number each item of the order, or none." if numbered else ""
    if not (number.isascii() and number.isdecimal() and 0 < int(number[:12]) < 2**31):
        return "The item's number must be a whole number, such as 1."
    return f"Item {number} stands above already." if number in seen else ""


def plain(cell: str) -> str:
    """Without blanks around it, and without the mark by which our own files keep spreadsheets from calculating."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _item(said: Mapping[str, str], order_type: str) -> dict[str, Any]:
    item: dict[str, Any] = {key: said[name] for name, key in ITEM.items() if name in said}
    if "service_number" in item:
        item["service_number"] = from_text(REFERENCE, item["service_number"])
    if NUMBER in said:
        item["item_number"] = _whole(said[NUMBER])
    if NEEDS in said:
        item["depends_on"] = [_need(word) for word in said[NEEDS].replace(";", " ").replace(",", " ").split()]
    action = action_of(item.get("service_type"), item.get("item_action"), order_type)
    own = {field.name: field for field in action.fields} if action else {}
    details = {name: _detail(own.get(name, DETAILS[name]), said[name]) for name in DETAILS if name in said}
    return item | ({"details": details} if details else {})


def _need(word: str) -> Any:
    """2 or item:2; service:103127; order_item:<id>."""
    kind, colon, name = word.partition(":")
    if colon and kind in ("service", "order_item"):
        return {kind: _whole(name) if kind == "service" else name}
    return _whole(name if kind == "item" else word)


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else text


def _detail(field: Field, text: str) -> Any:
    return FLAGS.get(text.lower(), text) if field.kind == "flag" else from_text(field, text)


def column_of(pointer: str) -> str:
    """The column that a finding about the body is about; empty for one about the whole row."""
    parts = [part for part in pointer.split("/") if part]
    if not parts:
        return ""
    if parts[0] == "items":
        if len(parts) > 3 and parts[2] == "details":
            return parts[3]
        name = parts[2] if len(parts) > 2 else "service_type"
        return {"item_number": NUMBER, **{key: column for column, key in ITEM.items()}}.get(name, name)
    if parts[0] == "requestor":
        return parts[1] if len(parts) > 1 else "account_id"
    return parts[0]
