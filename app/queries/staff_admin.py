"""What an administrator reads: people who sign in, API tokens, and the plans that the workers have published."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.domain import clock
from app.domain.errors import Malformed, NotFound
from app.domain.models import Account, ApiToken, HandlerPlan, User, WebSession
from app.domain.permissions import Role
from app.extensions import db

PAGE = 50
ACCOUNTS, TOKENS = 300, 200


@dataclass(frozen=True)
class UserFilters:
    """What the list is narrowed to. `show`: active (also when empty), inactive or all."""

    q: str = ""
    role: str = ""
    show: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Those in force."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True)
class UserPage:
    """Users by e-mail address. `sessions`: user id → in how many browsers they are signed in."""

    users: list[User]
    sessions: dict[uuid.UUID, int]
    before: str | None
    after: str | None


def users(filters: UserFilters, cursor: str) -> UserPage:
    """`cursor`: “>address” = the page behind it, “<address” = the one before."""
    if cursor and (cursor[0] not in "<>" or len(cursor) > 256):
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    backwards, address = cursor[:1] == "<", cursor[1:]
    statement = _found(filters).options(joinedload(User.account))
    if address:
        statement = statement.where(User.email < address if backwards else User.email > address)
    rows = list(db.session.scalars(statement.order_by(User.email.desc() if backwards else User.email).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    rows = rows[::-1] if backwards else rows
    has_before, has_after = (more, True) if backwards else (bool(address), more)
    return UserPage(
        rows, _sessions([one.id for one in rows]),
        f"<{rows[0].email}" if rows and has_before else None, f">{rows[-1].email}" if rows and has_after else None,
    )  # fmt: skip


def _found(filters: UserFilters) -> Select[Any]:
    statement: Select[Any] = select(User)
    if filters.show != "all":
        statement = statement.where(User.active.is_(filters.show != "inactive"))
    if filters.role:
        statement = statement.where(User.role == Role(filters.role))
    if filters.q:
        by_account = (
            select(Account.id).where(Account.organisation.icontains(filters.q, autoescape=True)).limit(ACCOUNTS)
        )
        fits = (User.email, User.name)
        statement = statement.where(
            or_(User.account_id.in_(by_account), *(column.icontains(filters.q, autoescape=True) for column in fits))
        )
    return statement


def _sessions(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = db.session.execute(
        select(WebSession.user_id, func.count().label("number"))
        .where(WebSession.user_id.in_(ids), WebSession.expires_at > clock.now())
        .group_by(WebSession.user_id)
    )
    return {row.user_id: row.number for row in rows}


@dataclass(frozen=True)
class UserDetail:
    user: User
    sessions: Sequence[WebSession]
    tokens: Sequence[ApiToken]


def user(user_id: uuid.UUID) -> UserDetail:
    """`NotFound` if there is none."""
    found = db.session.execute(
        select(User)
        .where(User.id == user_id)
        .options(joinedload(User.account))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such user.")
    tokens = db.session.scalars(
        select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.created_at.desc()).limit(TOKENS)
    )
    return UserDetail(found, sessions(user_id), tokens.all())


def sessions(user_id: uuid.UUID) -> Sequence[WebSession]:
    """Where somebody is signed in, the newest first."""
    return db.session.scalars(
        select(WebSession)
        .where(WebSession.user_id == user_id, WebSession.expires_at > clock.now())
        .order_by(WebSession.created_at.desc())
        .limit(100)
    ).all()


def accounts() -> list[tuple[str, str]]:
    """Accounts to choose from: id and organisation, by name; no more than `ACCOUNTS`."""
    rows = db.session.execute(select(Account.id, Account.organisation).order_by(Account.organisation).limit(ACCOUNTS))
    return [(row.id, row.organisation) for row in rows]


def program_users() -> list[tuple[str, str]]:
    """Addresses and names of active users, for whom a token may be made; no more than `ACCOUNTS`."""
    rows = db.session.execute(select(User.email, User.name).where(User.active).order_by(User.email).limit(ACCOUNTS))
    return [(row.email, row.name) for row in rows]


@dataclass(frozen=True)
class TokenPage:
    tokens: Sequence[ApiToken]
    older: str | None


TOKEN_STATES = ("living", "ended", "all")


def tokens(show: str, cursor: str) -> TokenPage:
    """The newest first. `show`: living, ended (revoked, expired, or of an inactive user) or all."""
    now = clock.now()
    living = and_(ApiToken.revoked_at.is_(None), or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
                  User.active)  # fmt: skip
    statement = select(ApiToken).join(User, User.id == ApiToken.user_id).options(joinedload(ApiToken.user))
    if show != "all":
        statement = statement.where(living if show == "living" else ~living)
    if cursor:
        statement = statement.where(_older(cursor))
    rows = db.session.scalars(statement.order_by(ApiToken.created_at.desc(), ApiToken.id.desc()).limit(PAGE + 1)).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return TokenPage(rows[:PAGE], f"{last.created_at.isoformat()}_{last.id.hex}" if last else None)


def _older(cursor: str) -> ColumnElement[bool]:
    try:
        moment, _, hexadecimal = cursor.partition("_")
        at, token_id = datetime.fromisoformat(moment), uuid.UUID(hexadecimal)
        if at.tzinfo is None:
            raise ValueError(cursor)
    except ValueError:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.") from None
    return or_(ApiToken.created_at < at, and_(ApiToken.created_at == at, ApiToken.id < token_id))


def token_state(token: ApiToken, now: datetime) -> tuple[str, str]:
    """Icon key and words."""
    if token.revoked_at is not None:
        return "cancelled", "Revoked"
    if token.expires_at is not None and token.expires_at <= now:
        return "cancelled", "Expired"
    return ("done", "Living") if token.user.active else ("paused", "User inactive")


def plans(service_type: str) -> dict[tuple[str, str | None], HandlerPlan]:
    """The plans of a service type by (action, order type), as the workers last published them."""
    rows = db.session.scalars(select(HandlerPlan).where(HandlerPlan.service_type == service_type))
    return {(row.action, row.order_type): row for row in rows}
