"""What the member has been told: the list, and marking as read."""

from typing import Any

from app.web import notices
from app.web.guard import actor
from app.web.portal.frame import page


def notifications() -> Any:
    return page("portal/notifications.html", **notices.found(actor(), "portal"))


def mark_read(notification_id: int) -> Any:
    return notices.mark(actor(), notification_id, True, "portal")


def mark_unread(notification_id: int) -> Any:
    return notices.mark(actor(), notification_id, False, "portal")


def mark_all_read() -> Any:
    return notices.mark_all(actor(), "portal")
