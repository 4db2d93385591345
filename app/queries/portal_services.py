"""The member's services: the list, one service, the orders that touched it, and what can be done with it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.catalogue import SERVICE_TYPES, Names, describe_service, title
from app.catalogue.collect import in_one_line
from app.catalogue.describe import Row
from app.catalogue.model import Action
from app.domain.models import Account, Fabric, Location, Order, OrderItem, Port, PortGroup, Service
from app.domain.models.inventory import called as called_so
from app.extensions import db
from app.queries import names, portal_people
from app.queries.portal_people import Called
from app.queries.portal_traits import traits
from app.queries.portal_words import Words, item_title, status_words
from app.services.access import visible_orders
from app.services.actor import Actor

PAGE = 25
RECENT_ORDERS = 20
LARGEST_NUMBER = 2**31 - 1
LIVING = ("pre_active", "active")
VIEWS = {"current": LIVING, "setup": ("pre_active",), "ended": ("ceased", "cancelled")}
"""The states of services that a list shows."""

STATES = {
    "pre_active": Words("running", "Being set up"),
    "active": Words("done", "Active"),
    "ceased": Words("cancelled", "Ceased"),
    "cancelled": Words("cancelled", "Cancelled"),
}

_customer, _pvlan = aliased(Account), aliased(Service)


@dataclass(frozen=True)
class ServiceRow:
    """One service as the list shows it."""

    id: uuid.UUID
    number: int
    title: str
    traits: str
    where: str
    customer: str
    words: Words


@dataclass(frozen=True)
class ServicePage:
    rows: list[ServiceRow]
    newer: int | None
    older: int | None


@dataclass(frozen=True)
class ServiceQuery:
    """What the list shows: one of `VIEWS`; of which type and fabric (keys); what was searched for; whose.

    `customer`: the account that has the service, or for which its reseller has it; empty = everybody's.
    """

    view: str = "current"
    text: str = ""
    customer: str = ""
    kind: str = ""
    fabric: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.text or self.customer or self.kind or self.fabric)

    def conditions(self, actor: Actor) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Service.state.in_(VIEWS[self.view])]
        if self.kind:
            found.append(Service.service_type == self.kind)
        if self.fabric:
            found.append(Service.fabric_code == self.fabric)
        if self.customer in actor.account_ids:
            own = and_(Service.account_id == self.customer, Service.sub_account_id.is_(None))
            found.append(or_(Service.sub_account_id == self.customer, own))
        return found + ([_matches(self.text)] if self.text else [])


def _matches(text: str) -> ColumnElement[bool]:
    """Number, alias, VLAN, name (also of the private VLAN that it is in), MAC address, place, port, or whose it is."""
    pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

    def like(column: Any) -> ColumnElement[bool]:
        return func.lower(column).like(pattern, escape="\\")

    on_port = select(Port.service_id).where(like(Port.switch_name + " " + Port.name))
    in_group = select(literal("group:") + PortGroup.id).where(like(PortGroup.port_label))
    in_pvlan = select(_pvlan.id).where(_pvlan.service_type == "pvlan", like(_pvlan.name))
    places = select(Location.code).where(like(Location.name))
    fabrics = select(Fabric.code).where(like(Fabric.name))
    found: list[ColumnElement[bool]] = [
        like(Service.name), like(Service.mac_address), like(Service.location_code), like(Service.fabric_code),
        like(Account.organisation), like(_customer.organisation), Service.id.in_(on_port),
        Service.port_service_id.in_(on_port), Service.location_code.in_(places), Service.fabric_code.in_(fabrics),
        Service.carrier.in_(in_group), Service.pvlan_service_id.in_(in_pvlan), called_so(text),
    ]  # fmt: skip
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER:
        found += [Service.number == int(text), Service.vlan_id == int(text)]
    kinds = [kind.key for kind in SERVICE_TYPES.values() if text.casefold() in kind.portal_label.casefold()]
    return or_(*found, Service.service_type.in_(kinds))


@dataclass(frozen=True)
class Touched:
    """An order item that was about the service."""

    order_id: uuid.UUID
    order_number: int
    title: str
    words: Words
    ordered_at: datetime


@dataclass(frozen=True)
class ServicePart:
    """The page of one service. `actions`: what may be ordered for it; `busy`: the order that is at it now; `called`:
    whom we call about it, as far as that is the viewer's to read; `mine`: and to change."""

    id: uuid.UUID
    number: int
    alias: str
    service_type: str
    title: str
    name: str
    words: Words
    rows: list[Row]
    details: Mapping[str, Any]
    account_id: str
    sub_account_id: str | None
    actions: list[Action]
    touched: list[Touched]
    billing_start: datetime | None
    billing_end: datetime | None
    called: Called
    mine: bool

    @property
    def busy(self) -> Touched | None:
        return next((one for one in self.touched if one.words.key not in ("done", "cancelled")), None)


def visible(actor: Actor) -> ColumnElement[bool]:
    """A member's own services, and those that its reseller has for it."""
    return or_(Service.account_id.in_(actor.account_ids), Service.sub_account_id.in_(actor.account_ids))


def _services(actor: Actor) -> Select[Service, str, str]:
    return (
        select(Service, Account.organisation, _customer.organisation.label("customer"))
        .join(Account, Account.id == Service.account_id)
        .outerjoin(_customer, _customer.id == Service.sub_account_id)
        .where(visible(actor))
    )


def services(
    actor: Actor, own: str, wanted: ServiceQuery, *, before: int | None = None, after: int | None = None
) -> ServicePage:
    """The newest services first."""
    query = _services(actor).where(*wanted.conditions(actor))
    if after is not None:
        rows = list(db.session.execute(query.where(Service.number > after).order_by(Service.number).limit(PAGE + 1)))
        newer, rows = (rows[PAGE - 1].Service.number if len(rows) > PAGE else None), rows[:PAGE][::-1]
        older = rows[-1].Service.number if rows else None
    else:
        if before is not None:
            query = query.where(Service.number < before)
        rows = list(db.session.execute(query.order_by(Service.number.desc()).limit(PAGE + 1)))
        older, rows = (rows[PAGE - 1].Service.number if len(rows) > PAGE else None), rows[:PAGE]
        newer = rows[0].Service.number if rows and before is not None else None
    called = names.for_details([row.Service.details for row in rows], [row.Service.number for row in rows])
    return ServicePage([_row(row, own, called) for row in rows], newer, older)


def choices(actor: Actor) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The types and the fabrics of the viewer's services, with their names, to narrow the list down by."""
    rows = db.session.execute(select(Service.service_type, Service.fabric_code).where(visible(actor)).distinct()).all()
    fabrics = names.for_details([]).fabrics
    kinds = {row.service_type: title(row.service_type, "member") for row in rows}
    there = {row.fabric_code: fabrics.get(row.fabric_code, row.fabric_code) for row in rows if row.fabric_code}
    return _by_name(kinds), _by_name(there)


def _by_name(named: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(named.items(), key=lambda one: one[1].casefold())


def count(actor: Actor) -> int:
    """How many services there are that have not ended."""
    query = select(func.count()).select_from(Service).where(visible(actor), Service.state.in_(LIVING))
    return db.session.scalar(query) or 0


def _row(row: Any, own: str, called: Names) -> ServiceRow:
    service: Service = row.Service
    fabric = called.fabrics.get(service.fabric_code or "", service.fabric_code)
    location = called.locations.get(service.location_code or "", service.location_code)
    return ServiceRow(
        id=service.id, number=service.number, title=title(service.service_type, "member"),
        traits=traits(service, called),
        where=" · ".join(part for part in (fabric, location) if part) or in_one_line(service.details.get("address")),
        customer=_for_whom(row, own), words=STATES.get(service.state, Words("queued", service.state)),
    )  # fmt: skip


def _for_whom(row: Any, own: str) -> str:
    service: Service = row.Service
    if service.sub_account_id:
        return row.customer if service.sub_account_id != own else ""
    return row.organisation if service.account_id != own else ""


def service(actor: Actor, own: str, service_id: uuid.UUID) -> ServicePart | None:
    """One service; None if there is none, or it is somebody else's."""
    row = db.session.execute(_services(actor).where(Service.id == service_id)).first()
    if row is None:
        return None
    found: Service = row.Service
    called = names.for_details([found.details], {found.number})
    rows = describe_service(found.service_type, found.details, "member", called)
    customer = _for_whom(row, own)
    name = called.services.get(found.number, "")
    return ServicePart(
        id=found.id, number=found.number, alias=found.alias, service_type=found.service_type,
        title=title(found.service_type, "member"), name="" if name == str(found.number) else name,
        words=STATES.get(found.state, Words("queued", found.state)),
        rows=rows + ([("Customer", customer)] if customer else []), details=found.details, account_id=found.account_id,
        sub_account_id=found.sub_account_id, actions=_actions(found, actor), touched=_touched(found, actor),
        billing_start=found.billing_start, billing_end=found.billing_end,
        called=portal_people.of_service(found) if actor.acts_for(found.account_id) else Called({}, {}),
        mine=actor.acts_for(found.account_id) and found.state in LIVING,
    )  # fmt: skip


def _actions(found: Service, actor: Actor) -> list[Action]:
    """What the account that has the service may order for it."""
    kind = SERVICE_TYPES.get(found.service_type)
    if kind is None or found.state != "active" or found.account_id not in actor.account_ids:
        return []
    return [action for action in kind.actions.values() if action.changes]


def _touched(found: Service, actor: Actor) -> list[Touched]:
    rows = db.session.execute(
        select(Order.id, Order.number, Order.type, Order.created_at, OrderItem.item_number, OrderItem.service_type,
               OrderItem.action, OrderItem.status)
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.service_id == found.id, visible_orders(actor))
        .order_by(Order.number.desc())
        .limit(RECENT_ORDERS)
    )  # fmt: skip
    return [
        Touched(row.id, row.number, item_title(row.item_number, row.service_type, row.action, row.type),
                status_words(row.status), row.created_at)
        for row in rows
    ]  # fmt: skip
