"""What the exchange has: fabrics, locations, switches, ports, port groups; and the services on them."""

import re
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import Json, JsonType, Model, UtcDateTime, new_id
from app.domain.models.members import Account


class Fabric(Model):
    """A peering LAN. Data, not code: an operator adds its own."""

    __tablename__ = "fabric"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    automated: Mapped[bool] = mapped_column(default=True)

    locations: Mapped[list["Location"]] = relationship(back_populates="fabric", order_by="Location.code")


class Location(Model):
    """A building in which a fabric can be reached."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("fabric_code", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    fabric_code: Mapped[str] = mapped_column(ForeignKey("fabric.code"))
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))  # in one line

    fabric: Mapped[Fabric] = relationship(back_populates="locations")


class Switch(Model):
    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    fabric_code: Mapped[str] = mapped_column(ForeignKey("fabric.code"))
    location_code: Mapped[str] = mapped_column(String(30))

    ports: Mapped[list["Port"]] = relationship(back_populates="switch", order_by="Port.name")


class Port(Model):
    """A physical port of a switch. Free while no service holds it."""

    __tablename__ = "port"
    __table_args__ = (
        UniqueConstraint("switch_name", "name"),
        Index("ix_port_service", "service_id"),
        Index("ix_port_name", "name"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    switch_name: Mapped[str] = mapped_column(ForeignKey("switch.name"))
    name: Mapped[str] = mapped_column(String(60))
    capacity: Mapped[int] = mapped_column()  # Mbit/s
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"))
    patch_position: Mapped[str | None] = mapped_column(String(60))

    switch: Mapped[Switch] = relationship(back_populates="ports")

    @property
    def label(self) -> str:
        return f"{self.switch_name} {self.name}"


class PortGroup(Model):
    """A partner's port or bundle that carries its customers' services (ConneXions)."""

    __tablename__ = "port_group"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    fabric_code: Mapped[str] = mapped_column(ForeignKey("fabric.code"))
    location_code: Mapped[str] = mapped_column(String(30))
    port_label: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[int] = mapped_column()  # Mbit/s


UNBUILT_PORT = text("service_type = 'multiservice_port' AND state = 'pre_active'")
"""Port services that are ordered and do not carry traffic yet."""


class Service(Model):
    """What an item creates or changes. `pre_active` from the order's submission until it carries traffic."""

    __tablename__ = "service"
    __table_args__ = (
        # Reservations: whoever comes second fails in words.
        Index(
            "uq_service_vlan", "carrier", "vlan_id", unique=True,
            postgresql_where=text("vlan_reserved"), sqlite_where=text("vlan_reserved"),
        ),
        Index(
            "uq_service_mac", "fabric_code", "mac_address", unique=True,
            postgresql_where=text("mac_reserved"), sqlite_where=text("mac_reserved"),
        ),
        Index("ix_service_account", "account_id", "number"),
        Index("ix_service_vlan", "vlan_id", "number"),
        Index(
            "ix_service_unbuilt_port", "fabric_code", "location_code", postgresql_where=UNBUILT_PORT,
            sqlite_where=UNBUILT_PORT,
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(unique=True)
    service_type: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(20), default="pre_active")  # pre_active, active, ceased, cancelled
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    sub_account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    fabric_code: Mapped[str | None] = mapped_column(ForeignKey("fabric.code"))
    location_code: Mapped[str | None] = mapped_column(String(30))
    details: Mapped[Json] = mapped_column(JsonType, default=dict)
    port_service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    pvlan_service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    carrier: Mapped[str | None] = mapped_column(String(120))  # what the VLAN must be unique on: a port or port group
    vlan_id: Mapped[int | None] = mapped_column()
    vlan_reserved: Mapped[bool] = mapped_column(default=False)
    mac_address: Mapped[str | None] = mapped_column(String(17), index=True)
    mac_reserved: Mapped[bool] = mapped_column(default=False)  # one peering unit per MAC address and fabric
    capacity: Mapped[int | None] = mapped_column(BigInteger)  # Mbit/s
    contacts: Mapped[Json] = mapped_column(JsonType, default=dict)  # whom to call: role → {contact_id, full_name, …}
    registered: Mapped[Json | None] = mapped_column(JsonType)  # what the service inventory was told
    technical_summary: Mapped[str] = mapped_column(Text, default="")
    billing_start: Mapped[datetime | None] = mapped_column(UtcDateTime)
    billing_end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    ports: Mapped[list[Port]] = relationship(foreign_keys=[Port.service_id])

    @property
    def alias(self) -> str:
        """What people call the service by: S, the day (UTC) it was ordered, its number. It never changes."""
        return service_alias(self.number, self.created_at)


LARGEST_NUMBER = 2**31 - 1


def service_alias(number: int, created_at: datetime) -> str:
    """“S261120_106001”."""
    return f"S{created_at:%y%m%d}_{number:05d}"


_ALIAS = re.compile(r"S(\d{6})_(\d{5,10})", re.ASCII | re.IGNORECASE)


def called(alias: str) -> ColumnElement[bool]:
    """The condition that a service has this alias; never true for what is none."""
    found = _ALIAS.fullmatch(alias.strip())
    try:
        day = datetime.strptime(found[1], "%y%m%d").replace(tzinfo=UTC) if found else None
    except ValueError:
        day = None
    if found is None or day is None or int(found[2]) > LARGEST_NUMBER:
        return false()
    ordered = and_(Service.created_at >= day, Service.created_at < day + timedelta(days=1))
    return and_(Service.number == int(found[2]), ordered)
