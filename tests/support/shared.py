"""What the processes of one test run (pytest-xdist) share: a folder, locks in it, and the process that ends last."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def folder(factory: pytest.TempPathFactory) -> Path:
    """The same folder for every process of this run, and for no other run."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def main_process() -> int:
    """The process that ends last: with pytest-xdist the parent of the workers, else this one."""
    return os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """One process at a time."""
    with open(path.with_name(f"{path.name}.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
