"""What is sold: families, lines, packages of services; and what an account has subscribed to."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import Json, JsonType, Model, UtcDateTime, new_id

LATEST = text("latest")
"""Condition of a partial index."""
InOrder = JSON()
"""JSON whose keys keep the order in which they were written; PostgreSQL's JSONB sorts them."""


class ProductFamily(Model):
    """The widest group of products, such as ports."""

    __tablename__ = "product_family"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")


class ProductLine(Model):
    """Products of one family that differ in size only."""

    __tablename__ = "product_line"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    family_code: Mapped[str] = mapped_column(ForeignKey("product_family.code"))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")

    family: Mapped[ProductFamily] = relationship()


class Package(Model):
    """One revision of a product: one or more services that are ordered together.

    `type`: connect, peering, private, partner or access. `options`: code → {label, choices, default_value, required,
    help}.
    `sites`: fabrics where it is sold; empty = everywhere. `price_minor`: in the currency's smallest unit; None = on
    request. `price_period`: month or once. It is the price of the package as it is described, and for each port where
    its buyer says how many (`services.prices`).

    Price, options and services of a row never change: an edit of them makes the next row of the same code, and orders
    keep the row that they were made of. Only the `latest` row is sold, if it is `active`; `version` grows with every
    edit of the code, whatever was edited.
    """

    __tablename__ = "package"
    __table_args__ = (
        UniqueConstraint("code", "revision"),
        Index("uq_package_latest", "code", unique=True, postgresql_where=LATEST, sqlite_where=LATEST),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)
    latest: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    line_code: Mapped[str] = mapped_column(ForeignKey("product_line.code"))
    type: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    details_text: Mapped[str] = mapped_column(Text, default="")  # the details view
    options: Mapped[Json] = mapped_column(InOrder, default=dict)
    sites: Mapped[list[str]] = mapped_column(JsonType, default=list)
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    price_period: Mapped[str] = mapped_column(String(10), default="month")
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    line: Mapped[ProductLine] = relationship()
    services: Mapped[list["PackageService"]] = relationship(
        back_populates="package", order_by="PackageService.position"
    )


class PackageService(Model):
    """One service of a package.

    `defaults`: details that are filled in, of which a reference may name another service of the package
    (`{"item": 1}`, by position). `fixed`: names of those that cannot be changed. `features`: as `Package.options`.
    `contacts`: role → {label, required}.
    """

    __tablename__ = "package_service"
    __table_args__ = (UniqueConstraint("package_id", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    package_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("package.id"))
    position: Mapped[int] = mapped_column()
    service_type: Mapped[str] = mapped_column(String(40))
    defaults: Mapped[Json] = mapped_column(JsonType, default=dict)
    fixed: Mapped[list[str]] = mapped_column(JsonType, default=list)
    features: Mapped[Json] = mapped_column(InOrder, default=dict)
    contacts: Mapped[Json] = mapped_column(InOrder, default=dict)

    package: Mapped[Package] = relationship(back_populates="services")


class PackageSubscription(Model):
    """An account has this package since the order was submitted; everything as it was then, the price too, which is
    that of one piece: `quantity` of them were bought.

    How far it is, its services tell: their state is the only one that is kept.
    """

    __tablename__ = "package_subscription"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id"), unique=True)
    package_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("package.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    product: Mapped[Json] = mapped_column(JsonType)
    options: Mapped[Json] = mapped_column(JsonType, default=dict)
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    price_period: Mapped[str] = mapped_column(String(10), default="month")
    quantity: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    services: Mapped[list["ServiceSubscription"]] = relationship(back_populates="package")


class ServiceSubscription(Model):
    """One service of a package subscription."""

    __tablename__ = "service_subscription"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    package_subscription_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("package_subscription.id"), index=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("order_item.id"), unique=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    features: Mapped[Json] = mapped_column(JsonType, default=dict)

    package: Mapped[PackageSubscription] = relationship(back_populates="services")
    service: Mapped[Any] = relationship("Service")
