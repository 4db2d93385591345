"""What is told about an order: log rows, audit rows, and what its tickets will be told, in the transaction that
makes it true."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from app.domain import after_commit, clock, prepared
from app.domain.models import Audit, Counter, Order, OrderItem, OrderLog, OutboxMessage
from app.domain.models.base import table_of
from app.domain.states import Stage, Status
from app.domain.together import here
from app.domain.upsert import insert_for
from app.extensions import db

STAGE_BEGINS = {
    Stage.INVENTORY: "Creating services for order items.",
    Stage.QUALITY_ASSURANCE: "Starting quality assurance check for the order.",
    Stage.PROVISIONING: "Provisioning items",
}
STAGE_ENDS = {
    Stage.QUALITY_ASSURANCE: "Services for all order items validated.",
    Stage.PROVISIONING: "Services for all order items provisioned.",
}

TICKET_STATUS = {
    Status.AWAITING_AGENT: "awaiting_agent",
    Status.MANUAL_PROCESSING: "awaiting_agent",
    Status.ERROR: "awaiting_agent",
    Status.HELD: "awaiting_agent",
    Status.AWAITING_MEMBER: "awaiting_user",
    Status.AWAITING_ORDER_CONFIRMATION: "awaiting_user",
    Status.COMPLETED: "resolved",
    Status.CANCELLED: "resolved",
    Status.REJECTED: "resolved",
}
"""A ticket's status follows the order's; whatever is not here is `pending`."""


logs, messages, audits = table_of(OrderLog), table_of(OutboxMessage), table_of(Audit)
counters = table_of(Counter)
_RAISED = (
    update(counters)
    .where(counters.c.name == bindparam("counter"))
    .values(value=counters.c.value + bindparam("by", type_=counters.c.value.type))
    .returning(counters.c.value)
)
_STATUSES = select(
    Order.status.label("order_status"), OrderItem.status.label("item_status"), OrderItem.service_type,
    OrderItem.service_number,
).outerjoin(OrderItem, OrderItem.id == bindparam("item_id")).where(Order.id == bindparam("order_id"))  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A message for the member, one for staff, or both. `step`: the key of the item's step that it is about."""

    user: str | None = None
    debug: str | None = None
    step: str | None = None


def log(
    order_id: uuid.UUID,
    line: Line,
    *,
    item_id: uuid.UUID | None = None,
    by: str = "system",
    internal: bool = False,
    order_status: Status | None = None,
    told: list[dict[str, Any]] | None = None,
) -> uuid.UUID:
    """Write a log row with the statuses as they are now, and let the order's ticket be told the same.

    `order_status` is the order's where the caller knows it; with `told` the ticket's messages are put there, for
    `tell_all`.
    """
    item = None
    if item_id is not None or order_status is None:
        item = db.session.execute(_STATUSES, {"order_id": order_id, "item_id": item_id}).one()
    uid = uuid.uuid4()
    prepared.add(
        logs,
        uid=uid,
        order_id=order_id,
        item_id=item_id,
        step_key=line.step,
        item_name=f"{item.service_type} - {item.service_number or ''}".rstrip() if item and item_id else None,
        status=order_status or (item and item.order_status),
        item_status=item.item_status if item else None,
        user_message=line.user,
        debug_message=line.debug,
        internal=internal,
        by=by,
        created_at=clock.now(),
    )
    notes = [
        message(f"log:{uid}:{name}", "ticketing", "note", {"body": text, "internal": hidden or internal}, item_id)
        for name, text, hidden in (("user", line.user, False), ("debug", line.debug, True))
        if text
    ]
    if told is None:
        tell_all(order_id, notes)
    else:
        told += notes
    return uid


def tell(
    order_id: uuid.UUID, key: str, system: str, verb: str, payload: dict[str, Any], item_id: uuid.UUID | None = None
) -> None:
    """Leave a message for a far system; it is delivered after the commit, once, under this key."""
    tell_all(order_id, [message(key, system, verb, payload, item_id)])


def message(
    key: str, system: str, verb: str, payload: dict[str, Any], item_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """A message for `tell_all`."""
    return {"key": key, "system": system, "verb": verb, "payload": payload, "item_id": item_id}


def tell_all(order_id: uuid.UUID, told: list[dict[str, Any]]) -> None:
    """Leave several messages, to be delivered in this order."""
    if told:
        now = clock.now()
        fresh = {"order_id": order_id, "state": "pending", "tries": 0, "run_after": now, "created_at": now}
        prepared.add_all(messages, [{**one, **fresh} for one in told])
        after_commit.deliver(order_id)


def audit(
    by: str,
    what: str,
    *,
    order_id: uuid.UUID | None = None,
    item_id: uuid.UUID | None = None,
    subject: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Append to the audit trail; the sealer numbers and chains it a moment later."""
    prepared.add(
        audits,
        at=clock.now(), by=by, what=what, order_id=order_id, item_id=item_id, subject=subject,
        before=before, after=after, reason=reason,
    )  # fmt: skip


def next_number(counter: str, first: int) -> int:
    """The next number of this kind; unique because the counter's row is locked until the transaction ends."""

    def take(many: int) -> int:
        return _raised(counter, first, many)

    kept = here()
    return kept.number(counter, take) if kept is not None else take(1)


def _raised(counter: str, first: int, by: int) -> int:
    with db.session.no_autoflush:  # what is being put together need not be written before it has its number
        raised = db.session.execute(_RAISED, {"counter": counter, "by": by}).scalar()
    if raised is not None:
        return int(raised)
    made = insert_for(Counter).values(name=counter, value=first + by - 1)
    raised = db.session.execute(
        made.on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + by}).returning(Counter.value)
    ).scalar_one()
    return int(raised)
