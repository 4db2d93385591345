"""What one's team has been told: members who do not answer."""

from typing import Any

from flask import make_response, render_template, url_for

from app.web import notices
from app.web.guard import actor
from app.web.staff import frame


def notifications() -> Any:
    here = url_for("staff.notifications")
    return make_response(
        render_template("staff/notifications.html", nav=frame.nav(here), nav_url=url_for("staff.rail", at=here),
                        **notices.found(actor(), "staff"))
    )  # fmt: skip


def mark_read(notification_id: int) -> Any:
    return notices.mark(actor(), notification_id, True, "staff")


def mark_unread(notification_id: int) -> Any:
    return notices.mark(actor(), notification_id, False, "staff")


def mark_all_read() -> Any:
    return notices.mark_all(actor(), "staff")
