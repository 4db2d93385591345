"""What tells a service from others of its kind: its name, what it is on and in, VLAN or MAC address, capacity."""

from collections.abc import Collection, Iterator
from typing import Any

from app.catalogue import Names
from app.catalogue.showing import speed

PORT, PVLAN = "port", "pvlan"


def traits(service: Any, called: Names, *, but: Collection[str] = ()) -> str:
    """Of a `Service` or a row with its columns. `called`: names for its details. `but`: carriers (`PORT`, `PVLAN`) that
    the reader knows already."""
    return " · ".join(_traits(service, called, but))


def _traits(service: Any, called: Names, but: Collection[str]) -> Iterator[str]:
    own = called.services.get(service.number, service.name)
    if own and own != str(service.number):
        yield own
    for carrier, word in ((PVLAN, "in"), (PORT, "on")):
        number = service.details.get(carrier)
        if isinstance(number, int) and carrier not in but:
            yield f"{word} {called.services.get(number, number)}"
    if service.details.get("connexions_port"):
        yield f"on {service.details['connexions_port']}"
    if service.vlan_id is not None:
        yield _together(f"VLAN {service.vlan_id}")
    elif service.mac_address:
        yield service.mac_address
    if size := _size(service):
        yield _together(size)


def _together(words: str) -> str:
    """Not broken between its words, where a line ends."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _size(service: Any) -> str:
    """Capacity or bandwidth; of a bundle each port's."""
    each, count = service.details.get("port_capacity"), service.details.get("quantity")
    if isinstance(each, int):
        return f"{count} × {speed(each)}" if isinstance(count, int) and count > 1 else speed(each)
    return speed(service.capacity) if service.capacity else ""
