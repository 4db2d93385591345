"""Orders for the catalogue's tests, as a face would hand them in."""

import json
from pathlib import Path
from typing import Any

from app.catalogue import Checked, ItemInput, check_order
from tests.catalogue import fake_world as w

SEEDS = Path(__file__).parent.parent / "seeds"


def new(service_type: str, /, **details: Any) -> ItemInput:
    return ItemInput(service_type, "new", details)


def change(service_type: str, action: str, number: Any, /, **details: Any) -> ItemInput:
    return ItemInput(service_type, action, details, service_number=number)


def new_port(**more: Any) -> ItemInput:
    return new("multiservice_port", **{"fabric": "edi2", "location": "PUL", "port_capacity": 10_000, **more})


def new_peering(**more: Any) -> ItemInput:
    usual = {
        "port": w.PORT,
        "fabric": "edi2",
        "location": "PUL",
        "service_capacity": 1_000,
        "mac_address": "00:00:5e:00:53:aa",
    }
    return new("peering_unit", **{**usual, **more})


def new_pvlan(**more: Any) -> ItemInput:
    usual = {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "between us", "bandwidth": 50}
    return new("pvlan", **{**usual, **more})


def new_unit(**more: Any) -> ItemInput:
    return new("pvlan_unit", **{"pvlan": w.PVLAN, "port": w.PORT, "vlan_id": 444, **more})


def new_connexions(**more: Any) -> ItemInput:
    usual = {
        "port_group_id": w.GROUP,
        "bandwidth": 0,
        "vlan_id": 123,
        "mac_address": "12:13:14:15:16:17",
        "location": "Mon",
        "fabric": "jsp1",
        "connexions_port": "edge2-dev ge-3/0/1",
    }
    return new("connexions", **{**usual, **more})


def check(*items: ItemInput, order_type: str = "normal", world: w.FakeWorld | None = None) -> Checked:
    return check_order(order_type, items, world or w.FakeWorld())


def broken(*items: ItemInput, order_type: str = "normal", world: w.FakeWorld | None = None) -> list[tuple[str, str]]:
    """Where and which rule, for each finding."""
    return [(one.pointer, one.rule) for one in check(*items, order_type=order_type, world=world).findings]


def seed(name: str) -> dict[str, Any]:
    order: dict[str, Any] = json.loads((SEEDS / f"{name}.json").read_text())
    return order


def items_of(order: dict[str, Any]) -> list[ItemInput]:
    return [
        ItemInput(
            one["service_type"], one["item_action"], one["details"], one.get("service_number"), one.get("item_number")
        )
        for one in order["items"]
    ]
