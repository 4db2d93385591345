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
from app.web.live.hub import Hub, Listener, Signal

HEARTBEAT_S = 15.0
LOOK_S = 1.0
"""How often a silent stream looks whether its browser has gone or the server is stopping."""
LONGEST_S = 600.0
"""After so long the browser must connect again, which checks anew who it is."""
MOST_TOPICS = 200


def events() -> Response:
    """A stream of the asked topics that the viewer may hear of; what they may was decided when it opened."""
    asked = [topic for topic in request.args.get("topics", "").split(",") if topic][:MOST_TOPICS]
    topics = live_topics.allowed(actor(), asked)
    if not topics:
        raise NotFound("There is nothing here to listen to.")
    hub: Hub = current_app.extensions["hub"]
    listener = hub.join(topics)
    if listener is None:
        return Response(status=503, headers={"Retry-After": "10"})
    last_seen = request.headers.get("Last-Event-ID", "")
    missed = hub.missed(listener, last_seen) if last_seen else []
    db.session.remove()  # a stream lives for minutes and must hold no connection
    response = Response(_stream(hub, listener, missed, _hung_up(request.environ)), mimetype="text/event-stream")
    response.call_on_close(lambda: hub.leave(listener))
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    return response


def _stream(hub: Hub, listener: Listener, missed: list[Signal], hung_up: Callable[[], bool]) -> Iterator[str]:
    try:
        yield ": here\n\n"
        for signal in missed:
            yield _event(signal)
        replayed = _parts(missed[-1][0]) if missed else (0, 0)
        yield from _fresh(hub, listener, hung_up, replayed)
    finally:
        hub.leave(listener)


def _fresh(hub: Hub, listener: Listener, hung_up: Callable[[], bool], replayed: tuple[int, int]) -> Iterator[str]:
    end = time.monotonic() + LONGEST_S * random.uniform(0.8, 1.2)
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
        if signal[0] and _parts(signal[0]) <= replayed:
            continue  # heard live and in the replay
        said = time.monotonic()
        yield _event(signal)


def _parts(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds or 0), int(number or 0)


def _event(signal: Signal) -> str:
    event_id, topic = signal
    return (f"id: {event_id}\n" if event_id else "") + f"event: {topic}\ndata: 1\n\n"


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
