"""The member's orders: lists, pages, log. Member-safe: no debug message, internal note, error or staff text is read."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from app.domain import clock
from app.domain.models import Account, Order, OrderItem, OrderLog, Wait
from app.domain.states import ENDED_STATUSES, Status
from app.extensions import db
from app.queries import portal_asked
from app.queries.portal_words import Hold, OpenWait, Words, item_title, status_words, what_is_done
from app.services.access import visible_orders
from app.services.actor import Actor

PAGE = 25
CSV_PAGE = 500
LOG_PAGE = 50
VIEWS = ("needs", "drafts", "progress", "completed", "all")
LONGEST_SEARCH = 100
LARGEST_NUMBER = 2**31 - 1

_customer = aliased(Account)


@dataclass(frozen=True)
class OrderRow:
    """One order as the list shows it. `customer`: for whom a reseller ordered, or whose order it is."""

    id: uuid.UUID
    number: int
    ordered_at: datetime
    ordered_by: str
    customer: str
    po_number: str
    what: str
    status: Status
    words: Words
    completed_at: datetime | None

    @property
    def live(self) -> bool:
        return self.status not in ENDED_STATUSES


@dataclass(frozen=True)
class OrderPage:
    """Some rows; the numbers to go on from, or None where there is nothing further."""

    rows: list[OrderRow]
    newer: int | None
    older: int | None


@dataclass(frozen=True)
class OrderQuery:
    """What the list shows: one of `VIEWS`, what was searched for, and whose. Drafts are no orders yet, and have a list
    of their own (`portal_draft.rows`).

    `customer`: the account for whom a reseller ordered, or whose own order it is; empty = everybody's.
    """

    view: str = "all"
    text: str = ""
    customer: str = ""

    def conditions(self, actor: Actor) -> list[ColumnElement[bool]]:
        found = [visible_orders(actor), Order.status != Status.DRAFT]
        if self.customer in actor.account_ids:
            found.append(_for(self.customer))
        if self.view == "needs":
            found.append(Order.id.in_(portal_asked.waiting_orders(actor)))
        elif self.view == "progress":
            found.append(Order.status.not_in(ENDED_STATUSES))
        elif self.view == "completed":
            found.append(Order.status == Status.COMPLETED)
        return found + ([_matches(self.text, actor)] if self.text else [])


def _for(customer: str) -> ColumnElement[bool]:
    """Orders for this account, placed by itself or by its reseller."""
    return or_(Order.sub_account_id == customer, and_(Order.account_id == customer, Order.sub_account_id.is_(None)))


def _matches(text: str, actor: Actor) -> ColumnElement[bool]:
    """Order number, service number, who ordered, or for whom; PO number and reference of who may read them."""
    pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    ordered_by = cast(Order.requestor["full_name"].as_string(), String)
    found: list[ColumnElement[bool]] = [
        and_(Order.account_id.in_(actor.account_ids), func.lower(column).like(pattern, escape="\\"))
        for column in (Order.po_number, Order.operator_order_ref)
    ]
    found.append(func.lower(ordered_by).like(pattern, escape="\\"))
    of_customer = select(Account.id).where(func.lower(Account.organisation).like(pattern, escape="\\"))
    found += [Order.account_id.in_(of_customer), Order.sub_account_id.in_(of_customer)]
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER:
        number = int(text)
        of_service = exists().where(OrderItem.order_id == Order.id, OrderItem.service_number == number)
        found += [Order.number == number, of_service]
    return or_(*found)


_ROWS = (
    select(
        Order.id, Order.number, Order.type, Order.created_at, Order.submission_date, Order.requestor, Order.account_id,
        Order.sub_account_id, Order.po_number, Order.status, Order.completion_date,
        Account.organisation.label("organisation"), _customer.organisation.label("customer"),
    )
    .join(Account, Account.id == Order.account_id)
    .outerjoin(_customer, _customer.id == Order.sub_account_id)
)  # fmt: skip


def orders(
    actor: Actor, own: str, query: OrderQuery, *, before: int | None = None, after: int | None = None
) -> OrderPage:
    """The newest orders first, from below `before` or above `after`. `own` = the viewer's own account."""
    rows = _ROWS.where(*query.conditions(actor))
    if after is not None:
        found = list(db.session.execute(rows.where(Order.number > after).order_by(Order.number).limit(PAGE + 1)))
        more = len(found) > PAGE
        found = found[:PAGE][::-1]
        newer, older = (found[0].number if more else None), (found[-1].number if found else None)
    else:
        if before is not None:
            rows = rows.where(Order.number < before)
        found = list(db.session.execute(rows.order_by(Order.number.desc()).limit(PAGE + 1)))
        older = found[PAGE - 1].number if len(found) > PAGE else None
        found = found[:PAGE]
        newer = found[0].number if found and before is not None else None
    return OrderPage(_order_rows(found, actor, own), newer, older)


def every_order(actor: Actor, own: str, query: OrderQuery) -> Iterator[OrderRow]:
    """All orders of a list, the newest first, read in portions so that memory stays small."""
    below: int | None = None
    while True:
        rows = _ROWS.where(*query.conditions(actor))
        if below is not None:
            rows = rows.where(Order.number < below)
        found = list(db.session.execute(rows.order_by(Order.number.desc()).limit(CSV_PAGE)))
        yield from _order_rows(found, actor, own)
        if len(found) < CSV_PAGE:
            return
        below = found[-1].number


def _order_rows(rows: Sequence[Any], actor: Actor, own: str) -> list[OrderRow]:
    items = _items_of([row.id for row in rows], actor)
    return [_order_row(row, items[row.id], own, actor) for row in rows]


def _order_row(row: Any, items: list[Any], own: str, actor: Actor) -> OrderRow:
    holds = [hold for item, hold in items if hold is not None and item.status is row.status]
    return OrderRow(
        id=row.id, number=row.number, ordered_at=row.submission_date or row.created_at,
        ordered_by=ordered_by(row, row.organisation, own), customer=customer_of(row, own),
        po_number=(row.po_number or "") if actor.acts_for(row.account_id) else "",
        what=what_is_done((item for item, _ in items), row.type),
        status=row.status, words=status_words(row.status, holds), completed_at=row.completion_date,
    )  # fmt: skip


def ordered_by(order: Any, organisation: str, own: str) -> str:
    """Who ordered; with the organisation where it is another than the viewer's."""
    name = str((order.requestor or {}).get("full_name") or organisation)
    return name if order.account_id == own or name == organisation else f"{name}, {organisation}"


def customer_of(order: Any, own: str) -> str:
    """For whom: the sub-customer's name, or the name of the customer whose own order it is; empty for one's own."""
    if order.sub_account_id:
        return order.customer if order.sub_account_id != own else ""
    return order.organisation if order.account_id != own else ""


def _items_of(order_ids: list[uuid.UUID], actor: Actor) -> dict[uuid.UUID, list[tuple[Any, Hold | None]]]:
    """The items of these orders, each with why it rests, in one query."""
    found: dict[uuid.UUID, list[tuple[Any, Hold | None]]] = defaultdict(list)
    if not order_ids:
        return found
    now = clock.now()
    for row in db.session.execute(
        select(OrderItem.order_id, OrderItem.service_type, OrderItem.action, OrderItem.status, *WAIT_COLUMNS)
        .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, Wait.open))
        .where(OrderItem.order_id.in_(order_ids))
        .order_by(OrderItem.order_id, OrderItem.item_number)
    ):
        found[row.order_id].append((row, hold_of(row, actor, now)))
    return found


WAIT_COLUMNS = (Wait.kind.label("wait_kind"), Wait.audience, Wait.due_at, Wait.claim_until)


def hold_of(row: Any, actor: Actor, now: datetime, names: dict[str, str] | None = None) -> Hold | None:
    """Why an item rests, from a row with `WAIT_COLUMNS`; `names` = what accounts are called."""
    if row.wait_kind is None:
        return None
    kind, _, account = row.audience.partition(":")
    asked = (names or {}).get(account, "") if kind == "account" else ""
    wait = OpenWait(row.wait_kind, row.audience, row.due_at, row.claim_until)
    return wait.hold(actor.account_ids, now, asked)


@dataclass(frozen=True)
class LogLine:
    """One message for the member, in the form that the log macro reads."""

    created_at: datetime
    user_message: str
    item_name: str
    internal: bool = False


def log(order_id: uuid.UUID, order_type: str, limit: int | None = LOG_PAGE) -> list[LogLine]:
    """The messages for the member, the newest first. Staff notes and debug messages are not even read."""
    query = (
        select(OrderLog.created_at, OrderLog.user_message, OrderItem.item_number, OrderItem.service_type,
               OrderItem.action)
        .outerjoin(OrderItem, OrderItem.id == OrderLog.item_id)
        .where(OrderLog.order_id == order_id, OrderLog.internal == false(), OrderLog.user_message.is_not(None))
        .order_by(OrderLog.id.desc())
    )  # fmt: skip
    rows = db.session.execute(query.limit(limit) if limit else query)
    return [_line(row, order_type) for row in rows]


def _line(row: Any, order_type: str) -> LogLine:
    item = item_title(row.item_number, row.service_type, row.action, order_type) if row.item_number else ""
    return LogLine(row.created_at, row.user_message, item)


def organisations(account_ids: Iterable[str]) -> dict[str, str]:
    """What these accounts are called."""
    wanted = set(account_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(Account.id, Account.organisation).where(Account.id.in_(wanted)))
    return {row.id: row.organisation for row in rows}


def query_of(view: str, text: str, customer: str = "") -> OrderQuery:
    """The list that an address asks for; what is not known shows everything."""
    known = OrderQuery(text=text.replace("\x00", "").strip()[:LONGEST_SEARCH], customer=customer[:64])
    return replace(known, view=view if view in VIEWS else "all")
