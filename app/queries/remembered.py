"""What hardly ever changes, read once for many orders that are made in one transaction: the names of places."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Found = TypeVar("Found")

_kept: ContextVar[dict[str, Any] | None] = ContextVar("remembered", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Inside, each thing is read once. Not for longer than a transaction lasts."""
    mark = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(mark)


def once(what: str, read: Callable[[], Found]) -> Found:
    """What `read` answers; inside of `remembering` what it answered the first time. Do not change it."""
    kept = _kept.get()
    if kept is None:
        return read()
    if what not in kept:
        kept[what] = read()
    found: Found = kept[what]
    return found


def known(what: str) -> Any:
    """What was read before inside of `remembering`; None if nothing was."""
    return (_kept.get() or {}).get(what)


def forget() -> None:
    """What was made since it was read has been undone: read everything again."""
    (_kept.get() or {}).clear()
