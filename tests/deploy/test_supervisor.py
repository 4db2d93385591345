"""The supervisor restarts what crashes, ever more slowly, and stops everything in order."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy import supervisor as module
from deploy.supervisor import Program, Supervisor
from tests.support import waiting
from tests.support.processes import ended

SLEEPER = "import time; time.sleep(600)"


class Once(Supervisor):
    """Stops when the test says so instead of on a signal."""

    def stop(self) -> None:
        self._signals = 1


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Once]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    it = Once(dict(os.environ), str(tmp_path))
    running = threading.Thread(target=lambda: it.keep_running(lambda: False))
    it.start(Program("sleeper", [sys.executable, "-c", SLEEPER], patience=5))
    running.start()
    yield it
    it.stop()
    running.join(20)
    it.stop_all()


def command_of(program: Program) -> psutil.Process | None:
    """The process of the program itself, below its lifeline, once it is there."""
    if program.child is None or not program.runs:
        return None
    below = psutil.Process(program.child.pid).children()
    return below[0] if below else None


def test_a_program_that_was_killed_runs_again(supervisor: Once) -> None:
    program = supervisor.programs[0]
    first = waiting.until(lambda: command_of(program), "it runs")
    first.kill()
    second = waiting.until(lambda: (now := command_of(program)) and now != first and now, "it runs again")
    assert second.pid != first.pid
    assert program.crashes == 1


def test_every_further_crash_is_waited_out_longer(supervisor: Once) -> None:
    hopeless = Program("hopeless", [sys.executable, "-c", "raise SystemExit(1)"])
    supervisor.start(hopeless)
    waiting.until(lambda: hopeless.crashes >= 3, "it has crashed three times")
    assert module.FIRST_PAUSE * 2**hopeless.crashes > module.FIRST_PAUSE * 4


def test_a_program_that_ignores_its_signal_is_killed_after_its_patience(tmp_path: Path) -> None:
    it = Once(dict(os.environ), str(tmp_path))
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    program = Program("stubborn", [sys.executable, "-c", stubborn], patience=0.2)
    it.start(program)
    process = waiting.until(lambda: command_of(program), "it runs")
    it.stop_all()
    waiting.until(lambda: ended([process]), "it has ended")


def test_what_is_needed_longest_stops_last(tmp_path: Path) -> None:
    it = Once(dict(os.environ), str(tmp_path))
    note = "import signal, sys, time, pathlib; path = pathlib.Path(sys.argv[1]); "
    note += "signal.signal(signal.SIGTERM, lambda *_: (path.open('a').write(sys.argv[2]), sys.exit())); "
    note += "path.with_name(sys.argv[2]).touch(); time.sleep(600)"
    for name, last in (("redis ", True), ("web ", False)):
        it.start(Program(name, [sys.executable, "-c", note, str(tmp_path / "order"), name], last=last))
        waiting.until((tmp_path / name).exists, f"{name} is up")
    it.stop_all()
    assert (tmp_path / "order").read_text() == "web redis "


def test_a_command_that_ends_by_itself_gives_its_code_and_words(tmp_path: Path) -> None:
    it = Once(dict(os.environ), str(tmp_path))
    assert it.run_once([sys.executable, "-c", "print('done'); raise SystemExit(4)"]) == (4, "done\n")


def test_a_signal_ends_the_wait_for_such_a_command() -> None:
    code = (
        "import os, sys; from deploy.supervisor import Supervisor; s = Supervisor(dict(os.environ), '.'); s.listen();"
        "print('up', flush=True); s.run_once([sys.executable, '-c', 'import time; time.sleep(600)']); print(s.stopping)"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "True\n"
