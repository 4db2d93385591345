"""A package in words: its price, what it brings, and what has changed from one revision to the next."""

from collections.abc import Mapping
from typing import Any

from app.catalogue import Names, action_of, show, title
from app.catalogue.fields import Field
from app.domain import money
from app.domain.models import Package, PackageService
from app.services import prices
from app.services.prices import Price

ON_REQUEST = "Price on request"
PERIODS = {"month": "per month", "once": "once"}
PORT_PERIODS = {"month": "per port and month", "once": "per port, once"}


def price(amount: int | None, currency: str | None, period: str, *, per_port: bool = False) -> str:
    """“GBP 600.00 per month”, “GBP 600.00 per port and month”, or that it is told on request."""
    if amount is None or not currency:
        return ON_REQUEST
    return f"{money.shown(amount, currency)} {(PORT_PERIODS if per_port else PERIODS).get(period, period)}"


def package_price(package: Package) -> str:
    amount, per_port = package.price_minor, prices.per_port(package)
    return price(amount, package.currency, package.price_period, per_port=per_port)


def order_price(told: Price | None) -> str:
    """“GBP 1,800.00 per month (3 ports at GBP 600.00)”."""
    if told is None:
        return ON_REQUEST
    words = price(told.total, told.currency, told.period)
    return (
        words if told.quantity == 1 else f"{words} ({told.quantity} ports at {money.shown(told.each, told.currency)})"
    )


def services(package: Package) -> list[str]:
    """What members call the services that it brings."""
    return [title(one.service_type, "member") for one in package.services]


def changes(before: Package, now: Package) -> list[str]:
    """For somebody who has chosen `before`: what is different about the package as it is sold now."""
    said = _told("Price", package_price(now), package_price(before))
    brings, brought = " and ".join(services(now)), " and ".join(services(before))
    if brings != brought:
        said += _told("It brings", brings, brought, " ")
    else:
        for one, other in zip(now.services, before.services, strict=True):
            said += _of_service(one, other)
    return said + _choices("", now.options, before.options)


def _told(what: str, now: str, before: str, between: str = ": ") -> list[str]:
    return [f"{what}{between}{now}; it was {before}."] if now != before else []


def _of_service(now: PackageService, before: PackageService) -> list[str]:
    """What comes with one service, what can be chosen for it, and whom it asks to name."""
    name, action = title(now.service_type, "member"), action_of(now.service_type, "new")
    said = []
    for field in action.fields if action else ():
        said += _told(f"{name}, {field.label_for('member')}", _detail(field, now), _detail(field, before))
    said += _choices(f"{name}, ", now.features, before.features)
    return said + _told(f"{name}, contacts", _roles(now), _roles(before))


def _detail(field: Field, service: PackageService) -> str:
    value = service.defaults.get(field.name)
    if value is None:
        return "your choice"
    called = Names(items={one.position: title(one.service_type, "member") for one in service.package.services})
    return show(field, value, "member", called) + ("" if field.name in service.fixed else " unless you choose another")


def _roles(service: PackageService) -> str:
    told = [f"{one['label']} (must be named)" if one.get("required") else one["label"]
            for one in service.contacts.values()]  # fmt: skip
    return " and ".join(told) or "none"


def _choices(before_label: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Options, or features of a service."""
    said = []
    for code in [*now, *(code for code in before if code not in now)]:
        label = (now.get(code) or before[code])["label"]
        said += _told(f"{before_label}{label}", _choice(now.get(code)), _choice(before.get(code)))
    return said


def _choice(option: Mapping[str, Any] | None) -> str:
    if option is None:
        return "not there"
    labels = {choice["value"]: str(choice["label"]) for choice in option.get("choices", [])}
    usual = f", {labels[option['default_value']]} unless you choose another" if option.get("default_value") else ""
    return (" or ".join(labels.values()) or "Yes") + usual + ("" if option.get("required") else ", or not at all")
