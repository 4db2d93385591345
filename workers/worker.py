"""One worker process: RQ brings the wake-ups, nothing more.

What RQ loses is harmless, since the database is the truth and the sweep wakes again; so this loop only has to be quick
and to live on. It does jobs in this process (no fork), one at a time, and leaves and comes back when Redis does.
"""

# mypy: disallow-untyped-calls=False
import random
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSilent
from rq import SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.suspension import is_suspended
from rq.timeouts import BaseDeathPenalty
from rq.worker.base import DequeueStrategy, WorkerStatus
from sqlalchemy.exc import DBAPIError

from app import logs
from app.domain import after_commit
from app.queues import ADVANCE, BATCH, BATCHES, DELIVER, OUTBOX, connect

log = structlog.get_logger()

ALLOWED = frozenset({ADVANCE, DELIVER, BATCH})
LATER = frozenset({OUTBOX, BATCHES})
WAIT_S = 1
"""How long one blocking look at the queues lasts, and so how soon an idle worker notices that it should stop."""
LOOK_AFTER_S = 5.0
"""Pause between two signs of life in Redis, with which `rq info` and RQ's own maintenance work."""
REDIS_TIMEOUT_S = 5.0
LATER_WAITS_S = 1.0
"""Messages, and batches, are kept waiting so long at most while there are items to work."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class Refused(Exception):
    """Something stood in Redis that is none of our wake-ups."""


class NoDeadline(BaseDeathPenalty):
    """A step has timeouts of its own, and a lease; an alarm in the middle of it could only do harm."""

    def setup_death_penalty(self) -> None:
        """Nothing to set."""

    def cancel_death_penalty(self) -> None:
        """Nothing to cancel."""


class WakeUp(Job):
    """A job as it may stand in Redis: one of three functions and one id. Who can write to Redis gets no more than that.

    RQ would also import and call whatever a job names as its callbacks, and post to its web hooks; not here.
    """

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name not in ALLOWED:
            raise Refused(f"a worker does not run “{self.func_name}”")
        if len(self.args) != 1 or not isinstance(self.args[0], str) or self.kwargs or self.instance:
            raise Refused("a wake-up carries one id and nothing else")
        function: Callable[..., Any] = super().func
        return function

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_args: Any, **_more: Any) -> None:
        """None are sent."""


@dataclass
class Pulse:
    """What this process is doing: read by housekeeping, and by the bench before each step."""

    asked_to_stop: bool = False
    item_id: uuid.UUID | None = None

    def stopping(self) -> bool:
        """No step may be begun any more."""
        return self.asked_to_stop


class ItemWorker(SimpleWorker):
    """Takes wake-ups from its queues in turn and does them, until the pulse says stop or Redis fails."""

    job_class = WakeUp
    death_penalty_class = NoDeadline

    def __init__(self, app: Flask, queues: Sequence[str], name: str, connection: "Redis", pulse: Pulse) -> None:
        super().__init__(queues, name=name, connection=connection, serializer=JSONSerializer, worker_ttl=60)
        self._app, self._pulse = app, pulse
        self._look_after_at = 0.0
        self._dequeue_strategy = DequeueStrategy.ROUND_ROBIN  # no stage starves another
        self._worked = False
        self._served_at = dict.fromkeys(LATER, 0.0)

    @property
    def connection_timeout(self) -> int:
        return int(REDIS_TIMEOUT_S)

    def serve(self) -> None:
        """Work until asked to stop. Raises `RedisError` when Redis fails; whoever calls begins anew then."""
        self.connection.delete(self.key)  # left over from a namesake that was killed
        self.register_birth()
        try:
            while not self._pulse.stopping():
                self._turn()
        finally:
            self._say_goodbye()

    def _turn(self) -> None:
        if time.monotonic() >= self._look_after_at:
            self._look_after_at = time.monotonic() + LOOK_AFTER_S
            self.heartbeat()
            self.set_state(WorkerStatus.BUSY if self._worked else WorkerStatus.IDLE)
            self._worked = False
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()
            if is_suspended(self.connection, self):
                self._stand_still()
        found = self._next()
        if found is not None:
            self.execute_job(*found)

    def _next(self) -> tuple[Job, Queue] | None:
        try:
            found = self.queue_class.dequeue_any(
                self._in_order(), WAIT_S, connection=self.connection, job_class=self.job_class,
                serializer=self.serializer, death_penalty_class=self.death_penalty_class,
            )  # fmt: skip
        except DequeueTimeout:
            return None
        except (RedisAway, RedisSilent):
            raise
        except Exception as nonsense:
            if not hasattr(nonsense, "job_id"):  # it was not this one job that failed
                raise
            log.error("a wake-up that cannot be read was thrown away", job=nonsense.job_id, error=str(nonsense))
            return None
        if found is not None:
            found[0].redis_server_version = self.get_redis_server_version()
            self.reorder_queues(found[1])
        return found

    def _in_order(self) -> list[Queue]:
        """Items before messages and batches, so that a click does not wait behind a pile; but of these neither for
        long, and none behind the other."""
        now = time.monotonic()

        def rank(queue: Queue) -> tuple[int, float]:
            served = self._served_at.get(queue.name)
            if served is None:
                return 1, 0.0
            return 0 if now - served > LATER_WAITS_S else 2, served

        return sorted(self._ordered_queues, key=rank)

    def _stand_still(self) -> None:
        """`rq suspend` stops all workers, `rq resume` lets them go on."""
        self.set_state(WorkerStatus.SUSPENDED)
        while not self._pulse.stopping() and is_suspended(self.connection, self):
            time.sleep(WAIT_S)
        self.set_state(WorkerStatus.IDLE)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Nothing of what RQ keeps about a job that runs, ended or failed is of use here: a wake-up that gets lost is
        repeated by the sweep. So it is gone from Redis before it begins, and half the time is saved."""
        self._worked = True
        self.connection.delete(job.key)
        self.perform_job(job, queue)
        if queue.name in LATER:
            self._served_at[queue.name] = time.monotonic()

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Do it inside an app context of its own, so that it meets a fresh session and leaves none behind."""
        logs.begin(worker=self.name)
        try:
            with self._app.app_context(), after_commit.gathered():
                self._pulse.item_id = _item_of(job)
                job.func(*job.args)
                return True
        except Exception:
            self.handle_exception(job, *sys.exc_info())
            return False
        finally:
            self._pulse.item_id = None

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """A wake-up that failed is dropped: the sweep repeats whatever is still due."""
        failure = exc_info[1]
        expected = isinstance(failure, (Refused, DBAPIError))
        words = str(getattr(failure, "orig", None) or failure).split("\n")[0]
        log.error("a wake-up failed", job=job.id, error=words, exc_info=None if expected else exc_info)

    def _say_goodbye(self) -> None:
        try:
            self.register_death()
        except RedisError:
            self.connection.connection_pool.disconnect()


def _item_of(job: Job) -> uuid.UUID | None:
    try:
        return uuid.UUID(job.args[0]) if job.func_name == ADVANCE else None
    except Exception:  # whatever stands in Redis; performing it will say what is wrong with it
        return None


def keep_serving(app: Flask, redis_url: str, queues: Sequence[str], name: str, pulse: Pulse) -> None:
    """Serve until asked to stop; when Redis goes away, or the loop has a bug, begin again after a short pause."""
    pause, away = FIRST_PAUSE_S, False
    while not pulse.stopping():
        began = time.monotonic()
        connection = connect(redis_url, socket_timeout=REDIS_TIMEOUT_S)
        try:
            worker = ItemWorker(app, queues, name, connection, pulse)
            if away:
                log.info("redis is back")
                away = False
            worker.serve()
        except RedisError as failure:
            if not away:
                log.warning("redis is away; the worker goes on when it is back", error=str(failure))
            away = True
        except Exception:
            log.exception("the worker's loop failed; it begins again")
        finally:
            connection.close()
        if pulse.stopping():
            return
        pause = FIRST_PAUSE_S if time.monotonic() - began > LONGEST_PAUSE_S else min(2 * pause, LONGEST_PAUSE_S)
        time.sleep(pause * random.uniform(0.5, 1.0))
