"""What ends together: ceasing a private VLAN ends it for all of its units, whoever they belong to."""

from collections.abc import Iterator, Sequence
from itertools import count

from app.catalogue import parsing
from app.catalogue.check import ItemInput
from app.catalogue.lines import ItemLike, numbers_of
from app.catalogue.world import World


def units_too(items: Sequence[ItemLike], dated: Sequence[bool], world: World) -> list[tuple[int, ItemInput]]:
    """An item for each unit that ends with a private VLAN which `items` cease, unless they cease it themselves; with
    the position of the item that ends it.

    Only of private VLANs that the account may end. A unit that is still being set up ends with one whose end has a date
    (`dated`, for each item); otherwise it is left to the rules, which refuse the order. Total: whatever the items say.
    """
    ended = {number for _, number in _ceased(items, "pvlan_unit")}
    free = _free_numbers(items)
    found = []
    for index, number in _ceased(items, "pvlan"):
        vlan = world.service(number)
        if vlan is None or vlan.service_type != "pvlan" or vlan.joined:
            continue
        for unit in world.units_of_pvlan(number):
            if (unit.state == "active" or dated[index]) and unit.number not in ended:
                ended.add(unit.number or 0)
                found.append((index, ItemInput("pvlan_unit", "cease", {}, unit.number, next(free))))
    return found


def _ceased(items: Sequence[ItemLike], service_type: str) -> Iterator[tuple[int, int]]:
    """Position and service number of the items that cease a service of this type."""
    for index, one in enumerate(items):
        if one.service_type == service_type and one.action == "cease":
            try:
                number = parsing.reference(one.service_number)
            except parsing.Refused:
                continue
            if isinstance(number, int):
                yield index, number


def _free_numbers(items: Sequence[ItemLike]) -> Iterator[int]:
    """Numbers that no item has, so that those of the request stay what they are."""
    taken = set(numbers_of(items))
    return (number for number in count(len(items) + 1) if number not in taken)
