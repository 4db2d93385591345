"""Tickets, read only: lists of what wants action and what is for information; one ticket as its system shows it."""

import re
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from markupsafe import Markup, escape

from app.domain.errors import Malformed
from app.queries import staff_tickets
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.words import Badge

VIEWS = {"action": "Action needed", "info": "Information", "all": "All"}
SECTIONS = {"messages": "Messages", "log": "Full log", "dates": "Dates & times"}
STATUS = {
    "pending": Badge("running", "Pending"),
    "awaiting_agent": Badge("paused", "Awaiting agent"),
    "awaiting_user": Badge("waiting", "Awaiting user"),
    "resolved": Badge("done", "Resolved"),
}
PROPERTIES = (
    "Problem", "Product", "Category", "Area", "Peering LAN", "Priority", "Prov Status", "Provisioning", "Site",
    "Prov Port Type", "Alarm Source", "Escalated to 2nd / 3rd line - NETENG", "A End", "B End",
    "Escalated to Software - DEV",
)  # fmt: skip
"""In the order in which the ticketing system shows them."""
_HEADING = re.compile(r"\*([^*]+)\*(.*)")


def tickets() -> Response:
    """GET /tickets?view=action|info|all&cursor="""
    view, cursor = request.args.get("view", "action"), request.args.get("cursor", "")
    if view not in VIEWS:
        raise Malformed(f"There is no view “{view[:40]}”; there are {', '.join(VIEWS)}.")
    role = actor().role
    page = staff_tickets.page(view, role, cursor)
    counts = staff_tickets.counts(role)
    return frame.answer(
        "staff/tickets.html", "staff/_tickets.html", current=url_for("staff.tickets"), view=view,
        here=url_for("staff.tickets", view=view, cursor=cursor or None),
        tabs=[{"label": label, "url": url_for("staff.tickets", view=key), "current": key == view,
               "count": counts.get(key)} for key, label in VIEWS.items()],
        found=[(ticket, badge(ticket.status)) for ticket in page.rows], elsewhere=frame.config().ticketing != "local",
        newer_url=url_for("staff.tickets", view=view, cursor=page.newer) if page.newer else None,
        older_url=url_for("staff.tickets", view=view, cursor=page.older) if page.older else None,
    )  # fmt: skip


def ticket(number: int) -> Response:
    """GET /tickets/<number>?show=messages|log|dates"""
    found = staff_tickets.detail(number)
    section = request.args.get("show", "messages")
    section = section if section in SECTIONS else "messages"
    address = url_for("staff.ticket", number=number)
    return frame.answer(
        "staff/ticket.html", "staff/_ticket.html", current=url_for("staff.tickets"), found=found, ticket=found.ticket,
        order=found.order, here=f"{address}?show={section}", section=section, badge=badge(found.ticket.status),
        tabs=[{"label": label, "url": f"{address}?show={key}", "current": key == section,
               "count": len(found.ticket.messages) if key == "messages" else None} for key, label in SECTIONS.items()],
        messages=[(one, marked(one.body)) for one in reversed(found.ticket.messages)],
        properties=_properties(found.ticket), badge_of=badge,
    )  # fmt: skip


def ticket_sheet(number: int) -> Response:
    """GET /tickets/<number>/print: all of it on one page, the oldest message first."""
    found = staff_tickets.detail(number)
    html = render_template(
        "staff/ticket_sheet.html", nav=frame.nav(url_for("staff.tickets")), found=found, ticket=found.ticket,
        order=found.order, badge=badge(found.ticket.status), properties=_properties(found.ticket),
        messages=[(one, marked(one.body)) for one in found.ticket.messages],
    )  # fmt: skip
    return make_response(html)


def badge(status: str) -> Badge:
    return STATUS.get(status, Badge("queued", status.replace("_", " ").capitalize()))


def _properties(ticket: Any) -> list[tuple[str, Any]]:
    others = [name for name in ticket.properties if name not in PROPERTIES and name != "team"]
    return [(name, ticket.properties.get(name)) for name in (*PROPERTIES, *others)]


def marked(body: str) -> Markup:
    """A message's text with its *headings* in bold; everything else stands as it was sent."""
    return Markup("\n").join(_line(line) for line in body.splitlines())


def _line(line: str) -> Markup:
    found = _HEADING.fullmatch(line)
    return Markup("<b>{}</b>{}").format(found[1], found[2]) if found else escape(line)
