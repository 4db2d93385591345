"""Words the value of a detail for those who read it: “50 Mbps”, “No”, “Point to Point”, “edge2-la1 xe-0/0/0”.

Tickets keep the plain values that the people in sales and in the network know (50, False, imn1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.catalogue.fields import Audience, Field, is_item_reference


@dataclass(frozen=True)
class Names:
    """The names of what details refer to by key or number; what has no name here is shown as it stands.

    `services`: number → “edge2-la1 xe-0/0/0” for a port, its own name for a private VLAN. `items`: what another item
    of the order is called, see `describe.item_names`.
    """

    fabrics: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[int, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    port_groups: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[int, str] = field(default_factory=dict)


NO_NAMES = Names()


def show(field: Field, value: Any, audience: Audience, names: Names = NO_NAMES) -> str:
    """The words for one plain value. Total: a value that is not of the field's kind is shown as it stands."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value) if audience == "ticket" else "Yes" if value else "No"
    if field.kind == "mbps":
        return _mbps(value, audience)
    if field.kind == "reference":
        return _reference(value, names)
    if field.choices:
        return next((choice.label for choice in field.choices if choice.value == value), str(value))
    return str(_known_names(field, audience, names).get(value, value) if isinstance(value, str) else value)


def _mbps(value: Any, audience: Audience) -> str:
    if audience == "ticket" or type(value) is not int:
        return str(value)
    return speed(value)


def speed(mbps: int) -> str:
    """“50 Mbps”, “10 Gbps”; 0 means that nothing is policed."""
    if mbps == 0:
        return "Not policed"
    return f"{mbps // 1000} Gbps" if mbps % 1000 == 0 else f"{mbps} Mbps"


def _reference(value: Any, names: Names) -> str:
    if is_item_reference(value):
        return names.items.get(value["item"], f"Order item {value['item']}")
    return names.services.get(value, f"Service {value}") if type(value) is int else str(value)


def _known_names(field: Field, audience: Audience, names: Names) -> Mapping[str, str]:
    if field.kind == "account":
        return names.accounts
    if field.kind == "port_group":
        return names.port_groups
    if audience != "ticket" and field.kind == "fabric":
        return names.fabrics
    if audience != "ticket" and field.kind == "location":
        return names.locations
    return {}
