"""Connecting an order's items with services: numbers at submission, references between items of one order."""

import uuid
from typing import Any

from sqlalchemy import select

from app.catalogue import CheckedItem
from app.catalogue.lines import facts_of_details
from app.domain import story
from app.domain.models import Order, OrderItem, Service
from app.extensions import db
from app.queries import port_room

FIRST_SERVICE_NUMBER = 106_001


def prepare(item: OrderItem, one: CheckedItem, stored: dict[int, OrderItem], order: Order) -> None:
    """Give a new item its `pre_active` service with a number; find the service that a change is about.

    A join makes no service: it enters the owner's, which is found when the owner has agreed.
    """
    if one.is_join:
        return
    if one.service_number is not None:
        service = _named(one.service_number, stored)
        item.before = service.details if service else None
    elif one.action == "new":
        service = _new_service(item, one, stored, order)
    else:
        service = None
    if service is not None:
        item.service, item.service_id, item.service_number = service, service.id, service.number


def _new_service(item: OrderItem, one: CheckedItem, stored: dict[int, OrderItem], order: Order) -> Service:
    details = one.details
    port, pvlan = (_named(details.get(name), stored) for name in ("port", "pvlan"))
    service = Service(
        id=uuid.uuid4(),  # known before it is stored, so that the item's row is written once
        number=story.next_number("service", FIRST_SERVICE_NUMBER),
        service_type=one.service_type,
        name=details.get("service_name") or "",
        state="pre_active",
        account_id=order.account_id,
        sub_account_id=order.sub_account_id,
        fabric_code=one.fabric,
        location_code=details.get("location"),
        details=_with_numbers(details, port=port, pvlan=pvlan),
        vlan_id=details.get("vlan_id"),
        mac_address=details.get("mac_address"),
        capacity=facts_of_details(one.service_type, details).capacity,
    )
    if port is not None:
        service.port_service_id = port.id
        service.location_code = service.location_code or port.location_code
    if pvlan is not None:
        service.pvlan_service_id = pvlan.id
    service.carrier = f"port:{port.id}" if port else _group(details)
    db.session.add(service)
    if one.service_type == "multiservice_port":
        port_room.promise(details["fabric"], details["location"], details["port_capacity"], details["quantity"])
    return service


def _with_numbers(details: dict[str, Any], **named: Service | None) -> dict[str, Any]:
    """The details as they stay true outside their order: other items of it by the numbers of their services."""
    return {**details, **{name: service.number for name, service in named.items() if service is not None}}


def _group(details: dict[str, Any]) -> str | None:
    return f"group:{details['port_group_id']}" if details.get("port_group_id") else None


def _named(reference: Any, stored: dict[int, OrderItem]) -> Service | None:
    """The service behind a number, or behind `{"item": n}` of the same order."""
    if isinstance(reference, dict):
        other = stored.get(reference["item"])
        return other.service if other is not None else None
    if reference is None:
        return None
    return db.session.execute(select(Service).where(Service.number == reference)).scalar_one_or_none()
