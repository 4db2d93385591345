"""Find out what can be had: addresses, qualifications, packages; and select a package for a draft."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, g, url_for

from app.domain import clock
from app.domain.errors import Finding, Forbidden, Invalid, NotFound
from app.domain.models import Account, Order, Package, Qualification
from app.extensions import db
from app.services import drafts, package_items, packages, qualification
from app.web import guard
from app.web.api import answering, life_bodies, reading
from app.web.api.answers import OrderAnswer
from app.web.api.described import described
from app.web.api.filters import AddressFilters, NoFilters, PackageFilters
from app.web.api.life_answers import (
    AddressAnswer,
    AddressList,
    ChoiceAnswer,
    ContactRule,
    OfferAnswer,
    OptionRule,
    PackageAnswer,
    PackageList,
    PackageServiceAnswer,
    PriceAnswer,
    QualificationAnswer,
    ReasonAnswer,
)
from app.web.api.orders import own_order, shown_order
from app.web.api.showing import Shower, shown_product

TAG = "Qualification and packages"


@described("Find an address", TAG, AddressList, filters=AddressFilters)
def list_addresses() -> Response:
    """The exchange's buildings; the code of one is what a qualification by address asks for."""
    found = qualification.find_addresses(reading.query(AddressFilters).q)
    items = [AddressAnswer(code=one.code, name=one.name, address=one.address, fabrics=one.fabrics) for one in found]
    return answering.answer({"items": items, "next": None})


@described("Qualify", TAG, QualificationAnswer, status=201, body=life_bodies.Qualification, keyed=True, missing=True)
def create_qualification() -> Response:
    """Without a check (`none`), by an identifier (one of your ports or services, an AS number), or by an address. The
    answer tells what can be had where, and why something cannot; it is believed until `valid_until`. With `order_id` it
    is kept on that draft: for all of its items or, where they are to be in different places, for some (`items`)."""
    reading.query(NoFilters)
    wanted = reading.body(life_bodies.Qualification)
    return answering.creating(lambda: _qualify(wanted))


def _qualify(wanted: life_bodies.Qualification) -> tuple[QualificationAnswer, str]:
    actor = guard.actor()
    if wanted.order_id is not None:
        own_order(wanted.order_id)
    order = drafts.draft(wanted.order_id, actor) if wanted.order_id else None
    _check_items(wanted, order)
    account_id = wanted.account_id or (order.account_id if order else g.token.user.account_id)
    if account_id is None:
        missing = Finding("/account_id", "required", "Say for which account.")
        raise Invalid("It is not said for whom.", [missing])
    if db.session.get(Account, account_id) is None or not actor.acts_for(account_id):
        raise Forbidden("This token can qualify only for accounts that it can order as.")
    made = qualification.ask(
        qualification.Question(
            account_id=account_id,
            method=wanted.method,
            identifier=wanted.identifier.type if wanted.identifier else None,
            value=wanted.identifier.value if wanted.identifier else None,
            address=wanted.address,
            service_types=tuple(wanted.service_types or ()),
        ),
        actor,
    )
    if order is not None:
        qualification.keep(order, made, actor, wanted.items)
        db.session.flush()
    return _shown(made, answering.shower()), url_for("api.show_qualification", qualification_id=made.id)


def _check_items(wanted: life_bodies.Qualification, order: Order | None) -> None:
    known = {item.item_number for item in order.items} if order is not None else set()
    strangers = [
        Finding(f"/items/{index}", "reference", f"The draft has no item {number}.")
        for index, number in enumerate(wanted.items or ())
        if number not in known
    ]
    if strangers:
        raise Invalid("Some values of the question are not right.", strangers)


@described("Read a qualification", TAG, QualificationAnswer)
def show_qualification(qualification_id: uuid.UUID) -> Response:
    """What was found; `expired` once it is not believed any more."""
    reading.query(NoFilters)
    return answering.answer(_shown(_find(qualification_id), answering.shower()))


def _find(qualification_id: uuid.UUID) -> Qualification:
    found = db.session.get(Qualification, qualification_id)
    if found is None or not guard.actor().acts_for(found.account_id):
        raise NotFound("There is no such qualification.")
    return found


def _shown(found: Qualification, shower: Shower) -> QualificationAnswer:
    return QualificationAnswer(
        id=str(found.id),
        account_id=found.account_id,
        method=found.method,
        asked=found.asked,
        qualified=found.qualified,
        offers=[
            OfferAnswer(
                service_type=one["service_type"], fabric=one["fabric"], location=one["location"], port=one["port"],
                capacity_left=one.get("capacity_left"), capacities=one["capacities"], free=one["free"],
                by_hand=one["by_hand"],
            )
            for one in found.offers
        ],
        reasons=[ReasonAnswer(rule=one["rule"], detail=one["detail"]) for one in found.reasons],
        created_at=shower.at(found.created_at),
        valid_until=shower.at(found.valid_until),
        expired=found.valid_until <= clock.now(),
    )  # fmt: skip


@described("List packages", TAG, PackageList, filters=PackageFilters, missing=True)
def list_packages() -> Response:
    """What is sold; with `qualification` only what can be had by it, and `sites` says where."""
    asked = reading.query(PackageFilters)
    found = _find(asked.qualification) if asked.qualification else None
    items = [_package(one, packages.sites_of(one, found) if found else None) for one in packages.listed(found)]
    return answering.answer({"items": items, "next": None})


def _package(one: Package, sites: list[dict[str, str]] | None) -> PackageAnswer:
    where = [{"fabric": code} for code in one.sites] if sites is None else [site for site in sites if site]
    price = None
    if one.price_minor is not None:
        price = PriceAnswer(amount_minor=one.price_minor, currency=one.currency, period=one.price_period)
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
        sites=where,
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
