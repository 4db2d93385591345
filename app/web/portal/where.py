"""Where an item, or the services of the package, are to be: in which building, on which port. The answer is checked
against the real stock and kept for them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request

from app.domain.errors import Finding
from app.domain.models import Order
from app.queries import portal_choices, portal_draft, portal_places
from app.queries.portal_places import OwnPort, Site
from app.queries.portal_words import item_title
from app.services import draft_groups, draft_places, draft_steps, packages
from app.services.draft_groups import Groups
from app.services.draft_places import PORT_TYPE, Where
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


def _number() -> int | None:
    """Which item of the draft is meant; None for the main one."""
    text = request.values.get("item", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def choose_where(draft_id: uuid.UUID) -> Any:
    seen, number = wizard.seen(draft_id), _number()
    chosen = draft_places.read(request.form.get("where", ""))
    if chosen is None:
        words = "Choose where it is to be."
        return wizard.opened(draft_id, lambda order: _page(order, 422, findings=[Finding("/where", "required", words)]))
    return wizard.tried(
        draft_id, lambda: draft_steps.place(seen, chosen, actor(), number), lambda order: _then(order, number), _page
    )


def _then(order: Order, number: int | None) -> str:
    """The main item's package next; of what was added later the item itself."""
    groups = draft_groups.of(order)
    if number is None or number not in groups.items or groups.lead_of(number) == groups.main():
        return wizard.step_url(order, "what")
    return wizard.item_url(order, number)


def _page(order: Order, status: int = 200, **more: Any) -> Any:
    groups = draft_groups.of(order)
    asked = _number()
    lead = groups.lead_of(asked) if asked is not None and asked in groups.items else groups.main()
    text = request.args.get("find", "").replace("\x00", "").strip()[:100]
    every = list(_groups(groups, lead))
    total = sum(len(group.options) for group in every)
    shown = [Group(group.title, [one for one in group.options if _fits(one, text)]) for group in every]
    chosen = request.form.get("where") or draft_places.write(draft_places.where_of(groups, lead))
    return wizard.show(
        "portal/where.html", order, "where", status, groups=[one for one in shown if one.options], chosen=chosen,
        text=text, searchable=total > FIND_FROM, item=asked, what=_what(groups, lead), moves=_moves(groups, lead),
        expired=portal_draft.expired(order, lead), **more,
    )  # fmt: skip


def _what(groups: Groups, lead: int | None) -> str:
    """What is to be placed, where the order has several things; else empty."""
    package = packages.of_order(groups.order)
    if lead is None or len(groups.leads()) < 2:
        return ""
    return package.name if package is not None and lead in groups.bundled() else _title(groups, lead)


def _title(groups: Groups, number: int) -> str:
    item = groups.items[number]
    return item_title(number, item.service_type, item.action, groups.order.type)


def _moves(groups: Groups, lead: int | None) -> list[str]:
    """What moves with it, being on its port."""
    return [_title(groups, one) for one in groups.on_its_port(lead)] if lead is not None else []


def _fits(option: Option, text: str) -> bool:
    said = f"{option.label} {option.note}".casefold()
    return all(word in said for word in text.casefold().split())


def _groups(groups: Groups, lead: int | None) -> Iterator[Group]:
    """What can be chosen for what is to be placed."""
    order = groups.order
    names = {name for name in draft_groups.PLACES if lead is not None and groups.takes(lead, name)}
    ids = {account for account in (order.account_id, order.sub_account_id) if account}
    if "port_group_id" in names:
        known = portal_choices.for_accounts(own_account(), ids).groups
        yield Group("Your port groups", [Option(f"group|{one.key}", one.label, "") for one in known])
        return
    sites = portal_places.sites()
    if lead is not None and "location" not in names and "port" not in names:
        lans = {site.fabric: site.lan for site in sites}
        yield Group("Fabric", [Option(f"fabric|{code}", lan, _buildings(code, sites)) for code, lan in lans.items()])
        return
    own_port = lead is not None and "port" in names and not _brings_a_port(groups, lead)
    if own_port and lead is not None:
        tagged = any(groups.items[one].service_type == "pvlan_unit" for one in groups.mine(lead))
        new = [_new_port(groups, one, sites) for one in draft_places.ports_of_order(groups, lead)]
        yield Group("On a port of this order", new)
        yield Group("On a port that you have", [_port(one, tagged) for one in portal_places.own_ports(ids)])
    title = "On a new port, ordered together with it" if own_port else "Fabric and building"
    yield Group(title, [_site(one) for one in sites])


def _brings_a_port(groups: Groups, lead: int) -> bool:
    return lead in groups.bundled() and any(groups.items[one].service_type == PORT_TYPE for one in groups.bundled())


def _buildings(fabric: str, sites: list[Site]) -> str:
    return "In " + ", ".join(site.building for site in sites if site.fabric == fabric)


def _new_port(groups: Groups, number: int, sites: list[Site]) -> Option:
    details = groups.items[number].details
    there = Where(details.get("fabric"), details.get("location"))
    label = next((one.label for one in sites if (one.fabric, one.location) == (there.fabric, there.location)), "")
    return Option(f"item|{number}", f"{_title(groups, number)}", f"{label}. It starts when that port is there")


def _port(port: OwnPort, needs_vlan: bool) -> Option:
    note = ", ".join(part for part in (port.where, port.room) if part)
    if not port.active:
        note += ". It is still being set up: what is put on it starts when it is there"
    elif needs_vlan and not port.tagged:
        note += ". It is untagged today: its change to Dot1Q becomes part of this order"
    return Option(f"port|{port.number}", port.label, note)


def _site(site: Site) -> Option:
    by_hand = "" if site.automated else ". Orders here are worked by hand, which takes longer"
    none_left = "" if any(site.free.values()) else "No port is free here at the moment."
    place = f"{site.address}. " if site.address else ""
    return Option(f"site|{site.fabric}|{site.location}", site.label, f"{place}{site.availability}{by_hand}", none_left)
