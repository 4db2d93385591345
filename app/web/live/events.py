"""GET /events: names of what has changed, as server-sent events. Pages then fetch their own fragments."""

import queue
import random
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, current_app, request

from app.domain.errors import NotFound
from app.extensions import db
from app.queries import live_topics
from app.web.guard import actor
from app.web.live.hub import Hub, Listener, Signal, words
from app.web.live.lines import HEARTBEAT_S, LOOK_S, takeable

LONGEST_S = 600.0
"""After so long the browser must connect again, which checks anew who it is."""
MOST_TOPICS = 200


def events() -> Response:
    """A stream of the asked topics that the viewer may hear of; what they may was decided when it opened.

    `after` (or the header Last-Event-ID): the last signal that was heard; what was said since is said first.
    """
    asked = [topic for topic in request.args.get("topics", "").split(",") if topic][:MOST_TOPICS]
    topics = live_topics.allowed(actor(), asked)
    if not topics:
        raise NotFound("There is nothing here to listen to.")
    hub: Hub = current_app.extensions["hub"]
    listener = hub.join(topics, takeable(request.environ))
    if listener is None:
        return Response(status=503, headers={"Retry-After": "10"})
    last_seen = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    opening = [("", "here") if not hub.position else (hub.position, "here")]
    opening += hub.missed(listener, last_seen) if last_seen else []
    db.session.remove()  # a stream lives for minutes and must hold no connection
    response = Response(_stream(hub, listener, opening, request.environ), mimetype="text/event-stream")
    response.call_on_close(lambda: _left(hub, listener))
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    return response


def _left(hub: Hub, listener: Listener) -> None:
    """The request has ended; if its connection was taken over, the stream has not."""
    if listener.line is None:
        hub.leave(listener)


def _stream(hub: Hub, listener: Listener, opening: list[Signal], environ: dict[str, Any]) -> Iterator[str]:
    longest = LONGEST_S * random.uniform(0.8, 1.2)
    try:
        yield ": here\n\n" + "".join(words(signal, hub.spread_ms(signal[1])) for signal in opening)
        if takeable(environ):
            hub.take_over(listener, environ["gunicorn.socket"], longest)
        else:
            yield from _fresh(hub, listener, _hung_up(environ), time.monotonic() + longest)
    finally:
        _left(hub, listener)


def _fresh(hub: Hub, listener: Listener, hung_up: Callable[[], bool], end: float) -> Iterator[str]:
    """What a thread says that holds a stream."""
    said = time.monotonic()
    while not hub.stopping and time.monotonic() < end:
        try:
            signal = listener.told.get(timeout=LOOK_S)
        except queue.Empty:
            if hung_up():
                return
            if time.monotonic() - said >= HEARTBEAT_S:
                said = time.monotonic()
                yield ": still here\n\n"
            continue
        if listener.is_new(signal):  # else heard live and in the replay
            said = time.monotonic()
            yield words(signal, hub.spread_ms(signal[1]))


def _hung_up(environ: dict[str, Any]) -> Callable[[], bool]:
    """Whether the browser has closed its end, where the server lets us see the socket; else a write will tell."""
    link: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")

    def look() -> bool:
        if link is None:
            return False
        try:
            readable = select.select([link], [], [], 0)[0]
            return bool(readable) and link.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    return look
