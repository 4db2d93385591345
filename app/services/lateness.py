"""What is late is told to whom it concerns: members who have not answered, Sales after that, members whose order takes
longer than usual.

Looked for every minute by any number of workers: each notification has one key, so it is told once.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, select

from app.config import Config
from app.domain import clock, notices
from app.domain.models import Notification, Order, OrderItem, Wait
from app.domain.models.base import table_of
from app.domain.notices import Event
from app.domain.permissions import Team
from app.domain.states import LIVE, Status, WaitKind
from app.extensions import db
from app.queries import durations
from app.queries.durations import Kind, Measured

item, order, wait, news = table_of(OrderItem), table_of(Order), table_of(Wait), table_of(Notification)
other = news.alias("other")

SALES_TOLD_AFTER = timedelta(hours=24)
"""So long after the reminder Sales are told that a member does not answer."""
SURELY_LATE = 2.0
"""A stage is late after so many times what nine tenths of the measured items took."""
NEVER_LATE_BEFORE = timedelta(minutes=10)
AT_ONCE = 500
NOT_OURS = frozenset({WaitKind.TIME, WaitKind.DEPENDENCY})
"""Nothing is late that waits for a wished date, or for another item, which may be late itself."""


@dataclass(frozen=True)
class Told:
    """How many of each were told of now."""

    reminded: int
    overdue: int
    delayed: int


def look(config: Config) -> Told:
    """Tell of everything that has become late. Commits."""
    told = Told(_remind(), _tell_sales(), _delayed(config))
    db.session.commit()
    return told


_UNANSWERED = (
    select(
        wait.c.id, wait.c.audience, wait.c.kind, wait.c.step_key, wait.c.due_at, item.c.order_id,
        news.c.id.label("reminder_id"), news.c.created_at.label("reminded_at"),
    )
    .join(item, item.c.id == wait.c.item_id)
    .outerjoin(news, and_(news.c.wait_id == wait.c.id, news.c.event == Event.CONFIRM.value,
                          news.c.created_at >= wait.c.due_at))
    .where(wait.c.open, wait.c.kind.in_(sorted(notices.ASKS)), wait.c.audience.like("account:%"),
           wait.c.expires_at.is_(None))
    .order_by(wait.c.due_at, item.c.item_number)
    .limit(AT_ONCE)
)  # fmt: skip


def _remind() -> int:
    """Questions whose time has passed: asked once more."""
    late = db.session.execute(_UNANSWERED.where(wait.c.due_at < clock.now(), news.c.id.is_(None))).all()
    for row in _questions(late):
        account = row.audience.partition(":")[2]
        notices.remind(row.order_id, row.id, account, _about(row) + ":reminder", _facts(row) | _join(row))
    return len(late)


def _tell_sales() -> int:
    """Questions that were not answered after the reminder either."""
    told = exists().where(other.c.wait_id == wait.c.id, other.c.event == Event.OVERDUE.value)
    long_ago = clock.now() - SALES_TOLD_AFTER
    late = db.session.execute(_UNANSWERED.where(news.c.created_at < long_ago, ~told)).all()
    for row in _questions(late):
        notices.tell_team(row.order_id, row.id, Team.SALES.value, _about(row) + ":overdue", _facts(row))
    return len(late)


def _questions(rows: Iterable[Any]) -> list[Any]:
    """One for each question: all items of an order that ask the same account to agree are one."""
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(_about(row), row)
    return list(first.values())


def _about(row: Any) -> str:
    return notices.question_key(row.order_id, row.id, row.kind, row.step_key, row.audience.partition(":")[2])


def _join(row: Any) -> dict[str, Any]:
    return notices.about_join(row.order_id) if row.kind is WaitKind.CONFIRM else {}


def _facts(row: Any) -> dict[str, Any]:
    return {"respond_by": row.due_at.isoformat() if row.due_at else None}


wished = func.coalesce(item.c.requested_completion_date, order.c.requested_completion_date)
_GOING = (
    select(
        item.c.id, item.c.order_id, item.c.service_type, item.c.action, item.c.by_hand, item.c.status, item.c.stage,
        item.c.stages_begun, item.c.status_since, wished.label("wished"), order.c.type, order.c.account_id,
        order.c.sub_account_id, wait.c.kind, wait.c.audience, wait.c.due_at,
    )
    .join(order, order.c.id == item.c.order_id)
    .outerjoin(wait, and_(wait.c.item_id == item.c.id, wait.c.open))
    .where(
        item.c.state.in_(sorted(LIVE)), item.c.cancelling.is_(False),
        ~exists().where(news.c.order_id == item.c.order_id, news.c.event == Event.DELAYED.value,
                        news.c.created_at >= item.c.status_since),
    )
    .order_by(item.c.status_since)
)  # fmt: skip


def _delayed(config: Config) -> int:
    """Orders with an item that is in a stage for longer than is usual, or than its target allows."""
    now = clock.now()
    usual = durations.measured()
    going = db.session.execute(_GOING.where(item.c.status_since < now - NEVER_LATE_BEFORE).limit(4 * AT_ONCE)).all()
    late: dict[tuple[uuid.UUID, str], str] = {}
    for row in going:
        if _is_ours(row) and _is_late(row, usual, config, now):
            late.setdefault((row.order_id, row.stage.value if row.stage else "start"), _reason(row))
    for (order_id, stage), reason in list(late.items())[:AT_ONCE]:
        notices.tell_once(order_id, Event.DELAYED, f"order:{order_id}:delayed:{stage}", {
            "stage": stage, "reason": reason,
        })  # fmt: skip
    return len(late)


def _is_ours(row: Any) -> bool:
    """Whether it is not the member's own answer, a date or another item that is waited for."""
    theirs = {f"account:{row.account_id}", f"account:{row.sub_account_id}"}
    return row.kind not in NOT_OURS and row.audience not in theirs


def _is_late(row: Any, usual: Measured, config: Config, now: datetime) -> bool:
    if row.due_at is not None and row.due_at < now:
        return True
    if row.status is Status.ERROR and now - row.status_since > config.due_after.failed:
        return True
    begun = row.stages_begun.get(row.stage.value) if row.stage else None
    known = usual.get((Kind(row.service_type, row.action, row.type, row.by_hand), row.stage)) if row.stage else None
    if begun is None or known is None:
        return False
    allowed = max(NEVER_LATE_BEFORE, timedelta(seconds=known.p90 * SURELY_LATE))
    since = datetime.fromisoformat(begun)
    return now - (max(since, row.wished) if row.wished else since) > allowed  # before that, it waited for its date


def _reason(row: Any) -> str:
    """A key of `notice_words.REASONS`."""
    if row.status is Status.AWAITING_ORDER_CONFIRMATION:
        return "agreement" if str(row.audience).startswith("account:") else "confirmation"
    return {
        Status.HELD: "held",
        Status.ERROR: "engineers",
        Status.AWAITING_AGENT: "engineers",
        Status.MANUAL_PROCESSING: "by_hand",
    }.get(row.status, "running")
