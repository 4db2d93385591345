"""Ordering: choose a service, fill in one form, look at it once more, submit. Works as plain HTML.

The form is sent to its own address with `step` = review, change or submit; only submit has an effect, and the form's
key makes that one order however often it is sent.
"""

import uuid
from typing import Any

from flask import current_app, redirect, request, url_for
from wtforms import Form

from app.catalogue import check_order, describe, describe_service
from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import FormKey, Order
from app.extensions import db
from app.queries import names, portal_choices, portal_services
from app.queries.catalogue_world import DatabaseWorld
from app.queries.portal_choices import Choices
from app.queries.portal_services import ServicePart
from app.services import items, orders, requestors
from app.services.orders import OrderInput
from app.web.guard import actor
from app.web.portal import forms, sent
from app.web.portal.frame import Crumb, orders_crumb, own_account, page, viewer
from app.web.portal.offer import Offer, change_offer, new_offer, new_offers, slug_of

ORDER_NOTE = "order "


def choose() -> Any:
    choices = _choices()
    offers = [(offer, offer.missing(choices)) for offer in new_offers(choices)]
    return page("portal/new.html", crumbs=(orders_crumb(), ("New service", "")), offers=offers)


def form(what: str) -> Any:
    choices = _choices()
    return _blank(new_offer(what, choices), choices)


def send(what: str) -> Any:
    choices = _choices()
    return _sent(new_offer(what, choices), choices)


def change_form(service_id: uuid.UUID, action: str) -> Any:
    return _blank(change_offer(_service(service_id), action), _choices())


def change_send(service_id: uuid.UUID, action: str) -> Any:
    return _sent(change_offer(_service(service_id), action), _choices())


def _choices() -> Choices:
    return portal_choices.for_accounts(own_account(), actor().account_ids)


def _service(service_id: uuid.UUID) -> ServicePart:
    found = portal_services.service(actor(), own_account(), service_id)
    if found is None:
        raise NotFound("There is no such service.")
    return found


def _blank(offer: Offer, choices: Choices) -> Any:
    blank = forms.form_class(offer, choices)(data=forms.present(offer))
    return _form_page(offer, choices, blank)


def _form_page(offer: Offer, choices: Choices, filled: Form, status: int = 200, **more: Any) -> Any:
    missing = offer.missing(choices)
    first = slug_of(offer.kind) if missing is None else missing.refers_to[0].replace("_", "-")
    return page(
        "portal/form.html", status, _crumbs(offer, offer.title), offer=offer, form=filled, here=_address(offer),
        missing=missing, first_url=url_for("portal.form", what=first), **more,
    )  # fmt: skip


def _address(offer: Offer) -> str:
    if offer.service is None:
        return url_for("portal.form", what=offer.slug)
    return url_for("portal.change_form", service_id=offer.service.id, action=offer.slug)


def _crumbs(offer: Offer, last: str) -> tuple[Crumb, ...]:
    if offer.service is None:
        return orders_crumb(), ("New service", url_for("portal.choose")), (last, "")
    here = url_for("portal.service", service_id=offer.service.id)
    above: Crumb = ("Services", url_for("portal.services"))
    return above, (f"{offer.service.title} {offer.service.number}", here), (offer.action.portal_label, "")


def _sent(offer: Offer, choices: Choices) -> Any:
    filled = forms.form_class(offer, choices)(request.form)
    step = request.form.get("step", "review")
    if step == "change":
        return _form_page(offer, choices, filled, form_key=sent.form_key())
    key = sent.form_key()
    if step == "submit" and (earlier := _placed_before(key)) is not None:
        return _to_order(earlier)
    findings = [] if filled.validate() else forms.summary(filled)
    wanted = _wanted(offer, filled, choices)
    if not findings:
        findings = forms.place_errors(filled, _check(offer, wanted), offer)
    if findings:
        return _form_page(offer, choices, filled, 422, findings=findings, form_key=key)
    if step != "submit":
        return _review(offer, filled, wanted, key)
    return _submit(offer, choices, filled, wanted, key)


def _wanted(offer: Offer, filled: Form, choices: Choices) -> OrderInput:
    """The order that the form asks for; its item is not checked yet."""
    who = viewer()
    customer = _customer_id(offer, filled)
    said = {"account_id": customer} if customer else None
    return OrderInput(
        account_id=own_account(),
        requestor=requestors.requestor({}, actor(), who),
        items=[forms.item_of(offer, filled, choices)],
        channel="portal",
        type=offer.order_type,
        sub_customer=requestors.sub_customer(said, own_account(), actor()),
        po_number=filled.po_number.data or None,
        additional_cc=forms.emails_in(filled.additional_cc.data),
        notes=filled.notes.data or None,
        dates=forms.dates(filled),
    )


def _customer_id(offer: Offer, filled: Form) -> str | None:
    """For whom: as chosen for a new service, as it stands for an existing one."""
    if offer.service is None:
        chosen = filled["customer"].data if "customer" in filled else None
        known = {choice.value for choice in filled["customer"].choices} if "customer" in filled else set()
        return chosen if chosen and chosen in known else None
    own = own_account()
    if offer.service.account_id != own:
        return offer.service.account_id
    return offer.service.sub_account_id


def _check(offer: Offer, wanted: OrderInput) -> list[Finding]:
    """What the catalogue and the order's own rules find; nothing is stored."""
    ids = {wanted.account_id} | ({wanted.sub_customer["account_id"]} if wanted.sub_customer else set())
    findings = list(check_order(offer.order_type, wanted.items, DatabaseWorld(ids)).findings)
    dates = wanted.dates
    if dates.start and dates.completion and dates.completion < dates.start:
        findings.append(Finding("/requested_completion_date", "order", "This lies before the start."))
    return findings


def _review(offer: Offer, filled: Form, wanted: OrderInput, key: str) -> Any:
    item = wanted.items[0]
    called = names.for_details([item.details, offer.service.details if offer.service else {}])
    rows = describe(offer.kind.key, offer.action.name, item.details, "member", called, offer.order_type)
    before = describe_service(offer.kind.key, offer.service.details, "member", called) if offer.service else []
    return page(
        "portal/review.html", crumbs=_crumbs(offer, "Review"), offer=offer, rows=_changes(rows, before),
        before=before if offer.is_cease else [], form=filled, hidden=forms.repeated(filled), form_key=key,
        here=_address(offer), wanted=wanted, customer=(wanted.sub_customer or {}).get("organisation"),
    )  # fmt: skip


def _changes(rows: list[tuple[str, str]], before: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The rows; of an existing service as “old → new”."""
    old = dict(before)
    return [(label, f"{old[label]} → {value}" if label in old else value) for label, value in rows]


def _submit(offer: Offer, choices: Choices, filled: Form, wanted: OrderInput, key: str) -> Any:
    try:
        placed = _place(wanted, key)
    except Invalid as refused:
        db.session.rollback()
        findings = forms.place_errors(filled, refused.errors, offer) or [Finding("", "refused", refused.detail)]
        return _form_page(offer, choices, filled, 422, findings=findings, form_key=key)
    return _to_order(placed)


def _place(wanted: OrderInput, key: str) -> uuid.UUID:
    """One order under this form key, in one transaction; whoever comes second gets the order of the first."""
    if not items.once(key, actor(), ORDER_NOTE):
        db.session.rollback()
        earlier = _placed_before(key)
        assert earlier is not None  # the key is noted and the order named in one transaction
        return earlier
    order: Order = orders.place(wanted, actor(), current_app.config["HANDOFF"])
    note = db.session.get(FormKey, items.key_of(key, actor(), ORDER_NOTE))
    assert note is not None
    note.what = f"{ORDER_NOTE}{order.id}"
    placed = order.id
    db.session.commit()
    return placed


def _placed_before(key: str) -> uuid.UUID | None:
    """The order that this form made when it was sent before."""
    note = db.session.get(FormKey, items.key_of(key, actor(), ORDER_NOTE))
    if note is None or not note.what.startswith(ORDER_NOTE):
        return None
    return uuid.UUID(note.what.removeprefix(ORDER_NOTE))


def _to_order(order_id: uuid.UUID) -> Any:
    return redirect(url_for("portal.order", order_id=order_id), 303)
