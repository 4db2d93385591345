"""Find out what can be had: addresses and qualifications."""

import uuid

from flask import Response, g, url_for

from app.domain import clock
from app.domain.errors import Finding, Forbidden, Invalid, NotFound
from app.domain.models import Account, Order, Qualification
from app.extensions import db
from app.services import drafts, qualification
from app.web import guard
from app.web.api import answering, life_bodies, reading
from app.web.api.described import described
from app.web.api.filters import AddressFilters, NoFilters
from app.web.api.life_answers import (
    AddressAnswer,
    AddressList,
    OfferAnswer,
    QualificationAnswer,
    ReasonAnswer,
)
from app.web.api.orders import own_order
from app.web.api.showing import Shower

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
    return answering.answer(_shown(find_qualification(qualification_id), answering.shower()))


def find_qualification(qualification_id: uuid.UUID) -> Qualification:
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
