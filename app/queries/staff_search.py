"""Finding anything by the number, name or address that somebody reads out on the telephone."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from app.domain.models import Account, Order, OrderItem, Port, Service, Ticket
from app.domain.models.inventory import called
from app.extensions import db
from app.queries import staff_rows
from app.queries.staff_rows import ItemRow

MOST = 20
_ITEM = re.compile(r"(\d{1,9})\s*/\s*(\d{1,4})", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{12}")
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Found:
    """What fits; each list stops at the limit."""

    items: list[ItemRow]
    orders: list[Order]
    tickets: list[Ticket]
    services: list[Service]
    members: list[Account]

    def __len__(self) -> int:
        return len(self.items) + len(self.orders) + len(self.tickets) + len(self.services) + len(self.members)


def find(text: str, limit: int = MOST) -> Found:
    """What somebody reads out: order, item (“100472/1”), service and ticket numbers, VLANs, aliases of orders and
    services, MAC
    addresses, ports, members by name, account, handle or ASN. Each kind through an index of its own."""
    text = text.strip().lstrip("#").strip()
    if not text:
        return Found([], [], [], [], [])
    number = int(text) if text.isascii() and text.isdecimal() and int(text) <= LARGEST else None
    services = select(Service).where(_service(text, number)).options(joinedload(Service.account))
    members = select(Account).where(_member(text)).order_by(Account.organisation)
    tickets = [] if number is None else list(db.session.scalars(select(Ticket).where(Ticket.number == number)))
    return Found(
        _items(text, limit),
        _orders(text, number, limit, by_ticket=not tickets),
        tickets,
        list(db.session.scalars(services.order_by(Service.number).limit(limit))),
        list(db.session.scalars(members.limit(limit))),
    )


def _items(text: str, limit: int) -> list[ItemRow]:
    """The item that “100472/1” names."""
    named = _ITEM.fullmatch(text)
    if named is None:
        return []
    wanted = select(OrderItem.id).join(Order, Order.id == OrderItem.order_id)
    found = wanted.where(Order.number == int(named[1]), OrderItem.item_number == int(named[2])).limit(limit)
    return staff_rows.rows(db.session.scalars(found).all())


def _orders(text: str, number: int | None, limit: int, *, by_ticket: bool) -> list[Order]:
    """`by_ticket`: also the order whose ticket a help desk elsewhere keeps under this number."""
    condition = _order(text, number)
    if number is not None and by_ticket:
        condition = or_(condition, Order.ticket_number == number)
    found = select(Order).where(condition).options(joinedload(Order.account)).order_by(Order.number.desc())
    return list(db.session.scalars(found.limit(limit)))


def _order(text: str, number: int | None) -> ColumnElement[bool]:
    return Order.number == number if number is not None else Order.alias == text.upper()


def _service(text: str, number: int | None) -> ColumnElement[bool]:
    if number is not None:
        return or_(Service.number == number, Service.vlan_id == number)
    return service_by_text(text)


def service_by_text(text: str) -> ColumnElement[bool]:
    """By an alias, by a MAC address however it is written, else by a port."""
    bare = re.sub(r"[^0-9a-z]", "", text.lower())
    if _MAC.fullmatch(bare) and text.lower() != bare:
        return Service.mac_address == ":".join(bare[at : at + 2] for at in range(0, 12, 2))
    ports = select(Port.service_id).where(Port.service_id.is_not(None), _port(text)).limit(MOST)
    return or_(called(text), Service.id.in_(ports))


def _port(text: str) -> Any:
    """“edge1-lon1 xe-0/0/3”, or the port's name alone."""
    switch, _, name = text.rpartition(" ")
    return (Port.switch_name == switch.strip()) & (Port.name == name) if switch else Port.name == name


def _member(text: str) -> ColumnElement[bool]:
    asn = re.fullmatch(r"(?:as)?(\d{1,10})", text.lower())
    if asn:
        return Account.asn == int(asn[1])
    return or_(
        Account.organisation.icontains(text, autoescape=True), Account.handle == text.lower(), Account.id == text
    )
