"""What a manual step may ask of the person doing it. Frozen as JSON into the item's step row.

An ask is a mapping of answer name → `Ask`. `check` turns what was typed into typed answers, or refuses in words.
"""

import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.domain.errors import Finding, Invalid


@dataclass(frozen=True)
class Ask:
    """One thing to fill in. `kind` is number, text, choice, flag or objection; `unit` is shown behind the field.

    `labels`: what people read for each of the choices; where there are none they read the choices themselves.
    """

    label: str
    kind: str = "text"
    required: bool = True
    unit: str = ""
    help: str = ""
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    max_length: int = 200


OBJECTION = "objection"
"""A text that is only given to say no: what is asked may be agreed to, or this is said instead."""
_KEYS = frozenset(one.name for one in fields(Ask))


def number(label: str, **more: Any) -> Ask:
    return Ask(label, "number", **more)


def text(label: str, **more: Any) -> Ask:
    return Ask(label, "text", **more)


def choice(label: str, *choices: str, **more: Any) -> Ask:
    return Ask(label, "choice", choices=choices, **more)


def flag(label: str, **more: Any) -> Ask:
    return Ask(label, "flag", required=False, **more)


def objection(label: str, **more: Any) -> Ask:
    return Ask(label, OBJECTION, required=False, **more)


def frozen(ask: dict[str, Ask]) -> dict[str, dict[str, Any]]:
    """The JSON form that is written into a step row when the item's plan is written down.

    `position` keeps the order in which to ask: PostgreSQL's JSON does not keep that of its keys.
    """
    return {name: {**asdict(what), "position": number} for number, (name, what) in enumerate(ask.items())}


def thawed(ask: dict[str, dict[str, Any]] | None) -> dict[str, Ask]:
    """What was frozen, in its order."""
    ordered = sorted((ask or {}).items(), key=lambda one: one[1].get("position", 0))
    return {name: _thawed(what) for name, what in ordered}


def _thawed(what: dict[str, Any]) -> Ask:
    known: dict[str, Any] = {key: value for key, value in what.items() if key in _KEYS}
    known["choices"], known["labels"] = (tuple(known.get(name) or ()) for name in ("choices", "labels"))
    return Ask(**known)


def check(ask: dict[str, Ask], given: dict[str, Any]) -> dict[str, Any]:
    """Typed answers, or `Invalid` naming every field that is missing, unknown or breaks its rule."""
    findings = [
        Finding(f"/answers/{name}", "unknown", f"This step does not ask for “{name}”.")
        for name in given
        if name not in ask
    ]
    answers: dict[str, Any] = {}
    for name, what in ask.items():
        try:
            value = _typed(what, given.get(name))
        except ValueError as wrong:
            findings.append(Finding(f"/answers/{name}", what.kind, f"{what.label}: {wrong}"))
        else:
            if value is not None:
                answers[name] = value
    if findings:
        raise Invalid("Some answers are not right.", findings)
    return answers


def _typed(what: Ask, raw: Any) -> Any:
    if what.kind == "flag":
        return raw in (True, "y", "on", "true", "1", 1)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if what.required:
            raise ValueError("please fill this in.")
        return None
    if what.kind == "number":
        return _number(what, raw)
    if not isinstance(raw, str):
        raise ValueError("must be text.")
    value = raw.strip()
    if len(value) > what.max_length:
        raise ValueError(f"must be at most {what.max_length} characters.")
    if what.kind == "choice" and value not in what.choices:
        raise ValueError("must be one of " + ", ".join(what.choices) + ".")
    if what.pattern and not re.fullmatch(what.pattern, value):
        raise ValueError(what.help or "does not have the expected form.")
    return value


def _number(what: Ask, raw: Any) -> float:
    if isinstance(raw, bool):
        raise ValueError("must be a number.")
    try:
        value = float(str(raw).strip().replace("−", "-"))
    except ValueError:
        raise ValueError("must be a number.") from None
    if not math.isfinite(value):
        raise ValueError("must be a finite number.")
    if what.minimum is not None and value < what.minimum:
        raise ValueError(f"must be at least {what.minimum:g}{_unit(what)}.")
    if what.maximum is not None and value > what.maximum:
        raise ValueError(f"must be at most {what.maximum:g}{_unit(what)}.")
    return value


def _unit(what: Ask) -> str:
    return f" {what.unit}" if what.unit else ""
