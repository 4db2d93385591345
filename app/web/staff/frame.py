"""What every page of the desk has around its matter: the rail, with live counts and no link that leads nowhere."""

from typing import Any

from flask import Response, current_app, render_template, request, url_for

from app.config import Config
from app.domain.permissions import Permission, Role, may
from app.queries import notices, staff_mails, staff_queue
from app.queries.staff_queue import CAP, View
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.render import page_or_fragment
from app.web.staff import words

VIEW_LABELS = {
    View.MINE: "My work",
    View.UNCLAIMED: "Unclaimed",
    View.FAILED: "Failed",
    View.WAITING: "Waiting",
    View.ALL: "All open items",
}
_TONES = {View.UNCLAIMED: "paused", View.FAILED: "failed"}

_PLACES: tuple[tuple[str, str, Permission], ...] = (
    ("Notifications", "staff.notifications", Permission.ITEM_ANSWER),
    ("Orders", "staff.orders", Permission.STAFF_DESK),
    ("Imports", "staff.import_list", Permission.ORDER_IMPORT),
    ("Tickets", "staff.tickets", Permission.TICKET_READ),
    ("Services", "staff.services", Permission.STAFF_DESK),
    ("Reports", "staff.reports", Permission.STAFF_DESK),
    ("Workers", "staff.workers", Permission.ENGINE_SEE),
    ("Users", "staff.users", Permission.USERS_MANAGE),
    ("Tokens", "staff.tokens", Permission.USERS_MANAGE),
    ("Packages", "staff.packages", Permission.SELLING_MANAGE),
    ("Terms", "staff.terms", Permission.SELLING_MANAGE),
    ("Catalogue", "staff.service_types", Permission.USERS_MANAGE),
    ("Mails", "staff.mails", Permission.MAIL_MANAGE),
    ("Audit", "staff.audit", Permission.AUDIT_READ),
)


def may_now(permission: Permission) -> bool:
    """Whether the viewer holds a permission."""
    return may(actor().role, permission)


def config() -> Config:
    found: Config = current_app.config["HANDOFF"]
    return found


def answer(page: str, fragment: str, status: int = 200, *, current: str, **context: Any) -> Response:
    """The whole page with its rail, or the fragment alone for htmx. `current`: the address of the rail's own entry."""
    whole = not htmx or htmx.history_restore_request
    around = {"nav": nav(current), "nav_url": url_for("staff.rail", at=current)} if whole else {}
    return page_or_fragment(page, fragment, status, **around, **context)


def rail() -> str:
    """The rail alone, for pages that keep its counts live."""
    at = request.args.get("at", "")
    return render_template("shared/_nav.html", nav=nav(at), nav_url=url_for("staff.rail", at=at))


def nav(current: str) -> list[dict[str, Any]]:
    """The rail's entries: the queue's views with their counts, then the places that the viewer's role may see."""
    counts = staff_queue.counts(actor())
    counted = {
        view: {"count": words.number_words(count, CAP), "tone": _TONES.get(view, "") if count else ""}
        for view, count in counts.items()
    }
    entries = [{**entry, **counted.get(entry.pop("view"), {})} for entry in places(current)]
    for entry in entries:
        if entry["url"] == url_for("staff.notifications"):
            entry["count"] = notices.count_words(notices.unread(actor()))
        elif entry["url"] == url_for("staff.mails") and (failed := staff_mails.failed()):
            entry |= {"count": words.number_words(failed, CAP), "tone": "failed"}
    return entries


def places(current: str = "") -> list[dict[str, Any]]:
    """The rail's entries without counts; `view`: the queue's view that an entry is."""
    entries = [{**_entry("Start", url_for("staff.home"), current), "view": None}]
    for view, label in VIEW_LABELS.items():
        if view is View.MINE and actor().role is Role.ADMIN:
            continue  # an administrator claims nothing
        entries.append({**_entry(label, url_for("staff.work", view=view.value), current), "view": view})
    own = [(label, name) for label, name, needed in _PLACES if may_now(needed)]
    return entries + [{**_entry(label, url_for(name), current), "view": None} for label, name in own]


def _entry(label: str, url: str, current: str) -> dict[str, Any]:
    return {"label": label, "url": url, "current": url == current, "count": None}


def local_path(wanted: str, default: str) -> str:
    """`wanted` if it is an address of this site, else the default: a form must not lead elsewhere."""
    plain = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if plain and not any(ord(sign) < 32 for sign in wanted) else default


def asked(name: str, most: int = 100) -> str:
    """What the address asks for under this name, without what no keyboard types."""
    return "".join(sign for sign in request.args.get(name, "") if sign.isprintable()).strip()[:most]
