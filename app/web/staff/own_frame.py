"""The frame around pages that staff and members both have: settings, help, palette."""

from typing import Any

from app.domain.permissions import STAFF
from app.web.guard import actor
from app.web.portal import frame as portal_frame
from app.web.staff import frame


def is_staff() -> bool:
    return actor().role in STAFF


def own_frame() -> dict[str, Any]:
    """`frame`: the template to stand in; `nav`: its entries."""
    if is_staff():
        return {"frame": "base.html", "nav": frame.nav("")}
    return {"frame": "portal.html", "nav": portal_frame.nav()}
