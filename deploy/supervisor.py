"""Keeps a handful of processes running: restarts what crashes, ever more slowly, and stops all of them in order."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from deploy import children

FIRST_PAUSE = 0.5  # seconds before the first restart; doubles
LONGEST_PAUSE = 30.0
STEADY = 60.0  # a process that ran so long has earned a quick restart again
LOOK_EVERY = 0.2


@dataclass(eq=False)
class Program:
    """One process to keep running. `patience`: seconds it may take to stop. `last`: stops after all others."""

    name: str
    command: Sequence[str]
    keep: Sequence[int] = ()
    patience: float = 10.0
    last: bool = False
    child: children.Child | None = None
    crashes: int = 0
    started: float = 0.0
    due: float = 0.0

    @property
    def runs(self) -> bool:
        return self.child is not None and self.child.poll() is None


class Supervisor:
    """`stopping` becomes true on the first SIGINT, SIGTERM or SIGHUP; a second one stops at once."""

    def __init__(self, environment: dict[str, str], folder: str) -> None:
        self.programs: list[Program] = []
        self.environment, self.folder = environment, folder
        self._signals = 0

    @property
    def stopping(self) -> bool:
        return self._signals > 0

    def listen(self) -> None:
        """From now on signals stop the programs instead of this process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._noted)

    def _noted(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def start(self, program: Program) -> None:
        """Start it and keep it running from now on."""
        program.child = children.spawn(
            program.command, keep=program.keep, grace=program.patience, env=self.environment, cwd=self.folder
        )
        program.started = time.monotonic()
        if program not in self.programs:
            self.programs.append(program)

    def run_once(self, command: Sequence[str]) -> tuple[int, str]:
        """Run something that ends by itself: its exit code and what it printed. A signal stops it."""
        with children.spawn(command, env=self.environment, cwd=self.folder, output=children.PIPE, text=True) as child:
            while True:
                try:
                    output: str = child.communicate(timeout=LOOK_EVERY)[0]
                    return child.returncode, output
                except children.TimeoutExpired:
                    if self.stopping:
                        children.stop(child, patience=5)

    def wait_for(self, condition: Callable[[], bool], program: Program, seconds: float) -> bool:
        """Wait until `condition`; false if the program ended first, the time is over, or we are asked to stop."""
        deadline = time.monotonic() + seconds
        while not self.stopping and program.runs and time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.05)  # the condition is another program's: nothing wakes us
        return False

    def keep_running(self, orphaned: Callable[[], bool]) -> None:
        """Restart what crashes, until a signal comes or whoever started us is gone."""
        while not self.stopping and not orphaned():
            for program in self.programs:
                self._look_after(program)
            time.sleep(LOOK_EVERY)  # how soon a crash is mended and a stop begins

    def _look_after(self, program: Program) -> None:
        now = time.monotonic()
        if program.runs:
            return
        if program.child is not None:
            code = program.child.returncode
            children.kill_group(program.child)
            program.child = None
            program.crashes = 0 if now - program.started > STEADY else program.crashes
            pause = min(FIRST_PAUSE * 2**program.crashes, LONGEST_PAUSE)
            program.crashes += 1
            program.due = now + pause
            say(f"{program.name} ended with code {code}; it starts again in {pause:g} s.")
        if now >= program.due:
            self.start(program)

    def stop_all(self) -> None:
        """Ask all at once, wait, kill what is left; then the last ones in the same way."""
        self._stop([program for program in self.programs if not program.last])
        self._stop([program for program in self.programs if program.last])

    def _stop(self, programs: Sequence[Program]) -> None:
        for program in programs:
            if program.child is not None and program.runs:
                program.child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + max((program.patience for program in programs), default=0)
        while any(program.runs for program in programs) and time.monotonic() < deadline and self._signals < 2:
            time.sleep(0.05)  # several children end in any order, and a second Ctrl-C must be seen
        for program in programs:
            if program.child is not None:
                if program.runs:
                    say(f"{program.name} did not stop in time and was ended.")
                children.kill_group(program.child)
                program.child = None


def say(words: str) -> None:
    """A line for the person at the terminal."""
    print(words, file=sys.stderr, flush=True)
