"""Jump to anything: pages, views, saved views, items, orders, services, tickets, members. A dialog, and also a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, url_for

from app import catalogue
from app.domain.models import Order
from app.queries import portal, staff_jump, staff_search
from app.web.guard import actor
from app.web.portal import frame as portal_frame
from app.web.render import page_or_fragment
from app.web.staff import frame, words
from app.web.staff.own_frame import is_staff, own_frame

PER_GROUP = 8


@dataclass(frozen=True)
class Jump:
    """One place to go to: its name, what tells it from others, its address."""

    label: str
    hint: str
    url: str


@dataclass(frozen=True)
class Group:
    title: str
    jumps: list[Jump]


def palette() -> Response:
    """GET /palette?q= — the page, or its list alone as one types."""
    text = " ".join(frame.asked("q").split())
    groups = [group for group in (_staff(text) if is_staff() else _member(text)) if group.jumps]
    shown: dict[str, Any] = {"text": text, "groups": groups, "found": sum(len(group.jumps) for group in groups)}
    return page_or_fragment("staff/palette.html", "staff/_palette.html", **shown, **own_frame())


def _fits(text: str, *said: str) -> bool:
    """Whether each word typed begins a word of what is said."""
    there = re.findall(r"\w+", " ".join(said).lower())
    return all(any(one.startswith(word) for one in there) for word in re.findall(r"\w+", text.lower()))


def _staff(text: str) -> Iterator[Group]:
    yield Group("Pages", [jump for jump in _pages() if _fits(text, jump.label, jump.hint)])
    yield Group("Saved views", [jump for jump in _saved() if _fits(text, jump.label)][:PER_GROUP])
    if not text:
        return
    yield Group("Items", [Jump(one.name, f"{_service(one)} · {one.member}", url_for("staff.item", item_id=one.id))
                          for one in staff_jump.items(text)])  # fmt: skip
    yield from _found(staff_search.find(text), staff_jump.orders_beginning(text))
    yield Group("Everywhere", [Jump(f"Search for “{text}”", "", url_for("staff.search", q=text))])


def _service(item: staff_jump.ItemPlace) -> str:
    return " · ".join(words.service_and_action(item.service_type, item.action, item.order_type))


def _pages() -> list[Jump]:
    """What the rail leads to, and what stands in the bar above it."""
    rail = [Jump(str(entry["label"]), "", str(entry["url"])) for entry in frame.places()]
    return rail + _own()


def _own() -> list[Jump]:
    return [
        Jump("Your settings", "time zone, theme, density, shortcuts", url_for("staff.me")),
        Jump("Help", "statuses, keyboard", url_for("staff.help_page")),
    ]


def _saved() -> list[Jump]:
    views = staff_jump.saved_views(actor())
    return [
        Jump(one.name, "shared" if one.shared else "", _saved_url(one.view, one.filters, one.sort)) for one in views
    ]


def _saved_url(view: str, filters: dict[str, Any], sort: str) -> str:
    plain = {name: value for name, value in filters.items() if isinstance(value, (str, int))}
    return f"{url_for('staff.work')}?{urlencode({'view': view, **plain, **({'sort': sort} if sort else {})})}"


def _found(found: staff_search.Found, beginning: list[Order]) -> Iterator[Group]:
    yield Group("Orders", [
        Jump(str(one.number), f"{words.order_badge(one.status).words} · {one.account.organisation}",
             url_for("staff.order", order_id=one.id)) for one in [*found.orders, *beginning][:PER_GROUP]
    ])  # fmt: skip
    yield Group("Services", [
        Jump(str(one.number), f"{catalogue.title(one.service_type, 'staff')} · {one.account.organisation}",
             url_for("staff.service", service_id=one.id)) for one in found.services[:PER_GROUP]
    ])  # fmt: skip
    yield Group("Tickets", [
        Jump(str(one.number), one.subject, url_for("staff.ticket", number=one.number))
        for one in found.tickets[:PER_GROUP]
    ])  # fmt: skip
    yield Group("Members", [
        Jump(one.organisation, f"AS{one.asn}" if one.asn else one.id, url_for("staff.orders", q=one.organisation))
        for one in found.members[:PER_GROUP]
    ])  # fmt: skip


def _member(text: str) -> Iterator[Group]:
    entries = portal_frame.nav()
    pages = [Jump(entry["label"], "", entry["url"]) for entry in entries]
    pages.append(Jump("Request a new service", "", url_for("portal.choose")))
    yield Group("Pages", [jump for jump in [*pages, *_own()] if _fits(text, jump.label, jump.hint)])
    if not text:
        return
    orders = portal.orders(actor(), portal_frame.own_account(), portal.OrderQuery("all", text)).rows[:PER_GROUP]
    yield Group("Orders", [Jump(str(one.number), one.what, url_for("portal.order", order_id=one.id)) for one in orders])
