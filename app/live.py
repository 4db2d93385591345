"""Signals to open pages: the only file that knows the Redis stream behind them.

A signal says that something changed, not what: pages re-fetch their own fragment, through their own permission check.
The stream is capped; who was away longer than it reaches back is told to `resync`.
"""

import time
from typing import Any

import structlog
from flask import Flask, current_app
from redis.exceptions import RedisError

from app.domain import after_commit
from app.queues import connect

log = structlog.get_logger()

STREAM = "handoff:signals"
KEPT = 5000


class Signals:
    """Writes signals; silent for a moment after Redis failed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.redis = connect(url)
        self._quiet_until = 0.0

    def send(self, topics: list[str]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            pipe = self.redis.pipeline(transaction=False)
            for topic in topics:
                pipe.xadd(STREAM, {"topic": topic}, maxlen=KEPT, approximate=True)
            pipe.execute()
        except RedisError as failure:
            self._quiet_until = time.monotonic() + 1.0
            log.warning("redis is away; open pages refresh by themselves", error=str(failure))

    def read(self, after: str, block_ms: int) -> list[tuple[str, str]]:
        """Signals after an id as (id, topic); waits up to `block_ms` for the first. Raises when Redis is away."""
        answer: Any = self.redis.xread({STREAM: after}, count=500, block=block_ms)
        rows = answer[0][1] if isinstance(answer, list) and answer else next(iter((answer or {}).values()), [[]])[0]
        return [(entry_id.decode(), fields[b"topic"].decode()) for entry_id, fields in rows]

    def latest(self) -> str:
        """The id of the newest signal; "0-0" where there is none. Raises when Redis is away."""
        rows: Any = self.redis.xrevrange(STREAM, count=1)
        return rows[0][0].decode() if rows else "0-0"

    def since(self, after: str) -> list[tuple[str, str]] | None:
        """All signals after an id that a page has seen, without waiting. None if some may be gone: the stream was
        trimmed beyond it, or Redis has started anew. `ValueError` for what is no id; raises when Redis is away."""
        seen = _parts(after)
        first: Any = self.redis.xrange(STREAM, count=1)
        if not first or seen < _parts(first[0][0].decode()) or seen > _parts(self.latest()):
            return None
        rows: Any = self.redis.xrange(STREAM, min=f"({after}")
        return [(entry_id.decode(), fields[b"topic"].decode()) for entry_id, fields in rows]


def _parts(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


def init_app(app: Flask, url: str) -> None:
    app.extensions["signals"] = Signals(url)
    after_commit.carrier("signal", lambda topics: here().send(topics))


def here() -> Signals:
    signals: Signals = current_app.extensions["signals"]
    return signals
