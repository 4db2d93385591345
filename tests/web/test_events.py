"""The stream of signals: who hears what, what was missed, and what happens when Redis or the server goes."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient

from app import live
from app.domain.after_commit import account_topic
from app.extensions import db
from app.web.live import most_streams
from app.web.live.hub import BACKLOG, RESYNC, Hub
from tests import cast
from tests.support.redis import RedisServer
from tests.support.waiting import until
from tests.web.desk import CONNEXIONS, Desk


class Ear:
    """Reads a stream in a thread of its own, as a browser does."""

    def __init__(self, client: FlaskClient, topics: str, last_seen: str = "") -> None:
        headers = {"Last-Event-ID": last_seen} if last_seen else {}
        self.answer = client.get(f"/events?topics={topics}", headers=headers, buffered=False)
        self.heard: list[str] = []
        self.ids: list[str] = []
        self.ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        if self.answer.status_code == 200:
            self._thread.start()
            until(lambda: self.heard, "the stream is open")

    def _listen(self) -> None:
        for chunk in self.answer.response:
            text = chunk.decode() if isinstance(chunk, bytes) else str(chunk)
            for line in text.splitlines():
                if line.startswith("event: "):
                    self.heard.append(line.removeprefix("event: "))
                elif line.startswith("id: "):
                    self.ids.append(line.removeprefix("id: "))
                elif line.startswith(":"):
                    self.heard.append(line)
        self.ended = True

    def hears(self, topic: str) -> None:
        until(lambda: topic in self.heard, f"“{topic}” is heard; so far {self.heard}", seconds=15)

    def close(self) -> None:
        self.answer.close()


@contextmanager
def listening(desk: Desk, client: FlaskClient, topics: str, last_seen: str = "") -> Iterator[Ear]:
    ear = Ear(client, topics, last_seen)
    try:
        yield ear
    finally:
        hub: Hub = desk.app.extensions["hub"]
        hub.stop()
        if ear.answer.status_code == 200:
            until(lambda: ear.ended, "the stream has ended")
        ear.close()
        hub.stopping = False


def say(desk: Desk, *topics: str) -> None:
    signals: live.Signals = desk.app.extensions["signals"]
    signals.send(list(topics))


def test_it_is_a_stream_that_no_proxy_holds_back(desk: Desk, engineer: FlaskClient) -> None:
    with listening(desk, engineer, "queue") as ear:
        assert ear.answer.mimetype == "text/event-stream"
        assert ear.answer.headers["X-Accel-Buffering"] == "no"
        assert ear.answer.headers["Cache-Control"] == "no-store"


def test_a_signal_is_heard_by_who_asked_for_it_and_by_nobody_else(desk: Desk, engineer: FlaskClient) -> None:
    item, other = (f"item-{uuid.uuid4()}" for _ in range(2))
    with listening(desk, engineer, f"{item},queue") as ear:
        say(desk, other, item, "queue")
        ear.hears("queue")
        assert item in ear.heard
        assert other not in ear.heard


def test_what_a_person_does_is_heard_after_the_commit(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    with listening(desk, engineer, f"item-{item_id}") as ear:
        desk.claim(item_id, cast.ENGINEER2)
        ear.hears(f"item-{item_id}")


def test_members_hear_of_their_own_orders_only(desk: Desk, member: FlaskClient) -> None:
    own, strangers = desk.place(("connexions", "new", CONNEXIONS)), desk.port(account=cast.PARTNER)
    topics = f"order-{own.id},item-{own.items[0]},item-{strangers},queue"
    with listening(desk, member, topics) as ear:
        say(desk, f"item-{strangers}", "queue", f"item-{own.items[0]}", f"order-{own.id}")
        ear.hears(f"order-{own.id}")
        assert f"item-{own.items[0]}" in ear.heard
        assert {f"item-{strangers}", "queue"}.isdisjoint(ear.heard)


def test_members_hear_of_their_own_account_and_of_nobody_elses(desk: Desk, member: FlaskClient) -> None:
    own, strangers = account_topic(cast.HARBOUR), account_topic(cast.PARTNER)
    with listening(desk, member, f"{own},{strangers}") as ear:
        desk.port(account=cast.PARTNER)
        desk.port()
        ear.hears(own)
        assert strangers not in ear.heard
    assert member.get(f"/events?topics={strangers}").status_code == 404


@pytest.mark.parametrize("topics", ["", "nonsense", "order-1", "resync", "item-", "queue\n\nevent: x"])
def test_what_cannot_be_heard_is_404(engineer: FlaskClient, topics: str) -> None:
    assert engineer.get("/events", query_string={"topics": topics}).status_code == 404


def test_somebody_elses_item_alone_is_404(desk: Desk, member: FlaskClient) -> None:
    strangers = desk.port(account=cast.PARTNER)
    assert member.get(f"/events?topics=item-{strangers}").status_code == 404


def test_nobody_in_particular_hears_nothing(desk: Desk) -> None:
    assert desk.app.test_client().get("/events?topics=queue").status_code == 303


def test_what_was_missed_is_told_again(desk: Desk, engineer: FlaskClient) -> None:
    item = f"item-{uuid.uuid4()}"
    with listening(desk, engineer, "queue") as ear:
        say(desk, "queue")
        ear.hears("queue")
        seen = ear.ids[-1]
    say(desk, "queue", item)
    with listening(desk, engineer, item, last_seen=seen) as ear:
        ear.hears(item)
        assert "resync" not in ear.heard


@pytest.mark.parametrize("seen", ["1-1", "99999999999999-0", "nonsense"])
def test_what_was_missed_and_cannot_be_known_is_a_resync(desk: Desk, engineer: FlaskClient, seen: str) -> None:
    say(desk, "queue")
    with listening(desk, engineer, "queue", last_seen=seen) as ear:
        ear.hears("resync")


def test_streams_leave_threads_for_pages(desk: Desk, engineer: FlaskClient) -> None:
    assert most_streams(48) == 36
    assert most_streams(4) == 1
    hub: Hub = desk.app.extensions["hub"]
    hub.most = 1
    with listening(desk, engineer, "queue"):
        refused = engineer.get("/events?topics=queue")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "10"
    assert hub.open_streams == 0


def test_streams_end_when_the_server_stops(desk: Desk, engineer: FlaskClient) -> None:
    ear = Ear(engineer, "queue")
    hub: Hub = desk.app.extensions["hub"]
    hub.stop()
    until(lambda: ear.ended, "the stream has ended", seconds=5)
    assert engineer.get("/events?topics=queue").status_code == 503
    ear.close()


def test_a_stream_holds_no_database_connection(desk: Desk, engineer: FlaskClient) -> None:
    with listening(desk, engineer, "queue"), desk.app.app_context():
        assert db.engine.pool.status().endswith("Current Checked out connections: 0")


def test_a_listener_that_falls_behind_is_told_to_fetch_everything() -> None:
    hub = Hub(_NoSignals(), most=1)  # type: ignore[arg-type]
    listener = hub.join(["queue"])
    assert listener is not None
    for number in range(BACKLOG + 1):
        hub._tell((f"{number}-0", "queue"))
    assert listener.told.get_nowait() == RESYNC
    hub.stop()


class _NoSignals:
    def latest(self) -> str:
        return "0-0"

    def read(self, _after: str, _block_ms: int) -> list[tuple[str, str]]:
        threading.Event().wait(0.05)
        return []


def test_after_redis_was_away_everybody_fetches_everything(own_redis: RedisServer) -> None:
    signals = live.Signals(own_redis.url)
    hub = Hub(signals, most=1)
    listener = hub.join(["queue"])
    assert listener is not None
    signals.send(["queue"])
    assert listener.told.get(timeout=10)[1] == "queue"
    own_redis.kill()
    own_redis.start()
    assert listener.told.get(timeout=20) == RESYNC
    until(lambda: _heard_again(signals, listener), "signals are heard again")
    hub.stop()


def _heard_again(signals: live.Signals, listener: object) -> bool:
    signals.send(["queue"])
    return not listener.told.empty()  # type: ignore[attr-defined]
