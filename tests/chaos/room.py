"""Everything that takes part, each in a process of its own: databases, Redis, the far side, the web, the workers."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.config import Config
from app.database import reading
from app.domain.models import Port
from app.extensions import db
from app.site import create_app
from deploy import children
from tests import cast
from tests.chaos.scale import FAULTS, LEASE_S, SETTINGS, Scale
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.schema import make_schema, test_config
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
TOKEN, TICKETING_KEY = "southbound-token-of-the-chaos", "1:TICKETINGKEYOFTHECHAOS"
CALLBACK_SECRET = "whsec_Y2FsbGJhY2stc2VjcmV0LW9mLXRoZS1jaGFvcw=="


@dataclass
class Process:
    """A program that can be killed, frozen and started again."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    child: children.Child | None = None
    frozen_until: float = 0.0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = children.spawn(self.command, env=self.env, cwd=ROOT, output=log, grace=1)

    @property
    def lives(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def send(self, number: int) -> None:
        """To the program itself and all that it started; not to the lifeline before it."""
        if self.child is None:
            return
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.child.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.child is not None:
            self.child.wait()

    def stop(self) -> None:
        if self.child is not None:
            self.send(signal.SIGCONT)
            children.stop(self.child, patience=10)
            self.child = None


@dataclass
class Room:
    kind: str
    scale: Scale
    folder: Path
    app: Flask
    config: Config
    redis: RedisServer
    postgres: PostgresServer | None
    far: Process
    far_url: str
    web: Process
    workers: list[Process]
    down: list[tuple[float, float]] = field(default_factory=list)  # when the database was really away
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10, trust_env=False))

    @property
    def url(self) -> str:
        return self.config.public_url

    def database_was_down(self, moment: float) -> bool:
        return any(began <= moment <= ended for began, ended in self.down)

    @contextmanager
    def look(self) -> Iterator[None]:
        """Read the database without keeping anybody waiting."""
        with self.app.app_context(), reading():
            try:
                yield
            finally:
                with suppress(DBAPIError):
                    db.session.rollback()

    def effects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"{self.far_url}/_control/effects").json()["effects"]
        return found

    def requests(self) -> dict[str, int]:
        found: dict[str, int] = self.client.get(f"{self.far_url}/_control/requests").json()
        return found

    def misbehave(self) -> None:
        for fault in FAULTS:
            self.client.post(f"{self.far_url}/_control/faults", json=fault).raise_for_status()

    def behave(self) -> None:
        self.client.delete(f"{self.far_url}/_control/faults").raise_for_status()

    def last_words(self) -> str:
        """What the processes logged last, for whoever has to find out."""
        words = []
        for log in sorted(self.folder.glob("*.log")):
            lines = [line[:300] for line in log.read_text(errors="replace").splitlines()]
            bugs = [n for n, line in enumerate(lines) if "Traceback" in line]
            words += [f"--- {log.name}", *(lines[bugs[-1] :][:80] if bugs else []), *lines[-8:]]
        return "\n".join(words)


@contextmanager
def opened(kind: str, scale: Scale) -> Iterator[Room]:
    """A room in which everything runs and nothing has gone wrong yet."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="handoff-chaos-")))
        postgres = None
        if kind == "postgresql":
            postgres = PostgresServer.start(durable=True)
            held.callback(postgres.stop)
        redis = RedisServer().start()
        held.callback(redis.stop)
        url = postgres.create("handoff") if postgres else f"sqlite:///{folder}/handoff.db"
        make_schema(url, folder)
        env, far_port = _environment(url, redis.url, folder, scale), free_port()
        far = _far_side(env, folder, far_port)
        config = test_config(url, redis.url, folder, public_url=env["PUBLIC_URL"])
        app = create_app(config)
        room = Room(
            kind, scale, folder, app, config, redis, postgres, far, f"http://127.0.0.1:{far_port}",
            _web(env, folder), _workers(env, folder, scale),
        )  # fmt: skip
        _furnish(room)
        held.callback(room.client.close)
        for process in (far, room.web, *room.workers):
            process.start()
            held.callback(process.stop)
        until(lambda: _answers(f"{room.far_url}/_control/requests"), "the far side answers")
        until(lambda: _answers(f"{room.url}/healthz"), f"the web answers\n{room.last_words()}", 60)
        yield room
        with app.app_context():
            db.engine.dispose()


def _environment(url: str, redis_url: str, folder: Path, scale: Scale) -> dict[str, str]:
    port, far = free_port(), "{far}"
    return {
        **os.environ, **SETTINGS,
        "DATABASE_URL": url, "REDIS_URL": redis_url, "DATA_DIR": str(folder), "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}", "SECRET_KEY": "only-used-by-the-tests", "DEMO": "off",
        "TICKETING": scale.ticketing, "TICKETING_URL": f"{far}/deskpro", "TICKETING_KEY": TICKETING_KEY,
        "NETWORK": "http", "NETWORK_URL": f"{far}/nca", "INVENTORY": "http", "INVENTORY_URL": f"{far}/inventory",
        "SOUTHBOUND_TOKEN": TOKEN, "CALLBACK_SECRET": CALLBACK_SECRET,
    }  # fmt: skip


def _far_side(env: dict[str, str], folder: Path, port: int) -> Process:
    for name in ("TICKETING_URL", "NETWORK_URL", "INVENTORY_URL"):
        env[name] = env[name].format(far=f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "workers.simulator", "--port", str(port), "--state-dir", str(folder / "far")]
    return Process("far side", [*command, "--job-seconds", "0.2"], env, folder / "far.log")


def _web(env: dict[str, str], folder: Path) -> Process:
    bind = f"127.0.0.1:{env['PORT']}"
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", bind, "wsgi:app"]
    return Process("web", command, env, folder / "web.log")


def _workers(env: dict[str, str], folder: Path, scale: Scale) -> list[Process]:
    """Most serve everything; of three, one leaves provisioning to the others, so that items change hands."""
    made = []
    for number in range(1, scale.workers + 1):
        queues = ["--queues", "inventory,quality_assurance"] if number % 3 == 0 else []
        command = [sys.executable, "-m", "workers", *queues]
        made.append(Process(f"worker {number}", command, env, folder / f"worker{number}.log"))
    return made


def _furnish(room: Room) -> None:
    """The fixed cast, and a free port for each item that will want one."""
    with room.app.app_context():
        cast.load()
        db.session.add_all(
            Port(switch_name="edge1-lon1", name=f"xe-9/0/{number}", capacity=10_000)
            for number in range(room.scale.items)
        )
        db.session.commit()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def lease_over() -> None:
    """Until whoever was frozen has noticed that its lease is gone."""
    time.sleep(LEASE_S + 1)  # the lease runs on the wall clock of frozen processes: nothing can be asked sooner
