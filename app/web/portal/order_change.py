"""Changing an order that is under way, as far as that is still possible: dates, references, who is told and called,
bandwidth before it is provisioned. The same verbs as the API's PATCH."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from wtforms import Form

from app.catalogue import action_of
from app.catalogue.late import bandwidth_name
from app.domain import switching
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Order, OrderItem
from app.domain.states import ENDED_STATUSES, Status
from app.extensions import db
from app.queries import address_book, portal_draft, portal_findings, portal_people
from app.queries.portal_people import Called
from app.queries.portal_words import item_title
from app.services import order_editing
from app.services.order_editing import ItemChange
from app.web.guard import actor
from app.web.portal import about, forms, item_read, people, sent
from app.web.portal.frame import orders_crumb, page


@dataclass(frozen=True)
class ItemPart:
    """What may still change of one item. `called`: whom its service names, None if it makes none; `width`: the name of
    its bandwidth, None if that is past changing."""

    item: OrderItem
    title: str
    width: str | None
    called: Called | None
    form: Form


@dataclass(frozen=True)
class Page:
    """The order and its items as forms."""

    order: Order
    form: Form
    roles: list[str]
    items: list[ItemPart]

    def forms(self) -> list[tuple[Form, str]]:
        return [(self.form, ""), *((one.form, one.title) for one in self.items)]


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
    shown = _read(order, typed)
    told = _placed(shown, findings)
    here = url_for("portal.order", order_id=order.id)
    crumbs = (orders_crumb(), (f"Order {order.number}", here), ("Change", ""))
    return page(
        "portal/order_change.html", status, crumbs, order=order, about=about.parts(shown.form, shown.roles),
        form=shown.form, items=shown.items, findings=told, ended=order.status in ENDED_STATUSES, **more,
    )  # fmt: skip


def _read(order: Order, typed: Any = None) -> Page:
    """The order's own fields, and those of its items that may still be different."""
    book, roles = address_book.of(order.account_id, order.sub_account_id), about.roles_of(order)
    form = forms.made(about.form_class("Wanted by", book, roles=roles), typed, about.present(order, book, roles))
    people.settle(form, [f"contact_{role}" for role in roles])
    called = portal_people.of_order(order.id)
    begun = switching.begun_of(order.items)
    parts = (_item_part(order, item, called.get(item.id), book, typed, item.id in begun) for item in order.items)
    return Page(order, form, roles, [one for one in parts if len(one.form._fields)])


def _item_part(
    order: Order, item: OrderItem, called: Called | None, book: address_book.Book, typed: Any, switched: bool
) -> ItemPart:
    title = item_title(item.item_number, item.service_type, item.action, order.type)
    controls: dict[str, Any] = {}
    present: dict[str, Any] = {}
    ended = item.status in ENDED_STATUSES or item.cancelling
    width = None if ended or switched else _width_of(order, item)
    called = None if ended else called
    if width is not None:
        controls["bandwidth"] = forms.text(
            "Bandwidth (Mbit/s)", "Until it is provisioned.", longest=20, inputmode="numeric", autocomplete="off"
        )
        present["bandwidth"] = str(item.details.get(width, ""))
    to_call, named = people.of_service(called, book)
    form_class = type("ItemForm", (Form,), controls | to_call)
    form = forms.made(form_class, typed, present | named, f"i{item.item_number}-")
    people.settle(form, people.names_of(called))
    return ItemPart(item, title, width, called, form)


def _width_of(order: Order, item: OrderItem) -> str | None:
    return bandwidth_name(action_of(item.service_type, item.action, order.type)) if item.service_number else None


def _placed(shown: Page, findings: Sequence[Finding]) -> list[Finding]:
    """What is wrong, at its field; a finding about an item begins with the item's number."""
    if any(one.rule == item_read.FORM for one in findings):
        return [found for form, title in shown.forms() if not form.validate()
                for found in forms.summary(form, f"{title}: " if title else "")]  # fmt: skip
    return [_at_its_field(shown, one) for one in findings]


def _at_its_field(shown: Page, one: Finding) -> Finding:
    form, pointer = shown.form, one.pointer
    for part in shown.items:
        before = f"/items/{part.item.item_number}/"
        if pointer.startswith(before):
            form, pointer = part.form, pointer.removeprefix(before)
    name = about.control_of(form, pointer)
    if name:
        forms.add_error(form, name, one.detail)
    return Finding(f"/{form[name].name}" if name else "", one.rule, one.detail)


def change(order_id: uuid.UUID) -> Any:
    """Change what was typed differently, all of it or nothing."""
    order = _find(order_id)
    key, version = sent.form_key(), sent.version()
    typed = _read(order, request.form)
    try:
        item_read.refuse_if_wrong(typed.forms())
        changes = about.changes(order, typed.form)
        if contacts := about.contacts(order, typed.form, typed.roles):
            changes["contacts"] = contacts
        items = [ItemChange(one.item.id, one.item.item_number, said) for one in typed.items if (said := _said(one))]
        _refuse_nothing(changes, items)
        order_editing.edit(order_id, actor(), changes, items, version=version, form_key=key)
    except Conflict as refused:
        db.session.rollback()
        return _page(_find(order_id), refused.status, typed=request.form, conflict=refused.detail)
    except Invalid as refused:
        db.session.rollback()
        findings = refused.errors or [Finding("", "refused", refused.detail)]
        order = _find(order_id)
        told = portal_findings.spoken(findings, order)
        return _page(order, refused.status, typed=request.form, findings=told)
    flash("The order has been changed.", "success")
    return redirect(url_for("portal.order", order_id=order_id), 303)


def _said(one: ItemPart) -> dict[str, Any]:
    """What is different from the item as it stands."""
    said: dict[str, Any] = {}
    typed = one.form["bandwidth"].data or "" if one.width else ""
    if typed and one.width and typed != str(one.item.details.get(one.width, "")):
        said["bandwidth"] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else typed
    if contacts := people.changed_of(one.called, one.form):
        said["contacts"] = contacts
    return said


def _refuse_nothing(changes: dict[str, Any], items: Sequence[ItemChange]) -> None:
    if not changes and not items:
        words = "Nothing was changed: say what is to change."
        raise Invalid(words, [Finding("", "required", words)])
