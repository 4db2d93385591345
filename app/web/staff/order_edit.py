"""/orders/<id>/edit: what may still change of an order under way, saved by the rules of the API's PATCH."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from wtforms import Form

from app.catalogue import action_of
from app.catalogue.late import bandwidth_name
from app.domain import switching
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import Order, OrderItem
from app.domain.states import ENDED_STATUSES, Status
from app.extensions import db
from app.queries import address_book, portal_people, staff_order
from app.queries.address_book import Book
from app.queries.portal_people import Called
from app.services import order_editing
from app.services.order_editing import ItemChange
from app.web.guard import actor
from app.web.portal import about, forms, people
from app.web.portal.sent import form_key, version
from app.web.staff import frame, words

DATES = {"start": "requested_start_date", "completion": "requested_completion_date"}


@dataclass(frozen=True)
class Part:
    """One item with what may still change of it. `called`: whom its service names, None if it makes none."""

    item: OrderItem
    form: Form
    called: Called | None


def edit_order(order_id: uuid.UUID) -> Response:
    """GET /orders/<id>/edit"""
    order = staff_order.find(order_id)
    return _page(order, _about(order), _item_forms(order))


def save_order(order_id: uuid.UUID) -> Any:
    """POST /orders/<id>/edit: everything that was changed, or nothing."""
    key, seen = form_key(), version()
    order = staff_order.find(order_id)
    form, items = _about(order, request.form), _item_forms(order, request.form)
    findings = _faults(form, items)
    if findings:
        return _page(order, form, items, findings=findings)
    try:
        order_editing.edit(order_id, actor(), _changes(order, form), _item_changes(items), version=seen, form_key=key)
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


def _page(order: Order, form: Form, items: list[Part], *, conflict: str = "",
          findings: list[Finding] | None = None) -> Response:  # fmt: skip
    findings = _pointed(findings or [], form, items)
    html = render_template(
        "staff/order_edit.html", order=order, about=about.parts(form, about.roles_of(order)), form=form,
        shown=[_shown(order, part) for part in items], conflict=conflict, findings=findings,
        ended=order.status in ENDED_STATUSES, nav=frame.nav(url_for("staff.orders")),
    )  # fmt: skip
    return make_response(html, 409 if conflict else 422 if findings else 200)


def _shown(order: Order, part: Part) -> dict[str, Any]:
    item = part.item
    return {
        "item": item, "words": words.service_words(item.service_type, item.action, order.type), "form": part.form,
        "fields": [field for field in part.form if not field.short_name.startswith("contact_")],
        "roles": part.called.roles if part.called else {},
    }  # fmt: skip


def _pointed(findings: list[Finding], about_order: Form, items: list[Part]) -> list[Finding]:
    """Each finding at its field. What an item's change found begins with the item's number."""
    told = []
    for one in findings:
        form, pointer = about_order, one.pointer
        for part in items:
            if pointer.startswith(f"/items/{part.item.item_number}/"):
                form, pointer = part.form, pointer.removeprefix(f"/items/{part.item.item_number}")
        name = about.control_of(form, pointer)
        if one.rule != "form" and name:
            forms.add_error(form, name, one.detail)
        pointer = one.pointer if one.rule == "form" else f"/{form[name].name}" if name else ""
        told.append(Finding(pointer, one.rule, one.detail))
    return told


def _about(order: Order, typed: Any = None) -> Form:
    described = forms.text("Description", "What this order is about, for staff.", longest=2000)
    book, roles = _book(order), about.roles_of(order)
    form = type("EditForm", (about.form_class("Wanted by", book, roles=roles),), {"description": described})
    present = {**about.present(order, book, roles), "description": order.description or ""}
    made = forms.made(form, typed, present)
    people.settle(made, [f"contact_{role}" for role in roles])
    made["po_number"].description = "The number of the member's purchase order."
    made["operator_order_ref"].description = "What the member calls this order."
    return made


def _book(order: Order) -> Book:
    return address_book.of(order.account_id, order.sub_account_id)


def _item_forms(order: Order, typed: Any = None) -> list[Part]:
    """A form for each item that is alive and was submitted."""
    if order.status is Status.DRAFT:
        return []
    book, called = _book(order), portal_people.of_order(order.id)
    items = staff_order.items_of(order.id)
    begun = switching.begun_of(items)
    return [
        _part(order, item, called.get(item.id), book, typed, item.id in begun)
        for item in items
        if item.status not in ENDED_STATUSES and not item.cancelling
    ]


def _part(order: Order, item: OrderItem, called: Called | None, book: Book, typed: Any, switched: bool) -> Part:
    controls: dict[str, Any] = {
        "start": forms.moment_of("Not before", "This item's own."),
        "completion": forms.moment_of("Wanted by", "This item's own; it wins over the order's."),
    }
    present: dict[str, Any] = {name: forms.typed_moment(getattr(item, DATES[name])) for name in DATES}
    name = bandwidth_name(action_of(item.service_type, item.action, order.type))
    if name and item.service_number is not None and not switched:
        controls["bandwidth"] = forms.text("Bandwidth (Mbit/s)", "Until it is provisioned; 0 = not policed.",
                                           longest=10, inputmode="numeric", autocomplete="off")  # fmt: skip
        present["bandwidth"] = "" if item.details.get(name) is None else str(item.details[name])
    to_call, named = people.of_service(called, book)
    form_class = type("ItemEditForm", (Form,), controls | to_call)
    form = forms.made(form_class, typed, present | named, prefix=f"i{item.item_number}-")
    people.settle(form, people.names_of(called))
    return Part(item, form, called)


def _faults(about_order: Form, items: list[Part]) -> list[Finding]:
    found = [] if about_order.validate() else forms.summary(about_order)
    for part in items:
        if not part.form.validate():
            found += forms.summary(part.form, f"Item {part.item.item_number}, ")
    return found


def _changes(order: Order, form: Form) -> dict[str, Any]:
    """What differs from the order as it is."""
    found = about.changes(order, form)
    described = form["description"].data or None
    if described != (order.description or None):
        found["description"] = described
    if contacts := about.contacts(order, form, about.roles_of(order)):
        found["contacts"] = contacts
    return found


def _item_changes(items: list[Part]) -> list[ItemChange]:
    found = []
    for part in items:
        form, item = part.form, part.item
        changes = {
            column: forms.moment(form[name].data)
            for name, column in DATES.items()
            if (form[name].data or "") != forms.typed_moment(getattr(item, column))
        }
        said: dict[str, Any] = dict(changes)
        if "bandwidth" in form and form["bandwidth"].data not in ("", form["bandwidth"].object_data):
            typed = form["bandwidth"].data
            said["bandwidth"] = int(typed) if typed.isascii() and typed.isdigit() else typed
        if contacts := people.changed_of(part.called, form):
            said["contacts"] = contacts
        if said:
            found.append(ItemChange(item.id, item.item_number, said))
    return found
