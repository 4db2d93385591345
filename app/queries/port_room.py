"""How many ports are free: those that no service holds, without those that orders were promised and have not taken yet.

Whoever orders is told by this; who comes first in the end decides the step that takes the ports.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, true

from app.catalogue.port_room import Place, take
from app.domain.models import Port, Service, Switch
from app.domain.models.inventory import UNBUILT_PORT
from app.extensions import db
from app.queries import remembered

Room = dict[Place, list[int]]
"""Place and speed → free ports of each switch there."""


def free_at(fabric: str, location: str, capacity: int) -> Sequence[int]:
    """How many ports of this speed each switch has free there. Where many orders are made in one transaction it is
    read once for all of them; `promise` counts along."""
    place = (fabric, location, capacity)
    return tuple(remembered.once(_key(place), lambda: _room(fabric, location)[place]))


def promise(fabric: str, location: str, capacity: int, quantity: int) -> None:
    """An order for these ports has been taken."""
    known: list[int] | None = remembered.known(_key((fabric, location, capacity)))
    if known is not None:
        take(known, quantity)


def _key(place: Place) -> str:
    return f"free ports {place}"


def everywhere() -> dict[tuple[str, str], dict[int, int]]:
    """(fabric, location) → speed in Mbit/s → how many ports are free; without speeds of which none is."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    for (fabric, location, capacity), counts in _room().items():
        if any(counts):
            found.setdefault((fabric, location), {})[capacity] = sum(counts)
    return found


def _room(fabric: str | None = None, location: str | None = None) -> Room:
    room: Room = defaultdict(list)
    for row in db.session.execute(
        select(Switch.fabric_code, Switch.location_code, Port.capacity, func.count().label("free"))
        .join(Port, Port.switch_name == Switch.name)
        .where(Port.service_id.is_(None), *_there(Switch, fabric, location))
        .group_by(Switch.fabric_code, Switch.location_code, Switch.name, Port.capacity)
        .order_by(Switch.name)
    ):
        room[row.fabric_code, row.location_code, row.capacity].append(row.free)
    for row in _promised(fabric, location):
        counts = room.get((row.fabric_code, row.location_code, row.capacity), [])
        for _ in range(row.services):
            if not take(counts, row.quantity or 1):
                break
    return room


def _promised(fabric: str | None, location: str | None) -> Sequence[Any]:
    """Services that have not taken their ports yet, by place, speed and how many each wants; bundles first."""
    capacity = Service.details["port_capacity"].as_integer().label("capacity")
    quantity = Service.details["quantity"].as_integer().label("quantity")
    where = (Service.fabric_code, Service.location_code, capacity, quantity)
    held = exists().where(Port.service_id == Service.id)
    return db.session.execute(
        select(*where, func.count().label("services"))
        .where(UNBUILT_PORT, ~held, *_there(Service, fabric, location))
        .group_by(*where)
        .order_by(quantity.desc())
    ).all()


def _there(table: Any, fabric: str | None, location: str | None) -> list[ColumnElement[bool]]:
    return [true()] if fabric is None else [table.fabric_code == fabric, table.location_code == location]
