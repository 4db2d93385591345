"""A CSV file that can be imported as it is: orders at a place and of an account that there are."""

from typing import Any

HEADINGS = (
    "order", "item", "account_id", "po_number", "service_type", "action", "fabric", "location", "port_capacity",
    "encapsulation", "port", "service_capacity", "mac_address",
)  # fmt: skip


def rows(account_id: str, fabric: str, location: str) -> list[list[Any]]:
    """A port with a peering unit on it, which are one order; and a port that is an order by itself."""
    unit = {
        "order": "A", "item": 2, "service_type": "peering_unit", "action": "new", "fabric": fabric,
        "location": location, "port": "item:1", "service_capacity": 1_000, "mac_address": "00:00:5e:00:53:e1",
    }  # fmt: skip
    port = {
        "account_id": account_id, "service_type": "multiservice_port", "action": "new", "fabric": fabric,
        "location": location,
    }  # fmt: skip
    said = (
        {**port, "order": "A", "item": 1, "po_number": "PO-1", "port_capacity": 10_000, "encapsulation": "dot1q"},
        unit,
        {**port, "po_number": "PO-2", "port_capacity": 1_000, "encapsulation": "none"},
    )
    return [[one.get(name, "") for name in HEADINGS] for one in said]
