"""What is sold, and selecting a package for a draft."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response

from app.domain.errors import NotFound
from app.domain.models import Package, Qualification
from app.extensions import db
from app.services import drafts, package_items, packages, prices
from app.web import guard
from app.web.api import answering, life_bodies, reading
from app.web.api.answers import OrderAnswer
from app.web.api.described import described
from app.web.api.filters import NoFilters, PackageFilters
from app.web.api.life_answers import (
    ChoiceAnswer,
    ContactRule,
    OptionRule,
    PackageAnswer,
    PackageList,
    PackageServiceAnswer,
    PriceAnswer,
)
from app.web.api.orders import own_order, shown_order
from app.web.api.qualifications import TAG, find_qualification
from app.web.api.showing import shown_product


@described("List packages", TAG, PackageList, filters=PackageFilters, missing=True)
def list_packages() -> Response:
    """What is sold; with `qualification` only what can be had by it, and `sites` says where."""
    found = _asked()
    return answering.answer({"items": [_package(one, found) for one in packages.listed(found)], "next": None})


def _asked() -> Qualification | None:
    asked = reading.query(PackageFilters)
    return find_qualification(asked.qualification) if asked.qualification else None


@described("Read a package", TAG, PackageAnswer, filters=PackageFilters)
def show_package(code: str) -> Response:
    """One package with its details, as it is sold now; with `qualification`, `sites` says where it can be had by it."""
    found, package = _asked(), packages.by_code(code)
    if package is None:
        raise NotFound("There is no such package.")
    return answering.answer(_package(package, found))


def _package(one: Package, found: Qualification | None) -> PackageAnswer:
    sites = packages.sites_of(one, found) if found else [{"fabric": code} for code in one.sites]
    price = None
    if one.price_minor is not None:
        price = PriceAnswer(
            amount_minor=one.price_minor, currency=one.currency, period=one.price_period,
            per="port" if prices.per_port(one) else "package",
        )  # fmt: skip
    return PackageAnswer(
        code=one.code,
        name=one.name,
        description=one.description,
        type=one.type,
        product=shown_product(packages.product_of(one)),
        options=_rules(one.options),
        services=[
            PackageServiceAnswer(
                position=service.position, service_type=service.service_type, defaults=service.defaults,
                fixed=service.fixed, features=_rules(service.features),
                contacts=[
                    ContactRule(role=role, label=told["label"], required=bool(told.get("required")))
                    for role, told in service.contacts.items()
                ],
            )
            for service in one.services
        ],
        sites=[site for site in sites if site],
        details_view=one.details_text,
        price=price,
    )  # fmt: skip


def _rules(options: Mapping[str, Any]) -> list[OptionRule]:
    return [
        OptionRule(
            code=code, label=one["label"], help=one.get("help", ""), required=bool(one.get("required")),
            default_value=one.get("default_value"),
            choices=[ChoiceAnswer(value=choice["value"], label=choice["label"]) for choice in one.get("choices", [])],
        )
        for code, one in options.items()
    ]  # fmt: skip


@described("Select a package", TAG, OrderAnswer, body=life_bodies.PackageChoice, keyed=True)
def select_package(order_id: uuid.UUID) -> Response:
    """Once for each draft, after it was qualified. The services of the package become items of the draft, filled in as
    far as is known; what is still missing, /requirements tells. Where the package has changed since (`submit` refuses
    the order with the rule `changed`), selecting it once more takes it as it is now."""
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(life_bodies.PackageChoice)
    seen, actor = reading.version_seen(wanted.version), guard.actor()
    site = wanted.site.model_dump(exclude_none=True) if wanted.site else {}

    def act() -> None:
        package_items.select_for(drafts.draft(order_id, actor, seen), wanted.code, site, actor)
        db.session.commit()

    return answering.acting(act, lambda: shown_order(order_id))
