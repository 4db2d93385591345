"""Run a command that must not outlive the one who started it, even if that one is killed with -9.

    python lifeline.py (--pipe FD | --watch PID) [--user NAME] [--keep FD …] [--grace SECONDS] -- COMMAND …

The starter holds the writing end of a pipe whose reading end is FD: when the starter is gone, the pipe ends. Where
the starter cannot hand over a pipe, PID is looked at twice a second instead. The command is then asked to stop
(SIGTERM) and, GRACE seconds later, killed with everything it started. Signals that arrive here are passed on to the
command alone; the exit code is the command's. Standard library only, so that it stays small: one of these stands
before every child.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
PR_SET_PDEATHSIG = 1


def main() -> int:
    options = _options()
    _lead_a_session()
    early: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    for passed_on in PASSED_ON:
        signal.signal(passed_on, pass_on)
    child = _start(options)
    for number in early:
        child.send_signal(number)
    starter_gone = threading.Event()
    threading.Thread(target=_end_with_starter, args=(options, child, starter_gone), daemon=True).start()
    code = child.wait()
    if starter_gone.is_set():
        _end_the_group()
    return code if code >= 0 else 128 - code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    starter = parser.add_mutually_exclusive_group(required=True)
    starter.add_argument("--pipe", type=int)
    starter.add_argument("--watch", type=int)
    parser.add_argument("--user")
    parser.add_argument("--keep", type=int, action="append", default=[])
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _lead_a_session() -> None:
    """A group of its own: Ctrl-C in the terminal does not reach it, and the whole of it can be killed at once."""
    if os.getpgrp() != os.getpid():
        os.setsid()


def _start(options: argparse.Namespace) -> "subprocess.Popen[bytes]":
    identity = {"user": options.user, "extra_groups": []} if options.user else {}
    if options.user:
        identity["group"] = _group_of(options.user)
    return subprocess.Popen(
        options.command,
        pass_fds=options.keep,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        **identity,
    )


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - only needed, and only there, where a user is given

    return pwd.getpwnam(user).pw_gid


def _die_with_parent() -> None:
    """Linux only, for the case that somebody kills this process as well."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_starter(options: argparse.Namespace, child: "subprocess.Popen[bytes]", gone: threading.Event) -> None:
    if options.pipe is not None:
        while os.read(options.pipe, 1):
            pass
    else:
        while _alive(options.watch):
            time.sleep(0.5)  # a process that is not our child cannot be waited for
    gone.set()
    child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + options.grace
    while time.monotonic() < deadline:
        time.sleep(0.1)  # main() ends this process as soon as the command has ended
    _end_the_group()  # only reached while the command is still there: main() has not returned


def _end_the_group() -> None:
    """Everything the command has left behind, and this process."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main())
