"""One's notifications: the list, newest first, and how many are unread."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from app.domain.models import Account, Notification, NotificationMark, NotificationsRead, Order, User
from app.domain.notices import Event
from app.domain.permissions import TEAM_OF, Team
from app.domain.states import Outcome
from app.extensions import db
from app.queries import notice_words
from app.queries.notice_words import Notice, When
from app.services.actor import Actor

PAGE = 25
CAP = 99
"""More unread ones than this are not counted."""


@dataclass(frozen=True)
class NoticeRow:
    """One notification as the list shows it."""

    id: int
    headline: str
    sentences: list[str]
    url: str
    link: str
    at: datetime
    read: bool


@dataclass(frozen=True)
class NoticePage:
    """Some of them; `newer` and `older` are where the pages beside it begin."""

    rows: list[NoticeRow]
    newer: int | None
    older: int | None
    unread: int


def teams_of(actor: Actor) -> frozenset[Team]:
    return TEAM_OF.get(actor.role, frozenset()) if actor.role else frozenset()


def mine(actor: Actor) -> ColumnElement[bool]:
    """The condition for notifications of this actor's accounts and teams."""
    accounts = sorted(actor.account_ids)
    teams = sorted(team.value for team in teams_of(actor))
    return or_(
        Notification.account_id.in_(accounts), Notification.sub_account_id.in_(accounts), Notification.team.in_(teams)
    )


_READ = case(
    (NotificationMark.read.is_not(None), NotificationMark.read),
    else_=or_(Notification.id <= func.coalesce(NotificationsRead.up_to, 0), Notification.created_at < User.created_at),
)
"""A mark says; else everything up to a point was read, and what was there before the person is none of their news."""


def _of(user_id: uuid.UUID, statement: Any) -> Any:
    return (
        statement.join(User, User.id == user_id)
        .outerjoin(NotificationsRead, NotificationsRead.user_id == User.id)
        .outerjoin(
            NotificationMark,
            and_(NotificationMark.user_id == User.id, NotificationMark.notification_id == Notification.id),
        )
    )


def unread(actor: Actor) -> int:
    """How many are unread; at most `CAP` + 1."""
    if actor.user_id is None:
        return 0
    some = _of(actor.user_id, select(Notification.id).select_from(Notification)).where(mine(actor), ~_READ)
    return db.session.scalar(select(func.count()).select_from(some.limit(CAP + 1).subquery())) or 0


def count_words(count: int) -> str | None:
    """“3”, “99+”; nothing for none."""
    return None if not count else f"{CAP}+" if count > CAP else str(count)


def notices(actor: Actor, when: When, *, before: int | None = None, after: int | None = None) -> NoticePage:
    """The newest first; `before` and `after` are ids of rows that other pages ended with."""
    assert actor.user_id is not None
    columns = select(
        Notification.id, Notification.event, Notification.facts, Notification.order_id, Notification.wait_id,
        Notification.account_id, Notification.team, Notification.created_at, Order.number, Order.outcome,
        Order.account_id.label("orderer"), Account.organisation, _READ.label("read"),
    ).select_from(Notification)  # fmt: skip
    query = _of(actor.user_id, columns).join(Order, Order.id == Notification.order_id)
    query = query.join(Account, Account.id == Order.account_id).where(mine(actor))
    rows, newer, older = _page(query, before, after)
    return NoticePage([_row(row, when) for row in rows], newer, older, unread(actor))


def _page(query: Select[Any], before: int | None, after: int | None) -> tuple[list[Any], int | None, int | None]:
    if after is not None:
        found = list(db.session.execute(query.where(Notification.id > after).order_by(Notification.id).limit(PAGE + 1)))
        rows = found[:PAGE][::-1]
        return rows, (rows[0].id if len(found) > PAGE else None), (rows[-1].id if rows else None)
    if before is not None:
        query = query.where(Notification.id < before)
    found = list(db.session.execute(query.order_by(Notification.id.desc()).limit(PAGE + 1)))
    rows = found[:PAGE]
    return rows, (rows[0].id if rows and before is not None else None), (rows[-1].id if len(found) > PAGE else None)


def _row(row: Any, when: When) -> NoticeRow:
    event = Event(row.event)
    own = row.team is not None or row.account_id == row.orderer
    notice = Notice(
        event=event, order_number=row.number, own=own, asker="" if own else row.organisation,
        partial=row.outcome is Outcome.PARTIAL, facts=row.facts,
    )  # fmt: skip
    return NoticeRow(
        id=row.id, headline=notice_words.headline(notice, when), sentences=notice_words.sentences(notice, when),
        url=notice_words.address(
            event, str(row.order_id), row.facts, own=own, wait_id=row.wait_id, team=row.team
        ),
        link="View order" if event not in (Event.CONFIRM, Event.ENDING) else notice_words.link_label(notice),
        at=row.created_at,
        read=bool(row.read),
    )  # fmt: skip
