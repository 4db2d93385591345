"""What befalls the machines while the orders go through."""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.room import Process, Room
from tests.chaos.scale import LEASE_S


@dataclass
class Disasters:
    """`progress` says which share of the items has ended; the large disasters wait for their share."""

    room: Room
    progress: Callable[[], float]
    kills: int = 0
    freezes: int = 0
    redis_wiped: list[str] = field(default_factory=list)
    database_crashes: int = 0

    def run(self, stop: threading.Event) -> None:
        dice = random.Random(self.room.scale.seed)
        large = [(0.15, self._flush_redis), (0.4, self._crash_database), (0.6, self._kill_redis)]
        every = self.room.scale.kill_every
        due = time.monotonic() + every
        while not stop.is_set():
            self._keep_alive()
            if large and self.progress() >= large[0][0]:
                large.pop(0)[1]()
            if time.monotonic() >= due:
                self._strike(dice)
                due = time.monotonic() + every * dice.uniform(0.7, 1.3)
            stop.wait(0.1)
        for worker in self.room.workers:
            worker.send(signal.SIGCONT)
            worker.frozen_until = 0
            if not worker.lives:
                worker.start()

    def _strike(self, dice: random.Random) -> None:
        """Kill a worker, or freeze it until its lease has run out and somebody else has its item."""
        worker = dice.choice(self.room.workers)
        others_frozen = any(one.frozen_until for one in self.room.workers)
        if not worker.frozen_until and not others_frozen and dice.random() < self.room.scale.freeze_share:
            worker.send(signal.SIGSTOP)
            worker.frozen_until = time.monotonic() + LEASE_S * 1.3
            self.freezes += 1
        elif not worker.frozen_until:
            worker.kill()
            self.kills += 1

    def _keep_alive(self) -> None:
        """What a process manager does: start again what has ended."""
        for worker in self.room.workers:
            if worker.frozen_until and time.monotonic() > worker.frozen_until:
                worker.send(signal.SIGCONT)
                worker.frozen_until = 0
            elif not worker.lives:
                worker.start()

    def _flush_redis(self) -> None:
        self.room.redis.flush()
        self.redis_wiped.append("flushed")

    def _kill_redis(self) -> None:
        self.room.redis.kill()
        time.sleep(0.5)  # so long everybody finds it gone
        for file in self.room.redis.folder.glob("*.rdb"):
            file.unlink()
        self.room.redis.start()
        self.redis_wiped.append("killed")

    def _crash_database(self) -> None:
        """PostgreSQL loses power; SQLite is a file and its crash is that of its processes: all workers at once."""
        if self.room.postgres is None:
            processes: list[Process] = list(self.room.workers)
            for worker in processes:
                worker.kill()
            self.kills += len(processes)
            return
        began = time.time()
        self.room.down.append((began - 0.5, float("inf")))
        self.room.postgres.crash()
        time.sleep(0.5)  # so long everybody finds it gone
        self.room.postgres.restart()
        # Connections in the pools notice at their next use, and a request may just have been waiting for one.
        self.room.down[-1] = (began - 0.5, time.time() + 2.0)
        self.database_crashes += 1
