"""Wake-ups through RQ: the only file in the app that knows it. Jobs are named by string and carry an id, nothing else.

Redis may be away or lose everything at any time: a wake-up that got lost is repeated by the sweep.
"""

import time
import uuid
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from app.domain import after_commit
from app.domain.states import Stage

log = structlog.get_logger()

ADVANCE, DELIVER, BATCH = "workers.jobs.advance", "workers.jobs.deliver", "workers.jobs.work_batch"
"""The only function names that ever stand in Redis; workers refuse all others."""
OUTBOX, BATCHES = "outbox", "batches"
QUEUES = (*(stage.value for stage in Stage), OUTBOX, BATCHES)
QUIET_AFTER_FAILURE_S = 1.0
MARKED_S = 10
"""So long at most a wake-up that was lost with its worker keeps the sweep from sending another one."""
FORGOTTEN_S = 3600
LONGEST_QUEUE = 200
"""The sweep does not add to a queue that is longer: what stands there is probably the same, and nothing gets lost."""


class Wakes:
    """Puts wake-ups into Redis; silent for a moment after Redis failed, so that requests do not hang on it."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self._quiet_until = 0.0
        self._queues = {
            name: Queue(name, connection=self.redis, serializer=JSONSerializer, default_timeout=-1) for name in QUEUES
        }

    def wake(self, notes: list[tuple[uuid.UUID, Stage]]) -> None:
        self._send([(stage.value, ADVANCE, str(item_id)) for item_id, stage in notes])

    def deliver(self, order_ids: list[uuid.UUID]) -> None:
        self._send([(OUTBOX, DELIVER, str(order_id)) for order_id in order_ids])

    def work_batches(self, batch_ids: list[uuid.UUID]) -> None:
        self._send([(BATCHES, BATCH, str(batch_id)) for batch_id in batch_ids])

    def _send(self, wanted: list[tuple[str, str, str]]) -> None:
        """Those of (queue, function, argument) that do not wait in their queue already; in two round trips."""
        if not wanted or time.monotonic() < self._quiet_until:
            return
        try:
            marks, jobs = self.redis.pipeline(transaction=False), self.redis.pipeline(transaction=False)
            for queue, _, argument in wanted:
                marks.set(_mark(queue, argument), 1, nx=True, ex=MARKED_S)
            for (queue, function, argument), fresh in zip(wanted, marks.execute(), strict=True):
                if fresh:
                    self._queues[queue].enqueue(function, argument, result_ttl=0, ttl=FORGOTTEN_S, pipeline=jobs)
            if len(jobs):
                jobs.execute()
        except RedisError as failure:
            self._quiet_until = time.monotonic() + QUIET_AFTER_FAILURE_S
            log.warning("redis is away; the sweep will wake instead", error=str(failure))

    def begun(self, function: str, argument: str) -> None:
        """A wake-up is being carried out: whatever changes from now on needs another one."""
        names = {DELIVER: [OUTBOX], BATCH: [BATCHES]}.get(function) or list(Stage)
        with suppress(RedisError):  # the marks end by themselves
            self.redis.delete(*(_mark(name, argument) for name in names))

    def room(self, queue: str) -> int:
        """How many wake-ups the sweep may add now; none while Redis is away."""
        try:
            return max(0, LONGEST_QUEUE - len(self._queues[queue]))
        except RedisError:
            return 0

    def others_wait(self, stages: frozenset[Stage]) -> bool:
        try:
            return any(len(self._queues[stage.value]) for stage in stages)
        except RedisError:
            return False

    def depth(self, queue: str) -> int:
        return len(self._queues[queue])


def _mark(queue: str, argument: str) -> str:
    """Stands in Redis while a wake-up for this waits in this queue: a second one would find nothing to do."""
    return f"handoff:woken:{queue}:{argument}"


def connect(url: str, **more: Any) -> "Redis":
    """A client that gives up quickly: a request must not wait for a Redis that is away."""
    return Redis.from_url(
        url,
        socket_connect_timeout=1.0,
        socket_timeout=more.pop("socket_timeout", 2.0),
        retry=Retry(NoBackoff(), 1),
        **more,
    )


def init_app(app: Flask, url: str) -> None:
    wakes = Wakes(url)
    app.extensions["wakes"] = wakes
    after_commit.carrier("wake", lambda notes: here().wake(notes))
    after_commit.carrier("deliver", lambda notes: here().deliver(notes))
    after_commit.carrier("batch", lambda notes: here().work_batches(notes))


def here() -> Wakes:
    """The wakes of the running app."""
    wakes: Wakes = current_app.extensions["wakes"]
    return wakes
