"""Where something can be ordered to: places with the ports that are free there, and the ports that a member has."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.catalogue import Names
from app.catalogue.common import TAGGED
from app.catalogue.showing import speed
from app.domain.models import Fabric, Location, Service
from app.extensions import db
from app.queries import names, port_room

MOST_PORTS = 500
LIVING = ("pre_active", "active")


@dataclass(frozen=True)
class Site:
    """One fabric in one building. `free`: speed in Mbit/s → how many ports are free now."""

    fabric: str
    location: str
    lan: str
    building: str
    address: str
    automated: bool
    free: Mapping[int, int]

    @property
    def label(self) -> str:
        return f"{self.lan} – {self.building}"

    @property
    def availability(self) -> str:
        """“Free now: 4 × 1 Gbps, 3 × 10 Gbps”."""
        if not any(self.free.values()):
            return "No port is free at the moment"
        counts = (f"{self.free[one]} × {speed(one)}".replace(" ", "\N{NO-BREAK SPACE}") for one in sorted(self.free))
        return f"Free now: {', '.join(counts)}"


@dataclass(frozen=True)
class OwnPort:
    """A port that the member has. Capacities in Mbit/s; `used` = what its services were given of it; not `active`: it
    is still being set up."""

    number: int
    label: str
    where: str
    capacity: int
    used: int
    services: int
    tagged: bool
    active: bool

    @property
    def room(self) -> str:
        """What it carries: “10 Gbps, 2 services, 4 Gbps not given away yet”."""
        carried = "no service yet" if not self.services else f"{self.services} service{'s'[: self.services > 1]}"
        left = max(self.capacity - self.used, 0)
        rest = f", {speed(left)} not given away yet" if self.used and left else ", all of it given away"
        return f"{speed(self.capacity)}, {carried}" + (rest if self.used else "")


def sites() -> list[Site]:
    """Every fabric in every building."""
    free = port_room.everywhere()
    rows = db.session.execute(
        select(Fabric.code, Fabric.name, Fabric.automated, Location.code.label("location"),
               Location.name.label("building"), Location.address)
        .join(Location, Location.fabric_code == Fabric.code)
        .order_by(Fabric.name, Location.code)
    )  # fmt: skip
    return [
        Site(row.code, row.location, row.name, _named(row.location, row.building), row.address, row.automated,
             free.get((row.code, row.location), {}))
        for row in rows
    ]  # fmt: skip


def _named(code: str, name: str) -> str:
    return code if name == code else f"{name} ({code})"


def own_ports(account_ids: AbstractSet[str]) -> list[OwnPort]:
    """The ports of these accounts, also those that are still being set up, with what they carry; in a fixed number of
    queries."""
    ports = db.session.execute(
        select(Service.id, Service.number, Service.details, Service.capacity, Service.fabric_code,
               Service.location_code, Service.state)
        .where(Service.service_type == "multiservice_port", Service.state.in_(LIVING),
               Service.account_id.in_(account_ids))
        .order_by(Service.number)
        .limit(MOST_PORTS)
    ).all()  # fmt: skip
    if not ports:
        return []
    carried = _carried([port.id for port in ports])
    called = names.for_details([], [port.number for port in ports])
    return [_own_port(port, carried.get(port.id, (0, 0)), called) for port in ports]


def _own_port(row: Any, carried: tuple[int, int], called: Names) -> OwnPort:
    name = called.services.get(row.number, str(row.number))
    lan = called.fabrics.get(row.fabric_code or "", row.fabric_code or "")
    where = " · ".join(part for part in (lan, row.location_code or "") if part)
    label = f"Port {row.number}" if name == str(row.number) else f"{name} ({row.number})"
    return OwnPort(
        row.number, label, where, row.capacity or 0, carried[1], carried[0],
        str(row.details.get("encapsulation") or "none") in TAGGED, row.state == "active",
    )  # fmt: skip


def _carried(port_ids: Sequence[object]) -> dict[object, tuple[int, int]]:
    rows = db.session.execute(
        select(Service.port_service_id, func.count(), func.coalesce(func.sum(Service.capacity), 0))
        .where(Service.port_service_id.in_(port_ids), Service.state.in_(LIVING))
        .group_by(Service.port_service_id)
    )
    return {port_id: (count, int(used or 0)) for port_id, count, used in rows}
