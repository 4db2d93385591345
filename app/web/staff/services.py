"""Services: the list with search and filters, and one service with the orders that touched it."""

import uuid
from dataclasses import fields, replace
from typing import Any

from flask import Response, request, url_for

from app import catalogue
from app.catalogue import describe_service
from app.domain.models import Service
from app.domain.permissions import Permission
from app.domain.states import ENDED_STATUSES
from app.queries import names, portal_people, sold, staff_services
from app.queries.staff_rows import ItemRow
from app.queries.staff_services import STATES, ServiceFilters
from app.web.staff import frame, words
from app.web.staff.words import Badge

BADGES = {"pre_active": "running", "active": "done", "ceased": "cancelled", "cancelled": "cancelled"}
LABELS = {"q": "Search", "kind": "Service", "state": "State", "site": "Site"}


def services() -> Response:
    """GET /services?q=&kind=&state=&site=&cursor="""
    filters = ServiceFilters(**{one.name: frame.asked(one.name) for one in fields(ServiceFilters)})
    cursor = request.args.get("cursor", "")
    page = staff_services.page(filters, cursor)
    return frame.answer(
        "staff/services.html", "staff/_services.html", current=url_for("staff.services"),
        here=_url(filters, cursor), filters=filters, chips=_chips(filters), options=_options(filters),
        clear_url=url_for("staff.services"), found=[_row(one, page) for one in page.services],
        newer_url=_url(filters, page.newer) if page.newer else None,
        older_url=_url(filters, page.older) if page.older else None,
    )  # fmt: skip


def _url(filters: ServiceFilters, cursor: str = "") -> str:
    at: dict[str, Any] = {"cursor": cursor} if cursor else {}
    return url_for("staff.services", **filters.as_dict(), **at)


def _row(service: Service, page: staff_services.ServicePage) -> dict[str, Any]:
    return {
        "service": service, "title": catalogue.title(service.service_type, "staff"), "badge": badge(service),
        "port": page.ports[service.id], "customer": page.customers.get(service.sub_account_id or "", ""),
        "bandwidth": mbps(service.capacity),
    }  # fmt: skip


def badge(service: Service) -> Badge:
    return Badge(BADGES.get(service.state, "queued"), STATES.get(service.state, service.state))


def mbps(capacity: int | None) -> str:
    """“10 Gbit/s”, “250 Mbit/s”; 0 is not policed; empty where a service has none."""
    if capacity is None:
        return ""
    if capacity == 0:
        return "not policed"
    return f"{capacity // 1000} Gbit/s" if capacity % 1000 == 0 else f"{capacity:,} Mbit/s"


def _choices() -> dict[str, list[tuple[str, str]]]:
    kinds = [(kind.key, kind.label) for kind in sold.kinds()]
    return {"kind": kinds, "state": list(STATES.items()), "site": staff_services.sites()}


def _options(filters: ServiceFilters) -> list[dict[str, Any]]:
    """The choices of the filter form; a value in force that is none of them is among them."""
    return [
        {"name": name, "label": LABELS[name], "value": (value := getattr(filters, name)),
         "choices": choices if not value or value in dict(choices) else [*choices, (value, value)]}
        for name, choices in _choices().items()
    ]  # fmt: skip


def _chips(filters: ServiceFilters) -> list[dict[str, str]]:
    known = _choices()
    return [
        {"label": LABELS[name], "value": dict(known.get(name, [])).get(value, value),
         "remove_url": _url(replace(filters, **{name: ""}))}
        for name, value in filters.as_dict().items()
    ]  # fmt: skip


def service(service_id: uuid.UUID) -> Response:
    """GET /services/<id>"""
    found = staff_services.detail(service_id)
    one = found.service
    called = names.for_details([one.details], {one.number})
    return frame.answer(
        "staff/service.html", "staff/_service.html", current=url_for("staff.services"), found=found, service=one,
        title=catalogue.title(one.service_type, "staff"), badge=badge(one), facts=_facts(found),
        details=describe_service(one.service_type, one.details, "staff", called),
        calling=portal_people.rows_of(one), items=[_touched(row) for row in found.touched],
        carried=[(other, catalogue.title(other.service_type, "staff"), badge(other)) for other in found.carried],
        orderable=_orderable(one),
        busy=next((row for row in found.touched if row.status not in ENDED_STATUSES), None),
    )  # fmt: skip


def _orderable(one: Service) -> list[tuple[str, str]]:
    """What Sales may order for the service: address of the form, words."""
    kind = catalogue.service_type(one.service_type)
    if kind is None or one.state != "active" or not frame.may_now(Permission.ORDER_SELL):
        return []
    return [
        (url_for("staff.new_order", account=one.account_id, add=f"{one.id}:{action.name.replace('_', '-')}"),
         action.label)
        for action in kind.actions.values()
        if action.changes
    ]  # fmt: skip


def _touched(row: ItemRow) -> dict[str, Any]:
    return {
        "row": row, "badge": words.item_badge(row),
        "action": words.service_and_action(row.service_type, row.action, row.order_type)[1],
    }  # fmt: skip


def _facts(found: staff_services.ServiceDetail) -> list[tuple[Any, ...]]:
    one = found.service
    where = " · ".join(part for part in (found.fabric, one.location_code) if part)
    return [
        ("Service number", str(one.number), True), ("Alias", one.alias, True), ("Member", one.account.organisation),
        *([("For customer", found.customer)] if found.customer else []), ("Site", where),
        ("Port", found.port, bool(found.port)),
        ("VLAN", str(one.vlan_id or ""), one.vlan_id is not None), ("Bandwidth", mbps(one.capacity)),
        ("MAC address", one.mac_address or "", bool(one.mac_address)),
    ]  # fmt: skip
