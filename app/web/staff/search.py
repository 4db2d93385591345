"""Search: what fits, by kind; straight to it when there is exactly one."""

from typing import Any

from flask import redirect, url_for

from app import catalogue
from app.queries import staff_search
from app.queries.staff_search import Found
from app.web.staff import frame, rows, words


def search() -> Any:
    """GET /search?q="""
    text = " ".join(frame.asked("q").split())
    found = staff_search.find(text)
    if len(found) == 1 and (there := _only(found)):
        return redirect(there, 303)
    return frame.answer(
        "staff/search.html", "staff/search.html", current="", text=text, query_text=text, found=found, total=len(found),
        orders=[(one, words.order_badge(one.status)) for one in found.orders],
        items=[(one, words.item_badge(one), rows.item_url(one)) for one in found.items],
        services=[(one, catalogue.title(one.service_type, "staff")) for one in found.services],
        most=staff_search.MOST,
    )  # fmt: skip


def _only(found: Found) -> str | None:
    if found.items:
        return rows.item_url(found.items[0])
    if found.orders:
        return url_for("staff.order", order_id=found.orders[0].id)
    if found.tickets:
        return url_for("staff.ticket", number=found.tickets[0].number)
    if found.services:
        return url_for("staff.service", service_id=found.services[0].id)
    return None
