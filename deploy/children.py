"""Start a process so that it ends with this one, whatever happens (see deploy/lifeline.py)."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

LIFELINE = Path(__file__).with_name("lifeline.py")
Child = subprocess.Popen[Any]
Output = int | IO[Any] | None
PIPE = subprocess.PIPE
TimeoutExpired = subprocess.TimeoutExpired

_read_end: int | None = None
_write_end: int | None = None  # held open by this process alone: its end tells every child


def spawn(
    command: Sequence[str | os.PathLike[str]],
    *,
    watch: int | None = None,
    user: str | None = None,
    keep: Sequence[int] = (),
    grace: float = 10.0,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    output: Output = None,
    text: bool = False,
) -> Child:
    """The process of a lifeline around `command`; signals and exit code pass through it.

    `watch`: end with this process id instead of with the caller. `user`: run as (needs root). `keep`: file descriptors
    the command inherits. `grace`: seconds between being asked to stop and being killed, once the starter is gone.
    """
    starter = ["--watch", str(watch)] if watch is not None else ["--pipe", str(_pipe())]
    options = [*starter, "--grace", str(grace)]
    if user:
        options += ["--user", user]
    for descriptor in keep:
        options += ["--keep", str(descriptor)]
    inherited = tuple(keep) if watch is not None else (*keep, _pipe())
    return subprocess.Popen(
        [sys.executable, "-I", "-S", LIFELINE, *options, "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        pass_fds=inherited,
        start_new_session=True,
        env=env,
        cwd=cwd,
        text=text,
    )


def _pipe() -> int:
    global _read_end, _write_end
    if _read_end is None:
        _read_end, _write_end = os.pipe()
    return _read_end


def stop(child: Child, *, patience: float, with_signal: int = signal.SIGTERM) -> None:
    """Ask it to stop, wait `patience` seconds, then kill it with everything that it started."""
    if child.poll() is None:
        child.send_signal(with_signal)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    kill_group(child)


def kill_group(child: Child) -> None:
    """End whatever is left of the child's session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
