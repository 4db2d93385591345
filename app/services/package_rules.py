"""What an administrator wants a package to be, as it was typed; what is wrong with it; and its rows.

Findings name what was typed: `/name`, `/options/0/code`, `/services/1/defaults/port`, `/services/1/features/0/choices`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.catalogue import bundle, service_type
from app.catalogue.parsing import Refused, plain_text
from app.domain import money
from app.domain.errors import Finding
from app.domain.models import Fabric, ProductLine
from app.extensions import db

TYPES = ("connect", "peering", "private", "partner", "access")
PERIODS = ("month", "once")
MOST_OPTIONS, MOST_SERVICES, MOST_ROLES, MOST_CHOICES = 20, 10, 10, 50
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_DETAILS, LONGEST_HELP, LONGEST_VALUE = 100, 300, 4000, 300, 60
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{0,18}[A-Z0-9])?", re.ASCII)
_KEY = re.compile(r"[a-z](?:[a-z0-9_]{0,38}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class OptionWish:
    """An option of the package, or a feature of a service. Without choices it can only be wanted or not.

    `choices`: (value, label) in order; `default`: one of the values, "" = none.
    """

    code: str
    label: str
    help: str = ""
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    default: str = ""


@dataclass(frozen=True)
class RoleWish:
    """A contact that the service has of its own."""

    role: str
    label: str
    required: bool = False


@dataclass(frozen=True)
class ServiceWish:
    """A service of the package. `defaults`: details by name, a reference as `{"item": position}`."""

    service_type: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Sequence[str] = ()
    features: Sequence[OptionWish] = ()
    contacts: Sequence[RoleWish] = ()


@dataclass(frozen=True)
class PackageWish:
    """A package as it was typed; `price` as people write amounts, "" = on request."""

    code: str
    line_code: str
    type: str
    name: str
    description: str = ""
    details_text: str = ""
    price: str = ""
    currency: str = ""
    price_period: str = "month"
    sites: Sequence[str] = ()
    options: Sequence[OptionWish] = ()
    services: Sequence[ServiceWish] = ()

    def window(self) -> dict[str, Any]:
        """What is written on it, and where it hangs: may change at any time."""
        return {
            "line_code": self.line_code, "type": self.type, "name": self.name.strip(),
            "description": self.description.strip(), "details_text": _lines(self.details_text),
            "sites": sorted(set(self.sites)),
        }  # fmt: skip

    def matter(self) -> dict[str, Any]:
        """What orders are made of: of each change there is a new revision. Only of a wish without findings."""
        amount = money.minor(self.price, self.currency) if self.price.strip() else None
        return {
            "price_minor": amount, "currency": self.currency if amount is not None else None,
            "price_period": self.price_period, "options": _rows(self.options),
        }  # fmt: skip

    def parts(self) -> list[dict[str, Any]]:
        """Its services, by position from 1. Only of a wish without findings."""
        return [
            {
                "position": position, "service_type": one.service_type, "defaults": dict(one.defaults),
                "fixed": sorted(one.fixed), "features": _rows(one.features),
                "contacts": {role.role: {"label": role.label.strip(), "required": role.required}
                             for role in one.contacts},
            }
            for position, one in enumerate(self.services, start=1)
        ]  # fmt: skip


def _rows(options: Sequence[OptionWish]) -> dict[str, Any]:
    return {
        one.code: {
            "label": one.label.strip(), "help": one.help.strip(), "required": one.required,
            "default_value": one.default or None,
            "choices": [{"value": value, "label": label or value} for value, label in one.choices],
        }
        for one in options
    }  # fmt: skip


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def findings(wish: PackageWish) -> list[Finding]:
    """Everything that is wrong, all at once."""
    return [
        *_words(wish), *_price(wish), *_places(wish), *_many("/options", "options", wish.options, MOST_OPTIONS),
        *_options("/options", wish.options, told=True), *_services(wish.services), *_family(wish),
    ]  # fmt: skip


def wrong_code(code: str) -> list[Finding]:
    """What is wrong with the code of a new package."""
    if _CODE.fullmatch(code):
        return []
    words = "A code has 1 to 20 capital letters, digits and hyphens, such as PORT-10G."
    return [Finding("/code", "format", words)]


def _words(wish: PackageWish) -> Iterator[Finding]:
    yield from _text("/name", "The name", wish.name, LONGEST_NAME, needed=True)
    yield from _text("/description", "The description", wish.description, LONGEST_DESCRIPTION)
    if len(wish.details_text) > LONGEST_DETAILS:
        yield Finding("/details_text", "range", f"The details must be at most {LONGEST_DETAILS} characters.")
    elif not all(line.isprintable() for line in wish.details_text.splitlines()):
        yield Finding("/details_text", "type", "The details must not contain control or unprintable characters.")
    if wish.type not in TYPES:
        yield Finding("/type", "choice", f"The type must be one of {', '.join(TYPES)}.")
    if wish.line_code not in set(db.session.scalars(select(ProductLine.code))):
        yield Finding("/line_code", "reference", "Choose a product line that there is.")


def _text(at: str, label: str, typed: str, longest: int, *, needed: bool = False) -> Iterator[Finding]:
    if not typed.strip() and not needed:
        return
    try:
        plain_text(typed, longest)
    except Refused as wrong:
        yield Finding(at, wrong.rule, f"{label} {wrong.sentence}")


def _price(wish: PackageWish) -> Iterator[Finding]:
    if wish.price_period not in PERIODS:
        yield Finding("/price_period", "choice", f"The period must be one of {', '.join(PERIODS)}.")
    if not wish.price.strip():
        return
    if wish.currency not in money.DECIMALS:
        named = f"There is no currency “{wish.currency[:20]}”" if wish.currency else "A price needs its currency"
        yield Finding("/currency", "choice", f"{named}: type a code of three letters, such as EUR.")
        return
    try:
        money.minor(wish.price, wish.currency)
    except money.NoAmount as wrong:
        yield Finding("/price", "format", str(wrong))


def _places(wish: PackageWish) -> Iterator[Finding]:
    known = set(db.session.scalars(select(Fabric.code)))
    for code in wish.sites:
        if code not in known:
            yield Finding("/sites", "reference", f"There is no fabric “{code[:30]}”.")


def _many(at: str, noun: str, rows: Sequence[Any], most: int) -> Iterator[Finding]:
    if len(rows) > most:
        yield Finding(at, "range", f"There can be at most {most} {noun}.")


def _keys(at: str, name: str, noun: str, keys: Sequence[str]) -> Iterator[Finding]:
    """Each is well formed, and there once."""
    for index, key in enumerate(keys):
        if not _KEY.fullmatch(key):
            words = f"{noun} has 1 to 40 small letters, digits and underscores, beginning with a letter."
            yield Finding(f"{at}/{index}/{name}", "format", words)
        elif key in keys[:index]:
            yield Finding(f"{at}/{index}/{name}", "unique", f"“{key}” is there already.")


def _options(at: str, options: Sequence[OptionWish], *, told: bool) -> Iterator[Finding]:
    """`told`: nobody has to answer, so what is required needs a default."""
    yield from _keys(at, "code", "A code", [one.code for one in options])
    for index, one in enumerate(options):
        here = f"{at}/{index}"
        yield from _text(f"{here}/label", "The label", one.label, LONGEST_NAME, needed=True)
        yield from _text(f"{here}/help", "The help", one.help, LONGEST_HELP)
        yield from _choices(f"{here}/choices", one)
        values = [value for value, _ in one.choices]
        if one.default and not values:
            words = "Without choices there is no default: it is wanted or not. Leave it empty, or give choices."
            yield Finding(f"{here}/default", "choice", words)
        elif one.default and one.default not in values:
            words = f"The default must be one of the choices: {', '.join(values)}."
            yield Finding(f"{here}/default", "choice", words)
        elif told and one.required and values and not one.default:
            words = "What is part of the package needs a default among its choices."
            yield Finding(f"{here}/default", "required", words)


def _choices(at: str, one: OptionWish) -> Iterator[Finding]:
    yield from _many(at, "choices", one.choices, MOST_CHOICES)
    seen: set[str] = set()
    for number, (value, label) in enumerate(one.choices, start=1):
        yield from _text(at, f"The value of choice {number}", value, LONGEST_VALUE, needed=True)
        yield from _text(at, f"The label of choice {number}", label, LONGEST_NAME)
        if value in seen:
            yield Finding(at, "unique", f"Choice {number}: “{value}” is there already.")
        seen.add(value)


def _family(wish: PackageWish) -> Iterator[Finding]:
    """Some services are sold in certain families only, and one of them in a package."""
    family = db.session.scalar(select(ProductLine.family_code).where(ProductLine.code == wish.line_code))
    kinds = [service_type(one.service_type) for one in wish.services]
    for index, kind in enumerate(kinds):
        if kind is None or not kind.families:
            continue
        if family is not None and family not in kind.families:
            words = " or ".join(f"{name} ({code})" for code, name in kind.families.items())
            yield Finding("/line_code", "family", f"{kind.plural} are sold in the family {words}.")
        if kind in kinds[:index]:
            yield Finding(f"/services/{index}/service_type", "once", f"A package has one {kind.noun} at most.")


def _services(services: Sequence[ServiceWish]) -> Iterator[Finding]:
    yield from _many("/services", "services", services, MOST_SERVICES)
    if not services:
        yield Finding("/services", "required", "A package needs at least one service.")
    yield from bundle.check([(one.service_type, one.defaults) for one in services])
    for index, one in enumerate(services):
        at = f"/services/{index}"
        for name in one.fixed:
            if name not in one.defaults:
                words = "What members cannot change needs a value."
                yield Finding(f"{at}/defaults/{name}", "required", words)
        yield from _many(f"{at}/features", "features", one.features, MOST_OPTIONS)
        yield from _options(f"{at}/features", one.features, told=False)
        yield from _many(f"{at}/contacts", "contacts", one.contacts, MOST_ROLES)
        yield from _keys(f"{at}/contacts", "role", "A role", [role.role for role in one.contacts])
        for number, role in enumerate(one.contacts):
            yield from _text(f"{at}/contacts/{number}/label", "The label", role.label, LONGEST_NAME, needed=True)
