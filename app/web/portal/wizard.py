"""What the pages of the ordering wizard share: the draft, its steps, and what becomes of a refused form.

GET makes nothing. Each POST is one verb of `services.draft_steps`; then the next page follows (303). Refused, the same
page is shown again with what was typed: 422 with each error at its field, 409 if another tab was faster.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for

from app.catalogue import JOIN_PVLAN
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Order
from app.domain.states import Status
from app.extensions import db
from app.queries import portal_draft
from app.services import draft_places
from app.services.draft_steps import Seen
from app.web.guard import actor
from app.web.portal import sent
from app.web.portal.frame import Crumb, orders_crumb, page

LABELS = {"where": "Where", "what": "What", "configure": "Configure", "review": "Review"}
TITLES = {"new": "New service", "cease": "End a service"}


def find(draft_id: uuid.UUID) -> Order:
    """The draft, or the order it has become; `NotFound` if it is not the viewer's."""
    order = portal_draft.find(actor(), draft_id)
    if order is None:
        raise NotFound("There is no such draft.")
    return order


def opened(draft_id: uuid.UUID, shown: Callable[[Order], Any]) -> Any:
    """The page of a draft; whoever comes after it was submitted is led to the order."""
    order = find(draft_id)
    if order.status is not Status.DRAFT:
        return redirect(url_for("portal.order", order_id=draft_id), 303)
    return shown(order)


def seen(draft_id: uuid.UUID) -> Seen:
    """What the form was made from."""
    return Seen(draft_id, sent.version(), sent.form_key())


def tried(draft_id: uuid.UUID, do: Callable[[], None], then: str, again: Callable[..., Any]) -> Any:
    """Do it and go on to `then`; refused, `again(order, status, …)` shows the page with what was typed."""
    find(draft_id)
    try:
        do()
    except Conflict as refused:
        db.session.rollback()
        if find(draft_id).status is not Status.DRAFT:
            flash("This draft has been submitted: it is an order now.", "info")
            return redirect(url_for("portal.order", order_id=draft_id), 303)
        return again(find(draft_id), refused.status, conflict=refused.detail)
    except Invalid as refused:
        db.session.rollback()
        findings = refused.errors or [Finding("", "refused", refused.detail)]
        return again(find(draft_id), refused.status, findings=findings)
    return redirect(then, 303)


def steps_of(order: Order) -> list[str]:
    """The steps that this draft has: a change needs no place, joining no package, and one that a program began without
    saying of what begins with its items."""
    if not order.items:
        return ["configure", "review"]
    if order.items and order.items[0].action != "new":
        return ["configure", "review"] if any(item.action != "cease" for item in order.items) else ["review"]
    if order.type == JOIN_PVLAN:
        return ["configure", "review"]
    return ["where", "what", "configure", "review"]


def step_url(order: Order | uuid.UUID, step: str) -> str:
    draft_id = order if isinstance(order, uuid.UUID) else order.id
    return url_for(f"portal.{step}", draft_id=draft_id)


def next_url(order: Order) -> str:
    """Where somebody goes on who takes the draft up again."""
    return step_url(order, _open_step(order))


def _open_step(order: Order) -> str:
    steps = steps_of(order)
    if "where" in steps and draft_places.where_of(order) is None:
        return "where"
    if "what" in steps and order.package_id is None and _untouched(order):
        return "what"
    return steps[-2] if len(steps) > 1 else steps[-1]


def _untouched(order: Order) -> bool:
    placed = {"fabric", "location", "port", "port_group_id", "connexions_port"}
    return set(order.items[0].details) <= placed


def show(template: str, order: Order, step: str, status: int = 200, **context: Any) -> Any:
    """One page of the wizard with its steps."""
    first = order.items[0].action if order.items else "new"
    crumbs: tuple[Crumb, ...] = (
        orders_crumb(), (f"Draft {order.number}", next_url(order)), (LABELS[step], "")
    )  # fmt: skip
    return page(
        template, status, crumbs, order=order, steps=_steps(order, step), here=request.path,
        wizard_title=TITLES.get(first, "Change a service"),
        customer=order.sub_account.organisation if order.sub_account else "", **context,
    )  # fmt: skip


def _steps(order: Order, current: str) -> list[dict[str, Any]]:
    """The line of steps; those before the current one, and those that can be gone to, are links."""
    steps = steps_of(order)
    here = steps.index(current) if current in steps else 0
    reached = len(steps) if "where" not in steps or draft_places.where_of(order) is not None else here + 1
    return [
        {
            "label": LABELS[name], "current": name == current, "done": at < here,
            "url": step_url(order, name) if at < reached and name != current else "",
        }
        for at, name in enumerate(steps)
    ]  # fmt: skip


def go(order: Order, step: str) -> Any:
    return redirect(step_url(order, step), 303)
