"""The words of an order's tickets: subject, body in blocks with dotted labels, properties.

Layout and wording follow the seed's tickets; the name of the exchange comes from configuration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.catalogue.describe import Row, describe, describe_service, item_names
from app.catalogue.model import Action, TicketWords
from app.catalogue.registry import NORMAL, action_of, service_type
from app.catalogue.showing import NO_NAMES, Names

DOTS = ":....."

CHANNELS = {
    "portal": "{exchange} Portal",
    "desk": "{exchange} staff desk",
    "api": "{exchange} API",
    "ixapi": "IX-API",
    "tmf": "TMF622 API",
}
"""How a ticket names the way an order came by; a channel that is not listed is named as it stands."""


@dataclass(frozen=True)
class TicketOrder:
    """An order as its tickets tell it. `sub_customer` is {organisation, handle} for a reseller's order, else None.
    `beside`: what else it says as a whole."""

    number: int | str
    requestor: Mapping[str, Any]
    type: str = NORMAL
    channel: str = "portal"
    sub_customer: Mapping[str, Any] | None = None
    po_number: str | None = None
    notes: str | None = None
    beside: Sequence[Row] = ()


@dataclass(frozen=True)
class TicketItem:
    """An item as tickets tell it. `before`: the details of the service when its change was ordered."""

    number: int
    service_type: str
    action: str
    details: Mapping[str, Any]
    service_number: Any = None
    before: Mapping[str, Any] = field(default_factory=dict)


def subject(order: TicketOrder, items: Sequence[TicketItem]) -> str:
    """“OMS: New port service order from ORGANISATION (Order ID: N)”, worded by the order's first item."""
    words = _words(order, items[0]) if items else _PLAIN
    organisation = order.requestor.get("organisation") or "an unnamed organisation"
    return f"OMS: {words.subject} from {organisation} (Order ID: {order.number})"


def body(order: TicketOrder, items: Sequence[TicketItem], exchange: str, names: Names = NO_NAMES) -> str:
    """The ticket's first message: one block of lines after another."""
    return "\n\n".join("\n".join(block) for block in ticket_blocks(order, items, exchange, names))


def ticket_blocks(
    order: TicketOrder, items: Sequence[TicketItem], exchange: str, names: Names = NO_NAMES
) -> list[list[str]]:
    """The lines of each block: headline, who orders, one block for each item (two for a change), what else was said."""
    words = _words(order, items[0]) if items else _PLAIN
    channel = CHANNELS.get(order.channel, order.channel).format(exchange=exchange)
    told = replace(names, items=item_names(items, "ticket"))
    sentence = words.sentence.format(exchange=exchange, channel=channel)
    blocks = [[_starred(words.headline.format(exchange=exchange)), sentence, f"(Order ID: {order.number})"]]
    blocks += _who(order, words, exchange)
    for position, item in enumerate(items):
        if position == 1 and words.followers:
            blocks.append([_starred(words.followers)])
        blocks += _item_blocks(order, item, items, told)
    said = [*order.beside, ("PO Number", order.po_number or ""), ("Notes", order.notes or "")]
    if any(words for _, words in said):
        blocks.append([_starred("Additional information"), *_dotted([row for row in said if row[1]])])
    return blocks


def properties(order: TicketOrder, item: TicketItem, names: Names = NO_NAMES) -> dict[str, str]:
    """The ticket's properties beside its text, by the item that it is mainly about."""
    kind = service_type(item.service_type)
    known = {**item.before, **item.details}
    fabric, location = known.get("fabric"), known.get("location")
    connexions = item.service_type == "connexions"
    site = f"{names.fabrics.get(fabric, fabric)} > {location}" if fabric and location and not connexions else "N/A"
    return {
        "product": kind.product if kind else item.service_type,
        "category": "Member Request",
        "peering_lan": str(fabric or "").upper(),
        "priority": "Severity 4",
        "prov_status": "New",
        "provisioning": f"ConneXions > CX Member Port - {_movement(item)}" if connexions else "",
        "site": site,
        "prov_port_type": "ConneXions" if connexions else _port_type(known.get("port_capacity")),
    }


def _movement(item: TicketItem) -> str:
    """Which way a ConneXions order goes. 0 is not policed, so more than any number."""
    if item.action != "modify":
        return {"new": "New", "cease": "Cease"}.get(item.action, "Change")
    before, after = (details.get("bandwidth") for details in (item.before, item.details))
    if before is None or after is None or before == after:
        return "Change"
    return "Downgrade" if (after or float("inf")) < (before or float("inf")) else "Upgrade"


def _port_type(capacity: Any) -> str:
    return f"{capacity // 1000}G" if isinstance(capacity, int) and capacity >= 1000 else ""


def _who(order: TicketOrder, words: TicketWords, exchange: str) -> list[list[str]]:
    person = [
        ("Organisation Name", str(order.requestor.get("organisation") or "")),
        ("Full Name", str(order.requestor.get("full_name") or "")),
        ("Email", str(order.requestor.get("email") or "")),
        ("Phone", str(order.requestor.get("phone") or "")),
    ]
    if order.sub_customer is None:
        return [[_starred("Member Details"), *_dotted(person)]]
    member = [
        ("Organisation Name", str(order.sub_customer.get("organisation") or "")),
        ("Member Handle", str(order.sub_customer.get("handle") or "")),
    ]
    return [
        [_starred(words.partner_heading), *_dotted(person)],
        [_starred(words.member_heading.format(exchange=exchange)), *_dotted(member)],
    ]


def _item_blocks(order: TicketOrder, item: TicketItem, items: Sequence[TicketItem], names: Names) -> list[list[str]]:
    action = action_of(item.service_type, item.action, order.type)
    heading = _words(order, item).heading
    behind = f" (order item {item.number})"
    requested = describe(
        item.service_type, item.action, _without_implied(action, item, items), "ticket", names, order.type
    )
    if action is None or not action.changes:
        return [[_starred(heading) + behind, *_dotted(requested)]]
    existing = describe_service(item.service_type, item.before, "ticket", names)
    number = (
        [("Service Number", names.services.get(item.service_number, str(item.service_number)))]
        if (type(item.service_number) is int)
        else []
    )
    asked = requested if action.fields else [("Service", "To be ceased")]
    return [
        [_starred(f"Existing {heading}") + behind, *_dotted(number + existing)],
        [_starred(f"Requested {heading}") + behind, *_dotted(asked)],
    ]


def _without_implied(action: Action | None, item: TicketItem, items: Sequence[TicketItem]) -> dict[str, Any]:
    """The details less those that the blocks above already tell: the order's only private VLAN, beside its unit."""
    shown = dict(item.details)
    for one in action.fields if action else ():
        alike = [other for other in items if other.service_type in one.refers_to]
        if one.stands_above and isinstance(shown.get(one.name), dict) and len(alike) == 1:
            del shown[one.name]
    return shown


def _words(order: TicketOrder, item: TicketItem) -> TicketWords:
    action = action_of(item.service_type, item.action, order.type)
    return action.ticket if action else _PLAIN


_PLAIN = TicketWords(
    subject="New service order",
    headline="New {exchange} Order",
    sentence="A new service order has been received via the {channel}",
    heading="Service Details",
)


def _starred(words: str) -> str:
    return f"*{words}*"


def _dotted(rows: Sequence[Row]) -> list[str]:
    return [f"{label}{DOTS} {value}".rstrip() for label, value in rows]
