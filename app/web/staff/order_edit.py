"""/orders/<id>/edit: what may still change of an order under way, saved by the rules of the API's PATCH."""

import uuid
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from wtforms import Form

from app.catalogue import action_of
from app.catalogue.late import bandwidth_name
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import Order, OrderItem
from app.domain.states import ENDED_STATUSES, Stage, Status
from app.extensions import db
from app.queries import staff_order
from app.services import order_desk
from app.services.order_desk import ItemChange
from app.web.guard import actor
from app.web.portal import forms
from app.web.portal.sent import form_key, version
from app.web.staff import frame, words

DATES = {"start": "requested_start_date", "completion": "requested_completion_date"}


def edit_order(order_id: uuid.UUID) -> Response:
    """GET /orders/<id>/edit"""
    order = staff_order.find(order_id)
    return _page(order, _about(order), _item_forms(order))


def save_order(order_id: uuid.UUID) -> Any:
    """POST /orders/<id>/edit: everything that was changed, or nothing."""
    key, seen = form_key(), version()
    order = staff_order.find(order_id)
    about, items = _about(order, request.form), _item_forms(order, request.form)
    findings = _faults(about, items)
    if findings:
        return _page(order, about, items, findings=findings)
    try:
        order_desk.edit(order_id, actor(), _changes(order, about), _item_changes(items), version=seen, form_key=key)
    except Invalid as why:
        return _refused(order_id, findings=why.errors or [Finding("", "rule", why.detail)])
    except Conflict as why:
        return _refused(order_id, conflict=why.detail)
    flash("The order is changed.", "success")
    return redirect(url_for("staff.order", order_id=order_id), 303)


def _refused(order_id: uuid.UUID, **more: Any) -> Response:
    """The form as it was typed, over the order as it is now."""
    db.session.rollback()
    order = staff_order.find(order_id)
    return _page(order, _about(order, request.form), _item_forms(order, request.form), **more)


def _page(order: Order, about: Form, items: list[tuple[OrderItem, Form]], *, conflict: str = "",
          findings: list[Finding] | None = None) -> Response:  # fmt: skip
    shown = [(item, words.service_words(item.service_type, item.action, order.type), form) for item, form in items]
    html = render_template(
        "staff/order_edit.html", order=order, about=about, shown=shown, conflict=conflict,
        findings=_pointed(findings or [], about, items), ended=order.status in ENDED_STATUSES,
        nav=frame.nav(url_for("staff.orders")),
    )  # fmt: skip
    return make_response(html, 409 if conflict else 422 if findings else 200)


def _pointed(findings: list[Finding], about: Form, items: list[tuple[OrderItem, Form]]) -> list[Finding]:
    """Each finding at its field. What an item's change found begins with the item's number."""
    told = []
    for one in findings:
        first, _, last = one.pointer.strip("/").rpartition("/")
        last = next((name for name, column in DATES.items() if column == last), last)
        form = next((form for item, form in items if first == f"items/{item.item_number}"), about)
        if one.rule != "form" and last in form:
            forms.add_error(form, last, one.detail)
        pointer = one.pointer if one.rule == "form" else f"/{form[last].name}" if last in form else ""
        told.append(Finding(pointer, one.rule, one.detail))
    return told


def _about(order: Order, typed: Any = None) -> Form:
    described = forms.text("Description", "What this order is about, for staff.", longest=2000)
    form = type("EditForm", (forms.about("Wanted by"),), {"description": described})
    present = {
        "po_number": order.po_number or "", "additional_cc": ", ".join(order.additional_cc), "notes": order.notes or "",
        "description": order.description or "",
    }  # fmt: skip
    present |= {name: forms.typed_moment(getattr(order, column)) for name, column in DATES.items()}
    made = forms.made(form, typed, present)
    made["po_number"].description = "The member's own reference; it stands on the order."
    return made


def _item_forms(order: Order, typed: Any = None) -> list[tuple[OrderItem, Form]]:
    """A form for each item that is alive and was submitted."""
    if order.status is Status.DRAFT:
        return []
    return [
        (item, _item_form(order, item, typed))
        for item in staff_order.items_of(order.id)
        if item.status not in ENDED_STATUSES and not item.cancelling
    ]


def _item_form(order: Order, item: OrderItem, typed: Any) -> Form:
    controls: dict[str, Any] = {
        "start": forms.moment_of("Not before", "This item's own."),
        "completion": forms.moment_of("Wanted by", "This item's own; it wins over the order's."),
    }
    present: dict[str, Any] = {name: forms.typed_moment(getattr(item, DATES[name])) for name in DATES}
    name = bandwidth_name(action_of(item.service_type, item.action, order.type))
    if name and item.service_number is not None and item.stage is not Stage.PROVISIONING:
        controls["bandwidth"] = forms.text("Bandwidth (Mbit/s)", "Until it is provisioned; 0 = not policed.",
                                           longest=10, inputmode="numeric", autocomplete="off")  # fmt: skip
        present["bandwidth"] = "" if item.details.get(name) is None else str(item.details[name])
    return forms.made(type("ItemEditForm", (Form,), controls), typed, present, prefix=f"i{item.item_number}-")


def _faults(about: Form, items: list[tuple[OrderItem, Form]]) -> list[Finding]:
    found = [] if about.validate() else forms.summary(about)
    for item, form in items:
        if not form.validate():
            found += forms.summary(form, f"Item {item.item_number}, ")
    return found


def _changes(order: Order, about: Form) -> dict[str, Any]:
    """What differs from the order as it is; a date that was not touched keeps its seconds."""
    given = {
        "po_number": about["po_number"].data or None, "additional_cc": forms.emails_in(about["additional_cc"].data),
        "notes": about["notes"].data or None, "description": about["description"].data or None, **_dates(order, about),
    }  # fmt: skip
    present = {name: getattr(order, name) or None for name in given}
    return {name: value for name, value in given.items() if (value or None) != present[name]}


def _dates(of: Order | OrderItem, form: Form) -> dict[str, Any]:
    return {
        column: forms.moment(form[name].data)
        for name, column in DATES.items()
        if (form[name].data or "") != forms.typed_moment(getattr(of, column))
    }


def _item_changes(items: list[tuple[OrderItem, Form]]) -> list[ItemChange]:
    found = []
    for item, form in items:
        changes = _dates(item, form)
        if "bandwidth" in form and form["bandwidth"].data not in ("", form["bandwidth"].object_data):
            typed = form["bandwidth"].data
            changes["bandwidth"] = int(typed) if typed.isascii() and typed.isdigit() else typed
        if changes:
            found.append(ItemChange(item.id, item.item_number, changes))
    return found
