"""The one check that every face's order passes: form, references, then the rules that need the world."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.catalogue import references, shape
from app.catalogue.access_rules import ACCESS_RULES, shared_address, with_address
from app.catalogue.lines import ItemLike, Line, Lines, Reference
from app.catalogue.port_room import ports_are_free
from app.catalogue.port_rules import PORT_RULES
from app.catalogue.rules import PLACE_RULES, RULES, fabric_of
from app.catalogue.world import World
from app.domain.errors import Finding

MAX_FINDINGS = 100
"""More are not listed: a broken request must not be answered by a much larger one."""


@dataclass(frozen=True)
class ItemInput:
    """One item as a face hands it in, not yet checked: any value may be anything that JSON can say.

    `may_wait`: it is for later anyway, so what it is about may still be being set up.
    """

    service_type: Any
    action: Any
    details: Any = field(default_factory=dict)
    service_number: Any = None
    item_number: Any = None
    depends_on: Any = None
    may_wait: bool = False


@dataclass(frozen=True)
class CheckedItem:
    """An item that may be ordered. `details` are typed, with defaults; references stand as they were sent.

    `depends_on`: numbers of the items that must complete first, those that the rules imply included.
    `awaits`: numbers of the services that it names while they are still being set up, so it has to wait for them.
    `automated`: False where the service, or all on its fabric, is worked by hand. `is_join`: the handler of
    joins serves it.
    """

    number: int
    service_type: str
    action: str
    service_number: Reference | None
    details: dict[str, Any]
    depends_on: tuple[int, ...]
    fabric: str | None
    automated: bool
    is_join: bool
    awaits: tuple[int, ...] = ()


@dataclass(frozen=True)
class Checked:
    """The outcome: either findings, or items to order. `items` is empty as long as there are findings."""

    items: list[CheckedItem]
    findings: list[Finding]


def check_order(order_type: Any, items: Sequence[ItemLike], world: World) -> Checked:
    """Check an order as a whole. Total: whatever is sent, it finds and never raises."""
    read, findings = shape.read(order_type, items)
    for line in read:
        line.details = with_address(line.details, shared_address(line.type_key, line.does, line.details, world))
    lines = Lines(read, world)
    unread = {finding.pointer for finding in findings}
    broken_links = references.link(lines)
    astray = [*_place_findings(lines), *(broken_links or references.existing(lines))]
    findings += astray
    if not broken_links:
        findings += [one for one in _rule_findings(lines, _items_with(astray)) if one.pointer not in unread]
    if findings:
        return Checked([], findings[:MAX_FINDINGS])
    return Checked([_checked(line, lines) for line in lines.all], [])


def _place_findings(lines: Lines) -> list[Finding]:
    return [finding for line in lines.all for rule in PLACE_RULES for finding in rule(line, lines)]


def _items_with(findings: list[Finding]) -> set[str]:
    """The positions of items that name what is not there; further rules would only echo it."""
    return {finding.pointer.split("/")[2] for finding in findings if finding.pointer.startswith("/items/")}


def _rule_findings(lines: Lines, broken: set[str]) -> list[Finding]:
    return [
        finding
        for line in lines.all
        if str(line.index) not in broken
        for rule in (*RULES, *PORT_RULES, *ACCESS_RULES, ports_are_free)
        for finding in rule(line, lines)
    ]


def _checked(line: Line, lines: Lines) -> CheckedItem:
    fabric = fabric_of(line, lines)
    return CheckedItem(
        number=line.number,
        service_type=line.type_key,
        action=line.does,
        service_number=line.service_number,
        details=line.details,
        depends_on=tuple(sorted(line.depends_on)),
        fabric=fabric,
        automated=not (line.kind and line.kind.by_hand) and (fabric is None or lines.world.fabric_is_automated(fabric)),
        is_join=line.is_join,
        awaits=references.awaited(line, lines),
    )
