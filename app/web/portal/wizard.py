"""What the pages of the ordering wizard share: the draft, its steps, and what becomes of a refused form.

GET makes nothing. Each POST is one verb of `services.draft_steps`; then the next page follows (303). Refused, the same
page is shown again with what was typed: 422 with each error at its field, 409 if another tab was faster.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Order
from app.domain.states import Status
from app.extensions import db
from app.queries import portal_draft, portal_findings
from app.services import draft_groups, draft_places
from app.services.draft_groups import Groups
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


def tried(
    draft_id: uuid.UUID, do: Callable[[], None], then: str | Callable[[Order], str], again: Callable[..., Any]
) -> Any:
    """Do it and go on to `then`; refused, `again(order, status, …)` shows the page with what was typed."""
    find(draft_id)
    try:
        do()
    except Conflict as refused:
        db.session.rollback()
        if find(draft_id).status is not Status.DRAFT:
            flash("This draft has been submitted: it is an order now.", "info")
            return redirect(url_for("portal.order", order_id=draft_id), 303)
        order = find(draft_id)
        return again(order, refused.status, conflict=portal_findings.plain(refused.detail, order))
    except Invalid as refused:
        db.session.rollback()
        order, findings = find(draft_id), refused.errors or [Finding("", "refused", refused.detail)]
        return again(order, refused.status, findings=portal_findings.spoken(findings, order))
    return redirect(then if isinstance(then, str) else then(find(draft_id)), 303)


def steps_of(order: Order, groups: Groups | None = None) -> list[str]:
    """The steps that this draft has: a change needs no place, joining no package, and one that a program began without
    saying of what begins with its items. What is ordered as a product only has no place of ours."""
    groups = groups or draft_groups.of(order)
    leads = groups.leads()
    where = ["where"] if leads else []
    what = ["what"] if groups.main() in leads or groups.is_product() else []
    configure = [] if order.items and all(item.action == "cease" for item in order.items) else ["configure"]
    return [*where, *what, *configure, "review"]


def step_url(order: Order | uuid.UUID, step: str, **more: Any) -> str:
    draft_id = order if isinstance(order, uuid.UUID) else order.id
    return url_for(f"portal.{step}", draft_id=draft_id, **more)


def item_url(order: Order, number: int) -> str:
    """Where one item is configured."""
    return step_url(order, "configure", _anchor=f"f-i{number}-item")


def where_url(order: Order, number: int | None) -> str:
    """Where it is said where one item is to be; without a number the one that the draft was started with."""
    return step_url(order, "where", item=number)


def added_url(order: Order) -> str:
    """Where somebody goes on who added an item: where it is to be, as far as that is to be said, else what it is."""
    groups = draft_groups.of(order)
    newest = max(groups.items)
    return where_url(order, newest) if newest in _unplaced(groups) else item_url(order, newest)


def _unplaced(groups: Groups) -> list[int]:
    return [lead for lead in groups.leads() if draft_places.where_of(groups, lead) is None]


def next_url(order: Order) -> str:
    """Where somebody goes on who takes the draft up again."""
    groups = draft_groups.of(order)
    steps, unplaced, main = steps_of(order, groups), _unplaced(groups), groups.main()
    if main in unplaced:
        return step_url(order, "where")
    untouched = main is not None and (groups.is_product() or _untouched(groups, main))
    if "what" in steps and order.package_id is None and untouched:
        return step_url(order, "what")
    if unplaced:
        return where_url(order, unplaced[0])
    return step_url(order, steps[-2] if len(steps) > 1 else steps[-1])


def _untouched(groups: Groups, main: int) -> bool:
    return set(groups.items[main].details) <= set(draft_groups.PLACES)


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
    groups = draft_groups.of(order)
    steps = steps_of(order, groups)
    here = steps.index(current) if current in steps else 0
    reached = len(steps) if _begun(order, groups) or "what" not in steps else here + 1
    return [
        {
            "label": LABELS[name], "current": name == current, "done": at < here,
            "url": step_url(order, name) if at < reached and name != current else "",
        }
        for at, name in enumerate(steps)
    ]  # fmt: skip


def _begun(order: Order, groups: Groups) -> bool:
    """Whether the steps behind “what” can be gone to."""
    return order.package_id is not None if groups.is_product() else groups.main() not in _unplaced(groups)


def go(order: Order, step: str) -> Any:
    return redirect(step_url(order, step), 303)
