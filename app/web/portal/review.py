"""The last step: everything once more, the terms, what belongs to the order as a whole; then it is placed."""

import uuid
from typing import Any

from flask import current_app, redirect, request, url_for
from wtforms import Form

from app.domain.errors import Finding
from app.domain.models import Order
from app.queries import portal_draft
from app.queries.package_words import package_price
from app.services import draft_steps, drafts, packages, payments, qualification, terms
from app.web.guard import actor
from app.web.portal import forms, item_forms, item_read, sent, wizard
from app.web.portal.configure import LATER
from app.web.portal.frame import own_account

TERMS = "terms"
TELLS = ("po_number", "payment_reference", "additional_cc", "start", "completion", "notes")


def review(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, lambda order: _page(order))


def _page(
    order: Order, status: int = 200, *, typed: Any = None, findings: list[Finding] | None = None, **more: Any
) -> Any:
    """What stands in the way is told on arrival already, except for what this very page asks."""
    standing = drafts.problems(order.id, actor())
    ticked = _accepted(typed)
    asked_here = [one for one in standing if one.pointer == "/terms" and not ticked and _places(typed)]
    elsewhere = [one for one in standing if one.pointer != "/terms"]
    form = about_form(order, typed)
    told = _placed(form, findings or [], asked_here if findings else [])
    package = packages.of_order(order)
    return wizard.show(
        "portal/review.html", order, "review", status, items=portal_draft.items(order, actor(), elsewhere),
        problems=_in_words(order, elsewhere), form=form, findings=told, package=package, price=package_price(package),
        terms=terms.current(), accepted=ticked, options=portal_draft.options_of(order),
        qualified=qualification.of_order(order), expired=portal_draft.expired(order),
        can_go_back=wizard.steps_of(order), ends=all(item.action == "cease" for item in order.items), **more,
    )  # fmt: skip


def _accepted(typed: Any) -> bool:
    """Whether the terms that are in force now are ticked."""
    now = terms.current()
    return typed is not None and now is not None and typed.get(TERMS) == now.version


def _places(typed: Any) -> bool:
    """Whether the order is to be placed, so that the terms are asked; not only kept for later."""
    return typed is not None and typed.get("then") != LATER


def about_form(order: Order, typed: Any) -> Form:
    """What is said about the order as a whole."""
    ends = bool(order.items) and all(item.action == "cease" for item in order.items)
    present = {
        "po_number": order.po_number or "", "additional_cc": ", ".join(order.additional_cc or []),
        "start": forms.typed_moment(order.requested_start_date), "notes": order.notes or "",
        "completion": forms.typed_moment(order.requested_completion_date),
        "payment_reference": order.payment_reference or "",
    }  # fmt: skip
    return forms.made(forms.about("Switch off on" if ends else "Wanted by", payment=True), typed, present)


def _placed(form: Form, findings: list[Finding], also: list[Finding]) -> list[Finding]:
    """Findings about what this page asks, at their fields; those about items stand with the items."""
    known = {
        "/requested_completion_date": "completion", "/requested_start_date": "start", "/version": TERMS,
    }  # fmt: skip
    if any(one.rule == item_read.FORM for one in findings):
        form.validate()
        return forms.summary(form) + [Finding(f"/{TERMS}", one.rule, one.detail) for one in also]
    told = []
    for one in findings:
        name = known.get(one.pointer, one.pointer.strip("/"))
        if name in TELLS:
            forms.add_error(form, name, one.detail)
            told.append(Finding(f"/{name}", one.rule, one.detail))
        elif name == TERMS:
            told.append(Finding(f"/{TERMS}", one.rule, one.detail))
        elif not one.pointer.startswith(("/items", "/qualification")):
            told.append(one)
    return told


def _in_words(order: Order, findings: list[Finding]) -> list[Finding]:
    """What has to be put right on an earlier page, in members' words."""
    if not findings:
        return []
    found = item_forms.of_draft(item_forms.source(order, own_account()), None, complete=True)
    return [Finding(one.pointer, one.rule, item_read.in_words(found, one)) for one in findings]


def _changes(form: Form) -> dict[str, Any]:
    """What the draft keeps. Once the order is placed, the payment has a row of its own."""
    dates = forms.dates(form)
    return {
        "po_number": form["po_number"].data or None, "additional_cc": forms.emails_in(form["additional_cc"].data),
        "notes": form["notes"].data or None, "requested_start_date": dates.start,
        "requested_completion_date": dates.completion, "payment_reference": form["payment_reference"].data or None,
    }  # fmt: skip


def save_review(draft_id: uuid.UUID) -> Any:
    """Place the order, or keep what was typed for later."""
    seen = wizard.seen(draft_id)
    if request.form.get("then") == LATER:
        then = url_for("portal.orders", show="drafts")
        return wizard.tried(draft_id, lambda: draft_steps.amend(seen, _changes(_said(draft_id)), actor()), then, _again)
    placed = url_for("portal.order", order_id=draft_id)
    if sent.already(seen.form_key, draft_steps.SENT, draft_id):
        _note_payment(seen, about_form(wizard.find(draft_id), request.form))
        return redirect(placed, 303)
    return wizard.tried(draft_id, lambda: _send(seen, draft_id), placed, _again)


def _said(draft_id: uuid.UUID) -> Form:
    form = about_form(wizard.find(draft_id), request.form)
    item_read.refuse_if_wrong([(form, "")])
    return form


def _send(seen: draft_steps.Seen, draft_id: uuid.UUID) -> None:
    form = _said(draft_id)
    version = request.form.get(TERMS, "").replace("\x00", "")[:20]
    config = current_app.config["HANDOFF"]
    changes = {**_changes(form), "payment_reference": None}
    draft_steps.send(seen, changes, actor(), config, terms_version=version or None)
    _note_payment(seen, form)


def _note_payment(seen: draft_steps.Seen, form: Form) -> None:
    """Under the form's key, so that a form that is sent again because its answer was lost notes it once."""
    reference = form["payment_reference"].data
    if reference and form["payment_reference"].validate(form):
        key = payments.key_of(seen.order_id, actor(), seen.form_key)
        payments.refer(wizard.find(seen.order_id), reference, None, actor(), key)


def _again(order: Order, status: int, **more: Any) -> Any:
    return _page(order, status, typed=request.form, **more)
