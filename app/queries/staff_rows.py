"""Items as rows of the desk's lists: everything a row shows, in one query for any number of rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from app.domain.models import Account, Order, OrderItem, Service, StepRow, User, Wait
from app.domain.states import Stage, State, Status, WaitKind
from app.extensions import db


@dataclass(frozen=True)
class ItemRow:
    """One item as the desk lists it. `wait_*` and `claimed_*` are None unless something is being waited for."""

    id: uuid.UUID
    number: int
    order_id: uuid.UUID
    order_number: int
    order_type: str
    member: str
    sub_member: str | None
    service_type: str
    action: str
    service_number: int | None
    fabric: str | None
    site: str | None
    status: Status
    state: State
    stage: Stage | None
    held: bool
    cancelling: bool
    attempts: int
    run_after: datetime | None
    since: datetime
    created_at: datetime
    version: int
    error: str | None
    error_class: str | None
    step: str | None
    wait_kind: WaitKind | None
    wait_title: str | None
    wait_audience: str | None
    ask: dict[str, Any] | None
    opened_at: datetime | None
    due_at: datetime | None
    claimed_by_id: uuid.UUID | None
    claimed_by: str | None
    claim_until: datetime | None

    @property
    def name(self) -> str:
        """“100042/1”: the order's number and the item's."""
        return f"{self.order_number}/{self.number}"

    def owner(self, now: datetime) -> str | None:
        """Who has claimed it, while the claim lasts."""
        return self.claimed_by if self.claim_until is not None and self.claim_until > now else None

    def claimed_by_user(self, user_id: uuid.UUID | None, now: datetime) -> bool:
        return self.owner(now) is not None and self.claimed_by_id == user_id


_sub = aliased(Account)

_ROWS: Any = (
    select(
        OrderItem.id, OrderItem.item_number.label("number"), OrderItem.order_id, Order.number.label("order_number"),
        Order.type.label("order_type"), Account.organisation.label("member"), _sub.organisation.label("sub_member"),
        OrderItem.service_type, OrderItem.action, OrderItem.service_number, Service.fabric_code.label("fabric"),
        Service.location_code.label("site"), OrderItem.status, OrderItem.state, OrderItem.stage, OrderItem.held,
        OrderItem.cancelling, OrderItem.attempts, OrderItem.run_after, OrderItem.status_since.label("since"),
        OrderItem.created_at, OrderItem.version, OrderItem.last_error.label("error"), OrderItem.error_class,
        StepRow.title.label("step"), Wait.kind.label("wait_kind"), Wait.title.label("wait_title"),
        Wait.audience.label("wait_audience"), Wait.ask, Wait.opened_at, Wait.due_at, Wait.claimed_by_id,
        User.name.label("claimed_by"), Wait.claim_until,
    )
    .select_from(OrderItem)
    .join(Order, Order.id == OrderItem.order_id)
    .join(Account, Account.id == Order.account_id)
    .outerjoin(_sub, _sub.id == Order.sub_account_id)
    .outerjoin(Service, Service.id == OrderItem.service_id)
    .outerjoin(StepRow, and_(StepRow.item_id == OrderItem.id, StepRow.position == OrderItem.cursor))
    .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, Wait.open))
    .outerjoin(User, User.id == Wait.claimed_by_id)
)  # fmt: skip


def rows(ids: Sequence[uuid.UUID]) -> list[ItemRow]:
    """The rows of these items, in the order given; ids that are not there are left out."""
    if not ids:
        return []
    found = {row.id: ItemRow(**row._mapping) for row in db.session.execute(_ROWS.where(OrderItem.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def of_orders(order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ItemRow]]:
    """The items of these orders by order, in the order of their numbers."""
    grouped: dict[uuid.UUID, list[ItemRow]] = {one: [] for one in order_ids}
    if order_ids:
        for row in db.session.execute(
            _ROWS.where(OrderItem.order_id.in_(order_ids)).order_by(OrderItem.order_id, OrderItem.item_number)
        ):
            grouped[row.order_id].append(ItemRow(**row._mapping))
    return grouped
