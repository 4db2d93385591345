"""A page with a live panel and a live list, and a server that a test can make speak, fall silent or refuse.

It stands in for the real pages where the scripts of the design system are tested: same frame, macros and headers.
Its templates stand in tests/support/room.
"""

import queue
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, redirect, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.wrappers import Response as AnyResponse

from tests.support.design import design_app

ITEM = "item-0190c2f4-7d1e-7000-8000-000000000001"

ERRORS: dict[str, tuple[int, str, list[dict[str, str]]]] = {
    "refused": (403, "You may not do this.", []),
    "invalid": (422, "Some answers are not right.", [{"detail": "Position: please fill this in."}]),
    "broken": (500, "Something went wrong on our side.", []),
}


@dataclass
class Room:
    """What the pages show, and how the server behaves. Change it, then `say` the topic."""

    status: str = "Paused"
    version: int = 1
    has_form: bool = True
    rows: list[int] = field(default_factory=lambda: [1041, 1043, 1044])
    answer: str = "done"
    online: bool = True
    signed_out: bool = False
    streams: list["queue.Queue[str | None]"] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)

    def say(self, topic: str, event_id: str = "") -> None:
        for stream in list(self.streams):
            stream.put((f"id: {event_id}\n" if event_id else "") + f"event: {topic}\ndata: 0\n\n")

    def cut(self) -> None:
        """End every stream and refuse new ones."""
        self.online = False
        for stream in list(self.streams):
            stream.put(None)

    def stream(self) -> Iterator[str]:
        mine: queue.Queue[str | None] = queue.Queue()
        self.streams.append(mine)
        try:
            yield ": here\n\n"
            while (event := mine.get()) is not None:
                yield event
        finally:
            self.streams.remove(mine)


def _render(template: str, room: Room, **more: object) -> str:
    nav = [{"label": "Failed", "url": "/work?view=failed", "count": 2}]
    return render_template(template, room=room, item=ITEM, nav=nav, **more)


def _answered(room: Room) -> tuple[str, int] | str | AnyResponse:
    """What the server says to an answer, as `room.answer` wants it."""
    room.posted.append(request.form.to_dict())
    if room.answer == "conflict":
        room.version += 1
        return _render("panel.html", room, conflict=True, typed=request.form["position"]), 409
    if room.answer == "elsewhere":
        return redirect("/styleguide/queue", 303)
    if room.answer in ERRORS:
        status, sentence, findings = ERRORS[room.answer]
        told = {"status": status, "title": "No", "sentence": sentence, "errors": findings, "next": None}
        return render_template("errors/error.html", **told), status
    room.has_form, room.status = False, "Running"
    return _render("panel.html", room)


def room_app(room: Room) -> Flask:
    app = design_app()
    own = FileSystemLoader(Path(__file__).parent / "room")
    app.jinja_loader = ChoiceLoader([app.jinja_loader, own]) if app.jinja_loader else own

    def render(template: str) -> str:
        return _render(template, room)

    def panel() -> AnyResponse:
        if room.signed_out:
            return Response("", 401, {"HX-Redirect": "/login"})
        return Response(render("panel.html"))

    def claim() -> str:
        room.version += 1
        room.status = "Claimed"
        return render("panel.html")

    def events() -> AnyResponse:
        if not room.online:
            return Response("", 503)
        room.topics.append(request.args["topics"])
        return Response(room.stream(), mimetype="text/event-stream")

    app.add_url_rule("/room", "room", lambda: render("page.html"))
    app.add_url_rule("/room/panel", "panel", panel)
    app.add_url_rule("/room/list", "list", lambda: render("list.html"))
    app.add_url_rule("/room/takeover", "takeover", lambda: render("takeover.html"))
    app.add_url_rule("/room/claim", "claim", claim, methods=["POST"])
    app.add_url_rule("/room/answer", "answer", lambda: _answered(room), methods=["POST"])
    app.add_url_rule("/events", "events", events)
    return app
