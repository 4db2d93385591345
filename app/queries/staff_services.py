"""Services as the desk lists and shows them: whose, where, on which port, in which state, touched by which orders."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.domain.errors import NotFound
from app.domain.models import Account, Location, Order, OrderItem, Port, Service
from app.extensions import db
from app.queries import names, staff_paging, staff_rows, staff_search
from app.queries.staff_rows import ItemRow

MEMBERS = 200
"""More members than this whose name fits a search are not looked at: the search must be narrowed."""
TOUCHED, CARRIED = 50, 50
STATES = {"pre_active": "Being set up", "active": "Active", "ceased": "Ceased", "cancelled": "Cancelled"}


@dataclass(frozen=True)
class ServiceFilters:
    """What the list is narrowed to; empty = everything. `q`: number, VLAN, MAC, port or member; `site`: a code."""

    q: str = ""
    kind: str = ""
    state: str = ""
    site: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Those in force."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True)
class ServicePage:
    """Services, newest first. `ports`: service id → its port, or the port it stands on, in words."""

    services: list[Service]
    ports: dict[uuid.UUID, str]
    customers: dict[str, str]
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class ServiceDetail:
    """One service. `touched`: the items that were about it, newest order first; `carried`: what stands on it."""

    service: Service
    port: str
    customer: str
    fabric: str
    touched: list[ItemRow]
    carried: Sequence[Service]
    carrier: Service | None
    pvlan: Service | None


def page(filters: ServiceFilters, cursor: str) -> ServicePage:
    """The page at a cursor, or the first. `Malformed` if the cursor is nonsense."""
    statement = _found(filters).options(joinedload(Service.account), selectinload(Service.ports))
    services, newer, older = staff_paging.page(statement, Service.number, cursor)
    return ServicePage(services, _ports(services), _organisations(services), newer, older)


def _found(filters: ServiceFilters) -> Select[Any]:
    statement: Select[Any] = select(Service)
    if filters.kind:
        statement = statement.where(Service.service_type == filters.kind)
    if filters.state:
        statement = statement.where(Service.state == filters.state)
    if filters.site:
        statement = statement.where(Service.location_code == filters.site)
    return statement.where(_fits(filters.q)) if filters.q else statement


def _fits(text: str) -> Any:
    """A service number or VLAN, a MAC address, a port, or the member whose it is."""
    number = int(text) if text.isdecimal() and int(text) <= staff_search.LARGEST else None
    if number is not None:
        return or_(Service.number == number, Service.vlan_id == number)
    members = (
        select(Account.id)
        .where(or_(Account.organisation.icontains(text, autoescape=True), Account.handle == text.lower()))
        .limit(MEMBERS)
    )
    return or_(staff_search.service_by_text(text), Service.account_id.in_(members), Service.sub_account_id.in_(members))


def _ports(services: Iterable[Service]) -> dict[uuid.UUID, str]:
    """The services' own ports; for what stands on another service's port, that one; else what the details say."""
    found = {one.id: ", ".join(port.label for port in one.ports) for one in services}
    under = {one.port_service_id for one in services if one.port_service_id}
    labels: dict[uuid.UUID, list[str]] = {}
    if under:
        for port in db.session.scalars(select(Port).where(Port.service_id.in_(under)).order_by(Port.name)):
            if port.service_id is not None:
                labels.setdefault(port.service_id, []).append(port.label)
    for one in services:
        if one.port_service_id and not found[one.id]:
            found[one.id] = ", ".join(labels.get(one.port_service_id, []))
        found[one.id] = found[one.id] or str(one.details.get("connexions_port") or "")
    return found


def _organisations(services: Iterable[Service]) -> dict[str, str]:
    """The names of the resellers' customers."""
    wanted = {one.sub_account_id for one in services if one.sub_account_id}
    if not wanted:
        return {}
    rows = db.session.execute(select(Account.id, Account.organisation).where(Account.id.in_(wanted)))
    return {row.id: row.organisation for row in rows}


def sites() -> list[tuple[str, str]]:
    """Every building once, by its code, as people on the floor call them."""
    codes = db.session.scalars(select(Location.code).distinct().order_by(Location.code))
    return [(code, code) for code in codes]


def detail(service_id: uuid.UUID) -> ServiceDetail:
    """`NotFound` if there is no such service."""
    service = db.session.execute(
        select(Service)
        .where(Service.id == service_id)
        .options(joinedload(Service.account), selectinload(Service.ports))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if service is None:
        raise NotFound("There is no such service.")
    stands = or_(Service.port_service_id == service_id, Service.pvlan_service_id == service_id)
    carried = db.session.scalars(select(Service).where(stands).order_by(Service.number.desc()).limit(CARRIED)).all()
    return ServiceDetail(
        service=service, port=_ports([service])[service.id],
        customer=_organisations([service]).get(service.sub_account_id or "", ""),
        fabric=names.for_details([]).fabrics.get(service.fabric_code or "", service.fabric_code or ""),
        touched=_touched(service_id), carried=carried,
        carrier=db.session.get(Service, service.port_service_id) if service.port_service_id else None,
        pvlan=db.session.get(Service, service.pvlan_service_id) if service.pvlan_service_id else None,
    )  # fmt: skip


def _touched(service_id: uuid.UUID) -> list[ItemRow]:
    ids = db.session.scalars(
        select(OrderItem.id)
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.service_id == service_id)
        .order_by(Order.number.desc(), OrderItem.item_number)
        .limit(TOUCHED)
    ).all()
    return staff_rows.rows(ids)
