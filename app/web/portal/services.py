"""The member's services: the list, and one service with what can be ordered for it."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request, url_for

from app.domain.errors import NotFound
from app.queries import portal_services, portal_use
from app.queries.portal import LARGEST_NUMBER, LONGEST_SEARCH
from app.queries.portal_services import ServicePart, ServiceQuery
from app.web.guard import actor
from app.web.portal.frame import customers_of, own_account, page

LABELS = {"current": "Current", "setup": "Being set up", "ended": "Ended"}
CARRIED = {portal_use.PORT: "On this port", portal_use.PVLAN: "Units"}
"""What the list of services is called that one carries."""


def services() -> Any:
    args, viewer = request.args, actor()
    kinds, fabrics = portal_services.choices(viewer)
    customers = customers_of(viewer)
    query = ServiceQuery(
        _known("show", LABELS) or "current", args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        _known("customer", dict(customers)), _known("type", dict(kinds)), _known("fabric", dict(fabrics)),
    )  # fmt: skip
    found = portal_services.services(viewer, own_account(), query, before=_number("before"), after=_number("after"))
    return page(
        "portal/services.html", found=found, query=query, has_customers=len(viewer.account_ids) > 1,
        customers=customers, kinds=kinds, fabrics=fabrics, clear=_address(ServiceQuery(query.view)),
        tabs=[
            {"label": label, "url": _address(replace(query, view=view)), "current": view == query.view}
            for view, label in LABELS.items()
        ],
        newer=_address(query, after=found.newer), older=_address(query, before=found.older),
    )  # fmt: skip


def _known(name: str, there: Mapping[str, str]) -> str:
    """What is chosen, of what there is; what is not known (any more) is left out."""
    said = request.args.get(name, "")
    return said if said in there else ""


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return min(int(text), LARGEST_NUMBER) if text.isascii() and text.isdigit() else None


def _address(query: ServiceQuery, **position: Any) -> str | None:
    if None in position.values():
        return None
    said: dict[str, Any] = {
        "show": query.view if query.view != "current" else "", "q": query.text, "customer": query.customer,
        "type": query.kind, "fabric": query.fabric,
    }  # fmt: skip
    return url_for("portal.services", **{name: value for name, value in said.items() if value}, **position)


def find(service_id: uuid.UUID) -> ServicePart:
    """The service; `NotFound` if there is none, or it is somebody else's."""
    found = portal_services.service(actor(), own_account(), service_id)
    if found is None:
        raise NotFound("There is no such service.")
    return found


def service(service_id: uuid.UUID) -> Any:
    found = find(service_id)
    name = f"{found.title} {found.number}"
    return page(
        "portal/service.html", crumbs=(("Services", url_for("portal.services")), (name, "")), service=found,
        carried=portal_use.carried_by(found, actor()), carriers=portal_use.carriers(service_id, actor()),
        heading=CARRIED.get(found.service_type, ""),
    )  # fmt: skip
