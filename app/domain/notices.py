"""Notifications: written in the transaction that makes them true, once per order and event.

What is written here is a key of what happened and plain facts (times, a stage); the words are made for each reader, so
that no text of staff or of a far system can ever travel along.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, cast, null, select

from app.domain import after_commit, clock, prepared
from app.domain.consent import joined_number
from app.domain.models import Notification, Order, OrderItem, Service
from app.domain.models.base import JsonType, UtcDateTime, table_of
from app.domain.states import Status, WaitKind
from app.domain.upsert import insert_for
from app.extensions import db


class Event(StrEnum):
    """What people are told of. The last is for Sales, the others for members."""

    RECEIVED = "received"
    CONFIRM = "confirm"  # their answer is needed, by a time
    DELAYED = "delayed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    ENDING = "ending"  # somebody else's order ends a service of theirs
    OVERDUE = "overdue"  # a member has not answered in time


ENDS = {Status.COMPLETED: Event.COMPLETED, Status.CANCELLED: Event.CANCELLED, Status.REJECTED: Event.REJECTED}
"""The notification of an order that has ended."""
ASKS = frozenset({WaitKind.CONFIRM, WaitKind.MEMBER})
"""Waits that a member answers."""

table, order, item, service = table_of(Notification), table_of(Order), table_of(OrderItem), table_of(Service)
COLUMNS = ("key", "event", "order_id", "wait_id", "account_id", "sub_account_id", "team", "facts", "created_at")


def tell(order_id: uuid.UUID, event: Event, **facts: Any) -> None:
    """Tell the order's own account, and the customer it is for; once per order and event."""
    tell_once(order_id, event, f"order:{order_id}:{event.value}", facts)


def tell_once(order_id: uuid.UUID, event: Event, key: str, facts: dict[str, Any]) -> None:
    """As `tell`, under a key of its own."""
    _write(_own, order_id, key=key, event=event.value, facts=facts)


def ask(item_id: uuid.UUID, wait_id: uuid.UUID, wait: dict[str, Any]) -> None:
    """An account is asked something: `wait` has kind, audience, step_key, due_at and expires_at.

    All items of an order that ask the same account to agree are one question.
    """
    kind, _, account = wait["audience"].partition(":")
    if wait["kind"] not in ASKS or kind != "account":
        return
    order_id = db.session.execute(select(item.c.order_id).where(item.c.id == item_id)).scalar_one()
    after_commit.signal_accounts(account)
    key = question_key(order_id, wait_id, wait["kind"], wait.get("step_key"), account)
    by: datetime | None = wait.get("expires_at") or wait.get("due_at")
    facts = {"respond_by": by.isoformat() if by else None, "goes_on": wait.get("expires_at") is not None}
    if wait["kind"] is WaitKind.CONFIRM:
        facts |= about_join(order_id)
    _write(_others, order_id, key=key, event=Event.CONFIRM.value, facts=facts, wait_id=wait_id, account_id=account)


def about_join(order_id: uuid.UUID) -> dict[str, Any]:
    """Of an order that joins its owner's private VLANs: which ones, by name and number, as far as that is clear."""
    rows = db.session.execute(
        select(item.c.facts)
        .join(order, order.c.id == item.c.order_id)
        .where(item.c.order_id == order_id, order.c.type == "join_pvlan", item.c.service_type == "pvlan",
               item.c.action == "new")
        .order_by(item.c.item_number)
    ).all()  # fmt: skip
    if not rows:
        return {}
    numbers = [number for row in rows if (number := joined_number(row.facts)) is not None]
    called = {row.number: row.name for row in db.session.execute(
        select(service.c.number, service.c.name).where(service.c.number.in_(numbers)))}  # fmt: skip
    names = [f"{called[number]} ({number})" if called.get(number) else str(number) for number in numbers]
    return {"joins": names, "choose": len(numbers) < len(rows)}


def tell_owner(order_id: uuid.UUID, account: str, service_id: uuid.UUID, facts: dict[str, Any]) -> None:
    """An account is told that this order, which is not its own, ends a service that it has or shares in."""
    key = f"order:{order_id}:ending:{service_id}:{account}"
    _write(_others, order_id, key=key, event=Event.ENDING.value, facts={**facts, "service_id": str(service_id)},
           wait_id=None, account_id=account)  # fmt: skip


def question_key(order_id: uuid.UUID, wait_id: uuid.UUID, kind: WaitKind, step_key: str | None, account: str) -> str:
    """What a question is known by: an item's own, or the one that all items of an order ask together."""
    return f"wait:{wait_id}" if kind is WaitKind.MEMBER else f"order:{order_id}:{step_key}:{account}"


def remind(order_id: uuid.UUID, wait_id: uuid.UUID, account: str, key: str, facts: dict[str, Any]) -> None:
    """The time to answer has passed: ask once more."""
    _write(_others, order_id, key=key, event=Event.CONFIRM.value, facts={**facts, "reminder": True}, wait_id=wait_id,
           account_id=account)  # fmt: skip


def tell_team(order_id: uuid.UUID, wait_id: uuid.UUID, team: str, key: str, facts: dict[str, Any]) -> None:
    """A member has not answered, nor after the reminder."""
    _write(_team, order_id, key=key, event=Event.OVERDUE.value, facts=facts, wait_id=wait_id, team=team)


def _write(of: Any, order_id: uuid.UUID, **values: Any) -> None:
    """Insert it unless its key is there already; its mails are written and sent after the commit."""
    statement = _inserted(of, db.engine.dialect.name)
    prepared.run(statement, [{"whose": order_id, "now": clock.now(), **values}])
    after_commit.deliver(order_id)


@cache
def _inserted(of: Any, _dialect: str) -> Any:
    """Built once for each kind of audience and database."""
    return insert_for(table).from_select(COLUMNS, of()).on_conflict_do_nothing(index_elements=["key"])


def _row(wait_id: Any, account: Any, sub_account: Any, team: Any) -> Select[Any]:
    return select(
        bindparam("key", type_=table.c.key.type), bindparam("event", type_=table.c.event.type), order.c.id, wait_id,
        account, sub_account, team, bindparam("facts", type_=JsonType), bindparam("now", type_=UtcDateTime),
    ).where(order.c.id == bindparam("whose", type_=order.c.id.type))  # fmt: skip


def _own() -> Select[Any]:
    return _row(_none("wait_id"), order.c.account_id, order.c.sub_account_id, _none("team"))


def _others() -> Select[Any]:
    return _row(_given("wait_id"), _given("account_id"), _none("sub_account_id"), _none("team"))


def _team() -> Select[Any]:
    return _row(_given("wait_id"), _none("account_id"), _none("sub_account_id"), _given("team"))


def _given(name: str) -> Any:
    return bindparam(name, type_=table.c[name].type)


def _none(name: str) -> Any:
    return cast(null(), table.c[name].type)
