"""What a member does to an order: answer what it waits for, confirm it, cancel it."""

import uuid
from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.errors import Conflict, Forbidden, HandoffError, NotFound, Stale
from app.extensions import db
from app.queries.portal_order import OrderPart
from app.services import items, orders
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.portal import orders as pages
from app.web.portal import sent
from app.web.portal.frame import orders_crumb, page


def answer(order_id: uuid.UUID, number: int) -> Any:
    """The member answers a question of one item, such as that the service works."""
    order = pages.find(order_id)
    question = next((one for one in order.questions if one.item_number == number), None)
    typed = {name: request.form.get(name, "") for name in (question.ask if question else {})}
    try:
        items.resume(_item(order, number), actor(), typed, version=sent.version(), form_key=sent.form_key())
    except HandoffError as refused:
        return _refused(order_id, refused, typed)
    return _done(order_id, "Thank you. Your answer has been noted.")


def _item(order: OrderPart, number: int) -> uuid.UUID:
    found = next((one.id for one in order.items if one.number == number), None)
    if found is None:
        raise NotFound("There is no such item.")
    return found


def confirm(order_id: uuid.UUID) -> Any:
    """The member confirms its own order, all items at once."""
    pages.find(order_id)
    try:
        orders.confirm(order_id, actor(), version=sent.version(), form_key=sent.form_key())
    except HandoffError as refused:
        return _refused(order_id, refused, {})
    return _done(order_id, "Thank you. Your order is confirmed.")


def _refused(order_id: uuid.UUID, refused: HandoffError, typed: dict[str, str]) -> Any:
    """The page as it is now, with what went wrong and what was typed."""
    db.session.rollback()
    if isinstance(refused, Forbidden | NotFound):
        raise refused
    conflict = refused.detail if isinstance(refused, Conflict) else None
    errors = [] if conflict else refused.errors
    return pages.order_page(pages.find(order_id), refused.status, conflict=conflict, errors=errors, typed=typed)


def _done(order_id: uuid.UUID, told: str) -> Any:
    if htmx:
        return pages.order_page(pages.find(order_id), told=told)
    flash(told, "success")
    return redirect(url_for("portal.order", order_id=order_id), 303)


def ask_cancel(order_id: uuid.UUID) -> Any:
    return _cancel_page(pages.find(order_id))


def _cancel_page(order: OrderPart, status: int = 200, **more: Any) -> Any:
    here = url_for("portal.order", order_id=order.id)
    crumbs = (orders_crumb(), (f"Order {order.number}", here), ("Cancel order", ""))
    return page("portal/cancel.html", status, crumbs, order=order, **more)


def cancel(order_id: uuid.UUID) -> Any:
    """Cancel what has not been provisioned; the effect was told on the page before."""
    order = pages.find(order_id)
    key, version, reason = sent.form_key(), sent.version(), sent.reason()
    try:
        if not sent.already(key, "cancel order", order_id):
            _may_cancel(order, version)
        said = reason or "Cancelled in the portal."
        orders.cancel(order_id, actor(), said, until_provisioning=True, version=version, form_key=key)
    except Conflict as refused:
        db.session.rollback()
        return _cancel_page(pages.find(order_id), refused.status, conflict=refused.detail, reason=reason)
    flash("Your cancellation is noted.", "success")
    return redirect(url_for("portal.order", order_id=order_id), 303)


def _may_cancel(order: OrderPart, version: int) -> None:
    if not order.cancel.possible:
        raise Conflict(order.cancel.why_not)
    if order.version != version:
        raise Stale("The order moved on meanwhile. This is what cancelling would do now.")
