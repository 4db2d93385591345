"""The log, the tickets and the audit trail of an order of the past, in the order in which things happened."""

import uuid
from collections.abc import Container, Sequence
from datetime import datetime

from app.catalogue import tickets as words
from app.domain.models import Audit, OrderLog, Ticket, TicketMessage
from app.domain.states import Stage, order_status
from app.domain.story import STAGE_BEGINS
from app.services.demo_rows import SALES_PERSON, Line, Past, PastItem, Row
from app.services.tickets import NO_ACTION, PROVISIONING, SALES, fields

Message = tuple[str, str, bool, datetime]
"""Key, body, whether it is internal, when."""


def tell(past: Past, order: Row, items: Sequence[PastItem], reason: str | None) -> None:
    """All that was said about the order. `reason`: why it was cancelled or declined."""
    at, orderer = order["created_at"], order["created_by"]
    lines: list[tuple[Line, PastItem | None]] = [
        (Line(at, "Your order has been received.", f"Ordered by {orderer} through {order['channel']}.", orderer), None)
    ]
    for stage, when in order["stages_begun"].items():
        lines.append((Line(datetime.fromisoformat(when), STAGE_BEGINS[Stage(stage)], None), None))
    lines += [(line, item) for item in items for line in item.lines]
    if reason:
        lines.append((Line(order["modified_at"], reason, None, SALES_PERSON), None))
    messages = _tickets(past, order, items)
    for line, item in sorted(lines, key=lambda told: told[0].at):
        messages += _log(past, order, items, line, item)
    _write_messages(past, order["ticket_number"], messages)
    past.add(Audit, at=at, by=orderer, what="order placed", order_id=order["id"], item_id=None,
             subject=str(order["number"]))  # fmt: skip


def _log(past: Past, order: Row, items: Sequence[PastItem], line: Line, item: PastItem | None) -> list[Message]:
    """A log row, with the statuses as they were; answers what the ticket was told of it."""
    uid = uuid.uuid4()
    past.add(
        OrderLog, uid=uid, order_id=order["id"], item_id=item.row["id"] if item else None,
        item_name=f"{item.kind} - {item.service.number}" if item else None,
        status=order_status(one.status_at(line.at) for one in items),
        item_status=item.status_at(line.at) if item else None, user_message=line.user, debug_message=line.debug,
        by=line.by, created_at=line.at,
    )  # fmt: skip
    said = (("user", line.user), ("debug", line.debug))
    return [(f"log:{uid}:{name}", text, name == "debug", line.at) for name, text in said if text]


def _tickets(past: Past, order: Row, items: Sequence[PastItem]) -> list[Message]:
    """The order's tickets; answers the first message of the one that was worked."""
    told = words.TicketOrder(
        number=order["number"], requestor=order["requestor"], channel=order["channel"],
        sub_customer=order["sub_customer"],
    )  # fmt: skip
    of = [
        words.TicketItem(item.row["item_number"], item.kind, item.action, item.details, item.service.number,
                         item.before or {})
        for item in items
    ]  # fmt: skip
    at, names = order["created_at"], past.names
    queue = SALES if order["info_ticket_number"] is None else PROVISIONING
    key, body = f"order:{order['id']}:ticket:", words.body(told, of, past.exchange, names)
    common = {
        "order_number": order["number"], "subject": words.subject(told, of), "status": "resolved",
        "person": {"name": order["requestor"]["full_name"], "email": order["requestor"]["email"]}, "cc": [],
        "labels": ["oms", order["channel"]], "properties": fields(words.properties(told, of[0], names)),
        "created_at": at, "modified_at": order["modified_at"], "resolved_at": order["modified_at"],
    }  # fmt: skip
    past.add(Ticket, number=order["ticket_number"], key=key + queue, queue=queue, read_only=False, **common)
    if order["info_ticket_number"] is not None:
        number, info = order["info_ticket_number"], key + "information"
        past.add(Ticket, number=number, key=info, queue=SALES, read_only=True, **common)
        no_action = NO_ACTION.format(ticket_number=order["ticket_number"]) + str(order["id"])
        _write_messages(past, number, [(info, no_action, False, at), (f"{info}:body", body, False, at)], notes={1})
    return [(key + queue, body, False, at)]


def _write_messages(past: Past, ticket: int, messages: Sequence[Message], notes: Container[int] | None = None) -> None:
    """`notes`: the positions of those that are notes; all but the first, if it is not said."""
    for position, (key, body, internal, at) in enumerate(messages, 1):
        is_note = position > 1 if notes is None else position in notes
        past.add(TicketMessage, ticket_number=ticket, key=key, position=position, body=body, is_note=is_note,
                 internal=internal, created_at=at)  # fmt: skip
