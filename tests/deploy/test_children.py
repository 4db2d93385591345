"""Nothing that was started outlives the one who started it; signals and exit codes pass through."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import children
from tests.support import waiting
from tests.support.processes import ended, family

ROOT = Path(__file__).parents[2]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
WITH_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('up', flush=True); time.sleep(600)"
)
STARTER = """
import sys, time
from deploy import children
child = children.spawn([sys.executable, "-c", sys.argv[1]], grace=0.5, output=children.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def started() -> Iterator[list[children.Child]]:
    """Put children here: they are ended whatever the test does."""
    mine: list[children.Child] = []
    yield mine
    for child in mine:
        children.kill_group(child)
        if child.stdout:
            child.stdout.close()


def spawn(started: list[children.Child], code: str, **options: object) -> children.Child:
    child = children.spawn(python(code), output=children.PIPE, text=True, **options)  # type: ignore[arg-type]
    started.append(child)
    return child


def first_line(child: children.Child) -> str:
    assert child.stdout is not None
    return str(child.stdout.readline()).strip()


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_passes_through(started: list[children.Child], code: int) -> None:
    assert spawn(started, f"raise SystemExit({code})").wait(20) == code


def test_a_signal_reaches_the_command_and_its_answer_comes_back(started: list[children.Child]) -> None:
    child = spawn(
        started,
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('up', flush=True);"
        "time.sleep(600)",
    )
    assert first_line(child) == "up"
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 7


def test_ctrl_c_in_the_terminal_does_not_reach_a_child(started: list[children.Child]) -> None:
    child = spawn(started, "print('up', flush=True); input() if False else __import__('time').sleep(600)")
    first_line(child)
    assert all(os.getsid(one.pid) != os.getsid(0) for one in family(child.pid))


def test_what_does_not_stop_when_asked_is_killed_with_all_it_started(started: list[children.Child]) -> None:
    child = spawn(started, STUBBORN)
    first_line(child)
    everyone = family(child.pid)
    children.stop(child, patience=0.3)
    waiting.until(lambda: ended(everyone), "all have ended")


def test_a_killed_lifeline_takes_its_command_along(started: list[children.Child]) -> None:
    child = spawn(started, WITH_CHILD)
    first_line(child)
    everyone = family(child.pid)
    os.kill(child.pid, signal.SIGKILL)
    children.kill_group(child)  # what the supervisor does as soon as it sees it
    waiting.until(lambda: ended(everyone), "the command has ended")


@pytest.mark.parametrize("code", [STUBBORN, WITH_CHILD])
def test_kill_9_of_the_starter_ends_its_children(code: str) -> None:
    starter = subprocess.Popen([*python(STARTER), code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert starter.stdout is not None
    with starter.stdout as told:
        everyone = family(int(told.readline()))
    assert len(everyone) > 1
    starter.kill()
    starter.wait()
    waiting.until(lambda: ended(everyone), "all have ended")


def test_a_child_that_watches_another_process_ends_with_that_one(started: list[children.Child]) -> None:
    watched = subprocess.Popen(python("import time; time.sleep(600)"))
    child = spawn(started, "print('up', flush=True); import time; time.sleep(600)", watch=watched.pid, grace=0.5)
    first_line(child)
    everyone = family(child.pid)
    watched.kill()
    watched.wait()
    waiting.until(lambda: ended(everyone), "it has ended as well")
