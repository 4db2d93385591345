"""What people may change about themselves."""

import uuid
from zoneinfo import available_timezones

from sqlalchemy import delete, select

from app.domain import story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import User, WebSession
from app.extensions import db
from app.services import access, accounts, links

THEMES = ("", "light", "dark")
DENSITIES = ("", "compact")


def change_settings(user_id: uuid.UUID, *, timezone: str, theme: str, density: str, shortcuts: bool) -> None:
    """How pages look to this person. Empty = the exchange's time zone, the system's theme, the usual density."""
    findings = []
    if timezone and timezone not in available_timezones():
        findings.append(Finding("/timezone", "choice", f"There is no time zone “{timezone[:60]}”."))
    if theme not in THEMES:
        findings.append(Finding("/theme", "choice", "The theme is light, dark, or as the system has it."))
    if density not in DENSITIES:
        findings.append(Finding("/density", "choice", "The density is usual or compact."))
    if findings:
        raise Invalid("Some settings are not right.", findings)
    user = _user(user_id)
    after = {"timezone": timezone, "theme": theme, "density": density, "shortcuts": shortcuts}
    before = {name: getattr(user, name) for name in after}
    for name, value in after.items():
        setattr(user, name, value)
    story.audit(user.name, "settings changed", subject=user.email, before=before, after=after)
    db.session.commit()


def change_password(user_id: uuid.UUID, current: str, new: str, again: str, secret: str) -> int:
    """Another password for oneself; every session but the one behind `secret` ends. Answer how many ended."""
    user = _user(user_id)
    hashed = access.new_password(new, again)
    access.check_own_password(user, current)
    user.password_hash = hashed
    ended = _end(user_id, secret)
    links.withdraw_all(user_id)
    accounts.tell_password_changed(user)
    story.audit(user.name, "password changed", subject=user.email, after={"sessions ended": ended})
    db.session.commit()
    return ended


def end_other_sessions(user_id: uuid.UUID, secret: str) -> int:
    """Sign out everywhere else; answer how many sessions ended."""
    user = _user(user_id)
    ended = _end(user_id, secret)
    story.audit(user.name, "sessions ended", subject=user.email, after={"sessions ended": ended})
    db.session.commit()
    return ended


def end_session(user_id: uuid.UUID, mark: str, secret: str) -> None:
    """End one of one's other sessions. `Conflict` for the present one, `NotFound` if there is none (any more)."""
    user = _user(user_id)
    for session in db.session.scalars(select(WebSession).where(WebSession.user_id == user_id)):
        if access.mark_of(session) != mark:
            continue
        if access.is_this(session, secret):
            raise Conflict("This is the session you are using; sign out to end it.")
        db.session.delete(session)
        story.audit(user.name, "sessions ended", subject=user.email, after={"sessions ended": 1})
        db.session.commit()
        return
    raise NotFound("This session has ended already.")


def _end(user_id: uuid.UUID, secret: str) -> int:
    gone = db.session.execute(delete(WebSession).where(access.others_of(user_id, secret)))
    return int(getattr(gone, "rowcount", 0))


def _user(user_id: uuid.UUID) -> User:
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found
