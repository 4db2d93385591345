"""A breaker per far system: while one is down, the items that need it wait without spending attempts."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.domain import clock
from app.domain.models import FarSystem
from app.extensions import db

OPENS_AFTER = 5
"""Failures in a row that open it."""
STAYS_OPEN = timedelta(seconds=10)
"""Then one try is let through; if it fails as well the breaker stays open for as long again."""
_READ_EVERY_S = 0.5

_seen: dict[str, tuple[int, datetime | None]] = {}
_read_at = 0.0


def open_until(systems: Iterable[str]) -> datetime | None:
    """Until when the item must wait for one of these systems, or None if all may be called."""
    _read()
    now = clock.now()
    shut = [until for name in systems if (until := _seen.get(name, (0, None))[1]) is not None and until > now]
    return max(shut, default=None)


def failed(system: str, error: str) -> None:
    """Count a temporary failure, in the caller's transaction."""
    now = clock.now()
    row = db.session.execute(
        update(FarSystem)
        .where(FarSystem.name == system)
        .values(failures=FarSystem.failures + 1, last_error=error[:500], last_failure_at=now)
        .returning(FarSystem.failures)
    ).first()
    if row is None:
        db.session.add(FarSystem(name=system, failures=1, last_error=error[:500], last_failure_at=now))
        db.session.flush()
    elif row.failures >= OPENS_AFTER:
        db.session.execute(update(FarSystem).where(FarSystem.name == system).values(open_until=now + STAYS_OPEN))
    _forget()


def succeeded(systems: Iterable[str]) -> None:
    """A system answered: close its breaker. Costs nothing while all is well."""
    for name in systems:
        if _seen.get(name, (0, None))[0]:
            db.session.execute(update(FarSystem).where(FarSystem.name == name).values(failures=0, open_until=None))
            _seen[name] = (0, None)


def _read() -> None:
    global _read_at
    if time.monotonic() - _read_at < _READ_EVERY_S:
        return
    _seen.clear()
    for row in db.session.execute(select(FarSystem.name, FarSystem.failures, FarSystem.open_until)):
        _seen[row.name] = (row.failures, row.open_until)
    _read_at = time.monotonic()


def _forget() -> None:
    global _read_at
    _read_at = 0.0
