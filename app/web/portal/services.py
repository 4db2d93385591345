"""The member's services: the list, and one service with what can be ordered for it."""

import uuid
from typing import Any

from flask import request, url_for

from app.domain.errors import NotFound
from app.queries import portal_services
from app.queries.portal import LARGEST_NUMBER
from app.queries.portal_services import ServicePart
from app.web.guard import actor
from app.web.portal.frame import own_account, page


def services() -> Any:
    ended = request.args.get("show") == "ended"
    viewer = actor()
    found = portal_services.services(
        viewer, own_account(), ended=ended, before=_number("before"), after=_number("after")
    )  # fmt: skip
    return page(
        "portal/services.html", found=found, ended=ended,
        has_customers=len(viewer.account_ids) > 1,
        tabs=[
            {"label": "Current", "url": url_for("portal.services"), "current": not ended},
            {"label": "Ended", "url": url_for("portal.services", show="ended"), "current": ended},
        ],
        newer=_address(ended, after=found.newer), older=_address(ended, before=found.older),
    )  # fmt: skip


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return min(int(text), LARGEST_NUMBER) if text.isascii() and text.isdigit() else None


def _address(ended: bool, **position: Any) -> str | None:
    if None in position.values():
        return None
    return url_for("portal.services", show="ended" if ended else None, **position)


def find(service_id: uuid.UUID) -> ServicePart:
    """The service; `NotFound` if there is none, or it is somebody else's."""
    found = portal_services.service(actor(), own_account(), service_id)
    if found is None:
        raise NotFound("There is no such service.")
    return found


def service(service_id: uuid.UUID) -> Any:
    found = find(service_id)
    name = f"{found.title} {found.number}"
    return page("portal/service.html", crumbs=(("Services", url_for("portal.services")), (name, "")), service=found)
