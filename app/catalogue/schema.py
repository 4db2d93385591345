"""JSON Schema (2020-12, as in OpenAPI 3.1) of what `parsing` accepts, generated from the fields."""

from typing import Any

from app.catalogue.fields import Field
from app.catalogue.parsing import LAST_ASN, MAX_SERVICE_NUMBER
from app.catalogue.registry import NORMAL, action_of

_UNICAST, _BYTE = "[0-9A-Fa-f][02468ACEace]", "[0-9A-Fa-f]{2}"
_TEXT_PATTERN = r"\S"
"""At least one character that is not a blank."""

REFERENCE: dict[str, Any] = {
    "description": "A service number, or another item of the same order by its number.",
    "oneOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_SERVICE_NUMBER},
        {
            "type": "object",
            "properties": {"item": {"type": "integer", "minimum": 1, "maximum": MAX_SERVICE_NUMBER}},
            "required": ["item"],
            "additionalProperties": False,
        },
    ],
}


def details_schema(type_key: str, action: str, order_type: str = NORMAL) -> dict[str, Any]:
    """The schema of `details`. Raises KeyError for what the catalogue does not have."""
    found = action_of(type_key, action, order_type)
    if found is None:
        raise KeyError(f"{type_key} {action}")
    schema = _object(found.fields)
    if found.may_change:
        schema["minProperties"] = 1
    return schema


def sketch(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a draft may say: the same, but everything may still be missing."""
    asked = {name: rule for name, rule in schema.items() if name not in ("required", "minProperties", "minItems")}
    if schema.get("type") == "object":
        asked["properties"] = {name: sketch(one) for name, one in schema["properties"].items()}
    elif schema.get("type") == "array":
        asked["items"] = sketch(schema["items"])
    return asked


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: field_schema(field) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    return {**schema, "required": required} if required else schema


def field_schema(field: Field) -> dict[str, Any]:
    """The schema of one detail, with its label as title and its help as description."""
    words = {"title": field.label, **({"description": field.help} if field.help else {})}
    default = {"default": field.default} if field.default is not None else {}
    return {**_form(field), **words, **default}


def _form(field: Field) -> dict[str, Any]:
    if field.choices:
        return _choices(field)
    if field.kind in ("integer", "mbps", "vlan"):
        return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
    if field.kind == "asn":
        return {"type": "integer", "minimum": 1, "maximum": LAST_ASN, "not": {"const": 23456}}
    if field.kind == "object":
        return _object(field.fields)
    if field.kind == "list":
        bounds = {"minItems": field.minimum, "maxItems": field.maximum}
        told = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"type": "array", "items": _object(field.fields), **told}
    if field.kind == "date":
        return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    if field.kind == "flag":
        return {"type": "boolean"}
    if field.kind == "reference":
        return dict(REFERENCE)
    if field.kind == "mac":
        return {
            "type": "string",
            "pattern": f"^{_UNICAST}(({_BYTE}){{5}}|(:{_BYTE}){{5}}|(-{_BYTE}){{5}}|{_BYTE}([.]{_BYTE}{_BYTE}){{2}})$",
            "not": {"pattern": "^[0:.-]+$"},
            "examples": ["00:00:5e:00:53:01"],
        }
    return {"type": "string", "minLength": 1, "maxLength": field.max_length, "pattern": _TEXT_PATTERN}


def _choices(field: Field) -> dict[str, Any]:
    """Numbers as they stand; words in any case, so as a pattern."""
    values = [choice.value for choice in field.choices]
    if all(isinstance(value, int) for value in values):
        return {"type": "integer", "enum": values}
    words = "|".join("".join(_either_case(sign) for sign in str(value)) for value in values)
    return {"type": "string", "pattern": f"^({words})$", "examples": values}


def _either_case(sign: str) -> str:
    if sign.isalpha():
        return f"[{sign.upper()}{sign.lower()}]"
    return f"\\{sign}" if sign in r"\^$.|?*+()[]{}/" else sign
