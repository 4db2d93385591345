"""A house to measure in: PostgreSQL with fsync, Redis, the web and the workers, each a process of its own."""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from flask import Flask
from sqlalchemy import insert

from app.config import Config
from app.domain import clock, lifecycle
from app.domain.models import Order, OrderItem, Ticket
from app.domain.states import Status
from app.extensions import db
from app.site import create_app
from bench.plan import SERVICE_TYPE
from deploy import children
from tests import cast
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.schema import make_schema, test_config
from tests.support.waiting import until

ROOT = Path(__file__).parents[1]


@dataclass
class House:
    app: Flask
    config: Config
    postgres: PostgresServer
    redis: RedisServer
    env: dict[str, str]
    folder: Path
    held: ExitStack
    started: dict[str, children.Child] = field(default_factory=dict)

    @property
    def redis_pid(self) -> int:
        assert self.redis._child is not None
        return int(self.redis._child.pid)

    def worker(self, *arguments: str) -> children.Child:
        """A worker that also knows the benchmark's runbook."""
        return self._start([sys.executable, "-m", "bench.worker", *arguments], "worker")

    def web(self) -> str:
        """The web server as `make run` starts it; its address."""
        bind = self.config.public_url.removeprefix("http://")
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", bind, "wsgi:app"]
        self._start(command, "web")
        url = self.config.public_url
        until(lambda: _answers(f"{url}/healthz"), "the web answers", 60)
        return url

    def _start(self, command: list[str], name: str) -> children.Child:
        with (self.folder / f"{name}.log").open("ab") as log:
            child = children.spawn(command, env=self.env, cwd=ROOT, output=log, grace=1)
        self.held.callback(children.stop, child, patience=10)
        self.started[name] = child
        return child

    def orders(self, number: int, action: str = "new", first: int = 1) -> list[uuid.UUID]:
        """So many orders of one item each, written straight into the database, not woken yet; the items' ids."""
        now = clock.now()
        orders = [
            {"id": uuid.uuid4(), "number": first + n, "account_id": cast.HARBOUR, "created_at": now,
             "ticket_number": first + n}
            for n in range(number)
        ]  # fmt: skip
        tickets = [
            {"number": first + n, "key": f"bench-{first + n}", "order_number": first + n, "queue": "provisioning",
             "status": "pending", "subject": "Bench"}
            for n in range(number)
        ]  # fmt: skip
        items = [
            {"id": uuid.uuid4(), "order_id": order["id"], "item_number": 1, "service_type": SERVICE_TYPE,
             "action": action, "status": Status.ORDERED, **lifecycle.submitted(now)}
            for order in orders
        ]  # fmt: skip
        db.session.execute(insert(Ticket), tickets)
        db.session.execute(insert(Order), orders)
        db.session.execute(insert(OrderItem), items)
        db.session.commit()
        return [item["id"] for item in items]


@contextmanager
def house() -> Iterator[House]:
    """Everything but web and workers runs; the fixed cast lives in it. Inside an app context."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="handoff-bench-")))
        postgres = PostgresServer.start(durable=True)
        held.callback(postgres.stop)
        redis = RedisServer().start()
        held.callback(redis.stop)
        url, port = postgres.create("handoff"), free_port()
        make_schema(url, folder)
        config = test_config(url, redis.url, folder, port=port, public_url=f"http://127.0.0.1:{port}")
        env = {
            **os.environ, "DATABASE_URL": url, "REDIS_URL": redis.url, "DATA_DIR": str(folder), "PORT": str(port),
            "PUBLIC_URL": config.public_url, "SECRET_KEY": config.secret_key, "DEMO": "off", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        app = create_app(config)
        with app.app_context():
            cast.load()
            yield House(app, config, postgres, redis, env, folder, held)
            db.session.remove()
            db.engine.dispose()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def megabytes(lifeline: int) -> float:
    """Memory of the program behind a lifeline, in MB."""
    programs = psutil.Process(lifeline).children(recursive=True)
    return max((program.memory_info().rss for program in programs), default=0) / 2**20


def cpu_seconds(lifeline: int) -> float:
    """What the program behind a lifeline and all that it started have used of the processors."""
    times = [program.cpu_times() for program in psutil.Process(lifeline).children(recursive=True)]
    return float(sum(time.user + time.system for time in times))


def timed(do: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000
