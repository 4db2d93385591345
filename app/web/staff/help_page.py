"""Help: what the statuses mean, and the keyboard."""

from flask import Response, make_response, render_template

from app.domain.permissions import STAFF
from app.web.guard import actor
from app.web.staff import frame

STATUSES = (
    ("queued", "Queued", "It waits for a worker, or for its start date."),
    ("running", "Running", "The machine works on it."),
    ("paused", "Paused", "A person must do something, and nobody has claimed it yet."),
    ("claimed", "Claimed", "Somebody of us does it."),
    ("waiting", "Waiting", "The member, Sales, a far system or another item comes first."),
    ("failed", "Failed", "A step stopped. Somebody decides: retry, do it by hand, skip, or cancel."),
    ("done", "Completed", "All its steps are done."),
    ("cancelled", "Cancelled", "It ended without being completed; what had been done was undone."),
)


def help_page() -> Response:
    """GET /help"""
    staff = actor().role in STAFF
    around = {"nav": frame.nav("")} if staff else {}
    return make_response(
        render_template("staff/help.html", frame="base.html" if staff else "portal.html", statuses=STATUSES, **around)
    )
