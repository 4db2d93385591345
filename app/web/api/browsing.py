"""A page of our own to browse the API: what /openapi.json says, for people."""

from typing import Any

from flask import render_template
from markupsafe import Markup

from app.web.api import answering, openapi, ordering_schema

MOST_SAID = 6


def page() -> str:
    found = openapi.specification()
    services = ordering_schema.catalogue()
    told = {entry["name"] for entry in services}
    told |= {f"Draft{name}" for name in told}
    shapes = {name: schema for name, schema in found["components"]["schemas"].items() if name not in told}
    return render_template(
        "api/page.html",
        spec=found,
        groups=_groups(found),
        catalogue=services,
        shapes=shapes,
        first_request=f'curl -H "Authorization: Bearer $TOKEN" {answering.config().public_url}/oms/orders?limit=1',
    )


def with_code(text: str) -> Markup:
    """What stands between back-ticks, as code."""
    plain_and_code = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in plain_and_code)


def form_of(schema: dict[str, Any]) -> str:
    """A schema in a few words, for the page: “text, at most 100 characters”, “one of: a, b”, “list of Item”."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "const" in schema:
        return f"always {schema['const']}"
    for several in ("oneOf", "anyOf"):
        if several in schema and "type" not in schema:
            if len(schema[several]) > MOST_SAID:
                return "one of the Services"  # items: they have a part of the page of their own
            return " or ".join(form_of(one) for one in schema[several])
    if "enum" in schema:
        return "one of: " + ", ".join("null" if word is None else str(word) for word in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {form_of(schema.get('items', {}))}"
    return ", ".join([WORDS.get(schema.get("type", ""), "anything"), *_limits(schema)])


WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
         "object": "object", "null": "null"}  # fmt: skip


def _limits(schema: dict[str, Any]) -> list[str]:
    said = [str(one["format"]) for one in [schema, *schema.get("anyOf", [])] if "format" in one]
    limits = [" or ".join(said)] if said else []
    if "minimum" in schema and "maximum" in schema:
        limits.append(f"{schema['minimum']} to {schema['maximum']}")
    if "maxLength" in schema:
        limits.append(f"at most {schema['maxLength']} characters")
    if schema.get("examples"):
        limits.append("such as " + ", ".join(str(example) for example in schema["examples"][:6]))
    return limits


def _groups(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The calls by their tag, each with its address."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, calls in found["paths"].items():
        for method, call in calls.items():
            groups.setdefault(call["tags"][0], []).append({**call, "method": method.upper(), "path": path})
    return groups
