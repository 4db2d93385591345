"""What a draft still needs: requirements of its services, the terms; and notes and payments of any order."""

import uuid
from typing import Any

from flask import Response, request, url_for

from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import Order, Payment, Terms
from app.extensions import db
from app.queries import api as queries
from app.services import drafts, logs, payments, requirements, terms
from app.web import guard
from app.web.api import answering, inputs, life_bodies, reading
from app.web.api.answers import LogAnswer
from app.web.api.described import described
from app.web.api.filters import NoFilters
from app.web.api.life_answers import (
    AcceptedAnswer,
    OrderTermsAnswer,
    PaymentAnswer,
    PaymentList,
    RequirementsAnswer,
    TermsAnswer,
)
from app.web.api.orders import own_order, visible_order
from app.web.api.showing import Shower

TAG = "Requirements, terms, payments"


@described("Read what an order needs", TAG, RequirementsAnswer)
def show_requirements(order_id: uuid.UUID) -> Response:
    """Read afresh each time: of each service what must be set and what may, with what is set: configuration, features,
    the service's own contacts, identifiers and their realms; `missing` lists what still has to be set."""
    reading.query(NoFilters)
    return answering.answer(requirements.of_order(own_order(order_id)))


@described("Set what an order needs", TAG, RequirementsAnswer, body=life_bodies.Requirements)
def set_requirements(order_id: uuid.UUID) -> Response:
    """What is sent is set; null takes a value away, everything else stays. Only while the order is a draft, and once a
    package is selected or it has items."""
    return _put(order_id, whole=False)


@described("Replace what an order needs", TAG, RequirementsAnswer, body=life_bodies.Requirements)
def replace_requirements(order_id: uuid.UUID) -> Response:
    """As PATCH, but each group that is sent for a service is replaced whole: what it does not say is taken away."""
    return _put(order_id, whole=True)


def _put(order_id: uuid.UUID, *, whole: bool) -> Response:
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(life_bodies.Requirements)
    actor = guard.actor()
    order = drafts.draft(order_id, actor, reading.version_seen(wanted.version))
    requirements.put(order, [_values(one) for one in wanted.services], actor, whole=whole)
    db.session.commit()
    return answering.answer(requirements.of_order(visible_order(order_id)))


def _values(one: life_bodies.ServiceValues) -> requirements.Values:
    features: dict[str, Any] | None = None
    if one.features is not None:
        features = {code: said.model_dump(exclude_unset=True) for code, said in one.features.items()}
    contacts = inputs.people(one.contacts) if one.contacts is not None else None
    return requirements.Values(one.item_number, one.configuration, one.identifiers, features, contacts)


@described("Read the terms", TAG, TermsAnswer, missing=True)
def show_terms() -> Response:
    """The terms and conditions of the day; 404 where the exchange keeps none."""
    reading.query(NoFilters)
    found = terms.current()
    if found is None:
        raise NotFound("No terms are in force.")
    return answering.answer(_terms(found, answering.shower()))


def _terms(found: Terms, shower: Shower) -> TermsAnswer:
    return TermsAnswer(version=found.version, text=found.text, in_force_from=shower.at(found.in_force_from))


@described("Read which terms were accepted", TAG, OrderTermsAnswer)
def show_order_terms(order_id: uuid.UUID) -> Response:
    """The terms of the day, and what was accepted for this order, with version and time."""
    reading.query(NoFilters)
    return answering.answer(_order_terms(own_order(order_id)))


def _order_terms(order: Order) -> OrderTermsAnswer:
    shower, now, accepted = answering.shower(), terms.current(), terms.of_order(order.id)
    return OrderTermsAnswer(
        current=_terms(now, shower) if now else None,
        accepted=AcceptedAnswer(
            version=accepted.version, accepted_by=accepted.accepted_by, accepted_at=shower.at(accepted.accepted_at)
        ) if accepted else None,
        to_accept=now is not None and (accepted is None or accepted.version != now.version),
    )  # fmt: skip


@described("Accept the terms", TAG, OrderTermsAnswer, body=life_bodies.Acceptance)
def accept_terms(order_id: uuid.UUID) -> Response:
    """For a draft. A version that is not in force any more is refused (409): read the new one and accept that."""
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(life_bodies.Acceptance)
    actor = guard.actor()
    order = drafts.draft(order_id, actor)
    terms.accept(order, wanted.version, actor)
    db.session.commit()
    return answering.answer(_order_terms(order))


@described("Write a note", TAG, LogAnswer, status=201, body=life_bodies.Note, keyed=True)
def create_note(order_id: uuid.UUID) -> Response:
    """A note on the order, read by the exchange's staff; it stands in the order's log, and its ticket is told."""
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(life_bodies.Note)
    if not wanted.note.strip():
        raise Invalid("The note is empty.", [Finding("/note", "required", "Write something.")])

    def make() -> tuple[LogAnswer, str]:
        uid = logs.note(own_order(order_id), wanted.note.strip(), guard.actor())
        return answering.shower().log(queries.log(uid)), url_for("api.list_logs", order_id=order_id)

    return answering.creating(make)


@described("List payments", TAG, PaymentList)
def list_payments(order_id: uuid.UUID) -> Response:
    """References and collected payments of the order, the oldest first."""
    reading.query(NoFilters)
    own_order(order_id)
    shower = answering.shower()
    return answering.answer({"items": [_payment(row, shower) for row in payments.of_order(order_id)], "next": None})


@described("Record or collect a payment", TAG, PaymentAnswer, status=201, body=life_bodies.Payment, keyed=True)
def create_payment(order_id: uuid.UUID) -> Response:
    """A reference to a payment that was made elsewhere, or with `collect` an amount that the exchange's payment
    provider takes. Its state is then `collected` or `refused`; `started` means that the provider could not be reached:
    send the same request again, under the same Idempotency-Key."""
    reading.query(NoFilters)
    order = own_order(order_id)
    wanted = reading.body(life_bodies.Payment)
    money = _money(wanted)
    actor = guard.actor()
    key = payments.key_of(order_id, actor, _given_key())
    if wanted.collect and money is not None:
        made = payments.collect(order, money, wanted.reference, actor, key)
    else:
        made = payments.refer(order, wanted.reference or "", money, actor, key)
    address = url_for("api.list_payments", order_id=order_id)
    return answering.answer(_payment(made, answering.shower()), 201, location=address)


def _given_key() -> str:
    given = answering.given_key()
    return f"{uuid.uuid4()}" if given is None else f"{request.path} {given}"


def _money(wanted: life_bodies.Payment) -> payments.Money | None:
    findings = []
    if (wanted.amount_minor is None) != (wanted.currency is None):
        name = "currency" if wanted.currency is None else "amount_minor"
        findings.append(Finding(f"/{name}", "required", "An amount needs its currency, and a currency its amount."))
    if wanted.collect and wanted.amount_minor is None:
        findings.append(Finding("/amount_minor", "required", "Say how much is to be collected."))
    if not wanted.collect and not (wanted.reference or "").strip():
        findings.append(Finding("/reference", "required", "Give the reference of the payment, or collect one."))
    if findings:
        raise Invalid("Some values of the payment are not right.", findings)
    if wanted.amount_minor is None or wanted.currency is None:
        return None
    return payments.Money(wanted.amount_minor, wanted.currency)


def _payment(row: Payment, shower: Shower) -> PaymentAnswer:
    return PaymentAnswer(
        id=str(row.id), order_id=str(row.order_id), kind=row.kind, state=row.state, amount_minor=row.amount_minor,  # type: ignore[typeddict-item]
        currency=row.currency, reference=row.reference, provider=row.provider,
        provider_reference=row.provider_reference, error=row.error, created_at=shower.at(row.created_at),
    )  # fmt: skip
