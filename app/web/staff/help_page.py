"""Help: what the statuses mean, and the keyboard."""

from flask import Response, make_response, render_template

from app.web.staff.own_frame import own_frame

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
    return make_response(render_template("staff/help.html", statuses=STATUSES, **own_frame()))
