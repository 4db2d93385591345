"""Things that happen by themselves later: jobs end, callbacks are sent."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

log = logging.getLogger("simulator")


class Schedule:
    """Runs each thing at its time on a few threads; nothing is kept over a restart."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = itertools.count()
        self._stopped = False
        self._pool = ThreadPoolExecutor(4, "schedule")
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), do))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopped:
                    return
                pause = self._due[0][0] - time.monotonic() if self._due else None
                if pause is None or pause > 0:
                    self._wake.wait(pause)
                    continue
                _, _, do = heapq.heappop(self._due)
            self._pool.submit(_loudly, do)


def _loudly(do: Callable[[], object]) -> None:
    try:
        do()
    except Exception:
        log.exception("a scheduled task failed")
