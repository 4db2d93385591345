"""One reader of the signals' Redis stream for all open streams of this process."""

import queue
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from redis.exceptions import RedisError

from app.live import Signals

log = structlog.get_logger()

Signal = tuple[str, str]
"""(event id, topic); an empty id where there is none."""
RESYNC = ("", "resync")
BACKLOG = 200
"""Signals that a slow reader may fall behind before it is told to fetch everything instead."""
BLOCK_MS = 1000
RETRY_S = 1.0


@dataclass(eq=False)
class Listener:
    """One open stream: what it wants to hear and what it has not been told yet."""

    topics: frozenset[str]
    told: "queue.Queue[Signal]" = field(default_factory=lambda: queue.Queue(BACKLOG))

    def tell(self, signal: Signal) -> None:
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
    """Fans signals out by topic. Listeners join after their permission was checked; none of them reads Redis."""

    def __init__(self, signals: Signals, most: int) -> None:
        self.most = most
        self.stopping = False
        self._signals = signals
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._reader: threading.Thread | None = None

    @property
    def open_streams(self) -> int:
        return len(self._listeners)

    def join(self, topics: Iterable[str]) -> Listener | None:
        """A new listener, or None if there are as many as this process can bear."""
        listener = Listener(frozenset(topics))
        with self._lock:
            if self.stopping or len(self._listeners) >= self.most:
                return None
            self._listeners.add(listener)
            for topic in listener.topics:
                self._by_topic.setdefault(topic, set()).add(listener)
            self._start_reader()
        return listener

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
        return [RESYNC] if rows is None else [row for row in rows if row[1] in listener.topics]

    def stop(self) -> None:
        """All streams end within a second; no new one begins. Safe to call in a signal handler."""
        self.stopping = True

    def _start_reader(self) -> None:
        if self._reader is None or not self._reader.is_alive():
            # Read here: what is said between the first stream's opening and the thread's first look is not lost.
            self._reader = threading.Thread(target=self._read, args=(self._newest(),), name="signals", daemon=True)
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
                position = position or self._signals.latest()
                rows = self._signals.read(position, BLOCK_MS)
            except (RedisError, OSError, ValueError) as failure:  # the latter two: its socket was closed under it
                if not away and not self.stopping:
                    log.warning("redis is away; open pages refresh by themselves", error=str(failure))
                away, position = True, ""
                threading.Event().wait(RETRY_S)
                continue
            if away:
                away = False
                self._tell_all()
            for row in rows:
                position = row[0]
                self._tell(row)

    def _tell(self, signal: Signal) -> None:
        with self._lock:
            for listener in self._by_topic.get(signal[1], ()):
                listener.tell(signal)

    def _tell_all(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.tell(RESYNC)
