"""Once a day: a mail to engineers and Sales about what is over its target."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.config import Config
from app.domain import clock
from app.domain.models import FormKey, User
from app.domain.models.base import table_of
from app.domain.permissions import Role, Team
from app.domain.upsert import insert_for
from app.extensions import db
from app.queries import staff_overdue
from app.services import mails
from app.services.mails import choices

KIND = "digest"
"""Of the mail, and of the choice not to have it."""
MOST = 15
READERS = {Role.ENGINEER: Team.ENGINEERING, Role.SALES: Team.SALES}
done = table_of(FormKey)


def compose(config: Config) -> int:
    """Write today's mails if their hour has come and nobody has; how many were written. Commits.

    Any number of workers may ask at any time: the day's mark and its mails are one transaction, so there is one digest
    a day, also if nothing was late when it was made.
    """
    now = clock.now().astimezone(config.timezone)
    if config.digest_hour < 0 or now.hour < config.digest_hour or not _first_today(now):
        db.session.rollback()
        return 0
    written = sum(_write(role, now, config) for role in READERS)
    db.session.commit()
    return written


def _first_today(now: datetime) -> bool:
    row = {"key": f"{KIND}:{now:%Y-%m-%d}", "by": "time", "what": KIND, "at": clock.now()}
    noted = insert_for(done).values(**row).on_conflict_do_nothing().returning(done.c.key)
    return db.session.execute(noted).first() is not None


def _write(role: Role, now: datetime, config: Config) -> int:
    late = staff_overdue.of_team(READERS[role], config.due_after.failed, MOST)
    if not late.count:
        return 0
    people = db.session.execute(select(User.id, User.email, User.timezone).where(User.role == role, User.active)).all()
    chosen = choices.of(person.email for person in people)
    readers = [person for person in people if choices.wants(chosen, person.email, KIND)]
    facts = {"count": late.count, "items": [_fact(row, due) for row, due in late.rows]}
    for person in readers:
        mails.write(f"{KIND}:{now:%Y-%m-%d}:{person.id}", KIND, person.email, {**facts, "zone": person.timezone})
    return len(readers)


def _fact(row: Any, due: datetime) -> dict[str, Any]:
    return {
        "name": row.name, "member": row.member, "what": row.wait_title or row.step or "", "due": due.isoformat(),
        "owner": row.owner(clock.now()), "failed": row.wait_kind is None,
    }  # fmt: skip
