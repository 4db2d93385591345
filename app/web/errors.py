"""Every error in words: problem+json for programs (RFC 9457), a page for people. Never a stack trace."""

import time
import uuid
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from app.domain.errors import HandoffError, NotSignedIn
from app.extensions import db

log = structlog.get_logger()

PROGRAM_PATHS = ("/oms/", "/hooks/", "/openapi.json", "/healthz", "/readyz", "/metrics")
TITLES = {
    400: "The request cannot be read", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    409: "Not possible in its present state", 413: "Too large", 415: "Unsupported media type",
    422: "Some values are not right", 429: "Too many requests", 500: "Something went wrong on our side",
    503: "Not available right now",
}  # fmt: skip
MOST_READ_IN_VAIN = 50_000_000
"""Bytes of a body that is refused."""
LONGEST_READ_IN_VAIN_S = 2.0
WORDS = {
    404: "There is nothing at this address.",
    405: "This address does not take this kind of request.",
    413: "The request is larger than the server accepts.",
    500: "We have noted it. Please try again; if it stays, tell us the request id.",
    503: "The database did not answer in time. Nothing was changed; please try again.",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HandoffError, _ours)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(DBAPIError, _database_refused)
    app.register_error_handler(Exception, _bug)


def _ours(error: HandoffError) -> Any:
    db.session.rollback()
    if isinstance(error, NotSignedIn) and not for_program():
        return _to_login()
    return answer(error.status, error.title, error.detail, [finding.as_dict() for finding in error.errors])


def _csrf(_error: CSRFError) -> Any:
    return answer(400, "This form has expired", "Please go back, reload the page and send it again.")


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    words = _too_large() if status == 413 else WORDS.get(status, error.description or error.name)
    if status == 413:
        _read_to_the_end()
    made = answer(status, TITLES.get(status, error.name), words)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            made.headers[name] = value
    return made


def _read_to_the_end() -> None:
    """Who is cut off while still sending often never reads why, so let them finish first; who sends slowly is not
    waited for."""
    left, until = min(request.content_length or 0, MOST_READ_IN_VAIN), time.monotonic() + LONGEST_READ_IN_VAIN_S
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(LONGEST_READ_IN_VAIN_S)
    while left > 0 and time.monotonic() < until:
        chunk = request.environ["wsgi.input"].read(min(left, 65_536))
        if not chunk:
            return
        left -= len(chunk)


def _too_large() -> str:
    most = request.max_content_length
    return WORDS[413] if most is None else f"{WORDS[413]} At most {most / 1e6:,.3g} MB are taken here."


def _database_away(error: OperationalError) -> Any:
    db.session.rollback()
    log.error("the database failed a request", error=str(error.orig))
    made = answer(503, TITLES[503], WORDS[503])
    made.headers["Retry-After"] = "2"
    return made


def _database_refused(error: DBAPIError) -> Any:
    """A value the database cannot take (a NUL byte, a number too large) is the sender's; all else is a bug of ours."""
    db.session.rollback()
    if type(error).__name__ == "DataError":
        return answer(422, TITLES[422], "A value is outside of what can be stored.")
    return _bug(error)


def _bug(error: Exception) -> Any:
    db.session.rollback()
    log.exception("a request failed", path=request.path)
    return answer(500, TITLES[500], WORDS[500])


def for_program() -> bool:
    return request.path.startswith(PROGRAM_PATHS)


def answer(status: int, title: str, detail: str, findings: list[dict[str, str]] | None = None) -> Response:
    """One error in the form that this caller reads."""
    request_id = g.get("request_id") or uuid.uuid4().hex
    if for_program():
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        if findings:
            body["errors"] = findings
        body["request_id"] = request_id
        made = jsonify(body)
        made.status_code = status
        made.content_type = "application/problem+json"
        if status == 401:
            made.headers["WWW-Authenticate"] = "Bearer"
        return made
    html = render_template(
        "errors/error.html", status=status, title=title, sentence=detail, errors=findings or [], request_id=request_id
    )
    return make_response(html, status)


def _to_login() -> Response:
    target = url_for("auth.login", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        made = make_response("", 401)
        made.headers["HX-Redirect"] = url_for("auth.login")
        return made
    return make_response(redirect(target, 303))
