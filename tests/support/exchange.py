"""A whole Handoff in real processes: web server, workers, far side, on a database and a Redis of its own.

For stories that must be told end to end: e2e tests, screenshots, acceptance checks.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from flask import Flask

from app.extensions import db
from app.site import create_app
from tests.support.far_side import CALLBACK_SECRET, TICKETING_KEY, TOKEN, FarSide
from tests.support.ports import free_port
from tests.support.schema import TEST_KEY, test_config
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
WORKERS = 2


@dataclass
class Exchange:
    """Where it is, and the app on the same database, to look in from outside of the processes."""

    url: str
    app: Flask
    far_side: FarSide
    environment: dict[str, str]
    log: Path
    web: "subprocess.Popen[bytes]"
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start_worker(self) -> "subprocess.Popen[bytes]":
        worker = _start([sys.executable, "-m", "workers"], self.environment, self.log)
        self.workers.append(worker)
        return worker

    def restart_web(self) -> None:
        """End the web server and start another at the same address; ready when this returns."""
        self.web.terminate()
        self.web.wait(30)
        self.web = _start_web(self.environment, self.log)
        until(lambda: _ready(self.url), "the site is ready again", seconds=40)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Look at or change the data as another process would."""
        with self.app.app_context():
            yield
            db.session.remove()


def _start(command: list[str], environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as sink:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sink, stderr=sink, start_new_session=True)


def _start_web(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    return _start([*gunicorn, "--bind", f"127.0.0.1:{environment['PORT']}", "wsgi:app"], environment, log)


@contextlib.contextmanager
def exchange(database_url: str, redis_url: str, folder: Path, **settings: Any) -> Iterator[Exchange]:
    """Everything running and ready; stopped at the end. `settings` are further settings by their variable's name."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    far_side = FarSide(folder / "far", ("--job-seconds", "0.1")).start()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "PUBLIC_URL": url,
        "PORT": str(port),
        "SECRET_KEY": TEST_KEY,
        "DEMO": "off",
        "WEB_THREADS": "24",
        "SWEEP_SECONDS": "0.5",
        "TICKETING": "deskpro",
        "TICKETING_URL": f"{far_side.url}/deskpro",
        "TICKETING_KEY": TICKETING_KEY,
        "NETWORK": "http",
        "NETWORK_URL": f"{far_side.url}/nca",
        "INVENTORY": "http",
        "INVENTORY_URL": f"{far_side.url}/inventory",
        "SOUTHBOUND_TOKEN": TOKEN,
        "CALLBACK_SECRET": CALLBACK_SECRET,
        **{name: str(value) for name, value in settings.items()},
    }
    log = folder / "log.txt"
    app = create_app(test_config(database_url, redis_url, folder, public_url=url))
    made = Exchange(url, app, far_side, environment, log, _start_web(environment, log))
    try:
        for _ in range(WORKERS):
            made.start_worker()
        until(lambda: _ready(url), f"the site is ready (see {log})", seconds=40)
        yield made
    finally:
        _stop([made.web, *made.workers])
        far_side.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _ready(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    return False


def _stop(processes: "list[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        process.terminate()
    enders = [threading.Thread(target=_collect, args=(process,)) for process in processes]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()


def _collect(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
