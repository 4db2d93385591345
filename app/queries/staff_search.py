"""Finding anything by the number, name or address that somebody reads out on the telephone."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.domain.models import Account, Order, Port, Service, Ticket
from app.extensions import db

MOST = 20
_MAC = re.compile(r"[0-9a-f]{12}")
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Found:
    """What fits; each list stops at `MOST`."""

    orders: list[Order]
    tickets: list[Ticket]
    services: list[Service]
    members: list[Account]

    def __len__(self) -> int:
        return len(self.orders) + len(self.tickets) + len(self.services) + len(self.members)


def find(text: str) -> Found:
    """Order, service and ticket numbers, VLANs; order aliases; MAC addresses; ports; members by name or ASN."""
    if not text:
        return Found([], [], [], [])
    number = int(text) if text.isdecimal() and int(text) <= LARGEST else None
    orders = select(Order).where(_order(text, number)).order_by(Order.number.desc()).limit(MOST)
    services = select(Service).where(_service(text, number)).order_by(Service.number).limit(MOST)
    return Found(
        list(db.session.scalars(orders)),
        list(db.session.scalars(select(Ticket).where(Ticket.number == number))) if number is not None else [],
        list(db.session.scalars(services)),
        list(db.session.scalars(select(Account).where(_member(text)).order_by(Account.organisation).limit(MOST))),
    )


def _order(text: str, number: int | None) -> ColumnElement[bool]:
    return Order.number == number if number is not None else Order.alias == text.upper()


def _service(text: str, number: int | None) -> ColumnElement[bool]:
    if number is not None:
        return or_(Service.number == number, Service.vlan_id == number)
    return service_by_text(text)


def service_by_text(text: str) -> ColumnElement[bool]:
    """By a MAC address however it is written, else by a port."""
    bare = re.sub(r"[^0-9a-z]", "", text.lower())
    if _MAC.fullmatch(bare) and text.lower() != bare:
        return Service.mac_address == ":".join(bare[at : at + 2] for at in range(0, 12, 2))
    ports = select(Port.service_id).where(Port.service_id.is_not(None), _port(text)).limit(MOST)
    return Service.id.in_(ports)


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
