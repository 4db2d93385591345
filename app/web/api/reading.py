"""What a program sent, read strictly: a JSON body, query parameters, the version it saw. Refusals name the place."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, get_args

from flask import current_app, request
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from app.config import Config
from app.domain.errors import Finding, Invalid, Malformed, WrongMediaType
from app.web.api.fields import SENTENCES

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
MAX_DEPTH = 32
MAX_NUMBER = 2**63
MAX_FINDINGS = 100

Parsed = TypeVar("Parsed", bound=BaseModel)


def body(model: type[Parsed], *media_types: str, empty: bool = False) -> Parsed:
    """The request's JSON object as `model`. `empty`: no body at all counts as `{}`.

    `WrongMediaType`, `Malformed` (not JSON, not an object) or `Invalid`, which names every field and rule.
    """
    return parse(model, json_object(*media_types, empty=empty))


def json_object(*media_types: str, empty: bool = False) -> dict[str, Any]:
    raw = request.get_data(cache=True)
    allowed = media_types or (JSON,)
    if not raw and empty:
        return {}
    if request.mimetype not in allowed:
        raise WrongMediaType("Send the body as " + " or ".join(allowed) + ".")
    return checked(decoded(raw))


def checked(value: Any) -> dict[str, Any]:
    """A JSON object that can be stored; `Malformed` if it is none, `Invalid` for what is in it."""
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object.")
    findings = list(_unfit(value, "", 0))
    if findings:
        raise Invalid("Some values cannot be stored.", findings[:MAX_FINDINGS])
    return value


def decoded(raw: bytes) -> Any:
    """What the JSON text says; `Malformed` where it is none."""
    try:
        return decoder().decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8 text.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except json.JSONDecodeError as wrong:
        raise Malformed(f"The body is not JSON: line {wrong.lineno}, column {wrong.colno}.") from None
    except ValueError as wrong:  # a number of thousands of digits, or one of the two below
        raise Malformed(f"The body is not JSON: {_brief(wrong)}.") from None


def decoder() -> json.JSONDecoder:
    """Reads JSON strictly: no NaN, no infinity, no number too large; `checked` finds names that stand twice."""
    return json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object)


class _Twice(dict[str, Any]):
    """An object in which names stand twice; nobody can know which value is meant."""

    names: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    twice.names = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return twice


def _brief(wrong: ValueError) -> str:
    return str(wrong) if isinstance(wrong, _BadNumber) else "a number has too many digits"


class _BadNumber(ValueError):
    """A number that JSON does not have."""


def _no_constant(word: str) -> Any:
    raise _BadNumber(f"{word} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _BadNumber("a number is too large")
    return number


def _unfit(value: Any, pointer: str, depth: int) -> Iterator[Finding]:
    """What is JSON but cannot be stored anywhere: NUL, halves of surrogate pairs, numbers beyond 64 bits, depth."""
    if depth > MAX_DEPTH:
        yield Finding(pointer, "depth", f"The body is nested more than {MAX_DEPTH} levels deep.")
    elif isinstance(value, str):
        if not _storable(value):
            yield Finding(pointer, "text", "must not contain NUL characters or halves of surrogate pairs.")
    elif isinstance(value, dict):
        yield from _unfit_object(value, pointer, depth)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _unfit(one, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, int) and not -MAX_NUMBER <= value < MAX_NUMBER:
        yield Finding(pointer, "range", "is a number too large to be stored.")


def _unfit_object(value: dict[str, Any], pointer: str, depth: int) -> Iterator[Finding]:
    for name in value.names if isinstance(value, _Twice) else ():
        yield Finding(f"{pointer}/{escaped(name)}", "repeated", "stands twice in the same object.")
    for name, one in value.items():
        if not _storable(name):
            yield Finding(pointer, "text", "A name contains a NUL character or half of a surrogate pair.")
        else:
            yield from _unfit(one, f"{pointer}/{escaped(name)}", depth + 1)


def _storable(text: str) -> bool:
    return "\x00" not in text and not re.search("[\ud800-\udfff]", text)


def escaped(name: str) -> str:
    """A member's name as a JSON pointer (RFC 6901) spells it, cut so that an answer stays small."""
    return name[:60].replace("~", "~0").replace("/", "~1")


def query(model: type[Parsed]) -> Parsed:
    """The query parameters as `model`; `Invalid` names those that are unknown, repeated or not right."""
    many = {name for name, field in model.model_fields.items() if "list" in str(field.annotation)}
    given: dict[str, Any] = {}
    findings = []
    for name, values in request.args.lists():
        if name in many:
            given[name] = values
        elif len(values) > 1:
            findings.append(Finding(f"?{name[:60]}", "repeated", "is given more than once."))
        else:
            given[name] = values[0]
    return parse(model, given, findings, query=True)


def parse(
    model: type[Parsed], given: dict[str, Any], findings: list[Finding] | None = None, *, query: bool = False
) -> Parsed:
    """The values as `model`; `Invalid` with all findings. Pointers of query parameters are `?name`."""
    found = list(findings or [])
    config: Config = current_app.config["HANDOFF"]
    try:
        parsed = model.model_validate(given, context={"zone": config.timezone})
    except ValidationError as wrong:
        found += [_finding(error, query) for error in wrong.errors(include_url=False)[:MAX_FINDINGS]]
    if found:
        raise Invalid("Some values are not right.", found)
    return parsed


RULES = {
    "missing": ("required", "is missing."),
    "extra_forbidden": ("unknown", "is not a field of this request."),
    "string_type": ("type", "must be text."),
    "int_type": ("type", "must be a whole number."),
    "int_parsing": ("type", "must be a whole number."),
    "int_from_float": ("type", "must be a whole number."),
    "int_parsing_size": ("range", "is too large."),
    "list_type": ("type", "must be a list."),
    "dict_type": ("type", "must be an object."),
    "model_type": ("type", "must be an object."),
    "bool_type": ("type", "must be true or false."),
    "bool_parsing": ("type", "must be true or false."),
    "enum": ("choice", "must be one of {expected}."),
    "literal_error": ("choice", "must be one of {expected}."),
    "string_too_long": ("range", "must be at most {max_length} characters."),
    "string_too_short": ("required", "must not be empty."),
    "too_long": ("range", "can have at most {max_length} entries."),
    "too_short": ("required", "needs at least {min_length} entry."),
    "greater_than_equal": ("range", "must be at least {ge}."),
    "less_than_equal": ("range", "must be at most {le}."),
}
"""pydantic's kinds of errors as our rules and sentences."""


BUILT_IN = frozenset(get_args(ErrorType))


def _finding(error: Any, query: bool) -> Finding:
    kind, told = error["type"], error.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        rule, sentence = "text", SENTENCES.get(told["pattern"], "does not have the expected form.")
    elif kind in RULES:
        rule, sentence = RULES[kind]
        sentence = sentence.format(**told).replace(" or '", ", '").replace("'", "")
    elif kind in BUILT_IN:
        rule, sentence = "type", "does not have the expected form."
    else:  # a rule of our own says its sentence itself
        rule, sentence = kind, error["msg"]
    if query:
        if kind == "extra_forbidden":
            sentence = "is not a parameter of this list."
        return Finding(f"?{error['loc'][0]}"[:61], rule, f"{escaped(str(error['loc'][0]))} {sentence}")
    pointer = "".join(f"/{escaped(str(part))}" for part in error["loc"])
    return Finding(pointer, rule, f"{_called(error['loc'])} {sentence}".strip() if sentence[:1].islower() else sentence)


def _called(place: Sequence[str | int]) -> str:
    """How a sentence names what stands at this place: a field by its name, an entry of a list by its position."""
    if not place:
        return ""
    if isinstance(place[-1], int):
        return f"Entry {place[-1] + 1} of {_called(place[:-1])}".strip()
    return escaped(place[-1])


def version_seen(in_body: int | None) -> int | None:
    """The version the caller has seen: from the body, else from If-Match (`"3"`); None if it does not say."""
    header = request.headers.get("If-Match", "").strip()
    if in_body is not None or header in ("", "*"):
        return in_body
    found = re.fullmatch(r'(W/)?"?(\d{1,9})"?', header, re.ASCII)
    if found is None:
        raise Malformed("If-Match must hold the version in quotes, as the ETag shows it.")
    return int(found[2])
