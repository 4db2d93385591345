"""The items of one order after their shape was read: typed details, who names whom, and what each will have made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from app.catalogue.model import Action, ServiceType
from app.catalogue.world import ServiceFacts, World
from app.domain.errors import Finding

Reference = int | dict[str, int]
Place = tuple[str, object]
"""A service by identity: ("service", number), or ("item", n) for one that item n will create."""


class ItemLike(Protocol):
    """What a face hands in for one item; every value may still be anything that JSON can say."""

    @property
    def item_number(self) -> Any: ...
    @property
    def service_type(self) -> Any: ...
    @property
    def action(self) -> Any: ...
    @property
    def service_number(self) -> Any: ...
    @property
    def details(self) -> Any: ...
    @property
    def depends_on(self) -> Any:
        """Numbers of items that must complete first, beside those that the details name. None = no others."""

    @property
    def may_wait(self) -> bool:
        """Whether a change may be ordered of a service that is still being set up, to be made when it is there."""


@dataclass
class Line:
    """One item with what could be read of it. `details` holds the details that passed their own rules."""

    index: int
    number: int
    kind: ServiceType | None = None
    action: Action | None = None
    is_join: bool = False
    service_number: Reference | None = None
    details: dict[str, Any] = field(default_factory=dict)
    depends_on: set[int] = field(default_factory=set)
    may_wait: bool = False

    @property
    def type_key(self) -> str:
        return self.kind.key if self.kind else ""

    @property
    def does(self) -> str:
        return self.action.name if self.action else ""

    @property
    def ceases(self) -> bool:
        return self.does == "cease"

    @property
    def creates(self) -> bool:
        return bool(self.action and not self.action.changes)

    def finding(self, where: str, rule: str, detail: str) -> Finding:
        return Finding(f"/items/{self.index}/{where}", rule, detail)

    def detail_finding(self, name: str, rule: str, detail: str) -> Finding:
        return self.finding(f"details/{name}", rule, detail)

    def references(self) -> Iterator[tuple[str, Reference, tuple[str, ...]]]:
        """Each reference with where it stands and the service types it may name."""
        if self.service_number is not None:
            yield "service_number", self.service_number, (self.type_key,)
        for one in self.action.fields if self.action else ():
            if one.kind == "reference" and one.name in self.details:
                yield f"details/{one.name}", self.details[one.name], one.refers_to


def numbers_of(items: Sequence[ItemLike]) -> list[int]:
    """The item numbers as the request gives them if they are whole, positive and unique, else the positions from 1."""
    given = [item.item_number for item in items]
    usable = all(type(number) is int and 0 < number < 2**31 for number in given)
    return given if usable and len(set(given)) == len(given) else list(range(1, len(items) + 1))


class Lines:
    """All lines of one order, with the world as it will be once they are done."""

    def __init__(self, lines: list[Line], world: World) -> None:
        self.all = lines
        self.world = world
        self.by_number = {line.number: line for line in lines}
        self._services: dict[int, ServiceFacts | None] = {}

    def facts(self, ref: Reference | None) -> ServiceFacts | None:
        """What a reference names: an existing service, or what other items will have made of one."""
        changes: list[Mapping[str, Any]] = []
        while isinstance(ref, dict):
            line = self.by_number.get(ref["item"])
            if line is None or line.action is None or line.ceases:
                return None
            if line.creates:
                return _changed(self._created(line), changes)
            changes.append(line.details)
            ref = line.service_number
        before = self.service(ref) if ref is not None else None
        return _changed(before, changes) if before else None

    def subject(self, line: Line) -> ServiceFacts | None:
        """The service that this item changes."""
        return self.facts(line.service_number)

    def place(self, ref: Reference | None) -> Place | None:
        """The identity behind a reference, so that a number and an item that changes that number are the same."""
        while isinstance(ref, dict):
            line = self.by_number.get(ref["item"])
            if line is None:
                return None
            if line.creates:
                return "item", line.number
            ref = line.service_number
        return ("service", ref) if ref is not None else None

    def on(self, place: Place, does: str) -> list[Line]:
        """The items that do this to the service at `place`."""
        return [line for line in self.all if line.does == does and self.place(line.service_number) == place]

    def ceased(self, number: int | None) -> Line | None:
        found = self.on(("service", number), "cease")
        return found[0] if found else None

    def remaining(self, line: Line, units: Sequence[ServiceFacts]) -> list[ServiceFacts]:
        """Those of `units` that this order does not cease. Where it does, `line` comes after."""
        kept = []
        for unit in units:
            end = self.ceased(unit.number)
            if end is None:
                kept.append(unit)
            elif end is not line:
                self.after(line, end)
        return kept

    def after(self, line: Line, first: Line) -> None:
        """Let `line` wait for `first`, unless that would make a circle."""
        if first is not line and not self.leads(first.number, line.number):
            line.depends_on.add(first.number)

    def leads(self, start: int, goal: int) -> bool:
        """Whether item `start` waits for item `goal`, directly or through others."""
        seen, waiting = set(), [start]
        while waiting:
            number = waiting.pop()
            if number == goal:
                return True
            if number not in seen and number in self.by_number:
                seen.add(number)
                waiting.extend(self.by_number[number].depends_on)
        return False

    def service(self, number: int) -> ServiceFacts | None:
        """The world's answer, asked once for each number."""
        if number not in self._services:
            self._services[number] = self.world.service(number)
        return self._services[number]

    def _created(self, line: Line) -> ServiceFacts:
        port, pvlan = (self.facts(line.details.get(name)) for name in ("port", "pvlan"))
        return replace(
            facts_of_details(line.type_key, line.details),
            port=port.number if port else None,
            pvlan=pvlan.number if pvlan else None,
        )


def facts_of_details(type_key: str, details: Mapping[str, Any]) -> ServiceFacts:
    """The facts that a service's own details tell; references are left to the caller."""
    per_port = details.get("port_capacity")
    capacity = per_port * details.get("quantity", 1) if per_port is not None else None
    return ServiceFacts(
        number=None,
        service_type=type_key,
        fabric=details.get("fabric"),
        location=details.get("location"),
        capacity=capacity if capacity is not None else details.get("bandwidth", details.get("service_capacity")),
        encapsulation=details.get("encapsulation"),
        vlan_id=details.get("vlan_id"),
        mac_address=details.get("mac_address"),
        port_group=details.get("port_group_id"),
        details=details,
    )


def _changed(facts: ServiceFacts, changes: Sequence[Mapping[str, Any]]) -> ServiceFacts:
    """The facts after some changes, of which the last one is applied first."""
    for change in reversed(changes):
        after = facts_of_details(facts.service_type, change)
        told = {
            name: getattr(after, name)
            for name in ("capacity", "encapsulation", "vlan_id", "mac_address")
            if getattr(after, name) is not None
        }
        facts = replace(facts, details={**facts.details, **change}, **told)
    return facts
