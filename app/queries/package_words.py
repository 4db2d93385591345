"""A package in words: its price, what it brings, and what has changed from one revision to the next."""

from app.catalogue import title
from app.domain import money
from app.domain.models import Package

ON_REQUEST = "Price on request"
PERIODS = {"month": "per month", "once": "once"}


def price(amount: int | None, currency: str | None, period: str) -> str:
    """“GBP 600.00 per month”, or that it is told on request."""
    if amount is None or not currency:
        return ON_REQUEST
    return f"{money.shown(amount, currency)} {PERIODS.get(period, period)}"


def package_price(package: Package | None) -> str:
    return price(package.price_minor, package.currency, package.price_period) if package else ON_REQUEST


def services(package: Package) -> list[str]:
    """What members call the services that it brings."""
    return [title(one.service_type, "member") for one in package.services]


def changes(before: Package, now: Package) -> list[str]:
    """For somebody who has chosen `before`: what is different about the package as it is sold now."""
    said = []
    if package_price(before) != package_price(now):
        said.append(f"Price: {package_price(now)}; it was {package_price(before)}.")
    brings, brought = " and ".join(services(now)), " and ".join(services(before))
    if brings != brought:
        said.append(f"It brings {brings}; it was {brought}.")
    elif _details(before) != _details(now):
        said.append("What comes with its services, or can be chosen for them, is different.")
    if before.options != now.options:
        said.append("Its options are different.")
    return said


def _details(package: Package) -> list[object]:
    return [(one.defaults, sorted(one.fixed), one.features, one.contacts) for one in package.services]
