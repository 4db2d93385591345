"""What local steps may do in our own database: take and give back ports and VLANs, and keep the services' records.

Every verb runs in the transaction of the step that calls it, so it happens exactly once. A verb that cannot be done
raises `PermanentFailure` in words for an engineer.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from app.config import Config
from app.domain import clock
from app.domain.errors import PermanentFailure
from app.domain.models import Fabric, ItemDependency, Order, OrderItem, PortGroup, Service
from app.domain.states import LIVE
from app.extensions import db
from app.services import access_lines, port_stock, tickets


class Stock:
    """The exchange's stock, as steps see it."""

    def __init__(self, config: Config) -> None:
        self.config = config

    # Services

    def service(self, item: Any) -> Service:
        """The item's service, read afresh."""
        found = db.session.get(Service, item.service_id, populate_existing=True) if item.service_id else None
        if found is None:
            raise PermanentFailure(f"Item {item.order_number}/{item.item_number} has no service.")
        return found

    def locked_service(self, item: Any) -> Service:
        """The item's service; nobody else decides about it until this transaction ends."""
        service = self.service(item)
        db.session.refresh(service, with_for_update=True)
        return service

    def changing(self, service: Service, item: Any) -> Any:
        """Another item that has begun to change this service and has not ended, if there is one."""
        others = self._changes(Service.id == service.id)
        return next((row for row in others if row.id != item.id), None)

    def _changes(self, which: ColumnElement[bool]) -> Sequence[Any]:
        """Items that have begun to change services: they remember how those stood."""
        rows = db.session.execute(
            select(
                OrderItem.id, OrderItem.item_number, OrderItem.facts, OrderItem.service_id,
                Order.number.label("order_number"),
            )
            .join(Order, Order.id == OrderItem.order_id)
            .join(Service, Service.id == OrderItem.service_id)
            .where(which, OrderItem.state.in_(LIVE))
            .order_by(OrderItem.id)
        )  # fmt: skip
        return [row for row in rows if "current" in row.facts]

    def numbered(self, number: int) -> Service:
        found = db.session.execute(select(Service).where(Service.number == number)).scalar_one_or_none()
        if found is None:
            raise PermanentFailure(f"There is no service {number}.")
        return found

    def port_service(self, item: Any) -> Service | None:
        """The port service that carries the item's service, if one does."""
        carrier = self.service(item).port_service_id
        return db.session.get(Service, carrier, populate_existing=True) if carrier else None

    def pvlan_for(self, item: Any) -> Service | None:
        """The private VLAN that the item's unit is in; through a join of the same order where it names one."""
        service = self.service(item)
        if service.pvlan_service_id is None:
            reference = item.details.get("pvlan")
            joined = self._item_of(item.order_id, reference["item"]) if isinstance(reference, dict) else None
            if joined is not None and joined.service_id is not None:
                service.pvlan_service_id = joined.service_id
                service.details = {**service.details, "pvlan": joined.service_number}
                db.session.flush()
        owner = service.pvlan_service_id
        return db.session.get(Service, owner, populate_existing=True) if owner else None

    def _item_of(self, order_id: uuid.UUID, number: int) -> OrderItem | None:
        return db.session.execute(
            select(OrderItem)
            .where(OrderItem.order_id == order_id, OrderItem.item_number == number)
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()

    def port_group(self, group_id: str) -> PortGroup:
        found = db.session.get(PortGroup, group_id)
        if found is None:
            raise PermanentFailure(f"There is no port group {group_id}.")
        return found

    def pvlans_of(self, account_id: str, fabric: str | None = None, name: str | None = None) -> list[Service]:
        """The active private VLANs that an account owns, of this fabric and this name where they are said."""
        query = select(Service).where(
            Service.service_type == "pvlan", Service.account_id == account_id, Service.state == "active"
        )
        if fabric is not None:
            query = query.where(Service.fabric_code == fabric)
        if name is not None:
            query = query.where(Service.name == name)
        return list(db.session.scalars(query.order_by(Service.number)))

    def activate(self, item: Any) -> None:
        """The service carries traffic from now on."""
        service = self.service(item)
        service.state = "active"
        service.billing_start = service.billing_start or clock.now()
        self._recorded(service)

    def change(self, item: Any) -> None:
        """Write an ordered change into the service's record."""
        service = self.service(item)
        changed = {name: value for name, value in item.details.items() if value is not None}
        service.details = {**service.details, **changed}
        service.vlan_id = changed.get("vlan_id", service.vlan_id)
        service.mac_address = changed.get("mac_address", service.mac_address)
        service.capacity = changed.get("bandwidth", changed.get("service_capacity", service.capacity))
        self._recorded(service)
        self._flush("The VLAN or MAC address was taken meanwhile by another service.")

    def cease(self, item: Any) -> None:
        """End the service and give back what it held."""
        service = self.service(item)
        service.state = "ceased"
        service.vlan_reserved = service.mac_reserved = False
        service.billing_end = clock.now()
        service.modified_at = clock.now()
        port_stock.release(service)

    def _recorded(self, service: Service) -> None:
        service.technical_summary = self._summary(service)
        service.modified_at = clock.now()

    def _summary(self, service: Service) -> str:
        """What an engineer wants to know of it at a glance: “edge1-edi2 xe-0/0/3, VLAN 339, 00:00:5e:00:53:02”."""
        port = db.session.get(Service, service.port_service_id) if service.port_service_id else service
        ports = port_stock.labels(port) if port is not None else []
        vlan = f"VLAN {service.vlan_id}" if service.vlan_id else None
        lines = [f"line {one['endpoint_ref']}" for one in service.details.get("endpoints") or ()]
        known = [*ports, service.details.get("connexions_port"), vlan, service.mac_address, *lines]
        return ", ".join(part for part in known if part)

    def settle_by_hand(self, item: Any, facts: Mapping[str, Any]) -> None:
        """People did all of it: the record follows what was ordered, and takes what only one service can have.

        `facts`: what they were asked on the way.
        """
        act: dict[str, Callable[[Any], None]] = {"new": self.activate, "cease": self.cease}
        if item.service_id is None:
            return
        if item.details.get("vlan_id") is not None:
            self.reserve_vlan(item, item.details["vlan_id"])
        if item.details.get("mac_address") is not None:
            self.reserve_mac(item, item.details["mac_address"])
        act.get(item.action, self.change)(item)
        access_lines.settle(self.service(item), facts)

    # VLANs

    def reserve_vlan(self, item: Any, vlan_id: int) -> None:
        """Take the VLAN on the service's carrier. The unique index decides between two who want the same."""
        service = self.service(item)
        taken = f"VLAN {vlan_id} is already in use by another service there."
        if self._still_held(service, Service.carrier == service.carrier, "vlan_id", vlan_id):
            raise PermanentFailure(taken)
        service.vlan_id, service.vlan_reserved = vlan_id, True
        self._flush(taken)

    def release_vlan(self, item: Any, previous: int | None) -> None:
        """Give the VLAN back; nothing to do if it was never taken. A change goes back to the one it had."""
        service = self.service(item)
        if item.action == "new":
            service.vlan_reserved = False
        else:
            service.vlan_id = previous
        self._flush("The VLAN could not be given back.")

    # MAC addresses

    def reserve_mac(self, item: Any, mac_address: str) -> None:
        """Take the MAC address on the service's fabric: one service each."""
        service = self.service(item)
        taken = f"MAC address {mac_address} is already in use on {service.fabric_code}."
        if self._still_held(service, Service.fabric_code == service.fabric_code, "mac_address", mac_address):
            raise PermanentFailure(taken)
        service.mac_address, service.mac_reserved = mac_address, True
        self._flush(taken)

    def release_mac(self, item: Any, previous: str | None) -> None:
        """Give the MAC address back; a change goes back to the one it had."""
        service = self.service(item)
        if item.action == "new":
            service.mac_reserved = False
        else:
            service.mac_address = previous
        self._flush("The MAC address could not be given back.")

    def _still_held(self, service: Service, where: ColumnElement[bool], name: str, value: Any) -> bool:
        """Whether a service that is being changed has this on the network until its change is done, or taken back."""
        rows = self._changes(where)
        return any(row.facts["current"].get(name) == value for row in rows if row.service_id != service.id)

    def _flush(self, words: str) -> None:
        try:
            db.session.flush()
        except IntegrityError as taken:
            raise PermanentFailure(words) from taken

    # Ports

    def take_ports(self, item: Any, quantity: int, capacity: int) -> list[str]:
        """Take free physical ports for the item's service; answer their labels."""
        return port_stock.take(self.service(item), quantity, capacity)

    def release_ports(self, item: Any) -> None:
        port_stock.release(self.service(item))

    def ports_of(self, service: Service) -> list[str]:
        """The labels of a port service's physical ports, in order."""
        return port_stock.labels(service)

    def record_patch(self, item: Any, position: str) -> None:
        port_stock.record_patch(self.service(item), position)

    def services_on(self, service: Service) -> list[Service]:
        """The living services that a port carries."""
        return list(
            db.session.scalars(
                select(Service).where(
                    Service.port_service_id == service.id, Service.state.in_(["pre_active", "active"])
                ).order_by(Service.number)
            )
        )  # fmt: skip

    def units_of(self, pvlan: Service) -> list[Service]:
        """The living units of a private VLAN."""
        return list(
            db.session.scalars(
                select(Service).where(
                    Service.pvlan_service_id == pvlan.id, Service.state.in_(["pre_active", "active"])
                ).order_by(Service.number)
            )
        )  # fmt: skip

    def automated(self, fabric_code: str) -> bool:
        fabric = db.session.get(Fabric, fabric_code)
        return fabric is None or fabric.automated

    # Orders

    def predecessors(self, item_id: uuid.UUID) -> list[Any]:
        """The items that this one needs, with their state and whether a person said to go on without them."""
        return list(
            db.session.execute(
                select(
                    ItemDependency.needs_id, ItemDependency.waived, OrderItem.state, OrderItem.status,
                    OrderItem.item_number, Order.number.label("order_number"),
                )
                .join(OrderItem, OrderItem.id == ItemDependency.needs_id)
                .join(Order, Order.id == OrderItem.order_id)
                .where(ItemDependency.item_id == item_id)
                .order_by(OrderItem.item_number)
            )
        )  # fmt: skip

    def link_service(self, item: Any, service: Service) -> None:
        """The item is about this service from now on (a join finds it only when its owner has agreed)."""
        db.session.execute(
            update(OrderItem)
            .where(OrderItem.id == item.id)
            .values(service_id=service.id, service_number=service.number)
            .execution_options(synchronize_session=False)
        )

    def announce_by_hand(self, item: Any) -> None:
        """No handler automates the item after all: Sales get a ticket."""
        order = db.session.get(Order, item.order_id)
        if order is not None:
            tickets.open_by_hand(order, self.config)
