"""The audit trail: who did what, to what, when; from what to what; and whether it still holds."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response, request, url_for

from app.domain.errors import Finding, Invalid
from app.domain.models import Audit
from app.queries import staff_audit
from app.queries.staff_audit import AuditFilters
from app.services import audit as trail
from app.web.render import zone
from app.web.sheets import sheet
from app.web.staff import frame
from app.web.staff.item_view import pretty

NEWEST = 10_000
"""So many rows of the chain are checked from the page; the command line checks all of it."""
ASKED = ("who", "what", "about", "from", "to")
LABELS = {"who": "Who", "what": "What", "about": "About", "from": "From", "to": "Until"}
HEADINGS = ("No", "When (UTC)", "Who", "What", "Order", "Item", "About", "Before", "After", "Reason", "Digest")
SHORT = 120


def audit() -> Response:
    """GET /audit?who=&what=&about=&from=&to=&verify=&cursor="""
    asked = _asked()
    page = staff_audit.page(_filters(asked), request.args.get("cursor", ""))
    return frame.answer(
        "staff/audit.html", "staff/audit.html", current=url_for("staff.audit"), asked=asked, trail=page, pretty=pretty,
        changes=changes, deeds=staff_audit.deeds(), seal=staff_audit.seal(), verdict=_verdict(), newest=NEWEST,
        chips=_chips(asked), csv_url=url_for("staff.audit_csv", **asked),
        verify_url=url_for("staff.audit", **asked, verify="1"),
        newer_url=_url(asked, page.newer), older_url=_url(asked, page.older), further_url=_url(asked, page.further),
    )  # fmt: skip


def audit_csv() -> Response:
    """GET /audit.csv: all rows that fit, sent as they are read."""
    return sheet("audit", HEADINGS, map(_cells, staff_audit.every(_filters(_asked()))))


def _cells(row: tuple[Any, ...]) -> list[Any]:
    return [json.dumps(one, ensure_ascii=False, sort_keys=True) if isinstance(one, dict) else one for one in row]


def _asked() -> dict[str, Any]:
    return {name: text for name in ASKED if (text := frame.asked(name, 200))}


def _url(asked: dict[str, Any], cursor: str | None) -> str | None:
    return url_for("staff.audit", **asked, cursor=cursor) if cursor else None


def _chips(asked: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"label": LABELS[name], "value": value,
         "remove_url": url_for("staff.audit", **{key: text for key, text in asked.items() if key != name})}
        for name, value in asked.items()
    ]  # fmt: skip


def _filters(asked: dict[str, Any]) -> AuditFilters:
    """`Invalid` for a day that is none. Days are those of the viewer's time zone, both included."""
    return AuditFilters(
        who=asked.get("who", ""), what=asked.get("what", ""), about=asked.get("about", ""),
        since=midnight(asked.get("from", ""), "from"), until=midnight(asked.get("to", ""), "to", 1),
    )  # fmt: skip


def midnight(typed: str, name: str, later: int = 0) -> datetime | None:
    """The beginning of a day in the viewer's time zone, so many days later; None if none was typed."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
        return datetime.combine(day + timedelta(days=later), time(), zone())
    except (ValueError, OverflowError):
        words = f"“{typed[:40]}” is no day; write it as 2026-11-20."
        raise Invalid("The period cannot be read.", [Finding(f"/{name}", "format", words)]) from None


def _verdict() -> tuple[str, str] | None:
    """The newest rows of the chain, checked if that was asked for: tone and sentence."""
    if request.args.get("verify") != "1":
        return None
    last = trail.last_sealed()
    begin = max(0, last - NEWEST)
    held, broken = trail.verify(begin)
    if broken is not None:
        return "failed", f"The trail does not hold. {broken}"
    return (
        "done",
        f"Rows {begin + 1:,} to {held:,} hold: none was changed or is missing." if held else "Nothing is sealed yet.",
    )


def changes(row: Audit) -> list[tuple[str, str, str]]:
    """What the row says changed: name, before, after; only what differs, in the order of the names."""
    before, after = row.before or {}, row.after or {}
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return [(name.replace("_", " "), _said(before.get(name)), _said(after.get(name))) for name in names]


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]} …"
