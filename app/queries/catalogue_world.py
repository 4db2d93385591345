"""The facts that the catalogue's rules ask for, read from the database for one ordering account."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.catalogue import JOIN_PVLAN, PortGroupFacts, ServiceFacts
from app.catalogue.lines import facts_of_details
from app.catalogue.world import ENDED_STATES
from app.domain.models import AccessLine, Fabric, Location, Order, OrderItem, PortGroup, Service
from app.domain.states import LIVE, State
from app.extensions import db
from app.queries import port_room
from app.queries.remembered import once

_port, _pvlan = aliased(Service), aliased(Service)


class DatabaseWorld:
    """Implements `app.catalogue.World` inside the caller's transaction; made for one check, it remembers answers.

    `account_ids`: whose services and port groups may be named: the ordering account and, for a reseller's order,
    the sub-customer it is for.
    """

    def __init__(self, account_ids: AbstractSet[str]) -> None:
        self.account_ids = account_ids
        self._groups: dict[str, PortGroupFacts | None] = {}
        self._lines: dict[tuple[str, str], Mapping[str, str] | None] = {}

    @cached_property
    def _fabrics(self) -> dict[str, tuple[str, bool]]:
        return once("fabrics", _read_fabrics)

    @cached_property
    def _locations(self) -> dict[str, dict[str, str]]:
        return once("locations", _read_locations)

    def fabrics(self) -> Mapping[str, str]:
        return {code: name for code, (name, _) in self._fabrics.items()}

    def locations(self, fabric: str) -> Mapping[str, str]:
        return self._locations.get(fabric, {})

    def fabric_is_automated(self, fabric: str) -> bool:
        return fabric in self._fabrics and self._fabrics[fabric][1]

    def service(self, number: int) -> ServiceFacts | None:
        own = Service.account_id.in_(self.account_ids)
        row = db.session.execute(
            _with_carriers()
            .add_columns(_under_change())
            .where(
                Service.number == number,
                or_(own, _pvlan.account_id.in_(self.account_ids), joined_pvlan(self.account_ids)),
            )
        ).first()
        if row is None:
            return None
        service, port, pvlan, changing = row
        theirs = service.account_id not in self.account_ids
        guest = theirs and service.pvlan_service_id is not None
        return replace(_facts(service, port, pvlan), joined=theirs and not guest, guest=guest, changing=changing)

    def port_group(self, group_id: str) -> PortGroupFacts | None:
        if group_id not in self._groups:
            group = db.session.get(PortGroup, group_id)
            own = group is not None and group.account_id in self.account_ids
            self._groups[group_id] = _group_facts(group) if group is not None and own else None
        return self._groups[group_id]

    def free_ports(self, fabric: str, location: str, capacity: int) -> Sequence[int]:
        return port_room.free_at(fabric, location, capacity)

    def may_be_joined(self, owner: str, fabric: str | None) -> bool:
        there = select(Service.id).where(
            Service.service_type == "pvlan", Service.account_id == owner, Service.state == "active",
            *([Service.fabric_code == fabric] if fabric is not None else []),
        )  # fmt: skip
        return owner not in self.account_ids and db.session.execute(there.limit(1)).first() is not None

    def line_address(self, ref_type: str, ref: str) -> Mapping[str, str] | None:
        key = (ref_type, ref)
        if key not in self._lines:
            line = db.session.get(AccessLine, key)
            self._lines[key] = line.address if line is not None else None
        return self._lines[key]

    def units_on_port(self, port: int) -> Sequence[ServiceFacts]:
        return _live(_port.number == port)

    def units_of_pvlan(self, pvlan: int) -> Sequence[ServiceFacts]:
        return _live(_pvlan.number == pvlan)

    def vlan_holder(self, port: int, vlan_id: int) -> int | None:
        made = _made(lambda one: one.vlan_id == vlan_id and one.details.get("port") == port)
        return made or _holder(_port.number == port, Service.vlan_id == vlan_id)

    def group_vlan_holder(self, group_id: str, vlan_id: int) -> int | None:
        carrier = f"group:{group_id}"
        made = _made(lambda one: one.vlan_id == vlan_id and one.carrier == carrier)
        return made or _holder(Service.carrier == carrier, Service.vlan_id == vlan_id)

    def mac_holder(self, fabric: str, mac_address: str) -> int | None:
        made = _made(lambda one: one.mac_address == mac_address and one.fabric_code == fabric)
        return made or _holder(Service.fabric_code == fabric, Service.mac_address == mac_address)


def _read_fabrics() -> dict[str, tuple[str, bool]]:
    rows = db.session.execute(select(Fabric.code, Fabric.name, Fabric.automated).order_by(Fabric.code))
    return {row.code: (row.name, row.automated) for row in rows}


def _read_locations() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    rows = db.session.execute(select(Location.fabric_code, Location.code, Location.name).order_by(Location.code))
    for row in rows:
        found.setdefault(row.fabric_code, {})[row.code] = row.name
    return found


def joined_pvlan(account_ids: AbstractSet[str]) -> ColumnElement[bool]:
    """A private VLAN whose owner let one of these accounts in: a completed item of a join order led to it."""
    return exists().where(
        OrderItem.service_id == Service.id,
        OrderItem.order_id == Order.id,
        OrderItem.state == State.DONE,
        OrderItem.service_type == "pvlan",
        OrderItem.action == "new",
        Order.type == JOIN_PVLAN,
        or_(Order.account_id.in_(account_ids), Order.sub_account_id.in_(account_ids)),
    )


def _under_change() -> ColumnElement[bool]:
    """Whether a living item of an order changes the service, or ends it."""
    return exists().where(
        OrderItem.service_id == Service.id, OrderItem.action != "new", OrderItem.state.in_(LIVE)
    )  # fmt: skip


def _with_carriers() -> Select[Service, int, int]:
    """Services with the numbers of their port and their private VLAN, where they have them."""
    return (
        select(Service, _port.number, _pvlan.number)
        .outerjoin(_port, _port.id == Service.port_service_id)
        .outerjoin(_pvlan, _pvlan.id == Service.pvlan_service_id)
    )


def _live(*which: ColumnElement[bool]) -> list[ServiceFacts]:
    query = _with_carriers().where(Service.state.not_in(ENDED_STATES), *which).order_by(Service.number)
    return [_facts(service, port, pvlan) for service, port, pvlan in db.session.execute(query)]


def _made(fits: Callable[[Service], bool]) -> int | None:
    """A service of this transaction that is not written yet: many orders are written together."""
    return next((one.number for one in db.session.new if isinstance(one, Service) and fits(one)), None)


def _holder(*which: ColumnElement[bool]) -> int | None:
    """Among the services that are written."""
    found = (
        select(Service.number)
        .outerjoin(_port, _port.id == Service.port_service_id)
        .where(Service.state.not_in(ENDED_STATES), *which)
        .limit(1)
    )
    with db.session.no_autoflush:
        return db.session.execute(found).scalar()


def _facts(service: Service, port: int | None, pvlan: int | None) -> ServiceFacts:
    """Columns are the truth where the details tell the same; a bundle's capacity is that of all its ports."""
    told = facts_of_details(service.service_type, service.details)
    bundle = told.capacity if "port_capacity" in service.details else None
    return replace(
        told,
        number=service.number,
        state=service.state,
        fabric=service.fabric_code,
        location=service.location_code,
        capacity=service.capacity if bundle is None else bundle,
        vlan_id=service.vlan_id,
        mac_address=service.mac_address,
        port=port,
        pvlan=pvlan,
    )


def _group_facts(group: PortGroup) -> PortGroupFacts:
    return PortGroupFacts(group.id, group.fabric_code, group.location_code, group.capacity, (group.port_label,))
