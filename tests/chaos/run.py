"""One run: orders are placed, people race, disasters strike, everything comes to an end, the far side is counted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.domain.models import OrderItem, OutboxMessage
from app.domain.states import State
from app.extensions import db
from tests import cast
from tests.chaos.count import Count, count
from tests.chaos.disasters import Disasters
from tests.chaos.people import Engineers, Program, Tally
from tests.chaos.room import Room, lease_over, opened
from tests.chaos.scale import Scale


@dataclass
class Report:
    kind: str
    scale: Scale
    seconds: float
    tally: Tally
    disasters: Disasters
    count: Count
    last_words: str

    @property
    def faults(self) -> list[str]:
        """Everything that must not be; empty in a good run."""
        c, t = self.count, self.tally
        ended = c.states[State.DONE.value]
        return [
            *(f"lost: {one}" for one in c.lost),
            *(f"duplicated: {one}" for one in c.duplicated),
            *(f"under a wrong key: {one}" for one in c.wrong_keys),
            *(f"answer ≥ 500: {one}" for one in t.server_errors),
            *(f"not told: {one}" for one in c.untold),
            *t.bugs,
            *([f"{c.doubly_resumed} manual steps were resumed twice"] if c.doubly_resumed else []),
            *(
                [f"{len(t.placed)} orders were taken, not {self.scale.items}"]
                if len(t.placed) != self.scale.items
                else []
            ),
            *([f"not all items are done: {dict(c.states)}"] if ended != self.scale.items else []),
            *c.unfinished,
        ]

    def rows(self) -> list[tuple[str, str]]:
        c, t, d = self.count, self.tally, self.disasters
        return [
            ("items", f"{self.scale.items} ({_words(c.states)})"),
            ("time", f"{self.seconds:.0f} s"),
            ("workers killed / frozen past the lease", f"{d.kills} / {d.freezes}"),
            ("Redis wiped", ", ".join(d.redis_wiped) or "no"),
            ("PostgreSQL crashed and restarted", str(d.database_crashes)),
            ("requests at the far side", str(c.requests)),
            ("tries of counted steps", f"{c.tries} for {c.expected} effects"),
            ("effects counted at the far side", f"{c.effects}, {c.tickets} tickets, {c.notes} notes"),
            ("LOST", str(len(c.lost) + len(c.untold))),
            ("DUPLICATED", str(len(c.duplicated) + c.doubly_resumed)),
            ("orders placed", f"{len(t.placed)} ({t.doubled_posts} POSTed twice at once)"),
            ("races on a resume", f"{t.races}, won by {_words(t.wins)}"),
            ("retried by a person", f"{sum(t.retried.values())}"),
            ("answers", ", ".join(f"{code}: {n}" for code, n in sorted(t.answers.items()))),
            ("ANSWERS ≥ 500", f"{len(t.server_errors)} (beside {t.unavailable} × 503 while the database was away)"),
            ("connections cut off", str(t.cut_off)),
        ]


def _words(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(counter.items()))


def run(kind: str, scale: Scale, say: Callable[[str], None] = lambda line: None) -> Report:
    """Everything that the design promises, tried on one kind of database ("sqlite" or "postgresql")."""
    with opened(kind, scale) as room:
        return _run(room, scale, say)


def _run(room: Room, scale: Scale, say: Callable[[str], None]) -> Report:
    tally, over, calm = Tally(), threading.Event(), threading.Event()
    with room.app.app_context():
        secret, engineer = cast.token(cast.SALES), cast.token(cast.ENGINEER)
    people = [
        Program(room, tally, secret, list(range(n, scale.items, scale.placers)), scale.seed + n)
        for n in range(scale.placers)
    ]
    disasters = Disasters(room, lambda: _ended(room) / scale.items)
    room.misbehave()
    began = time.monotonic()
    everybody: list[Program | Engineers] = [*people, Engineers(room, tally, engineer)]
    threads = [_thread(person.run, over, tally) for person in everybody]
    trouble = _thread(disasters.run, calm, tally)
    deadline = began + scale.longest
    while time.monotonic() < deadline and _ended(room) < scale.items:
        say(f"{time.monotonic() - began:4.0f} s  {_ended(room)}/{scale.items} ended, {disasters.kills} killed")
        time.sleep(1.0)  # one line of progress a second
    calm.set()
    trouble.join()
    room.behave()  # it was sick for all steps and thousands of messages; what is left must arrive once it is well
    while time.monotonic() < deadline and not _at_rest(room, scale):
        time.sleep(0.3)
    seconds = time.monotonic() - began
    over.set()
    for thread in threads:
        thread.join()
    lease_over()  # a zombie that still believes in its lease gets its chance to do harm
    return Report(room.kind, scale, seconds, tally, disasters, count(room), room.last_words())


def _thread(target: Callable[[threading.Event], None], stop: threading.Event, tally: Tally) -> threading.Thread:
    def guarded() -> None:
        try:
            target(stop)
        except Exception as bug:
            with tally.lock:
                tally.bugs.append(f"the chaos itself has a bug: {type(bug).__name__}: {bug}")

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    return thread


def _ended(room: Room) -> int:
    return _number(room, select(func.count()).where(OrderItem.state == State.DONE))


def _at_rest(room: Room, scale: Scale) -> bool:
    pending = _number(room, select(func.count()).where(OutboxMessage.state == "pending"), away=1)
    return _ended(room) == scale.items and pending == 0


def _number(room: Room, query: object, away: int = 0) -> int:
    try:
        with room.look():
            return int(db.session.execute(query).scalar_one())  # type: ignore[call-overload]
    except DBAPIError:
        return away
