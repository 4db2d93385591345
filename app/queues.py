"""Wake-ups through RQ: the only file in the app that knows it. Jobs are named by string and carry an id, nothing else.

Redis may be away or lose everything at any time: a wake-up that got lost is repeated by the sweep.
"""

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
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


REGISTRIES = ("started", "deferred", "scheduled", "failed")
MOST_KEPT = 50


@dataclass(frozen=True)
class KeptJob:
    """A job that RQ has in one of its registries. `about`: its arguments; `since`: when it came there."""

    id: str
    queue: str
    registry: str
    function: str
    about: str
    since: datetime | None
    error: str


@dataclass(frozen=True)
class Kept:
    """How many jobs each registry has, and the first of them."""

    numbers: dict[str, int]
    jobs: list[KeptJob]


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

    def oldest(self, queue: str) -> datetime | None:
        """Since when the next wake-up waits in a queue."""
        first = self._queues[queue].get_job_ids(0, 1)
        return _kept(first[0], _read(first, self.redis)[0], queue, "queued").since if first else None

    def kept(self) -> Kept:
        """What RQ keeps of jobs beside its queues. Only looks: RQ's own way of counting would tidy up as well."""
        numbers, jobs = dict.fromkeys(REGISTRIES, 0), []
        for name, queue in self._queues.items():
            for registry in REGISTRIES:
                there = getattr(queue, f"{registry}_job_registry")
                numbers[registry] += there.get_job_count(cleanup=False)
                ids = there.get_job_ids(0, MOST_KEPT - 1, cleanup=False)
                found = zip(ids, _read(ids, self.redis), strict=True)
                jobs += [_kept(job_id, job, name, registry) for job_id, job in found]
        return Kept(numbers, jobs[:MOST_KEPT])


def _read(ids: list[str], redis: "Redis") -> list[Job | None]:
    """The jobs behind these ids; None for one that is gone or that cannot be read."""
    try:
        return list(Job.fetch_many(ids, redis, serializer=JSONSerializer)) if ids else []
    except RedisError:
        raise
    except Exception as nonsense:  # anybody may have put anything there
        log.warning("a job in redis cannot be read", error=str(nonsense))
        return [None] * len(ids)


def _kept(job_id: str, job: Job | None, queue: str, registry: str) -> KeptJob:
    if job is None:
        return KeptJob(job_id, queue, registry, "", "", None, "")
    try:
        about = ", ".join(str(one)[:60] for one in job.args)
    except Exception:  # its data is only read here
        about = "cannot be read"
    since = {"started": job.started_at, "failed": job.ended_at}.get(registry) or job.enqueued_at or job.created_at
    said = _error_of(job) if registry == "failed" else ""
    return KeptJob(job_id, queue, registry, (job.func_name or "")[:100], about, since, said)


def _error_of(job: Job) -> str:
    """The last line of what went wrong, as RQ has written it down."""
    try:
        result = job.latest_result()
    except RedisError:
        raise
    except Exception:
        return "What went wrong cannot be read."
    lines = ((result.exc_string if result else "") or "").strip().splitlines()
    return lines[-1][:500] if lines else ""


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
