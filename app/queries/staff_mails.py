"""Mails as an administrator sees them: what waits, what was sent lately, what failed and why. Never what they say."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.domain import clock
from app.domain.errors import Malformed
from app.domain.models import Mail, OneTimeLink, Order
from app.domain.models.base import table_of
from app.domain.models.notices import FAILED, UNSENT
from app.extensions import db

mail = table_of(Mail)
PAGE = 50
SHOWS = ("failed", "waiting", "sent", "all")
CAP = 10_000
"""More are not counted exactly."""


@dataclass(frozen=True)
class MailFilters:
    """`q`: part of an address, or an order's number. `kind`: a kind of mail, of notices the event."""

    q: str = ""
    kind: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Those in force."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True)
class MailRow:
    """One mail. `kind`: of a notice its event. `dead`: its link does not work any more."""

    id: uuid.UUID
    kind: str
    to: str
    order_id: uuid.UUID | None
    order_number: int | None
    state: str
    tries: int
    error: str | None
    created_at: datetime
    run_after: datetime
    sent_at: datetime | None
    again_at: datetime | None
    dead: bool


@dataclass(frozen=True)
class MailPage:
    rows: Sequence[MailRow]
    older: str | None


_STATES = {"failed": FAILED, "waiting": UNSENT, "sent": mail.c.state == "sent"}
_KIND = func.coalesce(mail.c.facts["event"].as_string(), mail.c.kind)
_LINK = mail.c.facts["link"].as_string()


def page(show: str, filters: MailFilters, cursor: str) -> MailPage:
    """The newest first. `show`: one of `SHOWS`."""
    statement = (
        select(
            mail.c.id, _KIND.label("kind"), mail.c.to_address.label("to"), mail.c.order_id, Order.number, mail.c.state,
            mail.c.tries, mail.c.error, mail.c.created_at, mail.c.run_after, mail.c.sent_at, mail.c.again_at,
            _LINK.label("link"),
        )
        .outerjoin(Order, Order.id == mail.c.order_id)
        .where(*_conditions(show, filters))
    )  # fmt: skip
    if cursor:
        statement = statement.where(_older(cursor))
    rows = db.session.execute(statement.order_by(mail.c.created_at.desc(), mail.c.id.desc()).limit(PAGE + 1)).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    alive = _alive({uuid.UUID(row.link) for row in rows if row.link})
    found = [_row(row, alive) for row in rows[:PAGE]]
    return MailPage(found, f"{last.created_at.isoformat()}_{last.id.hex}" if last else None)


def _row(row: Any, alive: set[uuid.UUID]) -> MailRow:
    told = row._asdict()
    link, number = told.pop("link"), told.pop("number")
    return MailRow(**told, order_number=number, dead=bool(link) and uuid.UUID(link) not in alive)


def _conditions(show: str, filters: MailFilters) -> list[Any]:
    found: list[Any] = [_STATES[show]] if show in _STATES else []
    if filters.kind:
        found.append(filters.kind == _KIND)
    if filters.q:
        found.append(_says(filters.q))
    return found


def _says(text: str) -> ColumnElement[bool]:
    by_address = mail.c.to_address.icontains(text, autoescape=True)
    if text.isascii() and text.isdigit() and len(text) < 10:
        return or_(by_address, mail.c.order_id.in_(select(Order.id).where(Order.number == int(text))))
    return by_address


def _alive(links: set[uuid.UUID]) -> set[uuid.UUID]:
    if not links:
        return set()
    working = (OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > clock.now())
    return set(db.session.scalars(select(OneTimeLink.id).where(OneTimeLink.id.in_(links), *working)))


def _older(cursor: str) -> ColumnElement[bool]:
    try:
        moment, _, hexadecimal = cursor.partition("_")
        at, mail_id = datetime.fromisoformat(moment), uuid.UUID(hexadecimal)
        if at.tzinfo is None:
            raise ValueError(cursor)
    except ValueError:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.") from None
    return or_(mail.c.created_at < at, and_(mail.c.created_at == at, mail.c.id < mail_id))


def failed_ids(filters: MailFilters, most: int) -> list[uuid.UUID]:
    """Failed mails that fit, the oldest first."""
    fits = select(mail.c.id).where(*_conditions("failed", filters))
    return list(db.session.scalars(fits.order_by(mail.c.created_at, mail.c.id).limit(most)))


def failed_that_fit(filters: MailFilters) -> int:
    """How many failed mails fit, up to `CAP`."""
    fits = select(mail.c.id).where(*_conditions("failed", filters)).limit(CAP)
    return db.session.scalar(select(func.count()).select_from(fits.subquery())) or 0


@dataclass(frozen=True)
class MailCounts:
    """Mails on their way, since when the oldest of them is, and mails that failed."""

    waiting: int
    oldest: datetime | None
    failed: int


def counts() -> MailCounts:
    waiting = db.session.execute(select(func.count().label("number"), func.min(mail.c.created_at).label("oldest"))
                                 .select_from(mail).where(UNSENT)).one()  # fmt: skip
    return MailCounts(waiting.number, waiting.oldest, failed())


def failed() -> int:
    return db.session.scalar(select(func.count()).select_from(mail).where(FAILED)) or 0
