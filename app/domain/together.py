"""What one transaction writes for many orders, in few statements: rows of a table go to the database at once.

Inside of `together` the rows of `prepared` and the objects of the session are kept back and written at the end, first
the objects, then the rows, those of each statement in the order in which they came. Numbers are taken in blocks. What
reads through the ORM meanwhile finds the objects, as the session writes them before each query; the rows it does not.
Where anything is raised nothing of it may stay: the caller rolls back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.orm import Session

from app.extensions import db

Rows = list[dict[str, Any]]
Take = Callable[[int], int]
"""Adds a number (of numbers, or less than 0 to give some back) to a counter; answers where it stands then."""


class Together:
    """`begun` grows with all that is kept, taken or added: who finds it as it was has left nothing behind."""

    def __init__(self, at_once: int) -> None:
        self.begun = 0
        self._at_once = at_once
        self._rows: dict[Executable, Rows] = {}
        self._numbers: dict[str, tuple[Take, int, int]] = {}

    def keep(self, statement: Executable, rows: Rows) -> None:
        self.begun += len(rows)
        self._rows.setdefault(statement, []).extend(rows)

    def number(self, counter: str, take: Take) -> int:
        """The next number of this counter."""
        self.begun += 1
        _, following, last = self._numbers.get(counter, (take, 1, 0))
        if following > last:
            last = take(self._at_once)
            following = last - self._at_once + 1
        self._numbers[counter] = (take, following + 1, last)
        return following

    def write(self) -> None:
        db.session.flush()
        for statement, rows in self._rows.items():
            execute(statement, rows)
        for take, following, last in self._numbers.values():
            if following <= last:  # nobody else has taken one since: the counter's row is ours until the end
                take(following - last - 1)


def execute(statement: Executable, rows: Rows) -> None:
    """For each row, at once; a single one costs less by itself."""
    db.session.execute(statement, rows if len(rows) > 1 else rows[0])


_now: ContextVar[Together | None] = ContextVar("together", default=None)


@contextmanager
def together(at_once: int = 1) -> Iterator[Together]:
    """Keep back what is written inside. `at_once`: so many orders are expected. Inside of another it is part of it."""
    outer = _now.get()
    if outer is not None:
        yield outer
        return
    kept = Together(at_once)
    mark = _now.set(kept)
    try:
        yield kept
    finally:
        _now.reset(mark)
    kept.write()


def here() -> Together | None:
    """Where to keep what is to be written; None where it is written at once."""
    return _now.get()


@event.listens_for(Session, "transient_to_pending")
def _added(_session: Session, _added: object) -> None:
    if kept := _now.get():
        kept.begun += 1
