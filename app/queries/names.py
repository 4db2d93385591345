"""The names of what an order's details refer to by key or number, for tickets and pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from app.catalogue import Names
from app.domain.models import Account, Fabric, Location, Order, OrderItem, Port, PortGroup, Service
from app.domain.models.base import table_of
from app.extensions import db
from app.queries.remembered import once

_service, _port = table_of(Service), table_of(Port)
_NUMBERED = ("port", "pvlan")


def for_items(items: Iterable[OrderItem]) -> Names:
    """Names for all details of these items, in a fixed number of queries."""
    details: list[Mapping[str, Any]] = []
    numbers: set[int] = set()
    for item in items:
        details += [item.details, item.before or {}]
        if item.service_number is not None:
            numbers.add(item.service_number)
    return for_details(details, numbers)


def for_ticket(order: Order) -> Names:
    """As `for_items`, but for new services, which a ticket does not name: they need not be written for it."""
    changed = [item.service_number for item in order.items if item.action != "new" and item.service_number is not None]
    if changed:
        db.session.flush()
    return for_details([one for item in order.items for one in (item.details, item.before or {})], changed)


def for_details(details: Sequence[Mapping[str, Any]], service_numbers: Iterable[int] = ()) -> Names:
    """Names for what these details refer to, and for these services, in a fixed number of queries."""
    numbers = {one[key] for one in details for key in _NUMBERED if isinstance(one.get(key), int)}
    numbers |= set(service_numbers)
    accounts = {one["pvlan_service_account_id"] for one in details if one.get("pvlan_service_account_id")}
    groups = {one["port_group_id"] for one in details if one.get("port_group_id")}
    return Names(
        fabrics=once("names of fabrics", lambda: _names(select(Fabric.code, Fabric.name))),
        locations=once("names of locations", lambda: _names(select(Location.code, Location.name))),
        services=_services(numbers),
        accounts=_called(Account.id, Account.organisation, accounts),
        port_groups=_called(PortGroup.id, PortGroup.port_label, groups),
    )


def _called(key: Any, name: Any, wanted: set[str]) -> dict[str, str]:
    return _names(select(key, name).where(key.in_(wanted))) if wanted else {}


def _names(query: Any) -> dict[str, str]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def _services(numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    names: dict[int, str] = {}
    labels: dict[int, list[str]] = {}
    for row in db.session.execute(_SERVICES, {"numbers": list(numbers)}):
        names[row.number] = row.name or str(row.number)
        if row.port is not None:
            labels.setdefault(row.number, []).append(f"{row.switch_name} {row.port}")
    return names | {number: ", ".join(ports) for number, ports in labels.items()}


_SERVICES = (
    select(_service.c.number, _service.c.name, _port.c.switch_name, _port.c.name.label("port"))
    .outerjoin(_port, _port.c.service_id == _service.c.id)
    .where(_service.c.number.in_(bindparam("numbers", expanding=True)))
)
"""Asked for every order, so built once."""


def service_name(service: Service) -> str:
    """“edge2-la1 xe-0/0/0” for a port that is patched, its own name for a private VLAN, else its number."""
    if service.ports:
        return ", ".join(port.label for port in service.ports)
    return service.name or str(service.number)
