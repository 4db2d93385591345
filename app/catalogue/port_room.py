"""The rule that there must be ports for what is ordered, and how ports are given out: as the inventory step does it."""

from collections.abc import Iterator, Sequence

from app.catalogue.lines import Line, Lines
from app.domain.errors import Finding

Place = tuple[str, str, int]
"""Fabric, building, speed of one port in Mbit/s."""


def ports_are_free(line: Line, lines: Lines) -> Iterator[Finding]:
    """All that the order wants of one speed at one place is free there. Where people do the work, they count."""
    place = _place(line)
    if place is None or not lines.world.fabric_is_automated(place[0]):
        return
    there = lines.world.free_ports(*place)
    left = list(there)
    for other in lines.all[: line.index]:
        if _place(other) == place:
            take(left, _quantity(other))
    if not take(left, _quantity(line)):
        wanted = sum(_quantity(one) for one in lines.all if _place(one) == place)
        name = "quantity" if _quantity(line) > 1 and any(there) else "port_capacity"
        yield line.detail_finding(name, "sold_out", _sentence(place, wanted, there))


def take(free: list[int], quantity: int) -> bool:
    """Take ports of the first switch that has as many. `free`: how many each switch has."""
    for index, count in enumerate(free):
        if count >= quantity:
            free[index] -= quantity
            return True
    return False


def _place(line: Line) -> Place | None:
    said = line.details
    if line.type_key != "multiservice_port" or line.does != "new":
        return None
    if not all(said.get(name) for name in ("fabric", "location", "port_capacity")):
        return None
    return said["fabric"], said["location"], said["port_capacity"]


def _quantity(line: Line) -> int:
    return int(line.details.get("quantity") or 1)


def _sentence(place: Place, wanted: int, there: Sequence[int]) -> str:
    fabric, location, capacity = place
    of = f"of {capacity // 1000} Gbit/s"
    where = f"on “{fabric}” at “{location}”"
    free = sum(there)
    if not free:
        instead = "Choose another speed or building, or ask us when there will be one."
        return f"No port {of} is free {where}, and {wanted} {_are(wanted)} wanted. {instead}"
    if wanted <= free:
        words = f"{max(there)} {_are(max(there))} free on one switch"
        return f"The ports of a bundle are on one switch: {wanted} {of} are wanted {where}, and {words}. Order fewer."
    instead = "Order fewer, or choose another speed or building."
    return f"{wanted} ports {of} are wanted {where}, and {free} {_are(free)} free. {instead}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
