"""Workers that a test moves by hand: each runs the real runner in a thread and stops at every boundary.

A boundary is where a worker may be frozen for as long as the test likes, or die: after a commit, before a far system is
called, and after it has acted but before its answer is read. Only one thread ever moves at a time.
"""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.engine.room import Died

_here = threading.local()


class Puppet:
    """One worker process, moved from boundary to boundary."""

    def __init__(self, app: Flask, work: Callable[[], str]) -> None:
        self._app, self._work = app, work
        self._turn, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._dies = self._dies_in_commit = False
        self.word: str | None = None
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self.word is None and self.failure is None

    def go(self) -> None:
        """Run to the next boundary, or to the end."""
        self._turn.release()
        self._stopped.acquire()
        if self.failure is not None and not isinstance(self.failure, Died):
            raise self.failure

    def die(self) -> None:
        """Killed where it stands."""
        self._dies = True
        self.go()

    def die_in_next_commit(self) -> None:
        """Killed when it is about to commit: the transaction is lost."""
        self._dies_in_commit = True
        self.go()

    def _live(self) -> None:
        _here.puppet = self
        self._turn.acquire()
        try:
            if not self._dies:
                with self._app.app_context():
                    self.word = self._work()
            else:
                self.word = "died before it began"
        except BaseException as why:
            self.failure = why
        finally:
            self._stopped.release()

    def boundary(self) -> None:
        self._stopped.release()
        self._turn.acquire()
        if self._dies:
            raise Died

    def committing(self) -> None:
        if self._dies_in_commit:
            raise Died


def boundary(*_: object) -> None:
    """Stop here if this thread is a puppet's."""
    puppet = getattr(_here, "puppet", None)
    if puppet is not None:
        puppet.boundary()


def _committing(*_: object) -> None:
    puppet = getattr(_here, "puppet", None)
    if puppet is not None:
        puppet.committing()


def strings_on() -> None:
    event.listen(Session, "before_commit", _committing)
    event.listen(Session, "after_commit", boundary)


def strings_off() -> None:
    event.remove(Session, "before_commit", _committing)
    event.remove(Session, "after_commit", boundary)
