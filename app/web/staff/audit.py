"""The audit trail: who did what, before and after."""

from typing import Any

from flask import Response, request, url_for

from app.queries import staff_audit
from app.web.staff import frame
from app.web.staff.item_view import pretty


def audit() -> Response:
    """GET /audit?q=&cursor="""
    text = frame.asked("q", 200)
    page = staff_audit.page(text, request.args.get("cursor", ""))
    asked: dict[str, Any] = {"q": text} if text else {}
    return frame.answer(
        "staff/audit.html", "staff/audit.html", current=url_for("staff.audit"), text=text, trail=page, pretty=pretty,
        newer_url=url_for("staff.audit", **asked, cursor=page.newer) if page.newer else None,
        older_url=url_for("staff.audit", **asked, cursor=page.older) if page.older else None,
    )  # fmt: skip
