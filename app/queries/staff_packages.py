"""What is sold, as an administrator sees it: packages with who has them, lines and families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.domain.errors import NotFound
from app.domain.models import Fabric, Order, Package, PackageSubscription, ProductFamily, ProductLine
from app.domain.states import Status
from app.extensions import db

SHOWS = ("active", "retired", "all")


@dataclass(frozen=True)
class PackageRow:
    """A package as it is sold, and how many subscriptions there are of it, whatever became of their services."""

    package: Package
    subscriptions: int


def packages(show: str) -> list[PackageRow]:
    """In the order in which members see them, those that are retired behind. `show`: one of `SHOWS`."""
    statement = (
        select(Package)
        .where(Package.latest)
        .options(joinedload(Package.line).joinedload(ProductLine.family), selectinload(Package.services))
        .order_by(Package.active.desc(), Package.position, Package.code)
    )
    if show != "all":
        statement = statement.where(Package.active.is_(show == "active"))
    counts = _subscriptions()
    return [PackageRow(one, counts.get(one.code, 0)) for one in db.session.scalars(statement)]


def _subscriptions() -> dict[str, int]:
    """By code: orders keep the revision that they were made of, which people take for one and the same package."""
    rows = db.session.execute(
        select(Package.code, func.count().label("number"))
        .join(PackageSubscription, PackageSubscription.package_id == Package.id)
        .group_by(Package.code)
    )
    return {row.code: row.number for row in rows}


@dataclass(frozen=True)
class PackageDetail:
    """`drafts`: that have chosen it as it is sold; `behind`: that have chosen an earlier revision."""

    package: Package
    subscriptions: int
    drafts: int
    behind: int


def package(code: str) -> PackageDetail:
    """`NotFound` if there is none of this code."""
    found = db.session.execute(
        select(Package)
        .where(Package.code == code, Package.latest)
        .options(joinedload(Package.line), selectinload(Package.services))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such package.")
    rows = db.session.execute(
        select(Package.latest, func.count().label("number"))
        .join(Order, Order.package_id == Package.id)
        .where(Package.code == code, Order.status == Status.DRAFT)
        .group_by(Package.latest)
    )
    drafts = {row.latest: row.number for row in rows}
    sold = select(func.count(PackageSubscription.id)).join(Package, Package.id == PackageSubscription.package_id)
    subscriptions = db.session.scalar(sold.where(Package.code == code)) or 0
    return PackageDetail(found, subscriptions, drafts.get(True, 0), drafts.get(False, 0))


def fabrics() -> list[tuple[str, str]]:
    """Code and name of each."""
    return [(row.code, row.name) for row in db.session.execute(select(Fabric.code, Fabric.name).order_by(Fabric.name))]


def currencies() -> list[str]:
    """Those in which something is sold already, the most frequent first."""
    rows = db.session.execute(
        select(Package.currency).where(Package.currency.is_not(None)).group_by(Package.currency)
        .order_by(func.count().desc())
    )  # fmt: skip
    return [row.currency for row in rows]


def lines() -> Sequence[ProductLine]:
    """All product lines with their families, by family and code."""
    return db.session.scalars(
        select(ProductLine).options(joinedload(ProductLine.family)).order_by(ProductLine.family_code, ProductLine.code)
    ).all()


def families() -> Sequence[ProductFamily]:
    return db.session.scalars(select(ProductFamily).order_by(ProductFamily.code)).all()


def line(code: str) -> ProductLine:
    found = db.session.get(ProductLine, code, populate_existing=True) if code.isprintable() else None
    if found is None:
        raise NotFound("There is no such product line.")
    return found


def family(code: str) -> ProductFamily:
    found = db.session.get(ProductFamily, code, populate_existing=True) if code.isprintable() else None
    if found is None:
        raise NotFound("There is no such product family.")
    return found


def packages_of_lines() -> Mapping[str, int]:
    """Line code → how many packages are in it, retired ones included."""
    rows = db.session.execute(
        select(Package.line_code, func.count().label("number")).where(Package.latest).group_by(Package.line_code)
    )
    return {row.line_code: row.number for row in rows}
