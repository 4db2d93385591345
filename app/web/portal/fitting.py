"""Which private VLANs a unit can be in, by the port that it is to be on; of the others why not.

The rules themselves are the catalogue's and are checked when the page is sent; here is only what is offered.
"""

from collections.abc import Iterator

from app.catalogue.common import PORT
from app.catalogue.fields import is_item_reference
from app.catalogue.lines import facts_of_details
from app.catalogue.showing import speed
from app.domain.models import OrderItem
from app.queries.portal_choices import Choices, Offered

PVLAN = "pvlan"


def unfit(choices: Choices, item: OrderItem, others: list[OrderItem]) -> dict[str, str]:
    """What cannot be chosen (a service number, or `item:2` of this order) → why not. `others`: the order's items."""
    port = _port(choices, item.details.get(PORT.name), others)
    if port is None:
        return {}
    there = [*choices.of((PVLAN,)), *_ordered(others)]
    lans = dict(choices.fabrics)
    return {one.key: why for one in there if (why := _why_not(one, port, lans))}


def _port(choices: Choices, ref: object, others: list[OrderItem]) -> Offered | None:
    if is_item_reference(ref) and isinstance(ref, dict):
        return next((_offered(one) for one in others if one.item_number == ref["item"]), None)
    return next((one for one in choices.of(PORT.refers_to) if one.key == str(ref)), None)


def _ordered(others: list[OrderItem]) -> Iterator[Offered]:
    return (_offered(one) for one in others if one.service_type == PVLAN and one.action == "new")


def _offered(item: OrderItem) -> Offered:
    """What the item will have made, as far as it is said already."""
    facts = facts_of_details(item.service_type, item.details)
    return Offered(f"item:{item.item_number}", "", facts.fabric, facts.location, capacity=facts.capacity)


def _why_not(pvlan: Offered, port: Offered, lans: dict[str, str]) -> str:
    if pvlan.fabric and port.fabric and pvlan.fabric != port.fabric:
        return f"the port is on {lans.get(port.fabric, port.fabric)}"
    if pvlan.full:
        return "has its two units already"
    if pvlan.capacity and port.capacity and pvlan.capacity > port.capacity:
        return f"too much for the port's {speed(port.capacity)}"
    return ""
