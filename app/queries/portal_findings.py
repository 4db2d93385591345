"""What is wrong, in members' words.

Findings are written for programs too, and name fields and codes as those send them. In their sentences “…” stands
around such a name (or what was typed), and a field's label is followed by its name in brackets. For members the names
become what they read on the pages: the catalogue's labels for members, the names of fabrics and buildings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from app.catalogue import SERVICE_TYPES, action_of, every_action
from app.catalogue.fields import Field
from app.domain.errors import Finding
from app.domain.models import Order, OrderItem
from app.queries import names

_QUOTED = re.compile("“([^“”]{1,100})”")


def spoken(findings: Sequence[Finding], order: Order) -> list[Finding]:
    """The same findings about this order, in members' words."""
    if not findings:
        return []
    places = _places()
    return [replace(one, detail=_sentence(one, order, places)) for one in findings]


def plain(text: str, order: Order) -> str:
    """A sentence about the order as a whole, in members' words."""
    return spoken([Finding("", "", text)], order)[0].detail


def _places() -> dict[str, str]:
    known = names.for_details([])
    buildings = {code: code if code == name else f"{name} ({code})" for code, name in known.locations.items()}
    return {**buildings, **known.fabrics}


def _sentence(finding: Finding, order: Order, places: Mapping[str, str]) -> str:
    fields = list(_fields_of(finding, order))
    text = finding.detail
    for one in fields:
        text = text.replace(f"{one.label} ({one.name})", one.label_for("member"))
    called = {**_choices(), **places, **{one.name: one.label_for("member") for one in fields}}
    text = _QUOTED.sub(lambda quoted: called.get(quoted[1], quoted[0]), text)
    return _a_noun().sub(lambda noun: _nouns()[noun[0]], text)


def _fields_of(finding: Finding, order: Order) -> Iterator[Field]:
    """The fields of the item that the finding is about, with their parts."""
    item = _item_of(finding, order)
    action = action_of(item.service_type, item.action, order.type) if item else None
    for one in action.fields if action else ():
        yield one
        yield from one.fields


def _item_of(finding: Finding, order: Order) -> OrderItem | None:
    """By its position in the order."""
    first, _, rest = finding.pointer.strip("/").partition("/")
    index = rest.partition("/")[0]
    if first not in ("items", "services") or not index.isdigit() or int(index) >= len(order.items):
        return None
    return order.items[int(index)]


@cache
def _choices() -> dict[str, str]:
    """What is chosen by a word, such as an encapsulation."""
    return {
        choice.value: choice.label
        for _, action, _ in every_action()
        for one in action.fields
        for choice in one.choices
        if isinstance(choice.value, str)
    }


@cache
def _nouns() -> dict[str, str]:
    """A service within a sentence, as members know it: “private VLAN unit” → “CUG unit”."""
    return {kind.noun: " ".join(map(_small, kind.portal_label.split())) for kind in SERVICE_TYPES.values()}


def _small(word: str) -> str:
    return word.lower() if word[1:].islower() else word


@cache
def _a_noun() -> re.Pattern[str]:
    longest_first = sorted(_nouns(), key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(map(re.escape, longest_first)) + r")\b")
