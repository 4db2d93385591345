"""What a member can choose from when ordering: places, its own ports, private VLANs and port groups, its customers."""

import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select

from app.catalogue import SERVICE_TYPES, ServiceType
from app.catalogue.lines import facts_of_details
from app.catalogue.pvlan import MAX_P2P_UNITS, P2P
from app.catalogue.showing import speed
from app.catalogue.world import ENDED_STATES
from app.domain.models import Account, Fabric, Location, Package, PackageService, PortGroup, Service
from app.extensions import db
from app.queries import names
from app.queries.catalogue_world import joined_pvlan

MOST = 500
"""More are not listed in a form; who has more orders by API."""


@dataclass(frozen=True)
class Place:
    """Where a service can be, with its name for people."""

    fabric: str
    location: str
    label: str


@dataclass(frozen=True)
class Offered:
    """One thing to choose; `fabric` and `location` say where it is. `capacity` in Mbit/s, of a bundle all its ports.
    `full`: a private VLAN of two that has both of them."""

    key: str
    label: str
    fabric: str | None = None
    location: str | None = None
    port_label: str = ""
    capacity: int | None = None
    full: bool = False


@dataclass(frozen=True)
class Choices:
    """All that one account, or one ordering for these accounts, may choose from. `products`: of service types that are
    ordered as products only, each with its code and name."""

    places: Sequence[Place] = ()
    fabrics: Sequence[tuple[str, str]] = ()
    services: dict[str, list[Offered]] = field(default_factory=dict)
    groups: Sequence[Offered] = ()
    customers: Sequence[tuple[str, str]] = ()
    products: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def of(self, service_types: Sequence[str]) -> list[Offered]:
        """The services of these types."""
        return [one for key in service_types for one in self.services.get(key, [])]

    def new_kinds(self, *, desk: bool = False) -> list[ServiceType]:
        """What can be ordered anew; services for customers only where there are some, ConneXions only for partners,
        products only if they are sold. `desk`: also what only our Sales may order."""
        lacking = {
            key for key, kind in SERVICE_TYPES.items()
            if (kind.families and not self.products.get(key)) or (kind.actions["new"].desk_only and not desk)
        }  # fmt: skip
        lacking |= {"reseller_peering_unit"} if not self.customers else set()
        lacking |= {"connexions"} if not self.groups else set()
        return [kind for kind in SERVICE_TYPES.values() if kind.key not in lacking]


def for_accounts(own: str, account_ids: AbstractSet[str]) -> Choices:
    """Everything that the viewer's accounts have, in a fixed number of queries."""
    rows = db.session.execute(select(Fabric.code, Fabric.name).order_by(Fabric.name))
    fabrics = [(row.code, row.name) for row in rows]
    called = dict(fabrics)
    places = [
        Place(row.fabric_code, row.code, f"{called[row.fabric_code]} – {_named(row.code, row.name)}")
        for row in db.session.execute(
            select(Location.fabric_code, Location.code, Location.name).order_by(Location.fabric_code, Location.code)
        )
    ]
    customers = db.session.execute(
        select(Account.id, Account.organisation)
        .where(Account.id.in_(account_ids), Account.id != own)
        .order_by(Account.organisation)
    )
    return Choices(
        places=places, fabrics=fabrics, services=_services(account_ids, called), groups=_groups(account_ids, called),
        customers=[(row.id, row.organisation) for row in customers], products=_products(),
    )  # fmt: skip


def _products() -> dict[str, list[tuple[str, str]]]:
    """What is sold of the service types that are ordered as products only."""
    bound = [key for key, kind in SERVICE_TYPES.items() if kind.families]
    rows = db.session.execute(
        select(PackageService.service_type, Package.code, Package.name)
        .join(Package, Package.id == PackageService.package_id)
        .where(PackageService.service_type.in_(bound), Package.latest, Package.active)
        .order_by(Package.position, Package.code)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.service_type, []).append((row.code, f"{row.name} ({row.code})"))
    return found


def _named(code: str, name: str) -> str:
    return code if name == code else f"{name} ({code})"


def _services(account_ids: AbstractSet[str], fabrics: dict[str, str]) -> dict[str, list[Offered]]:
    """Active ports and private VLANs, those of others included that one of the accounts has joined."""
    rows = db.session.execute(
        select(Service.id, Service.number, Service.service_type, Service.fabric_code, Service.location_code,
               Service.capacity, Service.details)
        .where(
            Service.state == "active",
            Service.service_type.in_(("multiservice_port", "pvlan")),
            or_(
                Service.account_id.in_(account_ids), Service.sub_account_id.in_(account_ids), joined_pvlan(account_ids)
            ),
        )
        .order_by(Service.number)
        .limit(MOST)
    ).all()  # fmt: skip
    full = _full([row.id for row in rows if row.details.get("pvlan_type") == P2P])
    called = names.for_details([], [row.number for row in rows]).services
    found: dict[str, list[Offered]] = {}
    for row in rows:
        where = [fabrics.get(row.fabric_code or "", row.fabric_code or ""), row.location_code or ""]
        size = [speed(row.capacity)] if row.capacity is not None else []
        label = " · ".join([called.get(row.number, str(row.number)), *filter(None, where), *size])
        offered = Offered(
            str(row.number), f"{label} ({row.number})", row.fabric_code, row.location_code, full=row.id in full,
            capacity=facts_of_details(row.service_type, row.details).capacity or row.capacity,
        )  # fmt: skip
        found.setdefault(row.service_type, []).append(offered)
    return found


def _full(pvlan_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these private VLANs of two have both of their units."""
    if not pvlan_ids:
        return set()
    living = Service.state.not_in(ENDED_STATES)
    units = select(Service.pvlan_service_id).where(Service.pvlan_service_id.in_(pvlan_ids), living)
    by_pvlan = units.group_by(Service.pvlan_service_id).having(func.count() >= MAX_P2P_UNITS)
    return {found for found in db.session.scalars(by_pvlan) if found is not None}


def _groups(account_ids: AbstractSet[str], fabrics: dict[str, str]) -> list[Offered]:
    rows = db.session.scalars(
        select(PortGroup).where(PortGroup.account_id.in_(account_ids)).order_by(PortGroup.port_label).limit(MOST)
    )
    return [
        Offered(
            row.id, f"{row.port_label} · {fabrics.get(row.fabric_code, row.fabric_code)} · {speed(row.capacity)}",
            row.fabric_code, row.location_code, row.port_label,
        )
        for row in rows
    ]  # fmt: skip


def account_called(typed: str) -> str | None:
    """The id of the account that somebody names by its id or its handle."""
    wanted = typed.strip()
    row = db.session.execute(
        select(Account.id).where(or_(Account.id == wanted, Account.handle == wanted.lower()))
    ).first()
    return row.id if row is not None else None


def handle_of(account_id: str) -> str:
    """How a member names this account: its handle, else its id."""
    return db.session.scalar(select(Account.handle).where(Account.id == account_id)) or account_id


def services_named(numbers: Sequence[object]) -> dict[int, Service]:
    """The services of these numbers; what is no number is passed over."""
    wanted = [number for number in numbers if isinstance(number, int)]
    if not wanted:
        return {}
    return {row.number: row for row in db.session.scalars(select(Service).where(Service.number.in_(wanted)))}


def services_of(account_ids: AbstractSet[str], numbers: Sequence[int]) -> set[int]:
    """Which of these numbers are services of these accounts."""
    found = select(Service.number).where(Service.number.in_(numbers), Service.account_id.in_(account_ids))
    return set(db.session.scalars(found))
