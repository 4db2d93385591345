"""What every worker does beside its items: sweep, seal the audit trail, say that it lives, forget what has served.

All of it may be done by any number of workers at once, and none of it may end a worker: a database or a Redis that is
away is logged once, and everything goes on when it is back.
"""

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import logs
from app.config import Config
from app.domain import clock
from app.domain.models import HandlerPlan, WorkerBeat
from app.domain.models.base import table_of
from app.domain.upsert import insert_for
from app.extensions import db
from app.services import audit, digest, expectations, lateness, sweep
from workers.pipeline import plan
from workers.pipeline.handler import HANDLERS
from workers.worker import Pulse

log = structlog.get_logger()

GRACE = timedelta(seconds=1)
"""Before the sweep wakes an item, its own wake-up gets this long to arrive."""
BEAT_EVERY_S, SEAL_EVERY_S, HOUR_S, MINUTE_S = 3.0, 1.0, 3600.0, 60.0
BEATS_KEPT = timedelta(minutes=10)
TOO_LATE_TO_WAIT_S = 2.0
AWAY = (DBAPIError, PoolTimeout, RedisError)

beats, plans = table_of(WorkerBeat), table_of(HandlerPlan)


@dataclass
class Chore:
    """Something to do every so often. `once`: until it has succeeded."""

    what: str
    do: Callable[[], object]
    every: float
    due: float = 0.0
    once: bool = False
    failing: bool = False


@dataclass
class Housekeeping:
    """A thread with app contexts of its own."""

    app: Flask
    config: Config
    name: str
    queues: Sequence[str]
    pulse: Pulse
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        now = time.monotonic()
        self._chores = [
            Chore("publish plans", publish_plans, every=2.0, once=True),
            Chore("beat", self._beat, BEAT_EVERY_S),
            Chore("sweep", lambda: sweep.sweep(grace=GRACE), self.config.sweep_seconds),
            Chore("seal", audit.seal, SEAL_EVERY_S),
            Chore("expected dates", expectations.Round().go, MINUTE_S, due=now + random.uniform(0.1, 1) * MINUTE_S),
            Chore("look for what is late", lambda: lateness.look(self.config), MINUTE_S),
            Chore("digest", lambda: digest.compose(self.config), MINUTE_S),
            Chore("forget beats", forget_beats, MINUTE_S),
            Chore("forget old", sweep.forget_old, HOUR_S, due=now + random.uniform(1, 10) * MINUTE_S),
        ]
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and take back the sign of life."""
        self._over.set()
        self._thread.join(TOO_LATE_TO_WAIT_S)
        self._do(Chore("say goodbye", self._say_goodbye, 0))

    def _run(self) -> None:
        logs.begin(worker=self.name)
        while not self._over.is_set():
            for chore in [chore for chore in self._chores if chore.due <= time.monotonic()]:
                if self._over.is_set():
                    return
                if self._do(chore) and chore.once:
                    self._chores.remove(chore)
                chore.due = time.monotonic() + chore.every * random.uniform(0.8, 1.2)
            self._over.wait(max(0.0, min(chore.due for chore in self._chores) - time.monotonic()))

    def _do(self, chore: Chore) -> bool:
        """Whether it worked. A failure is logged when it begins and when it is over."""
        try:
            with self.app.app_context():
                chore.do()
        except Exception as failure:
            if not chore.failing:
                words = str(getattr(failure, "orig", None) or failure).strip().split("\n")[0]
                unknown = not isinstance(failure, AWAY)
                log.warning("housekeeping failed; it goes on trying", chore=chore.what, error=words, exc_info=unknown)
            chore.failing = True
            return False
        if chore.failing:
            log.info("housekeeping works again", chore=chore.what)
            chore.failing = False
        return True

    def _beat(self) -> None:
        now = clock.now()
        row = {"host": socket.gethostname(), "pid": os.getpid(), "queues": list(self.queues),
               "item_id": self.pulse.item_id, "beat_at": now}  # fmt: skip
        db.session.execute(
            insert_for(beats)
            .values(name=self.name, started_at=now, **row)
            .on_conflict_do_update(index_elements=[beats.c.name], set_=row)
        )
        db.session.commit()

    def _say_goodbye(self) -> None:
        db.session.execute(delete(beats).where(beats.c.name == self.name))
        db.session.commit()


def publish_plans() -> None:
    """Every handler's plan into `handler_plan`, for pages that show it; those of handlers that are gone leave it."""
    for name, handler in sorted(HANDLERS.items()):  # in one order, so that two workers never wait for each other
        row = {"service_type": handler.service_type, "action": handler.action, "order_type": handler.order_type,
               "steps": plan.published(handler), "published_at": clock.now()}  # fmt: skip
        db.session.execute(
            insert_for(plans)
            .values(handler=name, **row)
            .on_conflict_do_update(index_elements=[plans.c.handler], set_=row)
        )
    db.session.execute(delete(plans).where(plans.c.handler.not_in(list(HANDLERS))))
    db.session.commit()


def forget_beats() -> None:
    """Drop the signs of life of workers that have been silent for long."""
    db.session.execute(delete(beats).where(beats.c.beat_at < clock.now() - BEATS_KEPT))
    db.session.commit()
