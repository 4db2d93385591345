"""Short transactions of the local systems, apart from whatever session the caller has."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.domain.errors import TemporaryFailure
from app.extensions import db

T = TypeVar("T")


@contextmanager
def transaction() -> Iterator[Session]:
    """A session of its own, committed at the end: a local system behaves like a far one, also when it is away."""
    try:
        with Session(db.engine) as session, session.begin():
            yield session
    except (OperationalError, InterfaceError) as away:
        raise TemporaryFailure(f"The database cannot be used at present: {away.orig}.") from away


def first_come(do: Callable[[Session], T], tries: int = 3) -> T:
    """Run `do` in a transaction; if somebody else inserted the same key meanwhile, once more, to find theirs."""
    for _ in range(tries - 1):
        try:
            with transaction() as session:
                return do(session)
        except IntegrityError:
            continue
    with transaction() as session:
        return do(session)
