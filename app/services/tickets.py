"""What an order's tickets say: written as messages for the ticketing system in the transaction of the order itself."""

from sqlalchemy import select

from app.catalogue import tickets as words
from app.config import Config
from app.domain import story
from app.domain.models import Order, OutboxMessage
from app.extensions import db
from app.queries import names, order_words

SALES, PROVISIONING = "sales", "provisioning"
NO_ACTION = (
    "The service will be provisioned by self service automation. No action from sales is required. "
    "Provisioning ticket number: {ticket_number}. Order ID: "
)
FIELDS = {
    "product": "Product",
    "category": "Category",
    "peering_lan": "Peering LAN",
    "priority": "Priority",
    "prov_status": "Prov Status",
    "provisioning": "Provisioning",
    "site": "Site",
    "prov_port_type": "Prov Port Type",
}
"""The catalogue's properties of a ticket → the titles of a help desk's own fields."""


def open_for(order: Order, config: Config) -> None:
    """Manual orders get a Sales ticket; self-service orders a Provisioning ticket and a read-only one for Sales."""
    by_hand = any(item.by_hand for item in order.items)
    if by_hand:
        _ensure(order, config, SALES, "awaiting_agent")
        return
    payload = _payload(order, config, PROVISIONING, "pending")
    first = story.message(_key(order, PROVISIONING), "ticketing", "ensure", payload)
    story.tell_all(order.id, [first, *_information(order, payload)])


def open_by_hand(order: Order, config: Config) -> None:
    """Nobody automates an item after all: Sales get a ticket to act on, one for the order."""
    db.session.refresh(order, with_for_update=True)  # two of its items may come here at the same time
    told = select(OutboxMessage.id).where(OutboxMessage.key == _key(order, SALES))
    if db.session.execute(told).first() is None:
        _ensure(order, config, SALES, "awaiting_agent")


def _key(order: Order, what: str) -> str:
    return f"order:{order.id}:ticket:{what}"


def _ensure(order: Order, config: Config, queue: str, status: str) -> None:
    story.tell(order.id, _key(order, queue), "ticketing", "ensure", _payload(order, config, queue, status))


def _information(order: Order, payload: dict[str, object]) -> list[dict[str, object]]:
    """The read-only ticket for Sales: first that nothing is to be done, then what was ordered."""
    first = {**payload, "queue": SALES, "status": "resolved", "read_only": True, "as_note": True, "informs": True,
             "body": f"{NO_ACTION}{order.id}"}  # fmt: skip
    then = {"body": payload["body"], "internal": False, "as_note": False, "informs": True}
    return [
        story.message(_key(order, "information"), "ticketing", "ensure", first),
        story.message(_key(order, "information:body"), "ticketing", "note", then),
    ]


def _payload(order: Order, config: Config, queue: str, status: str) -> dict[str, object]:
    told = words.TicketOrder(
        number=order.number, requestor=order.requestor, type=order.type, channel=order.channel,
        sub_customer=order.sub_customer, po_number=order.po_number, notes=order.notes,
        beside=[*order_words.people(order), *order_words.beside(order)],
    )  # fmt: skip
    items = [
        words.TicketItem(
            number=item.item_number, service_type=item.service_type, action=item.action, details=item.details,
            service_number=item.service_number, before=item.before or {},
        )
        for item in order.items
    ]  # fmt: skip
    known = names.for_ticket(order)
    return {
        "order_number": order.number,
        "subject": words.subject(told, items),
        "body": words.body(told, items, config.exchange_name, known),
        "queue": queue,
        "status": status,
        "read_only": False,
        "properties": fields(words.properties(told, items[0], known)),
        "person": {"name": order.requestor.get("full_name") or "", "email": order.requestor.get("email") or ""},
        "cc": list(order.additional_cc),
        "labels": ["oms", order.channel],
    }


def fields(properties: dict[str, str]) -> dict[str, str]:
    """The properties under the titles of a help desk's own fields, without the empty ones."""
    return {FIELDS.get(name, name): value for name, value in properties.items() if value}
