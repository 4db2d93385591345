"""Mailed links that do one thing once: the row says what for, until when, and whether it was used.

The address carries the row's id, signed with SECRET_KEY when the mail is sent; so neither a read database nor a
written one opens a door.
"""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update

from app.config import Config
from app.domain import clock
from app.domain.errors import Conflict, NotFound
from app.domain.models import OneTimeLink, User
from app.domain.models.base import table_of
from app.extensions import db
from app.services import mails
from app.services.mails import signing

INVITATION, RESET, ADDRESS = "invitation", "reset", "email"
LASTS = {INVITATION: timedelta(days=7), RESET: timedelta(hours=1), ADDRESS: timedelta(hours=24)}
KEPT = timedelta(days=30)
link = table_of(OneTimeLink)


class Used(Conflict):
    """The link has served, or its time is over."""

    title = "This link does not work any more"


def send(purpose: str, user: User, kind: str, email: str, **facts: Any) -> None:
    """Make a link, end this person's older ones of the same purpose, and leave the mail with it.

    In the caller's transaction.
    """
    now = clock.now()
    withdraw(user.id, purpose)
    made = OneTimeLink(
        id=uuid.uuid4(), purpose=purpose, user_id=user.id, email=email, created_at=now,
        expires_at=now + LASTS[purpose],
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    said = {**facts, "link": str(made.id), "expires": made.expires_at.isoformat(), "zone": user.timezone}
    mails.write(f"link:{made.id}", kind, email, said)


def withdraw(user_id: uuid.UUID, purpose: str) -> None:
    """Older links of this purpose do nothing any more."""
    unused = (link.c.user_id == user_id, link.c.purpose == purpose, link.c.used_at.is_(None))
    db.session.execute(update(link).where(*unused).values(used_at=clock.now()))


def withdraw_all(user_id: uuid.UUID) -> None:
    """No link that was mailed before does anything any more: whoever knew the old password may have asked for one."""
    for purpose in LASTS:
        withdraw(user_id, purpose)


def look(config: Config, purpose: str, token: str) -> OneTimeLink:
    """The link behind an address, unused; changes nothing, as programs that scan mails follow links.

    `NotFound` if we never signed it, `Used` if it has served or is too old.
    """
    found = db.session.get(OneTimeLink, signing.read_link(config, purpose, token), populate_existing=True)
    if found is None or found.purpose != purpose:
        raise NotFound(signing.GONE)
    if found.used_at is not None or found.expires_at <= clock.now() or not found.user.active:
        raise Used("It has been used, or its time is over. Please ask for a new one.")
    return found


def use(config: Config, purpose: str, token: str) -> OneTimeLink:
    """As `look`, and from now on it is used: of two at once, one gets `Used`. In the caller's transaction."""
    found = look(config, purpose, token)
    taken = db.session.execute(
        update(link).where(link.c.id == found.id, link.c.used_at.is_(None)).values(used_at=clock.now())
        .returning(link.c.id)
    ).first()  # fmt: skip
    if taken is None:
        raise Used("It has been used already.")
    return found


def forget_old() -> None:
    """Links that have long served or ended. In the caller's transaction."""
    db.session.execute(delete(link).where(link.c.expires_at < clock.now() - KEPT))
