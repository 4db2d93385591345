"""What may be chosen for a service where the catalogue has no list of its own, and the realms of its identifiers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from app.catalogue.fields import Field
from app.domain.models import Account, Fabric, Location, Order, OrderItem, Package, PortGroup, Service
from app.extensions import db

MOST_CHOICES = 500


def realm(one: Field, item: OrderItem) -> str:
    """Within what the identifier must be unique, or known."""
    if one.kind == "mac":
        return f"fabric:{item.details.get('fabric') or '*'}"
    if one.kind == "asn":
        return "asn"
    carrier = item.details.get("port") or item.details.get("port_group_id")
    if isinstance(carrier, dict):
        return f"item:{carrier['item']}"
    return f"port:{carrier or '*'}"


def realms(order: Order, known: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The realms that the account has: its peering LANs, its ports, its AS numbers."""
    own = [account for account in (order.account_id, order.sub_account_id) if account]
    asns = db.session.scalars(
        select(Account.asn)
        .where(or_(Account.id.in_(own), Account.reseller_id == order.account_id), Account.asn.is_not(None))
        .order_by(Account.asn)
        .limit(MOST_CHOICES)
    ).all()
    return [
        {"realm": "asn", "kind": "asn", "values": list(asns)},
        *({"realm": f"fabric:{one['value']}", "kind": "mac", "values": []} for one in known["fabric"]),
        *({"realm": f"port:{one['value']}", "kind": "vlan", "values": []} for one in known["reference"]),
    ]


def choices(order: Order) -> dict[str, list[dict[str, Any]]]:
    """What may be chosen where the catalogue itself has no list, in a fixed number of queries."""
    accounts = [account for account in (order.account_id, order.sub_account_id) if account]
    package = db.session.get(Package, order.package_id) if order.package_id else None
    sold_at = set(package.sites) if package else set()
    fabrics = [row for row in db.session.execute(select(Fabric.code, Fabric.name).order_by(Fabric.code))
               if not sold_at or row.code in sold_at]  # fmt: skip
    places = db.session.execute(
        select(Location.code, Location.name, Location.fabric_code).order_by(Location.fabric_code, Location.code)
    )
    services = db.session.execute(
        select(Service.number, Service.name, Service.service_type, Service.location_code)
        .where(
            Service.account_id.in_(accounts), Service.state.in_(["pre_active", "active"]),
            Service.service_type.in_(["multiservice_port", "pvlan"]),
        )
        .order_by(Service.number)
        .limit(MOST_CHOICES)
    ).all()  # fmt: skip
    groups = db.session.execute(
        select(PortGroup.id, PortGroup.port_label).where(PortGroup.account_id.in_(accounts)).order_by(PortGroup.id)
    )
    return {
        "fabric": [{"value": row.code, "label": row.name} for row in fabrics],
        "location": [{"value": row.code, "label": row.name, "fabric": row.fabric_code} for row in places],
        "reference": [
            {"value": row.number, "label": f"{row.number} {row.location_code or ''}".strip()}
            for row in services if row.service_type == "multiservice_port"
        ],
        "pvlan": [
            {"value": row.number, "label": row.name or str(row.number)} for row in services
            if row.service_type == "pvlan"
        ],
        "port_group": [{"value": row.id, "label": row.port_label} for row in groups],
    }  # fmt: skip
