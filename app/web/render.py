"""One view, two answers: the whole page, or only the fragment htmx asked for. And what every page needs."""

import hashlib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_login import current_user

from app.config import Config
from app.domain import clock
from app.domain.states import ICONS, Status
from app.web.extensions import htmx

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
"""No inline script or style, no eval, nothing from elsewhere."""


def init_app(app: Flask) -> None:
    app.before_request(_name_request)
    app.after_request(_headers)
    app.jinja_env.filters["localtime"] = localtime
    app.jinja_env.filters["ago"] = ago
    app.jinja_env.globals["icon_of"] = lambda status: ICONS[Status(status)].value
    app.jinja_env.globals["now"] = clock.now
    version = _asset_version(app)
    app.jinja_env.globals["asset_version"] = version
    app.jinja_env.globals["icons_url"] = f"{app.static_url_path}/icons.svg?v={version}"  # hundreds on one page
    app.context_processor(_known_to_pages)


def _asset_version(app: Flask) -> str:
    """Changes whenever a served file does, so that browsers may keep the files for a year."""
    digest = hashlib.sha256()
    for name in ("handoff.js", "handoff.css", "icons.svg", "favicon.svg"):
        digest.update((Path(app.static_folder or "") / name).read_bytes())
    return digest.hexdigest()[:12]


def _known_to_pages() -> dict[str, Any]:
    config: Config = current_app.config["HANDOFF"]
    return {"exchange_name": config.exchange_name, "new_form_key": lambda: uuid.uuid4().hex}


def _name_request() -> None:
    given = request.headers.get("X-Request-ID", "")
    usable = 8 <= len(given) <= 64 and given.replace("-", "").isalnum()
    g.request_id = given if usable else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-ID"] = g.get("request_id", "")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    config: Config = current_app.config["HANDOFF"]
    if config.over_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=31536000" if request.args.get("v") else "public, max-age=60"
    else:
        headers.setdefault("Cache-Control", "no-store")
        response.vary.update(["HX-Request", "Cookie"])
    return response


def page_or_fragment(page: str, fragment: str, status: int = 200, **context: Any) -> Response:
    """The whole page for a browser, the fragment (which the page includes) for htmx."""
    whole = not htmx or htmx.history_restore_request
    return make_response(render_template(page if whole else fragment, **context), status)


def zone() -> ZoneInfo:
    """The viewer's time zone, else the exchange's."""
    config: Config = current_app.config["HANDOFF"]
    chosen = current_user.timezone if current_user and current_user.is_authenticated else ""
    return ZoneInfo(chosen) if chosen else config.timezone


def localtime(moment: datetime | str | None, style: str = "") -> str:
    """A time as the viewer's clock shows it: “20 Nov 14:02 GMT”, with the year if it is another one."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    local = moment.astimezone(zone())
    if style == "time":
        return f"{local:%H:%M:%S}"
    year = "" if local.year == datetime.now(UTC).year else f" {local.year}"
    if style == "date":
        return f"{local.day} {local:%b}{year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M %Z}"


def ago(moment: datetime | None) -> str:
    """How long ago, in the largest unit that says it: “8 s”, “12 min”, “3 h”, “5 d”."""
    if moment is None:
        return ""
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
