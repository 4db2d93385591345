"""From a view's result to an HTTP answer: JSON in its own order, pages with cursors, requests that may come twice."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.exc import IntegrityError

from app.config import Config
from app.domain.errors import Conflict, Malformed
from app.domain.models import StoredAnswer
from app.extensions import db
from app.queries import keyset
from app.services import idempotency
from app.web import guard
from app.web.api import reading
from app.web.api.showing import Shower

LONGEST_KEY = 255
BEING_DONE = "The first request with this Idempotency-Key is still being worked on; send it again in a moment."


def config() -> Config:
    found: Config = current_app.config["HANDOFF"]
    return found


def shower() -> Shower:
    return Shower(guard.actor(), config().timezone)


def answer(
    body: Mapping[str, Any], status: int = 200, *, location: str | None = None, replayed: bool = False
) -> Response:
    """JSON with its members in the order in which they were put; an ETag where the thing has a version."""
    made = Response(json.dumps(body, ensure_ascii=False), status, mimetype=reading.JSON)
    if location:
        made.headers["Location"] = location
    if replayed:
        made.headers["Idempotency-Replayed"] = "true"
    if isinstance(body.get("version"), int):
        made.headers["ETag"] = f'"{body["version"]}"'
    return made


def page(found: keyset.Page[Any], sort: keyset.Sort, rows: list[Any]) -> Response:
    """One page of a list, with the address of the next one as RFC 8288 has it."""
    cursor = _cursors(sort).dumps(keyset.plain(found.next)) if found.next else None
    made = answer({"items": rows, "next": cursor})
    if cursor:
        others = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
        made.headers["Link"] = f'<{request.path}?{urlencode([*others, ("cursor", cursor)])}>; rel="next"'
    return made


def position(sort: keyset.Sort, cursor: str | None) -> list[Any] | None:
    """Where the page before ended; `Malformed` for a cursor that did not come from this list."""
    if cursor is None:
        return None
    try:
        values = keyset.typed(sort, _cursors(sort).loads(cursor))
    except (BadData, RecursionError):
        values = None
    if values is None:
        raise Malformed("The cursor is not one of this list; start again without it.")
    return values


def _cursors(sort: keyset.Sort) -> URLSafeSerializer:
    """Signed, so that nobody builds on what is inside."""
    return URLSafeSerializer(current_app.secret_key or "", salt=f"cursor:{request.path}:{sort.name}")


def creating(make: Callable[[], tuple[Mapping[str, Any], str]]) -> Response:
    """Create something once: `make` answers its JSON and its address, and leaves the commit to us."""
    key, print_ = _key()
    if key is not None and (known := _known(key, print_)) is not None:
        return answer(known.body, known.status, location=known.location, replayed=True)
    body, location = make()
    if key is not None:
        row = db.session.get_one(StoredAnswer, key)
        row.status, row.body, row.location = 201, dict(body), location
    db.session.commit()
    return answer(body, 201, location=location)


def acting(act: Callable[[], None], show: Callable[[], Mapping[str, Any]]) -> Response:
    """Act once: `act` commits by itself. A repetition changes nothing and shows how things stand now."""
    key, print_ = _key()
    if key is not None and _known(key, print_) is not None:
        return answer(show(), replayed=True)
    act()
    return answer(show())


def _known(key: str, print_: str) -> StoredAnswer | None:
    """The answer given to this request before; else the key is noted in the transaction that is about to act."""
    found = idempotency.recall(key, print_)
    if found is not None:
        return found
    try:
        idempotency.note(key, print_)
    except IntegrityError:
        db.session.rollback()
        found = idempotency.recall(key, print_)
        if found is None:
            raise Conflict(BEING_DONE) from None
        return found
    return None


def given_key() -> str | None:
    """The Idempotency-Key as it was sent; `Malformed` if it cannot be one."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not re.fullmatch(f"[\x21-\x7e]{{1,{LONGEST_KEY}}}", given):
        raise Malformed(f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters without blanks.")
    return given


def _key() -> tuple[str | None, str]:
    given = given_key()
    if given is None:
        return None, ""
    said = reading.json_object(empty=True) if request.get_data(cache=True) else {}
    return idempotency.key_of(g.token.id, given), idempotency.fingerprint(request.method, request.path, said)
