"""Questions that the viewer's own accounts are asked: on their orders, and about somebody else's.

The one place that reads a wait's texts for members: only of waits that are theirs to answer.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from app.catalogue import JOIN_PVLAN
from app.domain.asks import Ask, thawed
from app.domain.consent import ON_BEHALF, joined_number
from app.domain.models import Account, Fabric, Order, OrderItem, Wait
from app.domain.states import WaitKind
from app.extensions import db
from app.services import joining
from app.services.actor import Actor
from app.services.joining import Vlan

MEMBER_KINDS = (WaitKind.MEMBER, WaitKind.CONFIRM)


@dataclass(frozen=True)
class Question:
    """An open question on the viewer's own order. `expires`: without an answer it goes on by itself then."""

    item_id: uuid.UUID
    item_number: int
    version: int
    kind: WaitKind
    title: str
    tell: str
    ask: dict[str, Ask]
    respond_by: datetime | None
    expires: bool

    @property
    def is_confirmation(self) -> bool:
        """Asked of the order as a whole, before it starts."""
        return self.kind is WaitKind.CONFIRM


@dataclass(frozen=True)
class Request:
    """Somebody else's order asks for our agreement. Nothing of that order is told beyond what is asked.

    `vlans`: those of ours that are meant, as far as that is clear. `frozen`: what is asked, as the waits keep it.
    """

    wait_id: uuid.UUID
    order_id: uuid.UUID
    order_number: int
    order_version: int
    joiner: str
    joins: bool
    tell: str
    fabric: str
    asked_at: datetime
    respond_by: datetime | None
    open: bool
    answered_by: str | None = None
    answered_at: datetime | None = None
    agreed: bool | None = None
    vlans: list[Vlan] = field(default_factory=list)
    frozen: dict[str, Any] = field(default_factory=dict)

    @property
    def ask(self) -> dict[str, Ask]:
        """What is said together with a yes."""
        return thawed(self.frozen)


def audiences(actor: Actor) -> list[str]:
    """How waits name the accounts that this actor acts for."""
    return sorted(f"account:{account}" for account in actor.account_ids)


def mine(actor: Actor) -> ColumnElement[bool]:
    """The condition under which an open wait is this member's to answer."""
    return and_(Wait.open, Wait.kind.in_(MEMBER_KINDS), Wait.audience.in_(audiences(actor)))


def waiting_orders(actor: Actor) -> Select[uuid.UUID]:
    """The ids of orders that wait for an answer of this member, other accounts' orders included."""
    return select(OrderItem.order_id).join(Wait, Wait.item_id == OrderItem.id).where(mine(actor))


def count(actor: Actor) -> int:
    """How many orders and requests wait for this member."""
    query = (
        select(func.count(func.distinct(OrderItem.order_id)))
        .join(Wait, Wait.item_id == OrderItem.id)
        .where(mine(actor))
    )
    return db.session.scalar(query) or 0


def questions(order: Any, actor: Actor) -> list[Question]:
    """The open questions of an order that its own account is asked; of an order's confirmation one for all items."""
    rows = db.session.execute(
        select(Wait.kind, Wait.title, Wait.tell, Wait.ask, Wait.due_at, Wait.expires_at, OrderItem.id,
               OrderItem.item_number, OrderItem.version)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .where(OrderItem.order_id == order.id, mine(actor), Wait.audience.in_(_own_audiences(order)))
        .order_by(OrderItem.item_number)
    ).all()  # fmt: skip
    found = [
        Question(row.id, row.item_number, row.version, row.kind, row.title, row.tell or "", thawed(row.ask),
                 row.expires_at or row.due_at, row.expires_at is not None)
        for row in rows
    ]  # fmt: skip
    confirmations = [one for one in found if one.is_confirmation][:1]
    return confirmations + [one for one in found if not one.is_confirmation]


def _own_audiences(order: Any) -> list[str]:
    return [f"account:{one}" for one in (order.account_id, order.sub_account_id) if one]


_SOMEBODY_ELSES = and_(
    Wait.audience != literal("account:") + Order.account_id,
    or_(Order.sub_account_id.is_(None), Wait.audience != literal("account:") + Order.sub_account_id),
)
_REQUESTS = (
    select(
        Wait.id.label("wait_id"), Wait.tell, Wait.opened_at, Wait.due_at, Wait.open, Wait.answered_by, Wait.closed_at,
        Wait.answers, Wait.audience, Wait.closed_how, Order.id.label("order_id"), Order.number, Order.version,
        Account.organisation.label("joiner"),
    )
    .join(OrderItem, OrderItem.id == Wait.item_id)
    .join(Order, Order.id == OrderItem.order_id)
    .join(Account, Account.id == Order.account_id)
    .where(Wait.kind == WaitKind.CONFIRM, _SOMEBODY_ELSES)
)  # fmt: skip


def requests(actor: Actor) -> list[Request]:
    """The open questions from other accounts' orders, the oldest first; one for each order."""
    rows = db.session.execute(
        _REQUESTS.where(Wait.open, Wait.audience.in_(audiences(actor))).order_by(Order.number, OrderItem.item_number)
    )
    first: dict[uuid.UUID, Any] = {}
    for row in rows:
        first.setdefault(row.order_id, row)
    return _requests(first.values())


def request(actor: Actor, wait_id: uuid.UUID) -> Request | None:
    """One question, open or answered; None if there is none, or it is somebody else's to answer."""
    row = db.session.execute(_REQUESTS.where(Wait.id == wait_id, Wait.audience.in_(audiences(actor)))).first()
    return _requests([row])[0] if row is not None else None


def _requests(rows: Iterable[Any]) -> list[Request]:
    rows = list(rows)
    joins = _joins({row.order_id for row in rows})
    asks = _asks({row.order_id for row in rows if row.open})
    return [_request(row, joins.get(row.order_id), asks.get((row.order_id, row.audience), {})) for row in rows]


def _request(row: Any, join: "_Join | None", ask: dict[str, Any]) -> Request:
    return Request(
        wait_id=row.wait_id, order_id=row.order_id, order_number=row.number, order_version=row.version,
        joiner=row.joiner, joins=join is not None, tell=row.tell or "", asked_at=row.opened_at,
        fabric=join.fabric if join else "", respond_by=row.due_at, open=row.open, answered_by=_answered_by(row),
        answered_at=row.closed_at, agreed=None if row.open else _agreed(row), vlans=join.vlans if join else [],
        frozen=ask,
    )  # fmt: skip


def _answered_by(row: Any) -> str | None:
    """Who of the account that was asked; our staff are not named."""
    return "our staff on your behalf" if (row.answers or {}).get(ON_BEHALF) else row.answered_by


def _agreed(row: Any) -> bool | None:
    """How it was answered; None if it ended without an answer, as when the joiner cancelled."""
    if row.closed_how != "answered":
        return None
    return bool((row.answers or {}).get("agreed", True))


@dataclass(frozen=True)
class _Join:
    """What an order that joins is about: the private VLANs that are meant, as far as that is clear, and where."""

    vlans: list[Vlan]
    fabric: str


def _joins(order_ids: set[uuid.UUID]) -> dict[uuid.UUID, _Join]:
    """Those among these orders that join a private VLAN."""
    if not order_ids:
        return {}
    rows = db.session.execute(
        select(OrderItem.order_id, OrderItem.details, OrderItem.facts)
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.order_id.in_(order_ids), Order.type == JOIN_PVLAN, OrderItem.service_type == "pvlan",
               OrderItem.action == "new")
        .order_by(OrderItem.item_number)
    ).all()  # fmt: skip
    if not rows:
        return {}
    meant = [(row, joined_number(row.facts)) for row in rows]
    vlans = joining.numbered({number for _, number in meant if number is not None})
    fabrics = {row.code: row.name for row in db.session.execute(select(Fabric.code, Fabric.name))}
    found: dict[uuid.UUID, _Join] = {}
    for row, number in meant:
        join = found.get(row.order_id, _Join([], fabrics.get(row.details.get("fabric"), "")))
        vlan = vlans.get(number or 0)
        found[row.order_id] = _Join([*join.vlans, vlan], join.fabric or vlan.place) if vlan else join
    return found


def _asks(order_ids: set[uuid.UUID]) -> dict[tuple[uuid.UUID, str], dict[str, Any]]:
    """What each account says together with its agreement: all items of an order are answered at once."""
    found: dict[tuple[uuid.UUID, str], dict[str, Any]] = {}
    rows = db.session.execute(
        select(OrderItem.order_id, Wait.audience, Wait.ask)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .where(OrderItem.order_id.in_(order_ids), Wait.open, Wait.kind == WaitKind.CONFIRM)
        .order_by(OrderItem.item_number)
    )
    for row in rows:
        found.setdefault((row.order_id, row.audience), {}).update(row.ask or {})
    return found
