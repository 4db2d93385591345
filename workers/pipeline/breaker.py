"""A breaker per far system: while one is down, the items that need it wait without spending attempts."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.domain import clock
from app.domain.models import FarSystem
from app.domain.upsert import insert_for
from app.extensions import db

OPENS_AFTER = 5
"""Failures in a row that open it."""
STAYS_OPEN = timedelta(seconds=10)
"""Then tries are let through again; the first that fails shuts it for as long again."""
_READ_EVERY_S = 0.5

_seen: dict[str, tuple[int, datetime | None]] = {}
_read_at = 0.0


def open_until(systems: Iterable[str]) -> datetime | None:
    """Until when the item must wait for one of these systems, or None if all may be called."""
    names = tuple(systems)
    if not names:
        return None
    _read()
    now = clock.now()
    shut = [until for name in names if (until := _seen.get(name, (0, None))[1]) is not None and until > now]
    return max(shut, default=None)


def failed(systems: Iterable[str], error: str) -> None:
    """Count a temporary failure of each, in the caller's transaction."""
    now = clock.now()
    seen = {"last_error": error[:500], "last_failure_at": now}
    for name in systems:
        made = insert_for(FarSystem).values(name=name, failures=1, **seen)
        failures = db.session.execute(
            made.on_conflict_do_update(
                index_elements=["name"], set_={"failures": FarSystem.failures + 1, **seen}
            ).returning(FarSystem.failures)
        ).scalar_one()
        if failures >= OPENS_AFTER:
            db.session.execute(update(FarSystem).where(FarSystem.name == name).values(open_until=now + STAYS_OPEN))
    forget()


def succeeded(systems: Iterable[str]) -> None:
    """A system answered: close its breaker. Costs nothing while all is well."""
    for name in systems:
        if _seen.get(name, (0, None))[0]:
            db.session.execute(update(FarSystem).where(FarSystem.name == name).values(failures=0, open_until=None))
            _seen[name] = (0, None)


def forget() -> None:
    """Read the database afresh at the next look."""
    global _read_at
    _read_at = 0.0


def _read() -> None:
    global _read_at
    if time.monotonic() - _read_at < _READ_EVERY_S:
        return
    _seen.clear()
    for row in db.session.execute(select(FarSystem.name, FarSystem.failures, FarSystem.open_until)):
        _seen[row.name] = (row.failures, row.open_until)
    _read_at = time.monotonic()
