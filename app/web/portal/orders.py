"""The member's orders: the list, the list as CSV, one order with its tracker."""

import uuid
from dataclasses import replace
from datetime import UTC
from typing import Any

from flask import Response, flash, get_flashed_messages, redirect, request, url_for

from app.domain.errors import NotFound
from app.queries import portal, portal_asked, portal_documents, portal_draft, portal_order, portal_placed
from app.queries.portal import OrderQuery, OrderRow
from app.queries.portal_order import OrderPart
from app.queries.portal_placed import Placed
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.portal.frame import customers_of, list_topic, orders_crumb, own_account, page, page_or_part
from app.web.sheets import sheet

LABELS = {"needs": "Needs you", "drafts": "Drafts", "progress": "In progress", "completed": "Completed", "all": "All"}
PLACED = "placed"
"""A message for the next page that the page itself draws; it names the order that has been placed."""
HEADINGS = (
    "Order ID", "Order date (UTC)", "Ordered by", "Customer", "Services", "PO number", "Status", "Completed (UTC)",
)  # fmt: skip


def orders() -> Response:
    query = _query()
    viewer = actor()
    if query.view == "drafts":
        return _drafts(query)
    found = portal.orders(viewer, own_account(), query, before=_number("before"), after=_number("after"))
    asked = portal_asked.requests(viewer)
    return page_or_part(
        "portal/orders.html", "portal/_orders.html", query=query, found=found, asked=asked,
        tabs=_tabs(query, portal_asked.count(viewer)), has_customers=len(viewer.account_ids) > 1,
        customers=customers_of(viewer),
        newer=_address(query, after=found.newer), older=_address(query, before=found.older),
        csv_url=url_for("portal.orders_csv", **_arguments(query)),
        topics=" ".join([list_topic(), *(f"order-{row.id}" for row in found.rows if row.live)]),
    )  # fmt: skip


def _drafts(query: OrderQuery) -> Response:
    """What was begun and not submitted."""
    viewer = actor()
    return page_or_part(
        "portal/orders.html", "portal/_orders.html", query=query, drafts=portal_draft.rows(viewer),
        asked=portal_asked.requests(viewer), tabs=_tabs(query, portal_asked.count(viewer)), topics="",
        has_customers=len(viewer.account_ids) > 1, customers=[],
    )  # fmt: skip


def _query() -> OrderQuery:
    args = request.args
    return portal.query_of(args.get("show", "all"), args.get("q", ""), args.get("customer", ""))


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return min(int(text), portal.LARGEST_NUMBER) if text.isascii() and text.isdigit() else None


def _arguments(query: OrderQuery) -> dict[str, Any]:
    said = {"show": query.view if query.view != "all" else "", "q": query.text, "customer": query.customer}
    return {name: value for name, value in said.items() if value}


def _address(query: OrderQuery, **position: Any) -> str | None:
    if None in position.values():
        return None
    return url_for("portal.orders", **_arguments(query), **position)


def _tabs(query: OrderQuery, waiting: int) -> list[dict[str, Any]]:
    counts = {"needs": waiting, "drafts": portal_draft.count(actor()) or None}
    return [
        {
            "label": label,
            "url": _address(replace(query, view=view)),
            "current": view == query.view,
            "count": counts.get(view),
            "tone": "paused" if view == "needs" and waiting else None,
        }
        for view, label in LABELS.items()
    ]


def orders_csv() -> Response:
    """All orders of the list, sent as they are read."""
    query, viewer, own = _query(), actor(), own_account()
    return sheet("orders", HEADINGS, map(_cells, portal.every_order(viewer, own, query)))


def _cells(row: OrderRow) -> tuple[Any, ...]:
    return (
        row.number, row.ordered_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"), row.ordered_by, row.customer, row.what,
        row.po_number, row.words.words,
        row.completed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if row.completed_at else "",
    )  # fmt: skip


def order(order_id: uuid.UUID) -> Any:
    found = portal_order.order(actor(), own_account(), order_id)
    if found is not None:
        return order_page(found, placed=_just_placed(order_id))
    if portal_draft.find(actor(), order_id) is None:
        raise NotFound("There is no such order.")
    return redirect(url_for("portal.take_up", draft_id=order_id), 303)


def thank(order_id: uuid.UUID) -> None:
    """Let the order's page say thank you when it is shown next."""
    flash(str(order_id), PLACED)


def _just_placed(order_id: uuid.UUID) -> Placed | None:
    if htmx or str(order_id) not in get_flashed_messages(category_filter=[PLACED]):
        return None
    return portal_placed.told(order_id)


def confirmation(order_id: uuid.UUID) -> Any:
    """What was ordered on which terms, to be printed or kept."""
    order = find(order_id)
    told = portal_documents.confirmation(actor(), order_id)
    if told is None:
        raise NotFound("There is no such order.")
    crumbs = (
        orders_crumb(), (f"Order {order.number}", url_for("portal.order", order_id=order_id)), ("Confirmation", "")
    )  # fmt: skip
    return page("portal/confirmation.html", crumbs=crumbs, order=order, told=told)


def find(order_id: uuid.UUID) -> OrderPart:
    """The order; `NotFound` if there is none, or it is somebody else's."""
    found = portal_order.order(actor(), own_account(), order_id)
    if found is None:
        raise NotFound("There is no such order.")
    return found


def order_page(order: OrderPart, status: int = 200, **more: Any) -> Response:
    """The order's page or its live part; `more`: typed, errors, conflict, told."""
    whole_log = request.args.get("log") == "all"
    limit = None if whole_log else portal.LOG_PAGE + 1
    log = portal.log(order.id, order.type, limit)
    cut = not whole_log and len(log) > portal.LOG_PAGE
    here = url_for("portal.order", order_id=order.id, log="all" if whole_log else None)
    return page_or_part(
        "portal/order.html", "portal/_order.html", status, (orders_crumb(), (f"Order {order.number}", "")),
        order=order, log=log[: portal.LOG_PAGE] if cut else log, log_cut=cut, here=here, **more,
    )  # fmt: skip
