"""Step one: in which building, or on which of one's ports. The answer is checked against the real stock and kept."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request

from app.catalogue import action_of
from app.domain.errors import Finding
from app.domain.models import Order
from app.queries import portal_choices, portal_draft, portal_places
from app.queries.portal_places import OwnPort, Site
from app.services import draft_places, draft_steps, packages, qualification
from app.services.draft_places import PORT_TYPE
from app.web.guard import actor
from app.web.portal import wizard
from app.web.portal.frame import own_account

FIND_FROM = 12
"""With more places than this there is a search field above them."""


@dataclass(frozen=True)
class Option:
    """One place to choose. `why_not`: it cannot be chosen now."""

    value: str
    label: str
    note: str
    why_not: str = ""


@dataclass(frozen=True)
class Group:
    """Options of one kind under a heading."""

    title: str
    options: list[Option]


def where(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, _page)


def choose_where(draft_id: uuid.UUID) -> Any:
    seen = wizard.seen(draft_id)
    chosen = draft_places.read(request.form.get("where", ""))
    if chosen is None:
        words = "Choose where it is to be."
        return wizard.opened(draft_id, lambda order: _page(order, 422, findings=[Finding("/where", "required", words)]))
    then = wizard.step_url(draft_id, "what")
    return wizard.tried(draft_id, lambda: draft_steps.place(seen, chosen, actor()), then, _page)


def _page(order: Order, status: int = 200, **more: Any) -> Any:
    text = request.args.get("find", "").replace("\x00", "").strip()[:100]
    every = list(_groups(order))
    total = sum(len(group.options) for group in every)
    shown = [Group(group.title, [one for one in group.options if _fits(one, text)]) for group in every]
    chosen = request.form.get("where") or draft_places.write(draft_places.where_of(order))
    found = qualification.of_order(order)
    return wizard.show(
        "portal/where.html", order, "where", status, groups=[one for one in shown if one.options], chosen=chosen,
        text=text, searchable=total > FIND_FROM, found=found, expired=portal_draft.expired(order), **more,
    )  # fmt: skip


def _fits(option: Option, text: str) -> bool:
    said = f"{option.label} {option.note}".casefold()
    return all(word in said for word in text.casefold().split())


def _groups(order: Order) -> Iterator[Group]:
    """What can be chosen for what the draft is about."""
    kind = order.items[0].service_type if order.items else PORT_TYPE
    action = action_of(kind, "new", order.type)
    names = {field.name for field in action.fields} if action else set()
    ids = {account for account in (order.account_id, order.sub_account_id) if account}
    if "port_group_id" in names:
        groups = portal_choices.for_accounts(own_account(), ids).groups
        yield Group("Your port groups", [Option(f"group|{one.key}", one.label, "") for one in groups])
        return
    sites = portal_places.sites()
    if "location" not in names and "port" not in names:
        lans = {site.fabric: site.lan for site in sites}
        yield Group("Fabric", [Option(f"fabric|{code}", lan, _buildings(code, sites)) for code, lan in lans.items()])
        return
    own_port = "port" in names and not _brings_a_port(order)
    if own_port:
        tagged = kind == "pvlan_unit"
        yield Group("On a port that you have", [_port(one, tagged) for one in portal_places.own_ports(ids)])
    title = "On a new port, ordered together with it" if own_port else "Fabric and building"
    yield Group(title, [_site(one) for one in sites])


def _brings_a_port(order: Order) -> bool:
    package = packages.of_order(order)
    return package is not None and any(one.service_type == PORT_TYPE for one in package.services)


def _buildings(fabric: str, sites: list[Site]) -> str:
    return "In " + ", ".join(site.building for site in sites if site.fabric == fabric)


def _port(port: OwnPort, needs_vlan: bool) -> Option:
    note = ", ".join(part for part in (port.where, port.room) if part)
    if needs_vlan and not port.tagged:
        note += ". It is untagged today: its change to Dot1Q becomes part of this order"
    return Option(f"port|{port.number}", port.label, note)


def _site(site: Site) -> Option:
    by_hand = "" if site.automated else ". Orders here are worked by hand, which takes longer"
    none_left = "" if any(site.free.values()) else "No port is free here at the moment."
    place = f"{site.address}. " if site.address else ""
    return Option(f"site|{site.fabric}|{site.location}", site.label, f"{place}{site.availability}{by_hand}", none_left)
