"""Who names whom within an order: dependencies, circles, and references that lead nowhere."""

from collections.abc import Iterator

from app.catalogue.fields import is_item_reference
from app.catalogue.lines import Line, Lines
from app.catalogue.registry import service_type
from app.catalogue.world import ENDED_STATES, ServiceFacts
from app.domain.errors import Finding


def link(lines: Lines) -> list[Finding]:
    """Fill in what each item depends on. Finds items that do not exist, cannot be meant, or wait for each other."""
    findings = [finding for line in lines.all for finding in _link_line(line, lines)]
    return findings or list(_circles(lines))


def _link_line(line: Line, lines: Lines) -> Iterator[Finding]:
    for number in sorted(line.depends_on - set(lines.by_number)):
        yield line.finding("depends_on", "reference", f"This order has no item {number}.")
    for where, ref, types in line.references():
        if is_item_reference(ref) and isinstance(ref, dict):
            yield from _link_to_item(line, where, lines.by_number.get(ref["item"]), ref["item"], types)


def _link_to_item(line: Line, where: str, other: Line | None, number: int, types: tuple[str, ...]) -> Iterator[Finding]:
    if other is None:
        yield line.finding(where, "reference", f"This order has no item {number}.")
        return
    line.depends_on.add(number)
    if other.kind is None or other.action is None or not line.action:
        return  # that item has its own finding
    if other.type_key not in types:
        yield line.finding(where, "reference", f"Item {number} is {other.kind.a_noun}, not {_a_noun(types)}.")
    elif other.ceases:
        yield line.finding(where, "reference", f"Item {number} ceases its service, so it cannot be used here.")


def _circles(lines: Lines) -> Iterator[Finding]:
    """One finding for each circle, at the first of its items."""
    open_ends = {line.number: set(line.depends_on) for line in lines.all}
    while _peel(open_ends):
        members = _one_circle(open_ends)
        first = next(line for line in lines.all if line.number in members)
        names = " and ".join(str(number) for number in sorted(members))
        words = f"Items {names} wait for each other." if len(members) > 1 else f"Item {names} waits for itself."
        yield first.finding(_towards(first, members), "cycle", words)
        for number in members:
            del open_ends[number]


def _peel(open_ends: dict[int, set[int]]) -> bool:
    """Take away, again and again, what waits for nothing that is left. True if circles remain."""
    while free := [number for number, needs in open_ends.items() if not needs & open_ends.keys()]:
        for number in free:
            del open_ends[number]
    return bool(open_ends)


def _one_circle(open_ends: dict[int, set[int]]) -> set[int]:
    """Walk along until an item comes again: every item that is left waits for another that is left."""
    path: list[int] = []
    here = min(open_ends)
    while here not in path:
        path.append(here)
        here = min(open_ends[here] & open_ends.keys())
    return set(path[path.index(here) :])


def _towards(line: Line, members: set[int]) -> str:
    """Where the item names one of the circle's members."""
    for where, ref, _ in line.references():
        if isinstance(ref, dict) and ref["item"] in members:
            return where
    return "depends_on"


def existing(lines: Lines) -> Iterator[Finding]:
    """References to services by number: they must be the account's own, of the right type, and not ended.

    One that belongs to somebody else is reported exactly as one that does not exist.
    """
    for line in lines.all:
        for where, ref, types in line.references():
            if isinstance(ref, int):
                yield from _existing(line, where, ref, types, lines)


def _existing(line: Line, where: str, number: int, types: tuple[str, ...], lines: Lines) -> Iterator[Finding]:
    facts = lines.service(number)
    if facts is None or (facts.joined and where == "service_number") or _not_to_be_ended(line, where, facts, lines):
        yield line.finding(where, "reference", f"There is no {_nouns(types)} with service number {number}.")
        return
    if facts.service_type not in types:
        kind = service_type(facts.service_type)
        noun = kind.a_noun if kind else facts.service_type
        yield line.finding(where, "reference", f"Service {number} is {noun}, not {_a_noun(types)}.")
    elif facts.state in ENDED_STATES:
        yield line.finding(where, "state", f"Service {number} has ended.")
    elif where == "service_number" and facts.state == "pre_active" and not line.may_wait:
        yield line.finding(where, "state", f"Service {number} is still being set up, so it cannot be changed yet.")


def awaited(line: Line, lines: Lines) -> tuple[int, ...]:
    """The services that the item names which are not there yet: whoever sets them up comes first."""
    named = {ref for _, ref, _ in line.references() if isinstance(ref, int)}
    facts = {number: lines.service(number) for number in named}
    return tuple(sorted(number for number, one in facts.items() if one is not None and one.state == "pre_active"))


def _not_to_be_ended(line: Line, where: str, facts: ServiceFacts, lines: Lines) -> bool:
    """Somebody else's unit ends only because its private VLAN does, in the same order."""
    return facts.guest and not (where == "service_number" and line.ceases and lines.ceased(facts.pvlan) is not None)


def _nouns(types: tuple[str, ...]) -> str:
    kinds = (service_type(key) for key in types)
    return " or ".join(kind.noun for kind in kinds if kind)


def _a_noun(types: tuple[str, ...]) -> str:
    kinds = (service_type(key) for key in types)
    return " or ".join(kind.a_noun for kind in kinds if kind)
