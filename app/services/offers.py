"""What the exchange can offer: in its buildings from stock, and on ports that are there already.

An offer: service_type, fabric, location, capacities (Mbit/s of ports that are free, None where it does not matter),
free (speed → how many), port (number of the port that would carry it), by_hand (worked by people, so it takes longer).
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.catalogue.common import TAGGED
from app.domain.models import Account, Fabric, Location, PortGroup, Service
from app.extensions import db
from app.queries import port_room

Offer = dict[str, Any]


@dataclass
class Result:
    """What was found, and why not more."""

    offers: list[Offer] = field(default_factory=list)
    reasons: list[dict[str, str]] = field(default_factory=list)

    def because(self, rule: str, detail: str) -> None:
        self.reasons.append({"rule": rule, "detail": detail})


def places(*which: ColumnElement[bool]) -> list[Any]:
    """Peering LANs with their buildings: LAN, building, the LAN's name, whether it is automated."""
    return list(
        db.session.execute(
            select(Fabric.code, Location.code, Fabric.name, Fabric.automated)
            .join(Location, Location.fabric_code == Fabric.code)
            .where(*which)
            .order_by(Fabric.code, Location.code)
        )
    )


def offers_at(places: Sequence[Any], account_id: str) -> Iterator[Offer]:
    """What can be had new in these buildings."""
    free = port_room.everywhere()
    groups = {
        (row.fabric_code, row.location_code)
        for row in db.session.execute(
            select(PortGroup.fabric_code, PortGroup.location_code).where(PortGroup.account_id == account_id)
        )
    }
    resells = db.session.execute(select(Account.id).where(Account.reseller_id == account_id).limit(1)).first()
    for fabric, location, _, automated in places:
        here = {"fabric": fabric, "location": location, "port": None, "by_hand": not automated}
        stock = free.get((fabric, location), {})
        speeds = sorted(stock)
        if stock:
            counts = {str(speed): stock[speed] for speed in speeds}
            yield {"service_type": "multiservice_port", **here, "capacities": speeds, "free": counts}
        kinds = ["peering_unit", "pvlan", "pvlan_unit", *(["reseller_peering_unit"] if resells else [])]
        if (fabric, location) in groups:
            kinds.append("connexions")
        for kind in kinds:
            yield {"service_type": kind, **here, "capacities": None, "free": {}}


def on_ports(ports: Sequence[Service], result: Result) -> None:
    """What these ports can carry beside what they carry already."""
    carried = _carried([port.id for port in ports])
    for port in ports:
        units, used = carried.get(port.id, (0, 0))
        tagged = str(port.details.get("encapsulation") or "none") in TAGGED
        if not tagged and units:
            words = f"Port {port.number} carries one untagged service already; change its encapsulation first."
            result.because("encapsulation", words)
            continue
        left = max((port.capacity or 0) - used, 0)
        if not left:
            result.because("capacity", f"All of port {port.number}'s capacity is given to its services.")
        here = {
            "fabric": port.fabric_code or "", "location": port.location_code or "", "port": port.number,
            "by_hand": False, "free": {}, "capacities": None, "capacity_left": left,
        }  # fmt: skip
        kinds = ["peering_unit", "reseller_peering_unit", *(["pvlan", "pvlan_unit"] if tagged else [])]
        result.offers += [{"service_type": kind, **here} for kind in kinds]


def _carried(port_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """How many living services each port carries, and their Mbit/s together."""
    rows = db.session.execute(
        select(Service.port_service_id, func.count(), func.coalesce(func.sum(Service.capacity), 0))
        .where(Service.port_service_id.in_(port_ids), Service.state.in_(["pre_active", "active"]))
        .group_by(Service.port_service_id)
    )
    return {port_id: (count, int(used or 0)) for port_id, count, used in rows if port_id is not None}
