"""Packages: listed for what a qualification found, checked and subscribed to when an order of one is submitted.

`product_of` expands a code to product, line and family; `chosen` does so for an order that names its product itself.
How a package becomes items of a draft stands in `package_items`.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue import action_of
from app.domain.errors import Finding
from app.domain.models import (
    ItemSetup,
    Order,
    OrderItem,
    Package,
    PackageService,
    PackageSubscription,
    ProductLine,
    Qualification,
    ServiceSubscription,
)
from app.extensions import db
from app.services import prices

Options = dict[str, dict[str, Any]]


def listed(found: Qualification | None = None) -> list[Package]:
    """The packages that are sold, in order; with a qualification those that can be had by what it found."""
    packages = db.session.scalars(
        select(Package)
        .where(Package.latest, Package.active)
        .options(selectinload(Package.services), selectinload(Package.line))
        .order_by(Package.position, Package.code)
    )
    return [one for one in packages if found is None or sites_of(one, found)]


def by_code(code: str) -> Package | None:
    """The package of this code as it is sold now; None if it is not sold."""
    found = latest(code)
    return found if found is not None and found.active else None


def latest(code: str) -> Package | None:
    """The latest revision of this code, also of one that is no longer sold."""
    return db.session.scalars(
        select(Package).where(Package.code == code, Package.latest).options(selectinload(Package.services))
    ).one_or_none()


def family_of(code: str) -> str | None:
    """The code of the family of this product, also of one that is no longer sold; None if there is no such product."""
    return db.session.scalar(
        select(ProductLine.family_code)
        .join(Package, Package.line_code == ProductLine.code)
        .where(Package.code == code, Package.latest)
    )


def sold_types() -> set[str]:
    """The service types that are part of a product."""
    sold = select(PackageService.service_type).distinct().join(Package).where(Package.latest, Package.active)
    return set(db.session.scalars(sold))


def of_order(order: Order) -> Package | None:
    """The package that was selected for the order, in the revision of then; also one that is no longer sold."""
    return db.session.get(Package, order.package_id) if order.package_id else None


def sites_of(package: Package, found: Qualification) -> list[dict[str, str]]:
    """Where the package can be had by what was found: {fabric, location}; `{}` stands for a place yet to be chosen.

    Every service of the package that is new there must be on offer, with the port speed that it comes with.
    """
    if found.method == "none":
        return [{"fabric": code} for code in package.sites] or [{}]
    sites: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for offer in found.offers:
        sites.setdefault((offer["fabric"], offer["location"]), []).append(offer)
    return [
        {"fabric": fabric, "location": location}
        for (fabric, location), offers in sites.items()
        if (not package.sites or fabric in package.sites) and all(_offered(one, offers) for one in package.services)
    ]


def _offered(service: PackageService, offers: Sequence[Mapping[str, Any]]) -> bool:
    for offer in offers:
        if offer["service_type"] == service.service_type:
            speeds, wanted = offer.get("capacities"), service.defaults.get("port_capacity")
            if speeds is None or wanted is None or wanted in speeds:
                return True
    return False


def product_of(package: Package) -> dict[str, Any]:
    """The product with its line and family, as the order shows it."""
    line = package.line
    family = {"name": line.family.name, "code": line.family.code, "description": line.family.description}
    return {
        "name": package.name,
        "code": package.code,
        "description": package.description,
        "line": {"name": line.name, "code": line.code, "description": line.description, "family": family},
    }


def chosen(
    code: str | None, said: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, Options | None, list[Finding]]:
    """Product and options of an order that names its product by code; findings where it cannot be had so."""
    if code is None:
        if said:
            return None, None, [Finding("/options", "product", "Options belong to a product: give its code as well.")]
        return None, None, []
    package = by_code(code)
    if package is None:
        return None, None, [Finding("/product/code", "reference", f"There is no product “{code}”.")]
    options, findings = with_defaults(package.options, said or {}, "/options")
    return product_of(package), options, findings


def with_defaults(known: Mapping[str, Any], said: Mapping[str, Any], pointer: str) -> tuple[Options, list[Finding]]:
    """Options or features as they stand: value, enabled and default_value of each that there is.

    What is not said has its default value, and is enabled where it is required.
    """
    findings = [
        Finding(f"{pointer}/{code}", "unknown", f"There is no option “{code}”; it can be {', '.join(known) or 'none'}.")
        for code in said
        if code not in known
    ]
    options: Options = {}
    for code, option in known.items():
        one = said.get(code) or {}
        default = option.get("default_value")
        value = one.get("value") if one.get("value") is not None else default
        enabled = one.get("enabled")
        options[code] = {
            "value": value,
            "enabled": bool(option.get("required") if enabled is None else enabled),
            "default_value": default,
        }
        findings += _option_findings(option, options[code], f"{pointer}/{code}")
    return options, findings


def _option_findings(option: Mapping[str, Any], one: Mapping[str, Any], at: str) -> Iterable[Finding]:
    choices = [choice["value"] for choice in option.get("choices", [])]
    if choices and one["value"] is not None and one["value"] not in choices:
        words = f"{option['label']} must be one of {', '.join(str(choice) for choice in choices)}."
        yield Finding(f"{at}/value", "choice", words)
    if option.get("required") and not one["enabled"]:
        yield Finding(f"{at}/enabled", "required", f"{option['label']} is part of the product and cannot be left out.")


def setups_of(order: Order) -> dict[uuid.UUID, ItemSetup]:
    """What stands beside the order's items, by the item's id."""
    ids = [item.id for item in order.items]
    return {row.item_id: row for row in db.session.scalars(select(ItemSetup).where(ItemSetup.item_id.in_(ids)))}


def findings(order: Order) -> list[Finding]:
    """What is wrong with the order's product, its options and its services when it is to be submitted."""
    package = of_order(order)
    if package is None:
        return []
    sold = package if package.latest else latest(package.code)
    if sold is None or not sold.active:
        words = f"“{package.name}” is no longer sold. Make a new order for another package."
        return [Finding("/product/code", "ended", words)]
    if sold is not package:
        words = f"“{package.name}” has changed since it was chosen. Choose it once more to have it as it is now."
        return [Finding("/product/code", "changed", words)]
    return [*with_defaults(package.options, order.options or {}, "/options")[1], *_service_findings(order, package)]


def _service_findings(order: Order, package: Package) -> Iterable[Finding]:
    """Each service of the package is one of the items, with the details that come with the package."""
    setups = setups_of(order)
    item_of = {
        setup.package_service_id: (index, item)
        for index, item in enumerate(order.items)
        if (setup := setups.get(item.id)) is not None
    }
    numbers = {one.position: item_of[one.id][1].item_number for one in package.services if one.id in item_of}
    for service in package.services:
        if service.id not in item_of:
            words = f"“{package.name}” brings a new {service.service_type}, which is not among the items."
            yield Finding("/items", "required", words)
            continue
        index, item = item_of[service.id]
        fabric = item.details.get("fabric")
        if fabric is not None and package.sites and fabric not in package.sites:
            words = f"“{package.name}” is sold at {', '.join(package.sites)} only."
            yield Finding(f"/items/{index}/details/fabric", "not_offered", words)
        for name in service.fixed:
            wanted = service.defaults.get(name)
            if isinstance(wanted, dict) and "item" in wanted:
                wanted = {"item": numbers.get(wanted["item"])}
            if _said(item, name) != wanted:
                words = f"{name} comes with “{package.name}” and cannot be another."
                yield Finding(f"/items/{index}/details/{name}", "fixed", words)


def _said(item: OrderItem, name: str) -> Any:
    """What the item says, or means by not saying it."""
    action = action_of(item.service_type, item.action)
    field = action.field(name) if action is not None else None
    return item.details.get(name, field.default if field is not None else None)


def subscribe(order: Order, items: Mapping[int, OrderItem]) -> PackageSubscription | None:
    """Subscribe the account to the order's package; price and product stay as they are at this moment."""
    package = of_order(order)
    if package is None:
        return None
    made = PackageSubscription(
        order_id=order.id, package_id=package.id, account_id=order.sub_account_id or order.account_id,
        product=order.product or product_of(package), options=order.options or {}, price_minor=package.price_minor,
        currency=package.currency, price_period=package.price_period,
    )  # fmt: skip
    setups = db.session.scalars(
        select(ItemSetup).where(
            ItemSetup.item_id.in_([item.id for item in items.values()]), ItemSetup.package_service_id.is_not(None)
        )
    ).all()
    item_of, service_of = {item.id: item for item in items.values()}, {one.id: one for one in package.services}
    made.quantity = prices.pieces(
        (item_of[one.item_id].details, service_of[one.package_service_id])
        for one in setups
        if one.package_service_id in service_of
    )
    db.session.add(made)
    db.session.flush()
    db.session.add_all(
        ServiceSubscription(
            package_subscription_id=made.id, item_id=setup.item_id, service_id=item_of[setup.item_id].service_id,
            features=setup.features,
        )
        for setup in setups
    )  # fmt: skip
    db.session.flush()
    return made
