"""One's notifications, for members and staff alike: the list and marking them as read."""

from typing import Any

from flask import redirect, request, url_for

from app.domain.errors import NotFound
from app.queries import notices
from app.queries.portal import LARGEST_NUMBER
from app.services import notifications
from app.services.actor import Actor
from app.web.render import localtime


def found(actor: Actor, room: str) -> dict[str, Any]:
    """What `shared/_notices.html` wants; `room` is the blueprint whose page it stands on."""
    shown = notices.notices(actor, localtime, before=_number("before"), after=_number("after"))
    here = f"{room}.notifications"
    return {
        "found": shown,
        "room": room,
        "newer": url_for(here, after=shown.newer) if shown.newer is not None else None,
        "older": url_for(here, before=shown.older) if shown.older is not None else None,
    }


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return min(int(text), LARGEST_NUMBER) if text.isascii() and text.isdigit() else None


def mark(actor: Actor, notification_id: int, read: bool, room: str) -> Any:
    """Mark one; back to the list. `NotFound` if it is somebody else's, or none."""
    number = min(notification_id, LARGEST_NUMBER)
    if actor.user_id is None or not notifications.mark(actor.user_id, number, read, notices.mine(actor)):
        raise NotFound("There is no such notification.")
    return redirect(url_for(f"{room}.notifications"), 303)


def mark_all(actor: Actor, room: str) -> Any:
    """All up to the newest that was on the page are read."""
    shown = request.form.get("up_to", "")
    up_to = min(int(shown), LARGEST_NUMBER) if shown.isascii() and shown.isdigit() else None
    if actor.user_id is not None:
        notifications.mark_all(actor.user_id, notices.mine(actor), up_to)
    return redirect(url_for(f"{room}.notifications"), 303)
