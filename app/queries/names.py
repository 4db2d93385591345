"""The names of what an order's details refer to by key or number, for tickets and pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue import Names
from app.domain.models import Account, Fabric, Location, Order, OrderItem, PortGroup, Service
from app.extensions import db

_NUMBERED = ("port", "pvlan")


def for_order(order: Order) -> Names:
    return for_items(order.items)


def for_items(items: Iterable[OrderItem]) -> Names:
    """Names for all details of these items, in a fixed number of queries."""
    details: list[Mapping[str, Any]] = []
    numbers: set[int] = set()
    for item in items:
        details += [item.details, item.before or {}]
        if item.service_number is not None:
            numbers.add(item.service_number)
    return for_details(details, numbers)


def for_details(details: Sequence[Mapping[str, Any]], service_numbers: Iterable[int] = ()) -> Names:
    """Names for what these details refer to, and for these services, in a fixed number of queries."""
    numbers = {one[key] for one in details for key in _NUMBERED if isinstance(one.get(key), int)}
    numbers |= set(service_numbers)
    accounts = {one["pvlan_service_account_id"] for one in details if one.get("pvlan_service_account_id")}
    groups = {one["port_group_id"] for one in details if one.get("port_group_id")}
    return Names(
        fabrics={row.code: row.name for row in db.session.execute(select(Fabric.code, Fabric.name))},
        locations={row.code: row.name for row in db.session.execute(select(Location.code, Location.name))},
        services=_services(numbers),
        accounts=_pairs(select(Account.id, Account.organisation).where(Account.id.in_(accounts)), accounts),
        port_groups=_pairs(select(PortGroup.id, PortGroup.port_label).where(PortGroup.id.in_(groups)), groups),
    )


def _pairs(query: Any, wanted: set[str]) -> dict[str, str]:
    return {row[0]: row[1] for row in db.session.execute(query)} if wanted else {}


def _services(numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    query = select(Service).options(selectinload(Service.ports)).where(Service.number.in_(numbers))
    rows = db.session.scalars(query).all()
    return {row.number: service_name(row) for row in rows}


def service_name(service: Service) -> str:
    """“edge2-la1 xe-0/0/0” for a port that is patched, its own name for a private VLAN, else its number."""
    if service.ports:
        return ", ".join(port.label for port in service.ports)
    return service.name or str(service.number)
