"""People who sign in and the tokens of programs: added and taken away by an administrator."""

import re
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Account, ApiToken, User
from app.domain.permissions import STAFF, Role
from app.extensions import db
from app.services import access

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")
LONGEST_EMAIL = 254
NO_PASSWORD = "none yet"
"""Stands where a password's hash will: nothing verifies against it."""


def add(email: str, name: str, role: str, password: str | None, account_id: str | None = None, *, by: str) -> User:
    """Add a person who can sign in, or (without a password) will choose one by a mailed link.

    Members and resellers belong to an account, staff to none.
    """
    email, name = email.strip().lower(), name.strip()
    findings = [*_wrong_email(email), *wrong_name(name), *wrong_place(role, account_id)]
    if findings:
        raise Invalid("The user could not be added.", findings)
    if db.session.execute(select(User.id).where(User.email == email)).first():
        raise Conflict(f"There is a user {email} already.")
    hashed = NO_PASSWORD if password is None else access.hashed_password(password)
    user = User(email=email, name=name, role=Role(role), account_id=account_id, password_hash=hashed)
    db.session.add(user)
    story.audit(by, "user added", subject=email, after={"role": role, "account": account_id})
    db.session.commit()
    return user


def _wrong_email(email: str) -> list[Finding]:
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        return [Finding("/email", "format", f"This is not an e-mail address: “{email[:80]}”.")]
    return []


def wrong_name(name: str) -> list[Finding]:
    """What is wrong with a person's name."""
    if not name.strip() or len(name.strip()) > 200:
        return [Finding("/name", "length", "A name has 1 to 200 characters.")]
    return []


def wrong_place(role: str, account_id: str | None) -> list[Finding]:
    """What is wrong with a role and the account that goes with it."""
    if role not in set(Role):
        return [Finding("/role", "choice", f"The role must be one of {', '.join(Role)}.")]
    if Role(role) in STAFF:
        wrong = account_id is not None
        return [Finding("/account", "match", f"A user with the role {role} belongs to no account.")] if wrong else []
    if account_id is None:
        return [Finding("/account", "required", f"A user with the role {role} belongs to an account; say which.")]
    if db.session.get(Account, account_id) is None:
        return [Finding("/account", "reference", f"There is no account “{account_id[:80]}”.")]
    return []


def every() -> Sequence[User]:
    return db.session.scalars(select(User).order_by(User.email)).all()


def by_email(email: str) -> User:
    """`NotFound` if nobody has this address."""
    found = db.session.execute(select(User).where(User.email == email.strip().lower())).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no user {email.strip()[:LONGEST_EMAIL]}.")
    return found


def add_token(user: User, scopes: list[str], name: str, days: float | None, *, by: str) -> str:
    """The secret of a new API token, which ends after so many days (None: never)."""
    if days is not None and not 0 < days <= 36_500:
        raise Invalid("The token could not be made.", [Finding("/expires_days", "range", "Days must be above 0.")])
    expires = clock.now() + timedelta(days=days) if days is not None else None
    return access.add_token(user, scopes, name[:100], expires, by=by)


def tokens(user: User) -> Sequence[ApiToken]:
    """This user's tokens that have not been revoked, oldest first."""
    return db.session.scalars(
        select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at)
    ).all()


def revoke_token(token_id: str, *, by: str) -> ApiToken:
    """From now on the token is refused. `NotFound` if there is none, `Conflict` if it was revoked before."""
    try:
        token = db.session.get(ApiToken, uuid.UUID(token_id))
    except ValueError:
        token = None
    if token is None:
        raise NotFound(f"There is no token {token_id[:60]}.")
    if token.revoked_at is not None:
        raise Conflict(f"The token was revoked on {token.revoked_at:%-d %B %Y} already.")
    token.revoked_at = clock.now()
    story.audit(by, "token revoked", subject=token.user.email, before={"name": token.name, "scopes": token.scopes})
    db.session.commit()
    return token
