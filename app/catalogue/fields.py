"""What one detail of an order item is: its name, its words for each audience, its kind and its limits.

A field is described once. `parsing` reads it strictly from JSON, `showing` words its value, `schema` publishes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Audience = Literal["member", "staff", "ticket"]

Kind = Literal[
    "text",
    "integer",
    "mbps",
    "vlan",
    "mac",
    "asn",
    "choice",
    "flag",
    "date",
    "reference",
    "fabric",
    "location",
    "port_group",
    "account",
    "object",
    "list",
]

NUMBER_KINDS = frozenset({"integer", "mbps", "vlan", "asn"})
"""Kinds whose JSON value is an integer."""

MAX_MBPS = 4_000_000
"""The largest bandwidth that can be ordered, in Mbit/s: ten ports of the largest capacity."""


@dataclass(frozen=True)
class Choice:
    """One allowed value (what is stored and sent) and the words people read."""

    value: str | int
    label: str


@dataclass(frozen=True)
class Field:
    """One detail that an action of a service type takes.

    `label` is the word of tickets and of staff, `portal_label` that of members. `unit` stands behind a number in a
    form. `default` is filled in where an optional detail is absent. `minimum` and `maximum` bound numbers,
    `max_length` texts. `refers_to` lists the service types that a reference may name. `preceded_by` is a fixed ticket
    row before this field. `stands_above`: in a ticket, a reference to the order's only item of that type is left out,
    as its block stands above.

    `fields` are the parts of an object, or of each object of a list, which has `minimum` to `maximum` of them, each
    called `each`. Parts are plain: they have none of their own.
    """

    name: str
    label: str
    kind: Kind
    portal_label: str = ""
    unit: str = ""
    help: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = True
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 100
    refers_to: tuple[str, ...] = ()
    fields: tuple["Field", ...] = ()
    each: str = ""
    preceded_by: tuple[str, str] | None = None
    stands_above: bool = False

    def label_for(self, audience: Audience) -> str:
        return self.portal_label or self.label if audience == "member" else self.label

    def named(self, label: str, **changes: Any) -> "Field":
        """The same field under another ticket label, as some services call it differently."""
        return replace(self, label=label, **changes)

    def optional(self) -> "Field":
        """The same field where it need not be given, e.g. in a change: absent means as it is, so no default."""
        return replace(self, required=False, default=None)


def part(fields: tuple[Field, ...], name: object) -> Field | None:
    """The field of this name among these."""
    return next((one for one in fields if one.name == name), None)


def quoted(names: Iterable[object]) -> str:
    """How a sentence names what programs send: “none”, “dot1q”. Pages for members put labels there."""
    return ", ".join(f"“{name}”" for name in names)


def is_item_reference(value: object) -> bool:
    """True for `{"item": n}`: another item of the same order."""
    return isinstance(value, dict) and set(value) == {"item"} and type(value["item"]) is int


def from_text(field: Field, typed: str) -> Any:
    """The JSON value of what was typed or chosen in an HTML form; None if nothing was.

    What cannot be converted is returned as typed, so that `parsing.parse` refuses it in its own words.
    A reference is typed as a service number, or as `item:3` for another item of the same order.
    """
    typed = typed.strip()
    if field.kind == "flag":
        return {"on": True, "true": True, "yes": True, "y": True, "1": True}.get(typed.lower(), False)
    if not typed:
        return None
    if field.kind == "reference":
        before, _, number = typed.partition("item:")
        return {"item": int(number)} if not before and _is_digits(number) else _whole(typed)
    numeric_choice = any(isinstance(choice.value, int) for choice in field.choices)
    return _whole(typed) if field.kind in NUMBER_KINDS or numeric_choice else typed


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _whole(text: str) -> int | str:
    return int(text) if _is_digits(text) else text
