"""The API's description (OpenAPI 3.1), generated from the route table, the shapes of bodies and answers, and the
catalogue."""

import re
from typing import Any

from flask import Response, current_app
from pydantic import TypeAdapter
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter

from app.domain.permissions import SCOPES, Permission
from app.web import guard
from app.web.api import answering, ordering_schema
from app.web.api.answers import Problem
from app.web.api.described import BY_NAME, Description
from app.web.api.reading import JSON, MERGE_PATCH

PROBLEM_JSON = "application/problem+json"
REF = "#/components/schemas/{model}"
API_VERSION = "1.0"
INTRODUCTION = (
    "Order services of the exchange and follow what becomes of them. Send a bearer token with every request; its "
    "scopes say what it may do. Errors are problem+json and name each field and rule."
)
ERRORS = {
    400: "The request cannot be read: broken JSON, or a cursor that is not one of this list.",
    401: "No token, or one that is not known, has expired or was revoked.",
    403: "The token has no scope for this, or the account is not its own.",
    404: "There is no such thing, or it is somebody else's.",
    409: "Not possible in the present state, or changed since `version` was read.",
    413: "The body is larger than the server takes.",
    415: "The body is not sent as JSON.",
    422: "Some values are not right; each is named with its rule.",
    503: "The database did not answer in time; nothing was changed.",
}
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again within 24 hours, the same request has no second effect; another one under the same key "
    "is refused.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
MATCH_PARAMETER = {
    "name": "If-Match",
    "in": "header",
    "description": "The version that was read, as the ETag shows it; instead of `version` in the body.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
}


def document() -> Response:
    return answering.answer(specification())


def specification() -> dict[str, Any]:
    """The whole document. Made afresh: it is small, and then never stale."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for rule in current_app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("api.")
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            view = name.removesuffix(f"_{method.lower()}")
            if rule.endpoint.startswith("api.") and view in BY_NAME:
                required = guard.REQUIRED[rule.endpoint]
                call = _call(view, BY_NAME[view], required, rule, schemas)
                paths.setdefault(path_of(rule), {})[method.lower()] = call
    return {
        "openapi": "3.1.0",
        "info": {"title": "OMS API", "version": API_VERSION, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "An API token."}},
            "schemas": schemas.all(),
        },
    }


class Schemas:
    """The shapes that calls refer to, each once."""

    def __init__(self) -> None:
        self._of_catalogue = ordering_schema.order_schemas()
        """More exact than what the classes of the same names say."""
        self._found: dict[str, Any] = dict(self._of_catalogue)
        self._made: set[tuple[Any, Any]] = set()

    def ref(self, shape: Any, mode: Any) -> dict[str, Any]:
        if (shape, mode) in self._made:
            return {"$ref": REF.format(model=shape.__name__)}
        self._made.add((shape, mode))
        made = TypeAdapter(shape).json_schema(ref_template=REF, mode=mode, by_alias=True)
        for name, one in (made.pop("$defs", {}) | {shape.__name__: made}).items():
            if name not in self._of_catalogue and self._found.setdefault(name, one) != one:
                raise TypeError(f"Two shapes are called {name}: give one of them another name.")
        return {"$ref": REF.format(model=shape.__name__)}

    def all(self) -> dict[str, Any]:
        return dict(sorted(self._found.items()))


def path_of(rule: Rule) -> str:
    """The address as the document spells it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _call(name: str, told: Description, required: Permission, rule: Rule, schemas: Schemas) -> dict[str, Any]:
    scopes = [scope.value for scope, holds in SCOPES.items() if required in holds]
    call: dict[str, Any] = {
        "operationId": name,
        "tags": [told.tag],
        "summary": told.summary,
        "description": told.text,
        "security": [{"token": scopes}],
        "parameters": _parameters(told, rule),
        "responses": _responses(told, rule, schemas),
    }
    if told.body is not None:
        media = (MERGE_PATCH, JSON) if told.merge else (JSON,)
        schema = schemas.ref(told.body, "validation")
        call["requestBody"] = {"required": not told.bodiless, "content": {one: {"schema": schema} for one in media}}
    if told.files:
        call["requestBody"] = {"required": True, "content": {one: {"schema": {"type": "string"}} for one in told.files}}
    return call


def _parameters(told: Description, rule: Rule) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(rule, name)}
        for name in sorted(rule.arguments)
    ]
    schema = told.filters.model_json_schema(ref_template=REF)
    definitions = schema.get("$defs", {})
    in_query = [_query_parameter(name, one, definitions) for name, one in schema.get("properties", {}).items()]
    versioned = told.body is not None and "version" in told.body.model_fields and told.tag != "Order logs"
    optional = versioned and told.body is not None and not told.body.model_fields["version"].is_required()
    matches = (optional and told.status != 201) or told.status == 204
    headers = [KEY_PARAMETER] * told.keyed + [MATCH_PARAMETER] * bool(matches)
    return in_path + in_query + headers


def _path_schema(rule: Rule, name: str) -> dict[str, Any]:
    """Ids of ours are UUIDs; those of accounts and contacts are the CRM's."""
    if isinstance(rule._converters[name], UUIDConverter):
        return {"type": "string", "format": "uuid"}
    if isinstance(rule._converters[name], IntegerConverter):
        return {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    return {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,64}$"}


def _query_parameter(name: str, schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A filter is absent or has a value: `null` is pydantic's way to say that, not one to send."""
    branches = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    plain = {key: value for key, value in branches[0].items() if key not in ("description", "title", "default")}
    if "items" in plain and "$ref" in plain["items"]:
        plain["items"] = {"type": "string", "enum": definitions[plain["items"]["$ref"].rsplit("/", 1)[1]]["enum"]}
    if "default" in schema and schema["default"] is not None:
        plain["default"] = schema["default"]
    made = {"name": name, "in": "query", "required": False, "schema": plain}
    return made | ({"description": schema["description"]} if "description" in schema else {})


def _responses(told: Description, rule: Rule, schemas: Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {str(told.status): _success(told, schemas)}
    if told.maybe_empty:
        made["204"] = {"description": "Done; the order is not one that this token sees."}
    problem = {PROBLEM_JSON: {"schema": schemas.ref(Problem, "serialization")}}
    for status in _possible(told, rule):
        made[str(status)] = {"description": ERRORS[status], "content": problem}
    return made


def _success(told: Description, schemas: Schemas) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if told.answer is None:
        return {"description": told.summary}
    if told.status == 201:
        headers["Location"] = {"description": "Where to read it.", "schema": {"type": "string"}}
    if told.keyed:
        headers["Idempotency-Replayed"] = {
            "description": "`true`: this is the answer to a request that was sent before.",
            "schema": {"type": "string"},
        }
    if told.answer.__name__.endswith("List"):
        headers["Link"] = {"description": "`rel=next`: the address of the next page.", "schema": {"type": "string"}}
    content = {JSON: {"schema": schemas.ref(told.answer, "serialization")}}
    return {"description": told.summary, "content": content} | ({"headers": headers} if headers else {})


def _possible(told: Description, rule: Rule) -> list[int]:
    statuses = {401, 403, 422, 503}
    if "cursor" in told.filters.model_fields:
        statuses.add(400)
    if rule.arguments or told.missing:
        statuses.add(404)
    if told.conflicts:
        statuses |= {400, 409}
    if told.body is not None or told.files:
        statuses |= {400, 409, 413, 415}
    return sorted(statuses)
