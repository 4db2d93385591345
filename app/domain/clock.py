"""One clock for everybody: the database's, so that workers on several machines agree.

Asking the database at every use would cost a round trip, so a process measures the difference between its own
monotonic clock and the database's every few seconds and adds it. SQLite is one machine: there the host's clock is it.
"""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

_MEASURE_EVERY_S = 5.0
_offset = timedelta(0)
_base: tuple[float, datetime] | None = None


def now() -> datetime:
    """The present moment in UTC by the database's clock, plus the offset that tests set."""
    if _base is None or time.monotonic() - _base[0] > 2 * _MEASURE_EVERY_S:
        return datetime.now(UTC) + _offset
    return _base[1] + timedelta(seconds=time.monotonic() - _base[0]) + _offset


def measure(engine: Engine) -> None:
    """Read the database's clock afresh if the last reading has grown old."""
    global _base
    if engine.dialect.name != "postgresql":
        return
    if _base is not None and time.monotonic() - _base[0] < _MEASURE_EVERY_S:
        return
    with engine.connect() as connection:
        before = time.monotonic()
        there = connection.execute(select(func.clock_timestamp())).scalar_one()
        after = time.monotonic()
    _base = ((before + after) / 2, there.astimezone(UTC))


def advance(by: timedelta) -> None:
    """For tests: let time pass."""
    global _offset
    _offset += by


def reset() -> None:
    """For tests: back to the real time."""
    global _offset, _base
    _offset, _base = timedelta(0), None
