"""Looking at real processes."""

import psutil


def family(pid: int) -> list[psutil.Process]:
    """The process and everything below it."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def ended(processes: list[psutil.Process]) -> bool:
    """None of them does anything any more (a dead one that nobody has collected yet counts as ended)."""
    return not any(map(_lives, processes))


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
