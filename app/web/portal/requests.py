"""A question from somebody else's order: may they join our private VLAN? The order itself stays unseen."""

import uuid
from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.extensions import db
from app.queries import portal_asked
from app.queries.portal_asked import Request
from app.services import orders
from app.web.guard import actor
from app.web.portal import sent
from app.web.portal.frame import orders_crumb, page


def request_page(wait_id: uuid.UUID) -> Any:
    return _page(_find(wait_id))


def _find(wait_id: uuid.UUID) -> Request:
    found = portal_asked.request(actor(), wait_id)
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _page(asked: Request, status: int = 200, **more: Any) -> Any:
    crumbs = (orders_crumb(), (f"Request from order {asked.order_number}", ""))
    return page("portal/request.html", status, crumbs, asked=asked, **more)


def agree(wait_id: uuid.UUID) -> Any:
    """Agree for our own account; who else must agree to that order is asked on their own."""
    asked = _find(wait_id)
    key, version = sent.form_key(), sent.version()
    said = {name: request.form.get(name, "").replace("\x00", "")[:200] for name in asked.ask}
    try:
        orders.confirm(asked.order_id, actor(), version=version, form_key=key, given=said)
    except Invalid as refused:
        db.session.rollback()
        wrong = [Finding(f"/{one.pointer.rpartition('/')[2]}", one.rule, one.detail) for one in refused.errors]
        return _page(_find(wait_id), 422, errors=wrong, said=said)
    except Conflict as refused:
        return _too_late(wait_id, refused)
    flash(f"You agreed. {asked.joiner} has been told, and order {asked.order_number} goes on.", "success")
    return redirect(url_for("portal.request_page", wait_id=wait_id), 303)


def decline(wait_id: uuid.UUID) -> Any:
    """Decline with a reason, which the joiner reads."""
    asked = _find(wait_id)
    key, version, reason = sent.form_key(), sent.version(), sent.reason()
    try:
        orders.reject(asked.order_id, actor(), reason, version=version, form_key=key)
    except Invalid:
        db.session.rollback()
        words = "Say why, so that they know what to do about it."
        errors = [Finding("/reason", "required", words)]
        return _page(_find(wait_id), 422, errors=errors, reason=request.form.get("reason", ""))
    except Conflict as refused:
        return _too_late(wait_id, refused, reason=reason)
    flash(f"You declined. {asked.joiner} has been told why.", "success")
    return redirect(url_for("portal.request_page", wait_id=wait_id), 303)


def _too_late(wait_id: uuid.UUID, refused: Conflict, **more: Any) -> Any:
    db.session.rollback()
    asked = _find(wait_id)
    told = refused.detail if asked.open else "This has been answered already, or is not asked any more."
    return _page(asked, refused.status, conflict=told, **more)
