"""What an administrator changes about the people who sign in. Each verb is one transaction, once per form."""

import hashlib
import secrets
import uuid
from typing import Any

from sqlalchemy import delete, func, or_, select, update

from app.domain import after_commit, clock, story
from app.domain.errors import Conflict, IllegalMove, Invalid, NotFound, Stale
from app.domain.models import Account, ApiToken, User, Wait, WebSession
from app.domain.permissions import STAFF, Role
from app.extensions import db
from app.services import access, links, users
from app.services.actor import Actor
from app.services.once import once_and_whole

START_PASSWORD_BYTES = 12


def made_password() -> str:
    """A password for somebody to begin with; nobody could guess it."""
    return secrets.token_urlsafe(START_PASSWORD_BYTES)


def version_of(user: User) -> str:
    """Changes whenever an administrator's page would show something else: what a form was made from."""
    said = "\n".join((user.name, user.role.value, user.account_id or "", str(user.active)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def account_id_of(text: str) -> str | None:
    """The account that somebody means: by its id, its handle or its organisation's whole name. Empty: none.

    What fits no account is answered as it is, so that it is refused by its name.
    """
    text = text.strip()[:200]
    if not text:
        return None
    if db.session.get(Account, text[:64]) is not None:
        return text
    fits = or_(Account.handle == text.lower(), func.lower(Account.organisation) == text.lower())
    found = db.session.scalars(select(Account.id).where(fits).limit(2)).all()
    return found[0] if len(found) == 1 else text


def change(
    user_id: uuid.UUID, actor: Actor, *, name: str, role: str, account_id: str | None, version: str,
    form_key: str | None = None,
) -> None:  # fmt: skip
    """Another name, role or account. `Stale` if somebody changed the user since the form was made.

    Tokens do not follow into another role's house or another account: they are revoked.
    """

    def do() -> None:
        user = _locked(user_id)
        if version and version != version_of(user):
            raise Stale("Somebody else has changed this user meanwhile; look again before you save.")
        findings = [*users.wrong_name(name), *users.wrong_place(role, account_id)]
        if findings:
            raise Invalid("The user could not be changed.", findings)
        after = {"name": name.strip(), "role": role, "account": account_id}
        before = {"name": user.name, "role": user.role.value, "account": user.account_id}
        if after == before:
            return
        if user.role is Role.ADMIN and Role(role) is not Role.ADMIN:
            _not_the_last_admin(user)
            if user.id == actor.user_id:
                raise IllegalMove("You cannot take the administrator's role from yourself; ask another administrator.")
        moved = (user.role in STAFF) != (Role(role) in STAFF) or user.account_id != account_id
        user.name, user.role, user.account_id = name.strip(), Role(role), account_id
        if moved:
            user.contact_id = None
            _revoke_tokens(user)
        story.audit(actor.name, "user changed", subject=user.email, before=before, after=after)

    once_and_whole(actor, "user changed", form_key, do, user_id)


def deactivate(user_id: uuid.UUID, actor: Actor, form_key: str | None = None) -> None:
    """They cannot sign in any more, their sessions end, their tokens are refused, their claims are free again."""

    def do() -> None:
        user = _locked(user_id)
        if user.id == actor.user_id:
            raise IllegalMove("You cannot deactivate yourself; ask another administrator.")
        if not user.active:
            raise Conflict(f"{user.name} is inactive already.")
        if user.role is Role.ADMIN:
            _not_the_last_admin(user)
        user.active = False
        _end_sessions(user)
        freed = update(Wait).where(Wait.open, Wait.claimed_by_id == user.id)
        db.session.execute(freed.values(claimed_by_id=None, claimed_at=None, claim_until=None))
        after_commit.signal("queue")
        _noted(actor, "user deactivated", user, {"active": True}, {"active": False})

    once_and_whole(actor, "user deactivated", form_key, do, user_id)


def reactivate(user_id: uuid.UUID, actor: Actor, form_key: str | None = None) -> None:
    """They can sign in again, with the password they had."""

    def do() -> None:
        user = _locked(user_id)
        if user.active:
            raise Conflict(f"{user.name} is active already.")
        user.active = True
        _noted(actor, "user reactivated", user, {"active": False}, {"active": True})

    once_and_whole(actor, "user reactivated", form_key, do, user_id)


def end_sessions(user_id: uuid.UUID, actor: Actor, form_key: str | None = None) -> None:
    """Sign somebody out of every browser."""

    def do() -> None:
        user = _locked(user_id)
        ended = _end_sessions(user)
        _noted(actor, "sessions ended", user, {"sessions": ended}, {"sessions": 0})

    once_and_whole(actor, "sessions ended", form_key, do, user_id)


def give_password(user_id: uuid.UUID, actor: Actor, password: str, form_key: str | None = None) -> bool:
    """A new password for somebody who has lost theirs; their sessions end. False if this form has been sent before."""
    given: list[bool] = []
    hashed = access.hashed_password(password)

    def do() -> None:
        user = _locked(user_id)
        user.password_hash = hashed
        links.withdraw_all(user.id)
        _end_sessions(user)
        _noted(actor, "password given", user, None, None)
        given.append(True)

    once_and_whole(actor, "password given", form_key, do, user_id)
    return bool(given)


def _locked(user_id: uuid.UUID) -> User:
    found = db.session.execute(
        select(User).where(User.id == user_id).with_for_update(of=User).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _not_the_last_admin(user: User) -> None:
    """All active administrators are locked: two who take the role from each other at once must not both succeed."""
    others = db.session.scalars(
        select(User.id).where(User.role == Role.ADMIN, User.active).order_by(User.id).with_for_update(of=User)
    ).all()
    if not set(others) - {user.id}:
        raise IllegalMove(f"{user.name} is the last active administrator; make somebody else one first.")


def _end_sessions(user: User) -> int:
    gone = db.session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    return int(getattr(gone, "rowcount", 0))


def _revoke_tokens(user: User) -> None:
    living = update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    if getattr(db.session.execute(living.values(revoked_at=clock.now())), "rowcount", 0):
        story.audit("system", "token revoked", subject=user.email, reason="The user's role or account was changed.")


def _noted(actor: Actor, what: str, user: User, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    story.audit(actor.name, what, subject=user.email, before=before, after=after)
