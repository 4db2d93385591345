"""The last step: everything once more, the terms, what belongs to the order as a whole; then it is placed."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import current_app, redirect, request, url_for
from wtforms import Form

from app.domain.errors import Finding
from app.domain.models import Order
from app.queries import address_book, portal_choices, portal_draft, portal_findings
from app.queries.package_words import order_price
from app.services import access_checks, draft_groups, draft_steps, drafts, packages, payments, prices, terms
from app.web.guard import actor
from app.web.portal import about, forms, item_forms, item_read, people, sent, wizard
from app.web.portal.configure import ADD, LATER, addable, added_item, nothing_to_add, removed_item
from app.web.portal.frame import own_account
from app.web.portal.orders import thank

TERMS = "terms"
ASKED_HERE = ("/terms", "/enni", "/contacts/operator")


def review(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, lambda order: _page(order))


def _page(
    order: Order, status: int = 200, *, typed: Any = None, findings: list[Finding] | None = None, **more: Any
) -> Any:
    """What stands in the way is told on arrival already, except for what this very page asks."""
    elsewhere = [one for one in drafts.problems(order.id, actor()) if not one.pointer.startswith(ASKED_HERE)]
    form, roles = about_form(order, typed), about.roles_of(order)
    told = _placed(form, findings or [])
    package = packages.of_order(order)
    return wizard.show(
        "portal/review.html", order, "review", status, items=portal_draft.items(order, actor(), elsewhere),
        problems=_in_words(order, elsewhere), form=form, about=about.parts(form, roles), findings=told,
        package=package, price=order_price(prices.of_order(order)), terms=terms.current(), accepted=_accepted(typed),
        options=portal_draft.options_of(order), again=_to_check(order, elsewhere), can_go_back=wizard.steps_of(order),
        addable=addable(order, portal_choices.for_accounts(own_account(), _accounts(order))),
        ends=all(item.action == "cease" for item in order.items), **more,
    )  # fmt: skip


def _to_check(order: Order, problems: list[Finding]) -> int | None:
    """The item whose availability is to be looked at again."""
    gone = [
        one.pointer.split("/")[2] for one in problems
        if one.rule in ("sold_out", "not_qualified") and one.pointer.startswith("/items/")
    ]  # fmt: skip
    numbers = [*portal_draft.stale(order), *(order.items[int(at)].item_number for at in gone)]
    return draft_groups.of(order).lead_of(numbers[0]) if numbers else None


def _accepted(typed: Any) -> bool:
    """Whether the terms that are in force now are ticked."""
    now = terms.current()
    return typed is not None and now is not None and typed.get(TERMS) == now.version


def _accounts(order: Order) -> set[str]:
    return {account for account in (order.account_id, order.sub_account_id) if account}


def about_form(order: Order, typed: Any) -> Form:
    """What is said about the order as a whole."""
    ends = bool(order.items) and all(item.action == "cease" for item in order.items)
    book, roles = address_book.of(order.account_id, order.sub_account_id), about.roles_of(order)
    ennis = access_checks.ennis({order.account_id}) if access_checks.is_handed_over(order) else None
    completion = "Switch off on" if ends else "Wanted by"
    form_class = about.form_class(completion, book, roles=roles, payment=not ends, ennis=ennis)
    present = {**about.present(order, book, roles), "payment_reference": order.payment_reference or ""}
    form = forms.made(form_class, typed, present)
    people.settle(form, [f"contact_{role}" for role in roles])
    return form


def _placed(form: Form, findings: list[Finding]) -> list[Finding]:
    """Findings about what this page asks, at their fields; those about items stand with the items."""
    if any(one.rule == item_read.FORM for one in findings):
        form.validate()
    told, refused = forms.summary(form), set(form.errors)
    for one in findings:
        if one.rule == item_read.FORM or one.pointer.startswith(("/items", "/qualification")):
            continue
        name = TERMS if one.pointer == "/version" else about.control_of(form, one.pointer)
        if name in refused:
            continue
        if name in form:
            forms.add_error(form, name, one.detail)
        told.append(Finding(f"/{name or one.pointer.strip('/')}", one.rule, one.detail))
    return told


def _in_words(order: Order, findings: list[Finding]) -> list[Finding]:
    """What has to be put right on an earlier page, in members' words."""
    if not findings:
        return []
    found = item_forms.of_draft(item_forms.source(order, own_account()), None, complete=True)
    return [replace(one, detail=item_read.in_words(found, one)) for one in portal_findings.spoken(findings, order)]


def _changes(order: Order, form: Form) -> dict[str, Any]:
    """What the draft keeps, as far as the form does not refuse it. Once the order is placed, the payment has a row of
    its own."""
    changes = {**about.said(form), "contacts": about.contacts(order, form, about.roles_of(order))}
    if "payment_reference" not in form or form["payment_reference"].errors:
        return changes
    return {**changes, "payment_reference": form["payment_reference"].data or None}


def save_review(draft_id: uuid.UUID) -> Any:
    """Place the order; or keep what was typed, for later (`then`), or to add an item or take one out."""
    seen, then = wizard.seen(draft_id), request.form.get("then", "")
    if then:
        return wizard.tried(draft_id, lambda: _keep(seen, then), _then(draft_id, then), _again)
    placed = url_for("portal.order", order_id=draft_id)
    if sent.already(seen.form_key, draft_steps.SENT, draft_id):
        _note_payment(seen, about_form(wizard.find(draft_id), request.form))
        thank(draft_id)
        return redirect(placed, 303)
    return wizard.tried(draft_id, lambda: _send(seen), placed, _again)


def _then(draft_id: uuid.UUID, then: str) -> str | Callable[[Order], str]:
    if then == ADD:
        return wizard.added_url
    return url_for("portal.orders", show="drafts") if then == LATER else wizard.step_url(draft_id, "review")


def _said(draft_id: uuid.UUID) -> tuple[Form, dict[str, Any], list[Finding]]:
    """The form, what it says of the order, and what it finds wrong itself."""
    order = wizard.find(draft_id)
    form = about_form(order, request.form)
    wrong = item_read.wrong_in([form])
    return form, _changes(order, form), wrong


def _keep(seen: draft_steps.Seen, then: str) -> None:
    added = added_item(then)
    _, changes, wrong = _said(seen.order_id)
    wrong += nothing_to_add(then, added)
    draft_steps.amend(seen, changes, actor(), add=added, remove=removed_item(then), wrong=wrong)


def _send(seen: draft_steps.Seen) -> None:
    form, changes, wrong = _said(seen.order_id)
    version = request.form.get(TERMS, "").replace("\x00", "")[:20]
    changes = {**changes, "payment_reference": None}
    draft_steps.send(
        seen, changes, actor(), current_app.config["HANDOFF"], terms_version=version or None, wrong=wrong
    )  # fmt: skip
    thank(seen.order_id)
    _note_payment(seen, form)


def _note_payment(seen: draft_steps.Seen, form: Form) -> None:
    """Under the form's key, so that a form that is sent again because its answer was lost notes it once."""
    asked = "payment_reference" in form
    reference = form["payment_reference"].data if asked else None
    if reference and form["payment_reference"].validate(form):
        key = payments.key_of(seen.order_id, actor(), seen.form_key)
        payments.refer(wizard.find(seen.order_id), reference, None, actor(), key)


def _again(order: Order, status: int, **more: Any) -> Any:
    return _page(order, status, typed=request.form, **more)
