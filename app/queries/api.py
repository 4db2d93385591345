"""Orders, items and log lines for programs: one page at a time, by key (not by offset), in a fixed number of queries.

Lists go from the newest to the oldest. A list of what changed since a time goes forward instead, so that a program
that keeps up asks on from where it stopped.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, select, true
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload, selectinload

from app.domain.models import Account, ItemDependency, ItemSetup, Order, OrderItem, OrderLog, Service, User, Wait
from app.domain.models.inventory import service_alias
from app.domain.states import State, Status, WaitKind
from app.extensions import db
from app.queries import keyset, subscriptions
from app.queries.keyset import Key, Page, Sort
from app.queries.subscriptions import Subscribed
from app.services import prices
from app.services.access import visible_orders
from app.services.actor import Actor
from app.services.prices import Price

Condition = Callable[[Any], ColumnElement[bool]]
Filters = Mapping[str, Any]
LARGEST_NUMBER = 2_147_483_647
MOST_PARTS = 40
"""Accounts that a list is put together from one by one; resellers with more are rare, and read at once."""


ORDERS_BY_NUMBER = Sort("number", (Key(Order.number, lambda row: row.number),))
ORDERS_BY_CREATION = Sort(
    "created", (Key(Order.created_at, lambda row: row.created_at), Key(Order.number, lambda row: row.number))
)
ORDERS_BY_CHANGE = Sort(
    "modified",
    (Key(Order.modified_at, lambda row: row.modified_at, False), Key(Order.number, lambda row: row.number, False)),
)
ITEMS_BY_NUMBER = Sort(
    "number",
    (Key(Order.number, lambda row: row.order.number), Key(OrderItem.item_number, lambda row: row.item_number, False)),
)
LOGS_BY_ID = Sort("id", (Key(OrderLog.id, lambda row: row.id),))
LOGS_BY_TIME = Sort(
    "created",
    (Key(OrderLog.created_at, lambda row: row.created_at, False), Key(OrderLog.id, lambda row: row.id, False)),
)

ORDER_CONDITIONS: dict[str, Condition] = {
    "status": lambda words: Order.status.in_(words),
    "type": lambda word: Order.type == word,
    "account_id": lambda key: Order.account_id == key,
    "sub_account_id": lambda key: Order.sub_account_id == key,
    "channel": lambda word: Order.channel == word,
    "service_type": lambda word: exists().where(OrderItem.order_id == Order.id, OrderItem.service_type == word),
    "number": lambda number: Order.number == number,
    "name": lambda name: _named(name),
    "alias": lambda word: Order.alias == word,
    "batch_alias": lambda word: Order.batch_alias == word,
    "operator_order_ref": lambda word: Order.operator_order_ref == word,
    "parent_order_id": lambda key: Order.parent_order_id == key,
    "created_since": lambda moment: Order.created_at >= moment,
    "created_before": lambda moment: Order.created_at < moment,
    "modified_since": lambda moment: Order.modified_at >= moment,
}


def _named(name: str) -> ColumnElement[bool]:
    """An order's name is its number; one that is too large for a number is nobody's."""
    number = int(name)
    return Order.number == number if number <= LARGEST_NUMBER else false()


ITEM_CONDITIONS: dict[str, Condition] = {
    "order_id": lambda key: OrderItem.order_id == key,
    "status": lambda words: OrderItem.status.in_(words),
    "service_type": lambda word: OrderItem.service_type == word,
    "item_action": lambda word: OrderItem.action == word,
    "service_number": lambda number: OrderItem.service_number == number,
    "account_id": lambda key: Order.account_id == key,
}
LOG_CONDITIONS: dict[str, Condition] = {
    "order_id": lambda key: OrderLog.order_id == key,
    "order_item_id": lambda key: OrderLog.item_id == key,
    "since": lambda moment: OrderLog.created_at >= moment,
}


@dataclass
class Around:
    """What stands beside items: the open wait of each, with who has claimed it, which items it needs (by number, or of
    another order as {"order_item": id}), and what its service is called."""

    waits: dict[uuid.UUID, tuple[Wait, str | None]] = field(default_factory=dict)
    needs: dict[uuid.UUID, list[Any]] = field(default_factory=dict)
    refs: dict[uuid.UUID, Any] = field(default_factory=dict)  # the service that an item of a draft is about, as sent
    contacts: dict[uuid.UUID, Any] = field(default_factory=dict)  # whom to call about the service that an item makes
    prices: dict[uuid.UUID, Price] = field(default_factory=dict)  # what an order for a package costs
    subscriptions: dict[uuid.UUID, Subscribed] = field(default_factory=dict)  # what an order subscribed to
    aliases: dict[uuid.UUID, str] = field(default_factory=dict)  # of the items' services
    qualified: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)  # by which qualification of its own
    agreers: dict[uuid.UUID, str] = field(default_factory=dict)  # whose agreement is waited for, where it is an account


def order_sort(filters: Filters) -> Sort:
    if "modified_since" in filters:
        return ORDERS_BY_CHANGE
    return ORDERS_BY_CREATION if {"created_since", "created_before"} & set(filters) else ORDERS_BY_NUMBER


def log_sort(filters: Filters) -> Sort:
    return LOGS_BY_TIME if "since" in filters else LOGS_BY_ID


def orders(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[Order]:
    """Orders with their items, as far as this actor may see them."""
    ids = select(Order.id).where(*_conditions(ORDER_CONDITIONS, filters))
    if "operator_order_ref" in filters and not actor.trusted:  # a reseller's own words are not its customers' to find
        ids = ids.where(Order.account_id.in_(actor.account_ids))
    return keyset.page(keyset.Listing(_orders(), ids, Order.id, order_sort(filters)), _parts(actor), limit, after)


def order(actor: Actor, order_id: uuid.UUID) -> Order | None:
    """One order with its items; None if there is none, or it is somebody else's."""
    query = _orders().where(visible_orders(actor), Order.id == order_id).execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


def items(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[OrderItem]:
    ids = select(OrderItem.id).join(OrderItem.order).where(*_conditions(ITEM_CONDITIONS, filters))
    return keyset.page(keyset.Listing(_items(), ids, OrderItem.id, ITEMS_BY_NUMBER), _parts(actor), limit, after)


def item(actor: Actor, item_id: uuid.UUID) -> OrderItem | None:
    query = _items().where(visible_orders(actor), OrderItem.id == item_id).execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


def logs(actor: Actor, filters: Filters, limit: int, after: Sequence[Any] | None) -> Page[OrderLog]:
    """Log lines. Members' programs see neither staff notes nor lines that are for staff only."""
    ids = select(OrderLog.id).join(OrderLog.order).where(*_conditions(LOG_CONDITIONS, filters))
    if not actor.trusted:
        ids = ids.where(OrderLog.internal == false(), OrderLog.user_message.is_not(None))
    return keyset.page(keyset.Listing(_logs(), ids, OrderLog.id, log_sort(filters)), _parts(actor), limit, after)


def log(uid: uuid.UUID) -> OrderLog:
    """A line that has just been written."""
    return db.session.scalars(_logs().where(OrderLog.uid == uid)).one()


def asked(actor: Actor, order_id: uuid.UUID) -> bool:
    """Whether somebody else's order waits for this actor's agreement: they may answer, though not see the order."""
    return bool(
        db.session.scalar(select(_open_waits(actor).where(OrderItem.order_id == order_id).correlate(None).exists()))
    )


def asked_about(actor: Actor, item_id: uuid.UUID) -> bool:
    """Whether somebody else's item waits for this actor's agreement."""
    return bool(db.session.scalar(select(_open_waits(actor).where(OrderItem.id == item_id).correlate(None).exists())))


def _open_waits(actor: Actor) -> Select[uuid.UUID]:
    audiences = [f"account:{account}" for account in actor.account_ids]
    return (
        select(Wait.id)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .where(Wait.open, Wait.kind == WaitKind.CONFIRM, Wait.audience.in_(audiences))
    )


_BEHIND = len("account:") + 1
"""Where in a wait's audience the id of an account begins."""


def around(items: Iterable[OrderItem]) -> Around:
    """Everything, in five queries however many items they are."""
    items = list(items)
    ids = [one.id for one in items]
    if not ids:
        return Around()
    waits = db.session.execute(
        select(Wait, User.name, Account.organisation)
        .outerjoin(User, User.id == Wait.claimed_by_id)
        .outerjoin(Account, and_(Wait.kind == WaitKind.CONFIRM, Account.id == func.substr(Wait.audience, _BEHIND)))
        .where(Wait.open, Wait.item_id.in_(ids))
    ).all()
    found = Around({wait.item_id: (wait, name) for wait, name, _ in waits}, _needs(ids))
    found.agreers = {wait.item_id: asked for wait, _, asked in waits if asked}
    services = {one.service_id for one in items if one.service_id is not None}
    if services:
        rows = db.session.execute(
            select(Service.id, Service.number, Service.created_at).where(Service.id.in_(services))
        )
        called = {row.id: service_alias(row.number, row.created_at) for row in rows}
        found.aliases = {one.id: called[one.service_id] for one in items if one.service_id in called}
    drafts = {one.id for one in items if one.state is State.IDLE}
    for setup in db.session.scalars(select(ItemSetup).where(ItemSetup.item_id.in_(ids))):
        if setup.qualification_id is not None:
            found.qualified[setup.item_id] = setup.qualification_id
        if setup.item_id in drafts:
            found.needs[setup.item_id] = setup.depends_on or []
            found.contacts[setup.item_id] = setup.contacts
            if setup.service_ref is not None:
                found.refs[setup.item_id] = setup.service_ref
    found.contacts.update(_contacts(ids))
    return found


def around_orders(orders: Sequence[Order]) -> Around:
    """What stands beside these orders and their items, in a fixed number of queries however many they are."""
    found = around(item for order in orders for item in order.items)
    found.prices = prices.of_orders(orders)
    bought = [one.id for one in orders if one.package_id is not None and one.status is not Status.DRAFT]
    found.subscriptions = subscriptions.of_orders(bought) if bought else {}
    return found


def _contacts(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """Whom to call about the services that these items make; not of those of others that they join."""
    rows = db.session.execute(
        select(OrderItem.id, Service.contacts)
        .join(Order, Order.id == OrderItem.order_id)
        .join(Service, and_(Service.id == OrderItem.service_id, Service.account_id == Order.account_id))
        .where(OrderItem.id.in_(ids), OrderItem.action == "new")
    )
    return {row.id: row.contacts for row in rows}


def _needs(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    needs: dict[uuid.UUID, list[Any]] = defaultdict(list)
    own = aliased(OrderItem)
    for item_id, own_order, needed, order_id, number in db.session.execute(
        select(ItemDependency.item_id, own.order_id, OrderItem.id, OrderItem.order_id, OrderItem.item_number)
        .join(own, own.id == ItemDependency.item_id)
        .join(OrderItem, OrderItem.id == ItemDependency.needs_id)
        .where(ItemDependency.item_id.in_(ids))
        .order_by(OrderItem.item_number)
    ):
        needs[item_id].append(number if order_id == own_order else {"order_item": str(needed)})
    return needs


def _conditions(table: Mapping[str, Condition], filters: Filters) -> list[ColumnElement[bool]]:
    return [table[name](value) for name, value in filters.items()] or [true()]


_UNSHOWN_OF_ORDERS = [defer(column) for column in (Order.stages_begun, Order.stages_ended)]
_UNSHOWN_OF_ITEMS = [
    defer(column)
    for column in (
        OrderItem.facts,
        OrderItem.before,
        OrderItem.confirmations,
        OrderItem.stages_begun,
        OrderItem.stages_ended,
    )
]
"""Columns that the API does not show; reading their JSON would cost as much as all the rest."""


def _orders() -> Select[Order]:
    return select(Order).options(*_UNSHOWN_OF_ORDERS, selectinload(Order.items).options(*_UNSHOWN_OF_ITEMS))


def _items() -> Select[OrderItem]:
    order = contains_eager(OrderItem.order).options(*_UNSHOWN_OF_ORDERS)
    return select(OrderItem).join(OrderItem.order).options(order, *_UNSHOWN_OF_ITEMS)


def _logs() -> Select[OrderLog]:
    order = contains_eager(OrderLog.order).options(*_UNSHOWN_OF_ORDERS, joinedload(Order.account))
    return select(OrderLog).join(OrderLog.order).options(order)


def _parts(actor: Actor) -> list[ColumnElement[bool]]:
    """`access.visible_orders` in parts, of which each can be read from an index."""
    if actor.trusted:
        return [true()]
    accounts = sorted(actor.account_ids)
    submitted = Order.status != Status.DRAFT  # what a reseller prepares is its own until it is submitted
    if len(accounts) > MOST_PARTS:
        return [Order.account_id.in_(accounts), and_(Order.sub_account_id.in_(accounts), submitted)]
    theirs = [Order.account_id == account for account in accounts]
    return [*theirs, *(and_(Order.sub_account_id == account, submitted) for account in accounts)]
