"""Slows guessing down. A try is counted as wrong before it is looked at, and forgiven if it was right: so a hundred
tries at the same moment are a hundred, not one that the other ninety-nine hide behind.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.domain import clock
from app.domain.errors import NotSignedIn
from app.domain.models import LoginFailure
from app.domain.upsert import insert_for
from app.extensions import db

FREE_FAILURES = 5
"""Wrong tries before one must wait: 2 s after the next, twice as long after each further one, at most 15 minutes."""
LONGEST_WAIT_S = 900
FORGOTTEN_AFTER = timedelta(hours=1)


def count(tries: Mapping[str, int]) -> None:
    """Count a try of each subject (subject → its free failures). Commits.

    `NotSignedIn` while one of them must wait; nothing is counted then.
    """
    now = clock.now()
    rows = [_locked(subject, now) for subject in sorted(tries)]
    until = max((row.blocked_until for row in rows if row.blocked_until and row.blocked_until > now), default=None)
    if until is not None:
        db.session.rollback()
        raise NotSignedIn(f"Too many failed attempts. Try again in {int((until - now).total_seconds()) + 1} seconds.")
    for row in rows:
        row.failures += 1
        over = row.failures - tries[row.subject]
        row.blocked_until = now + timedelta(seconds=min(LONGEST_WAIT_S, 2 ** min(over, 10))) if over > 0 else None
    db.session.commit()


def forgive(tries: Mapping[str, int]) -> None:
    """The try that was counted was right. In the caller's transaction."""
    for subject, free in sorted(tries.items()):
        of_it = LoginFailure.subject == subject
        db.session.execute(update(LoginFailure).where(of_it, LoginFailure.failures > 0)
                           .values(failures=LoginFailure.failures - 1))  # fmt: skip
        db.session.execute(update(LoginFailure).where(of_it, LoginFailure.failures <= free).values(blocked_until=None))


def forget(subject: str) -> None:
    """All that was counted for this subject. In the caller's transaction."""
    db.session.execute(delete(LoginFailure).where(LoginFailure.subject == subject))


def wished_too_often(subject: str, most: int) -> bool:
    """Count a wish; whether this subject had more than so many within the hour. In the caller's transaction."""
    row = _locked(subject, clock.now())
    row.failures += 1
    return row.failures > most


def _locked(subject: str, now: datetime) -> LoginFailure:
    made = insert_for(LoginFailure).values(subject=subject, failures=0, last_at=now)
    db.session.execute(made.on_conflict_do_nothing())
    row = db.session.execute(
        select(LoginFailure)
        .where(LoginFailure.subject == subject)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if row.last_at < now - FORGOTTEN_AFTER:
        row.failures = 0
    row.last_at = now
    return row
