"""Orders: the list with search and status, one order, and Sales' consent to it."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for

from app import catalogue
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.permissions import Permission
from app.domain.states import ENDED_STATUSES, Icon, Stage, Status
from app.extensions import db
from app.queries import forecast, staff_orders
from app.queries.staff_orders import OrderDetail
from app.services import orders as order_verbs
from app.web.guard import actor
from app.web.staff import frame, item_log, rows, words, work
from app.web.staff.refusal import Refusal

DATES = (
    ("Created", "created_at"), ("Submitted", "submission_date"), ("Acknowledged", "acknowledged_date"),
    ("Start wished", "requested_start_date"), ("Completion wished", "requested_completion_date"),
    ("Processing since", "processing_date"), ("Pending since", "pending_date"), ("Held since", "held_date"),
    ("Completed", "completion_date"), ("Cancelled", "cancellation_date"),
    ("Rejected", "rejection_date"), ("Last change", "modified_at"),
)  # fmt: skip


def orders() -> Response:
    """GET /orders?q=&status=&cursor="""
    text, status = frame.asked("q"), frame.asked("status")
    if status and status not in set(Status):
        raise Invalid(
            "There is no such status.", [Finding("/status", "choice", f"There is no status “{status[:40]}”.")]
        )
    page = staff_orders.page(text, status, request.args.get("cursor", ""))
    asked: dict[str, Any] = {key: value for key, value in (("q", text), ("status", status)) if value}
    return frame.answer(
        "staff/orders.html", "staff/_orders.html", current=url_for("staff.orders"),
        here=url_for("staff.orders", **asked, **_only("cursor", request.args.get("cursor", ""))),
        found=[_shown(order, page) for order in page.orders],
        text=text, wanted=status, tabs=_tabs(text, status),
        newer_url=url_for("staff.orders", **asked, cursor=page.newer) if page.newer else None,
        older_url=url_for("staff.orders", **asked, cursor=page.older) if page.older else None,
    )  # fmt: skip


def _only(name: str, value: str) -> dict[str, Any]:
    return {name: value} if value else {}


def _tabs(text: str, status: str) -> list[dict[str, Any]]:
    counts = staff_orders.counts()
    tabs = [{"label": "All", "url": url_for("staff.orders", **_only("q", text)), "current": not status}]
    shown = [one for one in Status if counts.get(one.value) or one.value == status or one in ENDED_STATUSES]
    return tabs + [
        {"label": one.words, "url": url_for("staff.orders", status=one.value, **_only("q", text)),
         "current": one.value == status, "count": counts.get(one.value)}
        for one in shown
    ]  # fmt: skip


def _shown(order: Any, page: staff_orders.OrderPage) -> dict[str, Any]:
    items = page.items[order.id]
    return {
        "order": order,
        "badge": words.order_badge(order.status),
        "items": [
            (words.service_words(one.service_type, one.action, order.type), words.item_badge(one)) for one in items
        ],
        "requested_by": order.requestor.get("full_name") or order.requestor.get("email") or "",
    }


def order(order_id: uuid.UUID) -> Response:
    """GET /orders/<id>"""
    return _page(order_id)


def confirm(order_id: uuid.UUID) -> Any:
    """Sales agree: the order goes on."""
    return _decide("confirm", order_id, lambda: order_verbs.confirm(order_id, actor(), form_key=_form_key()),
                   "The order is confirmed and goes on.")  # fmt: skip


def reject(order_id: uuid.UUID) -> Any:
    """Sales decline, with a reason that the member reads."""
    reason = request.form.get("reason", "").strip()
    return _decide("reject", order_id, lambda: order_verbs.reject(order_id, actor(), reason, form_key=_form_key()),
                   "The order is rejected; the member reads why.")  # fmt: skip


def _decide(verb: str, order_id: uuid.UUID, do: Callable[[], None], said: str) -> Any:
    try:
        do()
    except Invalid as why:
        db.session.rollback()
        return _page(order_id, Refusal(verb, None, request.form.to_dict(), findings=why.errors))
    except Conflict as why:
        db.session.rollback()
        return _page(order_id, Refusal(verb, None, request.form.to_dict(), sentence=why.detail))
    flash(said, "success")
    return redirect(url_for("staff.order", order_id=order_id), 303)


def _form_key() -> str | None:
    return request.form.get("form_key", "")[:64] or None


def _page(order_id: uuid.UUID, refusal: Refusal | None = None) -> Response:
    found = staff_orders.detail(order_id)
    debug = request.args.get("debug", "1") != "0"
    address = url_for("staff.order", order_id=order_id)
    return frame.answer(
        "staff/order.html", "staff/_order.html", refusal.status if refusal else 200, current=url_for("staff.orders"),
        here=address + ("" if debug else "?debug=0"), debug=debug, debug_url=address + ("?debug=0" if debug else ""),
        found=found, order=found.order, refusal=refusal, badge=words.order_badge(found.order.status),
        forecast=forecast.of_orders([order_id]).orders.get(order_id), stages=stages(found),
        items=[rows.shown(row, work.target()) for row in found.items],
        log=_log(found, debug), dates=[(label, at) for label, name in DATES if (at := getattr(found.order, name))],
        services=[(one, catalogue.title(one.service_type, "staff")) for one in found.services],
        may_confirm=frame.may_now(Permission.ORDER_CONFIRM) and _for_sales(found), for_others=_for_others(found),
    )  # fmt: skip


def _for_sales(found: OrderDetail) -> bool:
    return any(actor().may_answer(wait.audience) and wait.audience == "team:sales" for wait in found.confirms)


def _for_others(found: OrderDetail) -> list[str]:
    """What the order waits for that is not Sales' to answer."""
    return sorted({wait.title for wait in found.confirms if wait.audience != "team:sales"})


def _log(found: OrderDetail, debug: bool) -> list[dict[str, Any]]:
    entries = item_log.lines(found.logs, debug)
    return [{**one, "item_name": entry.item_name} for one, entry in zip(entries, found.logs, strict=True)]


def stages(found: OrderDetail) -> list[dict[str, Any]]:
    """The order's stages as its least advanced live item has them."""
    order = found.order
    drawn: list[dict[str, Any]] = [{"label": "Ordered", "state": "done", "at": order.submission_date}]
    open_now = order.status not in ENDED_STATUSES
    for stage in Stage:
        label = words.STAGE_LABELS[stage]
        begun, ended = order.stages_begun.get(stage.value), order.stages_ended.get(stage.value)
        if ended:
            drawn.append({"label": label, "state": "done", "at": ended})
        elif open_now:
            drawn.append({"label": label, **_now(order.status), "at": begun})
            open_now = False  # the first stage that is not behind all of its items is where the order is
        else:
            drawn.append({"label": label, "state": "upcoming"})
    return [*drawn, _end(order)]


def _now(status: Status) -> dict[str, Any]:
    badge = words.order_badge(status)
    state = {Icon.FAILED: "failed", Icon.WAITING: "waiting"}.get(Icon(badge.key), "current")
    return {"state": state, "icon": badge.key, "words": badge.words}


def _end(order: Any) -> dict[str, Any]:
    if order.status is Status.COMPLETED:
        return {"label": "Completed", "state": "done", "at": order.completion_date}
    if order.status in ENDED_STATUSES:
        at = order.cancellation_date or order.rejection_date
        return {"label": order.status.words, "state": "current", "icon": "cancelled", "words": "Ended", "at": at}
    return {"label": "Completed", "state": "upcoming"}
