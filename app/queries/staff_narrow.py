"""How a list of items is narrowed: what each filter of the desk means as a condition."""

import re
import uuid
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, false, or_, select, text

from app.domain import clock
from app.domain.models import Account, Order, OrderItem, Service, StepRow, Wait
from app.extensions import db

NOBODY = "nobody"
OVER, SOON = "over", "soon"
SOON_SHARE = 0.25
"""Of the time to the target: when no more than this is left, something is due soon. `words.SOON` draws the same."""
MEMBERS = 200
"""More members than this whose name fits a text are not looked at."""
HELD = text("order_item.held")  # literal, in the words of the partial index
_ORDER = re.compile(r"(\d{1,9})(?:/(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; empty = everything.

    `member` is an account's id, `site` a location's code, `owner` a user's id or “nobody”, `error` an error class,
    `due` “over” or “soon”, `text` an order, item or service number, else part of a member's name.
    """

    service: str = ""
    action: str = ""
    step: str = ""
    fabric: str = ""
    site: str = ""
    member: str = ""
    owner: str = ""
    error: str = ""
    due: str = ""
    text: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Those in force."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}

    @property
    def by_item(self) -> bool:
        """Whether one of them asks for more than what an item waits for says itself."""
        return bool(self.as_dict().keys() - {"owner", "due"})


@dataclass(frozen=True)
class Kind:
    """What a condition needs to know of the rows: whether their open wait is joined, and what makes them due."""

    with_wait: bool
    due: Any = None  # the due time's column, without the shift; None = these are never due
    since: Any = None
    shift: timedelta = timedelta(0)


@dataclass
class Narrowing:
    """Builds one statement; each table is joined once."""

    statement: Select[Any]
    wanted: Filters
    kind: Kind
    _joined: set[str] = field(default_factory=set)

    def done(self, with_order: bool = False) -> Select[Any]:
        if with_order:
            self._order()
        for name in self.wanted.as_dict():
            condition = getattr(self, f"_by_{name}")()  # joins what it needs
            self.statement = self.statement.where(condition)
        return self.statement

    def _join(self, name: str, table: Any, condition: ColumnElement[bool]) -> None:
        if name not in self._joined:
            self._joined.add(name)
            self.statement = self.statement.join(table, condition)

    def _order(self) -> None:
        self._join("order", Order, Order.id == OrderItem.order_id)

    def _service(self) -> None:
        self._join("service", Service, Service.id == OrderItem.service_id)

    def _by_service(self) -> ColumnElement[bool]:
        return OrderItem.service_type == self.wanted.service

    def _by_action(self) -> ColumnElement[bool]:
        return OrderItem.action == self.wanted.action

    def _by_step(self) -> ColumnElement[bool]:
        self._join("step", StepRow, and_(StepRow.item_id == OrderItem.id, StepRow.position == OrderItem.cursor))
        return StepRow.key == self.wanted.step

    def _by_fabric(self) -> ColumnElement[bool]:
        self._service()
        return Service.fabric_code == self.wanted.fabric

    def _by_site(self) -> ColumnElement[bool]:
        self._service()
        return Service.location_code == self.wanted.site

    def _by_member(self) -> ColumnElement[bool]:
        self._order()
        return or_(Order.account_id == self.wanted.member, Order.sub_account_id == self.wanted.member)

    def _by_owner(self) -> ColumnElement[bool]:
        if self.wanted.owner == NOBODY:
            return free() if self.kind.with_wait else ~false()
        return held_by(uuid.UUID(self.wanted.owner)) if self.kind.with_wait else false()

    def _by_error(self) -> ColumnElement[bool]:
        return OrderItem.error_class == self.wanted.error

    def _by_due(self) -> ColumnElement[bool]:
        if self.kind.due is None:
            return false()
        edge = clock.now() - self.kind.shift
        if self.wanted.due == OVER:
            return and_(self.kind.due < edge)
        return and_(self.kind.due >= edge, self._soon(clock.now()))

    def _soon(self, now: datetime) -> ColumnElement[bool]:
        if self.kind.shift:  # due a fixed time after `since`
            return and_(self.kind.due <= now - self.kind.shift * (1 - SOON_SHARE))
        due, since = extract("epoch", self.kind.due), extract("epoch", self.kind.since)
        return and_(due - SOON_SHARE * (due - since) <= now.timestamp())

    def _by_text(self) -> ColumnElement[bool]:
        if items := _named_items(self.wanted.text):
            return OrderItem.id.in_(items)
        self._order()
        members = member_ids(self.wanted.text)
        return or_(Order.account_id.in_(members), Order.sub_account_id.in_(members))


def _named_items(said: str) -> list[uuid.UUID]:
    """The items that “100042”, “100042/1” or a service's number stands for; none if it is no number of ours."""
    number = _ORDER.fullmatch(said)
    if number is None:
        return []
    wanted = int(number[1])
    of_order = select(OrderItem.id).join(Order, Order.id == OrderItem.order_id).where(Order.number == wanted)
    if number[2]:
        return list(db.session.scalars(of_order.where(OrderItem.item_number == int(number[2]))))
    of_service = select(OrderItem.id).where(OrderItem.service_number == wanted)
    return [*db.session.scalars(of_order.limit(MEMBERS)), *db.session.scalars(of_service.limit(MEMBERS))]


def member_ids(said: str) -> list[str]:
    """Accounts whose name or handle fits a text, `MEMBERS` at most."""
    fits = or_(Account.organisation.icontains(said, autoescape=True), Account.handle == said.lower())
    return list(db.session.scalars(select(Account.id).where(fits).limit(MEMBERS)))


def held_by(user_id: uuid.UUID | None) -> ColumnElement[bool]:
    """The open wait is claimed by this person, and the claim lasts."""
    return and_(Wait.claimed_by_id == user_id, Wait.claim_until > clock.now())


def not_held() -> ColumnElement[bool]:
    """The waiting item is not on hold. Few are: reading those costs less than looking at each item."""
    return Wait.item_id.not_in(select(OrderItem.id).where(HELD))


def free() -> ColumnElement[bool]:
    """Nobody holds the open wait."""
    return or_(Wait.claimed_by_id.is_(None), Wait.claim_until <= clock.now())
