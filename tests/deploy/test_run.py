"""`make run` as a newcomer meets it: starts on an empty folder, stops cleanly, starts again, survives what dies."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from app.config import Config
from deploy import checks
from tests.support import waiting
from tests.support.ports import free_port
from tests.support.processes import ended, family
from tests.support.schema import make_schema

ROOT = Path(__file__).parents[2]
LOGINS = ("engineer", "engineer2", "sales", "member", "member2", "reseller", "admin")
MINE = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "HOST", "DEMO", "SECRET_KEY", "LOG_FORMAT", "WORKERS", "MAKELEVEL")

pytestmark = [pytest.mark.xdist_group("run"), pytest.mark.timeout(180)]


MAKE = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "deploy.run"], env={**os.environ, "MAKELEVEL": "1"}, stdout=subprocess.DEVNULL)
time.sleep(600)
"""


def environment(**settings: str) -> dict[str, str]:
    """This process's, without any setting of Handoff but these."""
    return {name: value for name, value in os.environ.items() if name not in MINE} | settings


class Running:
    """One `deploy.run`, with everything that it printed so far."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        mine = {"DATA_DIR": str(folder), "PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT,
            env=environment(**{**mine, **settings}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as told:
            self.lines.extend(iter(told.readline, ""))

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def welcome(self) -> "Running":
        """Wait until it says where it is."""
        waiting.until(lambda: f"running at {self.url}" in self.text or self._over(), "it runs", 90)
        return self

    def _over(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"It ended with code {self.process.returncode}:\n{self.text}")
        return False

    def ready(self) -> None:
        """Wait until database, Redis and a worker are there."""
        waiting.until(lambda: answers(f"{self.url}/readyz"), "the site is ready", 60)

    def workers(self) -> list[psutil.Process]:
        return [one for one in family(self.process.pid) if _is_worker(one)]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(10)
        return code


def _is_worker(process: psutil.Process) -> bool:
    return command_of(process)[1:3] == ["-m", "workers"]


def command_of(process: psutil.Process) -> list[str]:
    """How it was called; nothing if it has ended."""
    try:
        command: list[str] = process.cmdline()
    except psutil.NoSuchProcess:
        return []
    return command


@pytest.fixture
def start(tmp_path: Path) -> Iterator["Start"]:
    starter = Start(tmp_path / "var")
    yield starter
    for one in starter.started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


class Start:
    """Starts Handoff on one data folder; what is left at the end of the test is stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []

    def __call__(self, **settings: str) -> Running:
        one = Running(self.folder, **settings)
        self.started.append(one)
        return one


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def users(folder: Path) -> int:
    connection = sqlite3.connect(folder / "handoff.db")
    try:
        return int(connection.execute("SELECT count(*) FROM user_account").fetchone()[0])
    finally:
        connection.close()


def test_it_starts_on_nothing_stops_without_a_trace_and_starts_again_on_the_same_data(start: Start) -> None:
    first = start().welcome()
    logins = [f"{name}@handoff.example" for name in LOGINS]
    waiting.until(lambda: all(login in first.text for login in logins), "the demo logins are printed", 10)
    assert "handoff-demo" in first.text
    assert httpx.get(f"{first.url}/login").status_code == 200
    first.ready()
    assert len(first.workers()) >= 2
    everyone = family(first.process.pid)

    assert first.end() == 0
    waiting.until(lambda: ended(everyone), "all of its processes have ended", 5)
    assert port_is_free(first.port)
    before = users(start.folder)
    assert before >= len(LOGINS)

    again = start().welcome()
    again.ready()
    assert again.end(signal.SIGTERM) == 0
    assert users(start.folder) == before
    assert "Traceback" not in first.text + again.text


def test_kill_9_leaves_no_process_and_the_data_still_starts(start: Start) -> None:
    first = start(DEMO="off").welcome()
    everyone = family(first.process.pid)
    first.process.kill()
    first.process.wait()
    waiting.until(lambda: ended(everyone), "all of its processes have ended", 60)
    start(DEMO="off").welcome().ready()


def test_workers_web_server_and_redis_come_back_when_they_are_killed(start: Start) -> None:
    running = start(DEMO="off").welcome()
    running.ready()
    everyone = family(running.process.pid)
    victims = [one for one in everyone[1:] if "lifeline.py" not in " ".join(command_of(one))]
    assert len(victims) >= 4
    for victim in victims:
        if victim.is_running():
            victim.kill()
    waiting.until(lambda: len(running.workers()) >= 2 and not set(victims) & set(running.workers()), "workers are back")
    waiting.until(lambda: answers(f"{running.url}/readyz"), "the site is back", 60)
    assert running.end() == 0
    assert "Traceback" not in running.text


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_it_ends_with_the_make_that_started_it(tmp_path: Path) -> None:
    port = free_port()
    make = subprocess.Popen(
        [sys.executable, "-c", MAKE],
        cwd=ROOT,
        env=environment(DATA_DIR=str(tmp_path / "var"), PORT=str(port), DEMO="off"),
        stderr=subprocess.DEVNULL,
    )
    try:
        waiting.until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the site answers", 90)
    finally:
        everyone = family(make.pid)
        make.kill()
        make.wait()
    waiting.until(lambda: ended(everyone), "all of its processes have ended", 60)


def one_sentence(running: Running) -> str:
    """It ended by itself, with an exit code and nothing but a sentence."""
    code = running.process.wait(60)
    running._reader.join(10)
    assert code != 0
    assert re.fullmatch(r"Handoff cannot start\. [^\n]+\.\n", running.text), running.text
    return running.text


def test_a_taken_port_ends_in_one_sentence(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"PORT {port}" in one_sentence(start(PORT=str(port)))


def test_a_wrong_database_url_ends_in_one_sentence(start: Start) -> None:
    assert "DATABASE_URL" in one_sentence(start(DATABASE_URL="mysql://somewhere/handoff"))
    assert "DATABASE_URL" in one_sentence(start(DATABASE_URL=f"postgresql://u:p@127.0.0.1:{free_port()}/handoff"))


def test_an_unreachable_redis_ends_in_one_sentence(start: Start) -> None:
    assert "REDIS_URL" in one_sentence(start(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"))


def test_a_database_of_a_newer_version_ends_in_one_sentence(start: Start, tmp_path: Path) -> None:
    start.folder.mkdir()
    make_schema(f"sqlite:///{start.folder}/handoff.db", tmp_path)
    connection = sqlite3.connect(start.folder / "handoff.db")
    connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.commit()
    connection.close()
    assert "newer version" in one_sentence(start())


def test_a_second_one_on_the_same_data_is_told_in_one_sentence(start: Start) -> None:
    with checks.take_folder(Config(data_dir=start.folder)):
        assert "already runs" in one_sentence(start())


def test_it_runs_on_a_postgresql_and_a_redis_that_are_given(
    start: Start, postgres_database: str, redis_url: str
) -> None:
    running = start(DATABASE_URL=postgres_database, REDIS_URL=redis_url).welcome()
    running.ready()
    assert "engineer@handoff.example" in running.text
    assert not (start.folder / "handoff.db").exists()
    assert running.end() == 0


@pytest.fixture
def postgres_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database without tables."""
    server = request.getfixturevalue("postgres")
    name = f"r_{uuid.uuid4().hex}"
    yield server.create(name)
    server.drop(name)
