"""Reads one plain value strictly: JSON types as the seed prints them, nothing guessed, every refusal one sentence.

Sources of the rules: MAC unicast and not zero, VLAN 1–4094 (IEEE 802.1Q reserves 0 and 4095), ASN 32-bit without 0,
AS_TRANS 23456 (RFC 6793) and the reserved last one (RFC 7300), bandwidth in Mbit/s where 0 means not policed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.catalogue.fields import Field, Kind, is_item_reference

MAX_SERVICE_NUMBER = 2_147_483_647
FIRST_VLAN, LAST_VLAN = 1, 4094
LAST_ASN = 4_294_967_294
AS_TRANS = 23456

_MAC_FORMS = re.compile(
    r"[0-9a-f]{2}(:[0-9a-f]{2}){5}|[0-9a-f]{2}(-[0-9a-f]{2}){5}|[0-9a-f]{4}(\.[0-9a-f]{4}){2}|[0-9a-f]{12}",
    re.IGNORECASE,
)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Refused(ValueError):
    """A value that breaks a rule. `sentence` follows the field's label: “must be between 1 and 4094.”"""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


def parse(field: Field, raw: Any) -> Any:
    """The value to store for what was sent. Raises `Refused` with the broken rule. `reading` reads what has parts."""
    if field.choices:
        return _choice(field, raw)
    return _PARSERS[field.kind](field, raw)


def plain_text(raw: Any, max_length: int) -> str:
    """Printable text without surrounding blanks, which every database and page can hold. Raises `Refused`."""
    if not isinstance(raw, str):
        raise Refused("type", "must be text.")
    value = raw.strip()
    if not value:
        raise Refused("required", "must not be empty.")
    if len(value) > max_length:
        raise Refused("range", f"must be at most {max_length} characters.")
    if not value.isprintable():
        raise Refused("type", "must not contain control or unprintable characters.")
    return value


def reference(raw: Any) -> int | dict[str, int]:
    """A service number, or `{"item": n}` for another item of the same order; kept as sent. Raises `Refused`."""
    if type(raw) is int:
        return _within(raw, 1, MAX_SERVICE_NUMBER)
    if is_item_reference(raw):
        _within(raw["item"], 1, MAX_SERVICE_NUMBER)
        return {"item": raw["item"]}
    raise Refused("type", 'must be a service number, or {"item": n} for another item of this order.')


def _integer(field: Field, raw: Any) -> int:
    if type(raw) is not int:
        raise Refused("type", "must be a whole number.")
    return _within(raw, field.minimum, field.maximum, field.unit)


def _vlan(_: Field, raw: Any) -> int:
    if type(raw) is not int:
        raise Refused("type", "must be a whole number.")
    return _within(raw, FIRST_VLAN, LAST_VLAN)


def _asn(_: Field, raw: Any) -> int:
    if type(raw) is not int:
        raise Refused("type", "must be a whole number.")
    if raw == AS_TRANS:
        raise Refused("range", f"must not be {AS_TRANS}, which is reserved for the 4-byte transition.")
    return _within(raw, 1, LAST_ASN)


def _mac(_: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Refused("type", "must be text such as 00:00:5e:00:53:01.")
    if not _MAC_FORMS.fullmatch(raw.strip()):
        raise Refused("type", "must be six bytes such as 00:00:5e:00:53:01.")
    digits = re.sub(r"[^0-9a-f]", "", raw.lower())
    if int(digits[:2], 16) & 1:
        raise Refused("multicast", "must be a unicast address; this one is multicast.")
    if int(digits, 16) == 0:
        raise Refused("zero", "must not be all zero.")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _flag(_: Field, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise Refused("type", "must be true or false.")
    return raw


def _date(_: Field, raw: Any) -> str:
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        raise Refused("type", "must be a date such as 2027-05-01.")
    try:
        date.fromisoformat(raw)
    except ValueError:
        raise Refused("range", "is no day that exists.") from None
    return raw


def _choice(field: Field, raw: Any) -> str | int:
    numbers = all(isinstance(choice.value, int) for choice in field.choices)
    if type(raw) is not (int if numbers else str):
        raise Refused("type", "must be a whole number." if numbers else "must be text.")
    for choice in field.choices:
        if _folded(choice.value) == _folded(raw):
            return choice.value
    raise Refused("choice", "must be one of " + ", ".join(str(choice.value) for choice in field.choices) + ".")


def _folded(value: str | int) -> str | int:
    """The seed writes `DOT1Q` where others write `dot1q`: words are compared without regard to case."""
    return value.strip().casefold() if isinstance(value, str) else value


def _within(number: int, low: int | None, high: int | None, unit: str = "") -> int:
    behind = f" {unit}" if unit else ""
    if low is not None and high is not None and not low <= number <= high:
        raise Refused("range", f"must be between {low} and {high}{behind}.")
    if low is not None and number < low:
        raise Refused("range", f"must be at least {low}{behind}.")
    if high is not None and number > high:
        raise Refused("range", f"must be at most {high}{behind}.")
    return number


def _text(field: Field, raw: Any) -> str:
    return plain_text(raw, field.max_length)


_PARSERS: Mapping[Kind, Callable[[Field, Any], Any]] = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "mbps": _integer,
    "vlan": _vlan,
    "asn": _asn,
    "mac": _mac,
    "flag": _flag,
    "date": _date,
    "reference": lambda _, raw: reference(raw),
    "fabric": _text,
    "location": _text,
    "port_group": _text,
    "account": _text,
}
