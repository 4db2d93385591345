"""One reader of the signals' Redis stream for all open streams of this process."""

import queue
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from redis.exceptions import RedisError

from app.live import Signals
from app.web.live.lines import Keeper, Line

log = structlog.get_logger()

Signal = tuple[str, str]
"""(event id, topic); an empty id where there is none."""
RESYNC = ("", "resync")
BACKLOG = 200
"""Signals that a slow reader may fall behind before it is told to fetch everything instead."""
BLOCK_MS = 1000
RETRY_S = 1.0
SPREAD_MS_EACH = 40
MOST_SPREAD_MS = 2000
"""How far apart pages fetch what they all show: so much for each of them, about what one such page costs."""


def words(signal: Signal, spread_ms: int) -> str:
    """A signal as the stream says it. Its data is how far apart (ms) pages shall refetch their lists because of it."""
    event_id, topic = signal
    return (f"id: {event_id}\n" if event_id else "") + f"event: {topic}\ndata: {spread_ms}\n\n"


def _place(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds or 0), int(number or 0)


@dataclass(eq=False)
class Listener:
    """One open stream: what it wants to hear, and what it has not been told yet or the line it is told on.

    `replayed`: up to where it has heard the past again; what comes live from before that is left out.
    """

    topics: frozenset[str]
    told: "queue.Queue[Signal]" = field(default_factory=lambda: queue.Queue(BACKLOG))
    line: Line | None = None
    replayed: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, signal: Signal, spread_ms: int = 0) -> None:
        with self._lock:
            if self.line is None:
                self._remember(signal)
            elif self.is_new(signal):
                self.line.say(words(signal, spread_ms))

    def is_new(self, signal: Signal) -> bool:
        return not signal[0] or _place(signal[0]) > _place(self.replayed)

    def speak_on(self, line: Line) -> None:
        """From now on the line is told directly, first of all what it has not been told yet."""
        with self._lock:
            while not self.told.empty():
                signal = self.told.get_nowait()
                if self.is_new(signal):
                    line.say(words(signal, 0))
            self.line = line

    def _remember(self, signal: Signal) -> None:
        try:
            self.told.put_nowait(signal)
        except queue.Full:
            self._forget()
            self.told.put_nowait(RESYNC)

    def _forget(self) -> None:
        try:
            while True:
                self.told.get_nowait()
        except queue.Empty:
            return


class Hub:
    """Fans signals out by topic. Listeners join after their permission was checked; none of them reads Redis.

    `most`: how many streams may hold a thread; `most_lines`: how many may be open in all.
    """

    def __init__(self, signals: Signals, most: int, most_lines: int = 0) -> None:
        self.most = most
        self.most_lines = most_lines
        self.stopping = False
        self.position = ""
        self._keeper = Keeper(lambda: self.stopping)
        self._signals = signals
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._reader: threading.Thread | None = None

    @property
    def open_streams(self) -> int:
        return len(self._listeners)

    def spread_ms(self, topic: str) -> int:
        """How far apart pages shall refetch what all of them show because of this topic: a few do so at once."""
        concerned = self._listeners if topic in ("here", "resync") else self._by_topic.get(topic, ())
        return min(MOST_SPREAD_MS, SPREAD_MS_EACH * len(concerned))

    def join(self, topics: Iterable[str], takeable: bool = False) -> Listener | None:
        """A new listener, or None if there are as many as this process can bear. `takeable`: it will hold no thread."""
        listener = Listener(frozenset(topics))
        with self._lock:
            in_threads = sum(one.line is None for one in self._listeners)
            full = len(self._listeners) >= self.most_lines if takeable else in_threads >= self.most
            if self.stopping or full:
                return None
            self._listeners.add(listener)
            for topic in listener.topics:
                self._by_topic.setdefault(topic, set()).add(listener)
            self._start_reader()
        return listener

    def take_over(self, listener: Listener, link: socket.socket, seconds: float) -> None:
        """The listener's connection is ours from now on, for at most so long; its request may end."""
        line = Line.take_over(link, time.monotonic() + seconds)
        listener.speak_on(line)
        self._keeper.keep(line, lambda: self.leave(listener))

    def leave(self, listener: Listener) -> None:
        """Forget a listener; harmless when repeated."""
        with self._lock:
            self._listeners.discard(listener)
            for topic in listener.topics:
                others = self._by_topic.get(topic)
                if others is not None:
                    others.discard(listener)
                    if not others:
                        del self._by_topic[topic]

    def missed(self, listener: Listener, last_seen: str) -> list[Signal]:
        """What the listener's browser missed since the event id it saw last; `RESYNC` if that cannot be told."""
        try:
            rows = self._signals.since(last_seen)
        except (RedisError, ValueError):
            rows = None
        if rows is None:
            return [RESYNC]
        listener.replayed = rows[-1][0] if rows else ""
        return [row for row in rows if row[1] in listener.topics]

    def stop(self) -> None:
        """All streams end within a second; no new one begins. Safe to call in a signal handler."""
        self.stopping = True

    def _start_reader(self) -> None:
        if self._reader is None or not self._reader.is_alive():
            # Read here: what is said between the first stream's opening and the thread's first look is not lost.
            self.position = self._newest()
            self._reader = threading.Thread(target=self._read, args=(self.position,), name="signals", daemon=True)
            self._reader.start()

    def _newest(self) -> str:
        try:
            return self._signals.latest()
        except RedisError:
            return ""

    def _read(self, position: str) -> None:
        """Follow the stream. After Redis was away nobody knows what was missed, so everybody fetches everything."""
        away = not position
        while not self.stopping:
            try:
                self.position = position = position or self._signals.latest()
                rows = self._signals.read(position, BLOCK_MS)
            except (RedisError, OSError, ValueError) as failure:  # the latter two: its socket was closed under it
                if not away and not self.stopping:
                    log.warning("redis is away; open pages refresh by themselves", error=str(failure))
                away, position = True, ""
                self.position = ""
                threading.Event().wait(RETRY_S)
                continue
            if away:
                away = False
                self._tell_all()
            for row in rows:
                self.position = position = row[0]
                self._tell(row)

    def _tell(self, signal: Signal) -> None:
        with self._lock:
            spread = self.spread_ms(signal[1])
            for listener in self._by_topic.get(signal[1], ()):
                listener.tell(signal, spread)

    def _tell_all(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.tell(RESYNC, self.spread_ms("resync"))
