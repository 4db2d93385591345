"""A real Redis of the test's own: on a free port, in a temporary folder, to use and to break."""

import shutil
import signal
import tempfile
from pathlib import Path

import redis

from deploy import children, embedded_redis
from tests.support.ports import free_port


class RedisServer:
    """Started by `start()`; ends with the process that started it at the latest."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handoff-redis-"))
        self.port = free_port()
        self._child: children.Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> "RedisServer":
        """Start it, again after `kill` with the data it had; another port only on the very first start."""
        for _try in range(3):
            self._child = children.spawn(embedded_redis.command(self.folder, port=self.port), grace=2)
            if embedded_redis.wait_until_ready(self.url, self._runs):
                return self
            self.kill()
        raise RuntimeError(f"Redis did not start: {embedded_redis.last_words(self.folder)}")

    def _runs(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._child is not None:
            children.kill_group(self._child)
            self._child = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def flush(self) -> None:
        """Everything in it is gone, as after a loss of its disk."""
        with self.client() as client:
            client.flushall()

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._child is not None:
            children.stop(self._child, patience=5, with_signal=signal.SIGTERM)
            self._child = None
        shutil.rmtree(self.folder, ignore_errors=True)
