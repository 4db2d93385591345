"""Checks what the services of a package come with, before anybody orders it: the same rules as for an order, as far as
they can be told without a place and an account."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.catalogue import references
from app.catalogue.fields import Field, is_item_reference
from app.catalogue.lines import Line, Lines
from app.catalogue.model import Action
from app.catalogue.partial import given
from app.catalogue.port_rules import PORT_RULES
from app.catalogue.registry import SERVICE_TYPES, action_of, service_type
from app.catalogue.rules import RULES
from app.catalogue.world import PortGroupFacts, ServiceFacts
from app.domain.errors import Finding

MEMBERS_OWN = frozenset({"fabric", "location", "port_group", "account", "mac", "asn"})
"""Kinds of details that differ from member to member, so no package brings them."""
FOLLOWS = frozenset({"connexions_port"})
"""Details that follow from those."""


def settable(action: Action) -> list[Field]:
    """The details that a package may bring. Those with parts are about one place and one customer."""
    return [one for one in action.fields if one.kind not in MEMBERS_OWN and one.name not in FOLLOWS and not one.fields]


def check(services: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Finding]:
    """What is wrong with services as (type, defaults). Pointers are `/services/<index>/service_type` or
    `…/defaults/<name>`; a reference is `{"item": n}`, n the position of another service from 1."""
    read, findings = [], []
    for index, (key, defaults) in enumerate(services):
        line = Line(index, index + 1, service_type(key), action_of(key, "new"))
        if line.action is None:
            words = f"The service type must be one of {', '.join(SERVICE_TYPES)}."
            findings.append(Finding(f"/services/{index}/service_type", "choice", words))
        else:
            line.details, wrong = given(line.action, dict(defaults), f"/services/{index}/defaults")
            findings += [*wrong, *_not_for_packages(line, line.action)]
        read.append(line)
    if findings:
        return findings
    lines = Lines(read, _Nowhere())
    broken = references.link(lines)
    found = broken or [one for line in read for rule in (*RULES, *PORT_RULES) for one in rule(line, lines)]
    return [_at_service(one) for one in found]


def _not_for_packages(line: Line, action: Action) -> Iterator[Finding]:
    may = {one.name for one in settable(action)}
    for one in action.fields:
        if one.name not in line.details:
            continue
        at = f"/services/{line.index}/defaults/{one.name}"
        if one.name not in may:
            yield Finding(at, "not_allowed", f"{one.label} ({one.name}) is for the member to say, not for a package.")
        elif one.kind == "reference" and not is_item_reference(line.details[one.name]):
            yield Finding(at, "reference", f"{one.label} ({one.name}) must be another service of the package.")


def _at_service(one: Finding) -> Finding:
    """The rules speak of an order's items; here they are the services of a package."""
    _, _, index, rest = one.pointer.split("/", 3)
    return replace(one, pointer=f"/services/{index}/{rest.replace('details/', 'defaults/')}")


class _Nowhere:
    """A world in which nothing is there yet: what a package brings is judged by itself."""

    def fabrics(self) -> Mapping[str, str]:
        return {}

    def locations(self, fabric: str) -> Mapping[str, str]:
        return {}

    def fabric_is_automated(self, fabric: str) -> bool:
        return True

    def service(self, number: int) -> ServiceFacts | None:
        return None

    def port_group(self, group_id: str) -> PortGroupFacts | None:
        return None

    def free_ports(self, fabric: str, location: str, capacity: int) -> Sequence[int]:
        return ()

    def may_be_joined(self, owner: str, fabric: str | None) -> bool:
        return True

    def line_address(self, ref_type: str, ref: str) -> Mapping[str, str] | None:
        return None

    def units_on_port(self, port: int) -> Sequence[ServiceFacts]:
        return ()

    def units_of_pvlan(self, pvlan: int) -> Sequence[ServiceFacts]:
        return ()

    def vlan_holder(self, port: int, vlan_id: int) -> int | None:
        return None

    def group_vlan_holder(self, group_id: str, vlan_id: int) -> int | None:
        return None

    def mac_holder(self, fabric: str, mac_address: str) -> int | None:
        return None
