"""The schema of an order as it is placed: one shape for each service type × action, from the catalogue."""

from collections.abc import Iterator
from typing import Any

from app.catalogue import JOIN_PVLAN, NORMAL, Action, ServiceType, details_schema, every_action
from app.catalogue.schema import REFERENCE, sketch
from app.web.api import bodies

REF = "#/components/schemas/"
NEEDS = [
    {"type": "integer"},
    *(
        {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}
        for name, schema in (("order_item", {"type": "string", "format": "uuid"}), ("service", {"type": "integer"}))
    ),
]


def order_schemas() -> dict[str, Any]:
    """`Order` = a normal order or one that joins a private VLAN; `Item_<type>_<action>` and what they refer to.
    `Draft` = the same with nothing required but what each item is."""
    envelope = bodies.Order.model_json_schema(ref_template=REF + "{model}")
    definitions = envelope.pop("$defs")
    item = definitions.pop("Item")
    sketches = {f"Draft{_name(*row)}": _item(item, *row, draft=True) for row in _rows()}
    normal = {_name(*row): _item(item, *row) for row in _rows() if row[2] == NORMAL}
    joins = {_name(*row): _item(item, *row) for row in _rows() if row[2] == JOIN_PVLAN}
    replaced = {name.removeprefix("Join") for name in joins}
    in_joins = [*joins, *(name for name in normal if name not in replaced)]
    return {
        **definitions,
        **normal,
        **joins,
        "NormalOrder": _order(envelope, NORMAL, list(normal)),
        "JoinOrder": _order(envelope, JOIN_PVLAN, in_joins),
        **sketches,
        "Draft": _draft(envelope, list(sketches)),
        "DraftReplacement": _replacement(envelope, list(sketches)),
        "NewOrder": {"anyOf": [{"$ref": f"{REF}Order"}, {"$ref": f"{REF}Draft"}]},
        "Order": {"oneOf": [{"$ref": f"{REF}NormalOrder"}, {"$ref": f"{REF}JoinOrder"}]},
    }


def catalogue() -> list[dict[str, Any]]:
    """Service types, actions and details for the page to browse."""
    return [
        {
            "name": _name(kind.key, action.name, order_type),
            "service": kind,
            "action": action,
            "order_type": order_type,
            "schema": details_schema(kind.key, action.name, order_type),
        }
        for kind, action, order_type in _orderable()
    ]


def _orderable() -> Iterator[tuple[ServiceType, Action, str]]:
    """What programs may order; the rest of the catalogue is for our Sales."""
    return (row for row in every_action() if not row[1].desk_only)


def _rows() -> list[tuple[str, str, str]]:
    return [(kind.key, action.name, order_type) for kind, action, order_type in _orderable()]


def _name(type_key: str, action: str, order_type: str) -> str:
    return f"{'Join' if order_type == JOIN_PVLAN else ''}Item_{type_key}_{action}"


def _item(
    envelope: dict[str, Any], type_key: str, action: str, order_type: str, *, draft: bool = False
) -> dict[str, Any]:
    details = details_schema(type_key, action, order_type)
    required = ["service_type", "item_action"]
    if draft:
        details = sketch(details)
    elif details.get("required") or details.get("minProperties"):
        required.append("details")
    properties = {
        **envelope["properties"],
        "item_number": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        "service_type": {"const": type_key},
        "item_action": {"const": action},
        "details": details,
        "depends_on": {
            "type": "array",
            "items": {"anyOf": NEEDS},
            "maxItems": bodies.MAX_ITEMS,
            "description": "What must complete first: items of this order by number, items of others, services.",
        },
    }
    if action == "new":
        properties["service_number"] = {"readOnly": True, "description": "Given by the exchange."}
    else:
        properties["service_number"] = dict(REFERENCE)
        required += [] if draft else ["service_number"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _draft(envelope: dict[str, Any], items: list[str]) -> dict[str, Any]:
    several = {
        "type": "array",
        "maxItems": bodies.MAX_ITEMS,
        "items": {"anyOf": [{"$ref": f"{REF}{name}"} for name in items]},
    }
    made = {**envelope, "properties": {**envelope["properties"], "items": several}}
    return {name: rule for name, rule in made.items() if name != "required"}


def _replacement(envelope: dict[str, Any], items: list[str]) -> dict[str, Any]:
    made = _draft(envelope, items)
    version = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, {"type": "null"}]}
    return {**made, "properties": {**made["properties"], "version": version}}


def _order(envelope: dict[str, Any], order_type: str, items: list[str]) -> dict[str, Any]:
    kind: dict[str, Any] = {"const": order_type}
    required = ["items"]
    if order_type == NORMAL:
        kind["default"] = NORMAL
    else:
        required.append("type")
    several = {
        "type": "array",
        "minItems": 1,
        "maxItems": bodies.MAX_ITEMS,
        "items": {"oneOf": [{"$ref": f"{REF}{name}"} for name in items]},
    }
    return {**envelope, "properties": {**envelope["properties"], "type": kind, "items": several}, "required": required}
