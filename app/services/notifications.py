"""Notifications become mails; people mark them as read."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from app.domain import clock
from app.domain.models import (
    Account,
    MailChoice,
    Notification,
    NotificationMark,
    NotificationsRead,
    Order,
    User,
    Wait,
)
from app.domain.models.base import table_of
from app.domain.notices import Event
from app.domain.permissions import Role, Team
from app.domain.states import Outcome
from app.domain.story import Line
from app.domain.upsert import insert_for
from app.extensions import db
from app.services import logs, mails
from app.services.actor import Actor
from app.services.mails import choices

notification, marks, read_all = table_of(Notification), table_of(NotificationMark), table_of(NotificationsRead)
MOST_COPIES = 20
"""So many additional addresses of an order get its mails."""
ROLE_OF = {Team.SALES: Role.SALES, Team.ENGINEERING: Role.ENGINEER}


@dataclass(frozen=True)
class Recipient:
    """An address, and the time zone of the person behind it ("" = the exchange's)."""

    email: str
    zone: str = ""


def spread(order_id: uuid.UUID) -> int:
    """Write the mails of the order's new notifications, each to whoever wants it; answer how many notifications.

    One transaction: a worker that dies here has written none, and whoever comes next writes all.
    """
    fresh = db.session.execute(
        select(Notification)
        .where(Notification.order_id == order_id, Notification.spread_at.is_(None))
        .order_by(Notification.id)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    if not fresh:
        db.session.rollback()
        return 0
    order = db.session.get_one(Order, order_id)
    for one in fresh:
        _write_mails(one, order)
    ids = [one.id for one in fresh]
    db.session.execute(update(notification).where(notification.c.id.in_(ids)).values(spread_at=clock.now()))
    db.session.commit()
    return len(ids)


def _write_mails(one: Notification, order: Order) -> None:
    own = one.account_id == order.account_id
    facts: dict[str, Any] = {
        "notification": one.facts, "event": one.event, "order_number": order.number, "own": own,
        "team": one.team, "wait_id": str(one.wait_id) if one.wait_id else None,
        "asker": "" if own or one.team else order.account.organisation, "partial": order.outcome is Outcome.PARTIAL,
    }  # fmt: skip
    wanted = _wanting(_recipients(one, order, own), one.event)
    for who in wanted:
        key = f"{one.key}:{hashlib.sha256(who.email.lower().encode()).hexdigest()[:24]}"
        mails.write(key, "notice", who.email, {**facts, "zone": who.zone}, order_id=order.id)
    if wanted and one.event == Event.CONFIRM and not own:
        _note_asked(one, order)


def _note_asked(one: Notification, order: Order) -> None:
    """Who ordered reads in the order's log that another account is asked to agree, or asked again."""
    asked = db.session.get_one(Account, one.account_id)
    wait = db.session.get(Wait, one.wait_id) if one.wait_id else None
    what = "reminder" if one.facts.get("reminder") else "notification"
    line = Line(user=f"Email {what} to {asked.organisation}, whose agreement is needed.")
    logs.write(order.id, line, Actor("system"), wait.item_id if wait else None)


def _recipients(one: Notification, order: Order, own: bool) -> list[Recipient]:
    """Whom to mail, each address once."""
    if one.team:
        return _each_once(_people(User.role == ROLE_OF[Team(one.team)]))
    return _each_once(_of_order(order) if own else _of_account(one.account_id or ""))


def _each_once(found: list[Recipient]) -> list[Recipient]:
    return list({who.email.lower(): who for who in reversed(found)}.values())[::-1]


def _wanting(everybody: list[Recipient], event: str) -> list[Recipient]:
    chosen = choices.of(who.email for who in everybody)
    return [who for who in everybody if choices.wants(chosen, who.email, event)]


def mailed(order: Order, event: Event) -> list[str]:
    """The addresses that get a mail when this happens to the order, of those whose order it is."""
    return [who.email for who in _wanting(_each_once(_of_order(order)), event)]


def _of_order(order: Order) -> list[Recipient]:
    """Who ordered, the additional addresses, and those of the account who want to hear of all its orders.

    Where nobody of these has an address, everybody of the account.
    """
    accounts = [one for one in (order.account_id, order.sub_account_id) if one]
    people = _people(User.account_id.in_(accounts))
    zones = {who.email.lower(): who for who in people}
    said = [str(order.requestor.get("email") or ""), *(str(one) for one in order.additional_cc[:MOST_COPIES])]
    named = [zones.get(email.lower(), Recipient(email)) for email in said if mails.sendable(email)]
    everything = set(
        db.session.scalars(
            select(MailChoice.email).where(
                MailChoice.email.in_(list(zones)), MailChoice.event == choices.ALL_ORDERS, MailChoice.wanted
            )
        )
    )
    found = named + [who for who in people if who.email.lower() in everything]
    return found or _of_account(order.account_id)


def _of_account(account_id: str) -> list[Recipient]:
    """Everybody of the account; of a customer without logins, its reseller."""
    found = _people(User.account_id == account_id)
    if found:
        return found
    reseller = select(Account.reseller_id).where(Account.id == account_id).scalar_subquery()
    return _people(User.account_id == reseller)


def _people(condition: Any) -> list[Recipient]:
    rows = db.session.execute(select(User.email, User.timezone).where(User.active, condition).order_by(User.email))
    return [Recipient(row.email, row.timezone) for row in rows]


def mark(user_id: uuid.UUID, notification_id: int, read: bool, mine: Any) -> bool:
    """Mark one as read or unread; False if it is not theirs (`mine`: the condition for theirs). Commits."""
    if db.session.scalar(select(Notification.id).where(Notification.id == notification_id, mine)) is None:
        db.session.rollback()
        return False
    row = {"user_id": user_id, "notification_id": notification_id, "read": read}
    db.session.execute(
        insert_for(marks).values(**row).on_conflict_do_update(
            index_elements=["user_id", "notification_id"], set_={"read": read}
        )
    )  # fmt: skip
    db.session.commit()
    return True


def mark_all(user_id: uuid.UUID, mine: Any, up_to: int | None = None) -> None:
    """Everything up to this one (none named: the newest) is read. Commits."""
    newest = db.session.scalar(select(func.max(Notification.id)).where(mine)) or 0
    last = min(newest, up_to) if up_to is not None else newest
    made = insert_for(read_all).values(user_id=user_id, up_to=last)
    raised = made.on_conflict_do_update(index_elements=["user_id"], set_={"up_to": last}, where=read_all.c.up_to < last)
    db.session.execute(raised)
    db.session.execute(delete(marks).where(marks.c.user_id == user_id, marks.c.notification_id <= last))
    db.session.commit()
