"""Changing an order that is under way, as far as that is still possible: dates, references, bandwidth before it is
provisioned. The same verbs as the API's PATCH."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from wtforms import Form

from app.catalogue import action_of
from app.catalogue.late import bandwidth_name
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Order, OrderItem
from app.domain.states import ENDED_STATUSES, Stage, Status
from app.extensions import db
from app.queries import portal_draft
from app.queries.portal_words import item_title
from app.services import order_changes
from app.services.once import once_and_whole
from app.web.guard import actor
from app.web.portal import forms, item_read, sent
from app.web.portal.frame import orders_crumb, page

VERB = "order: changed"
FIELDS = {
    "po_number": "po_number", "additional_cc": "additional_cc", "notes": "notes",
    "requested_start_date": "start", "requested_completion_date": "completion",
}  # fmt: skip


def ask_change(order_id: uuid.UUID) -> Any:
    return _page(_find(order_id))


def _find(order_id: uuid.UUID) -> Order:
    """An order that the viewer's account placed; a customer for whom it was placed asks its reseller."""
    order = portal_draft.find(actor(), order_id)
    if order is None or order.status is Status.DRAFT:
        raise NotFound("There is no such order.")
    return order


def _page(order: Order, status: int = 200, *, typed: Any = None, findings: Sequence[Finding] = (),
          **more: Any) -> Any:  # fmt: skip
    form = _form(order, typed)
    told = _placed(form, findings)
    here = url_for("portal.order", order_id=order.id)
    crumbs = (orders_crumb(), (f"Order {order.number}", here), ("Change", ""))
    return page(
        "portal/order_change.html", status, crumbs, order=order, form=form, findings=told,
        ended=order.status in ENDED_STATUSES, **more,
    )  # fmt: skip


def _form(order: Order, typed: Any) -> Form:
    """The order's own fields, and the bandwidth of items that may still have another one."""
    controls: dict[str, Any] = {}
    present: dict[str, Any] = {
        "po_number": order.po_number or "", "additional_cc": ", ".join(order.additional_cc or []),
        "notes": order.notes or "", "start": forms.typed_moment(order.requested_start_date),
        "completion": forms.typed_moment(order.requested_completion_date),
    }  # fmt: skip
    for item, name in _changeable(order):
        label = f"{item_title(item.item_number, item.service_type, item.action, order.type)}: bandwidth (Mbit/s)"
        controls[_control(item)] = forms.text(label, "Until it is provisioned.", longest=20, inputmode="numeric")
        present[_control(item)] = str(item.details.get(name, ""))
    form_class = type("ChangeForm", (forms.about("Wanted by"),), controls)
    return forms.made(form_class, typed, present)


def _control(item: OrderItem) -> str:
    return f"bandwidth_{item.item_number}"


def _changeable(order: Order) -> list[tuple[OrderItem, str]]:
    """The items whose bandwidth may still change, with the name of that detail."""
    found = []
    for item in order.items:
        name = bandwidth_name(action_of(item.service_type, item.action, order.type))
        ended = item.status in ENDED_STATUSES or item.cancelling or item.stage is Stage.PROVISIONING
        if name is not None and item.service_number is not None and not ended:
            found.append((item, name))
    return found


def _placed(form: Form, findings: Sequence[Finding]) -> list[Finding]:
    if any(one.rule == item_read.FORM for one in findings):
        form.validate()
        return forms.summary(form)
    told = []
    for one in findings:
        name = FIELDS.get(one.pointer.strip("/"), one.pointer.strip("/"))
        if name in form:
            forms.add_error(form, name, one.detail)
        told.append(Finding(f"/{name}" if name in form else "", one.rule, one.detail))
    return told


def change(order_id: uuid.UUID) -> Any:
    """Change what was typed differently, all of it or nothing."""
    order = _find(order_id)
    key, version = sent.form_key(), sent.version()
    form = _form(order, request.form)
    try:
        item_read.refuse_if_wrong([(form, "")])
        changes, widths = _changes(order, form), _widths(order, form)
        once_and_whole(actor(), VERB, key, lambda: _do(order_id, changes, widths, version), order_id)
    except Conflict as refused:
        db.session.rollback()
        return _page(_find(order_id), refused.status, typed=request.form, conflict=refused.detail)
    except Invalid as refused:
        db.session.rollback()
        findings = refused.errors or [Finding("", "refused", refused.detail)]
        return _page(_find(order_id), refused.status, typed=request.form, findings=findings)
    flash("The order has been changed.", "success")
    return redirect(url_for("portal.order", order_id=order_id), 303)


def _changes(order: Order, form: Form) -> dict[str, Any]:
    """What is different from the order as it stands."""
    dates = forms.dates(form)
    said = {
        "po_number": form["po_number"].data or None, "notes": form["notes"].data or None,
        "additional_cc": forms.emails_in(form["additional_cc"].data), "requested_start_date": dates.start,
        "requested_completion_date": dates.completion,
    }  # fmt: skip
    return {name: value for name, value in said.items() if not _same(getattr(order, name), value)}


def _same(before: Any, after: Any) -> bool:
    if hasattr(before, "replace") and hasattr(before, "tzinfo") and after is not None:
        return bool(before.replace(second=0, microsecond=0) == after)  # the control knows minutes only
    return (before or None) == (after or None)


def _widths(order: Order, form: Form) -> dict[uuid.UUID, tuple[str, int | str]]:
    """The items with another bandwidth: control and what was typed, a number if it is one."""
    found: dict[uuid.UUID, tuple[str, int | str]] = {}
    for item, name in _changeable(order):
        typed = form[_control(item)].data or ""
        if typed and typed != str(item.details.get(name, "")):
            number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else typed
            found[item.id] = (_control(item), number)
    return found


def _do(
    order_id: uuid.UUID, changes: Mapping[str, Any], widths: Mapping[uuid.UUID, tuple[str, int | str]], version: int
) -> None:
    if not changes and not widths:
        raise Invalid("Nothing was changed.", [Finding("", "required", "Nothing was changed: say what is to change.")])
    order_changes.change(order_id, actor(), dict(changes), version=version)
    for item_id, (control, width) in widths.items():
        try:
            order_changes.change_item(item_id, actor(), {"bandwidth": width})
        except Invalid as refused:
            told = [Finding(f"/{control}", one.rule, one.detail) for one in refused.errors]
            raise Invalid(refused.detail, told) from None
