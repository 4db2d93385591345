"""The last step: everything once more, the terms, what belongs to the order as a whole; then it is placed."""

import uuid
from typing import Any

from flask import current_app, redirect, request, url_for
from wtforms import Form

from app.domain.errors import Finding
from app.domain.models import Order
from app.queries import address_book, portal_draft
from app.queries.package_words import package_price
from app.services import draft_steps, drafts, packages, payments, qualification, terms
from app.web.guard import actor
from app.web.portal import about, forms, item_forms, item_read, people, sent, wizard
from app.web.portal.configure import LATER
from app.web.portal.frame import own_account

TERMS = "terms"


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
    form, roles = about_form(order, typed), about.roles_of(order)
    told = _placed(form, findings or [], asked_here if findings else [])
    package = packages.of_order(order)
    return wizard.show(
        "portal/review.html", order, "review", status, items=portal_draft.items(order, actor(), elsewhere),
        problems=_in_words(order, elsewhere), form=form, about=about.parts(form, roles), findings=told,
        package=package, price=package_price(package), terms=terms.current(), accepted=ticked,
        options=portal_draft.options_of(order), qualified=qualification.of_order(order),
        expired=portal_draft.expired(order), can_go_back=wizard.steps_of(order),
        ends=all(item.action == "cease" for item in order.items), **more,
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
    book, roles = address_book.of(order.account_id, order.sub_account_id), about.roles_of(order)
    form_class = about.form_class("Switch off on" if ends else "Wanted by", book, roles=roles, payment=True)
    present = {**about.present(order, book, roles), "payment_reference": order.payment_reference or ""}
    form = forms.made(form_class, typed, present)
    people.settle(form, [f"contact_{role}" for role in roles])
    return form


def _placed(form: Form, findings: list[Finding], also: list[Finding]) -> list[Finding]:
    """Findings about what this page asks, at their fields; those about items stand with the items."""
    if any(one.rule == item_read.FORM for one in findings):
        form.validate()
        return forms.summary(form) + [Finding(f"/{TERMS}", one.rule, one.detail) for one in also]
    told = []
    for one in findings:
        name = about.control_of(form, one.pointer)
        if name:
            forms.add_error(form, name, one.detail)
            told.append(Finding(f"/{name}", one.rule, one.detail))
        elif one.pointer in ("/terms", "/version"):
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


def _changes(order: Order, form: Form) -> dict[str, Any]:
    """What the draft keeps. Once the order is placed, the payment has a row of its own."""
    named = about.contacts(order, form, about.roles_of(order))
    return {**about.said(form), "contacts": named, "payment_reference": form["payment_reference"].data or None}


def save_review(draft_id: uuid.UUID) -> Any:
    """Place the order, or keep what was typed for later."""
    seen = wizard.seen(draft_id)
    if request.form.get("then") == LATER:
        then = url_for("portal.orders", show="drafts")
        return wizard.tried(draft_id, lambda: draft_steps.amend(seen, _said(draft_id)[1], actor()), then, _again)
    placed = url_for("portal.order", order_id=draft_id)
    if sent.already(seen.form_key, draft_steps.SENT, draft_id):
        _note_payment(seen, about_form(wizard.find(draft_id), request.form))
        return redirect(placed, 303)
    return wizard.tried(draft_id, lambda: _send(seen, draft_id), placed, _again)


def _said(draft_id: uuid.UUID) -> tuple[Form, dict[str, Any]]:
    """The form, and what it says of the order."""
    order = wizard.find(draft_id)
    form = about_form(order, request.form)
    item_read.refuse_if_wrong([(form, "")])
    return form, _changes(order, form)


def _send(seen: draft_steps.Seen, draft_id: uuid.UUID) -> None:
    form, changes = _said(draft_id)
    version = request.form.get(TERMS, "").replace("\x00", "")[:20]
    config = current_app.config["HANDOFF"]
    changes = {**changes, "payment_reference": None}
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
