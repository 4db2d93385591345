"""Reads details strictly, with their parts: typed values, and one finding for each thing that is wrong.

`complete` says whether what is required must be there, with defaults filled in; what a draft says may come bit by bit.
"""

from collections.abc import Mapping
from typing import Any

from app.catalogue.fields import Field, part, quoted
from app.catalogue.parsing import Refused, parse
from app.domain.errors import Finding

Read = tuple[Any, list[Finding]]


def fields(
    known: tuple[Field, ...], raw: Mapping[Any, Any], pointer: str, *, complete: bool, within: str = ""
) -> tuple[dict[str, Any], list[Finding]]:
    """The values of these fields, and what is wrong with them. `within`: words before each label, “Endpoint 2, ”."""
    findings = [unknown(name, known, pointer) for name in raw if part(known, name) is None]
    found: dict[str, Any] = {}
    for one in known:
        if one.name in raw:
            value, wrong = _one(one, raw[one.name], f"{pointer}/{one.name}", complete, within)
            findings += wrong
        elif complete and one.required:
            findings.append(_finding(one, f"{pointer}/{one.name}", Refused("required", "is missing."), within))
            continue
        else:
            value = one.default if complete else None
        if value is not None:
            found[one.name] = value
    return found, findings


def missing(known: tuple[Field, ...], said: Mapping[str, Any], pointer: str) -> list[Finding]:
    """What is required and not said yet, the parts of what is said included."""
    return [one for one in fields(known, said, pointer, complete=True)[1] if one.rule == "required"]


def _one(field: Field, raw: Any, pointer: str, complete: bool, within: str) -> Read:
    if field.kind == "object":
        return _object(field, raw, pointer, complete, within, field.label)
    if field.kind == "list":
        return _list(field, raw, pointer, complete, within)
    try:
        return parse(field, raw), []
    except Refused as wrong:
        return None, [_finding(field, pointer, wrong, within)]


def _object(field: Field, raw: Any, pointer: str, complete: bool, within: str, called: str) -> Read:
    if not isinstance(raw, dict):
        return None, [_finding(field, pointer, Refused("type", "must be an object."), within)]
    return fields(field.fields, raw, pointer, complete=complete, within=f"{within}{called}, ")


def _list(field: Field, raw: Any, pointer: str, complete: bool, within: str) -> Read:
    if not isinstance(raw, list):
        return None, [_finding(field, pointer, Refused("type", "must be a list."), within)]
    least, most = field.minimum or 0, field.maximum
    if complete and len(raw) < least:
        return None, [_finding(field, pointer, Refused("range", f"must have at least {_entries(least)}."), within)]
    if most is not None and len(raw) > most:
        return None, [_finding(field, pointer, Refused("range", f"must have at most {_entries(most)}."), within)]
    values, findings = [], []
    for index, one in enumerate(raw):
        value, wrong = _object(field, one, f"{pointer}/{index}", complete, within, entry(field, index))
        values.append(value)
        findings += wrong
    return values, findings


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def entry(field: Field, index: int) -> str:
    """What the entry of a list at this index is called: “Endpoint 2”."""
    return f"{field.each or field.label} {index + 1}"


def _finding(field: Field, pointer: str, wrong: Refused, within: str) -> Finding:
    return Finding(pointer, wrong.rule, f"{within}{field.label} ({field.name}) {wrong.sentence}")


def unknown(name: object, known: tuple[Field, ...], pointer: str) -> Finding:
    shown = str(name)[:60].encode("utf-8", "replace").decode()
    if name == "service_number":
        sentence = "The service number stands beside the details, not among them."
    elif known:
        words = quoted(field.name for field in known)
        sentence = f"There is no detail “{shown}” here; it can be {words}."
    else:
        sentence = f"There is no detail “{shown}” here; this action takes none."
    return Finding(f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}", "unknown", sentence)
