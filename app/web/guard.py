"""The door: a URL, its view and the permission it needs, declared together; anything else is refused.

A view that is not in a route table answers 403, so nothing can be served by forgetting to protect it. Browsers sign
in with a session cookie; programs carry a bearer token, whose scopes stand for permissions.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, g, request
from flask_login import current_user

from app.database import set_reading
from app.domain.errors import Forbidden, NotFound, NotSignedIn
from app.domain.models import User
from app.domain.permissions import Permission, may, token_may
from app.services import access
from app.services.actor import Actor

View = Callable[..., Any]
actor_of = access.actor_of
REQUIRED: dict[str, Permission] = {}
"""Endpoint → the permission it requires."""


def routes(
    blueprint: Blueprint, *table: tuple[str, str, View, Permission], by_token: bool = False, files: bool = False
) -> None:
    """Add rows of (method, URL, view, permission). `by_token`: the caller is a program with a bearer token. `files`:
    files are sent there, which may be larger than other requests."""
    for method, url, view, permission in table:
        name = f"{view.__name__}_{method.lower()}" if method != "GET" else view.__name__
        blueprint.add_url_rule(url, name, view, methods=[method])
        REQUIRED[f"{blueprint.name}.{name}"] = permission
        if by_token:
            _BY_TOKEN.add(f"{blueprint.name}.{name}")
        if files:
            _FILES.add(f"{blueprint.name}.{name}")


_BY_TOKEN: set[str] = set()
_FILES: set[str] = set()
AROUND_A_FILE = 20_000
"""Bytes of a form beside the file in it."""


def init_app(app: Flask) -> None:
    app.before_request(_check)
    app.teardown_request(lambda _error: set_reading(False))


def _check() -> None:
    """Before every request: who is it, and may they?"""
    set_reading(request.method in ("GET", "HEAD"))
    if request.endpoint is None or request.endpoint == "static":
        return  # no such URL: Flask answers 404 or 405
    required = REQUIRED.get(request.endpoint)
    if required is None:
        raise Forbidden("This page is not open to anybody.")
    if required is Permission.OPEN:
        return
    if request.endpoint in _BY_TOKEN:
        _check_token(required)
    else:
        _check_person(required)
    if request.endpoint in _FILES:  # nobody unknown may send as much
        request.max_content_length = current_app.config["HANDOFF"].max_import_bytes + AROUND_A_FILE


def _check_token(required: Permission) -> None:
    token = access.token_from(request.headers.get("Authorization", ""))
    if not token_may(token.scopes, required):
        raise Forbidden(f"This token has no scope that allows {required.value}.")
    g.token = token
    g.actor = actor_of(token.user, token)


def _check_person(required: Permission) -> None:
    if not current_user.is_authenticated:
        raise NotSignedIn("Please sign in.")
    user: User = current_user.record
    if not may(user.role, required):
        # Staff pages must not even be known to members.
        raise NotFound("There is no such page.") if not user.is_staff else Forbidden("Your role does not allow this.")
    g.actor = actor_of(user)


def actor() -> Actor:
    """Who makes this request; only behind a permission other than `open`."""
    found: Actor = g.actor
    return found
