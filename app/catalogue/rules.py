"""Rules that need facts about fabrics, buildings, capacity and uniqueness. Each is one small function of one item.

A rule yields findings and never raises; it passes over what is missing, for that has a finding of its own.
Rules about encapsulation and ceasing stand in `port_rules`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from app.catalogue.fields import quoted
from app.catalogue.lines import Line, Lines, Place
from app.catalogue.pvlan import MAX_P2P_UNITS, P2P
from app.catalogue.world import ServiceFacts
from app.domain.errors import Finding

Rule = Callable[[Line, Lines], Iterator[Finding]]


def fabric_exists(line: Line, lines: Lines) -> Iterator[Finding]:
    """The peering LAN is one of the exchange."""
    fabric = line.details.get("fabric")
    known = lines.world.fabrics()
    if fabric is not None and fabric not in known:
        yield line.detail_finding("fabric", "choice", f"There is no peering LAN “{fabric}”; it can be {quoted(known)}.")


def location_belongs_to_fabric(line: Line, lines: Lines) -> Iterator[Finding]:
    """The peering LAN is present in the building."""
    fabric, location = line.details.get("fabric"), line.details.get("location")
    if fabric is None or location is None or fabric not in lines.world.fabrics():
        return
    known = lines.world.locations(fabric)
    if location not in known:
        words = f"“{fabric}” is not present at “{location}”; the location can be {quoted(known)}."
        yield line.detail_finding("location", "choice", words)


def something_changes(line: Line, lines: Lines) -> Iterator[Finding]:
    """A change makes the service different from how it is, unless that is changing anyway.

    An order to join a private VLAN may say what the port must be, whether it is so already or not.
    """
    subject, place = lines.subject(line), lines.place(line.service_number)
    if subject is None or subject.changing or line.creates or not line.details:
        return
    if any(other.is_join or (other is not line and lines.place(other.service_number) == place) for other in lines.all):
        return
    if all(_now(subject, name) == value for name, value in line.details.items()):
        words = "The service is like this already, so nothing would change."
        yield line.detail_finding(next(iter(line.details)), "same", words)


def _now(subject: ServiceFacts, name: str) -> Any:
    """What a detail of the service is at present."""
    fact = {"bandwidth": "capacity", "service_capacity": "capacity"}.get(name, name)
    known = getattr(subject, fact, None) if fact in _FACTS else None
    return subject.details.get(name) if known is None else known


def there_is_something_to_join(line: Line, lines: Lines) -> Iterator[Finding]:
    """The account that is named has a private VLAN to be joined. One sentence for everything that stands against it:
    who else has an account here, and what they have, is not for everybody to find out."""
    owner, fabric = line.details.get("pvlan_service_account_id"), line.details.get("fabric")
    if owner is None or lines.world.may_be_joined(owner, fabric):
        return
    where = "" if fabric is None else " on that peering LAN"
    words = f"This account has no private VLAN{where} that you can join."
    yield line.detail_finding("pvlan_service_account_id", "reference", words)


def one_owner_is_asked(line: Line, lines: Lines) -> Iterator[Finding]:
    """An order waits whole for the owner of what it joins, so all its joins ask the same account."""
    owner = line.details.get("pvlan_service_account_id")
    asked = next((one.details.get("pvlan_service_account_id") for one in lines.all if one.is_join), None)
    if line.is_join and asked is not None and owner != asked:
        words = "One order joins private VLANs of one owner; please place another order for this one."
        yield line.detail_finding("pvlan_service_account_id", "match", words)


def port_group_fits(line: Line, lines: Lines) -> Iterator[Finding]:
    """The port group is the partner's, stands where the item says, and has the named port."""
    group_id = line.details.get("port_group_id")
    if group_id is None:
        return
    group = lines.world.port_group(group_id)
    if group is None:
        yield line.detail_finding("port_group_id", "reference", f"There is no port group “{group_id}”.")
        return
    for name, there in (("fabric", group.fabric), ("location", group.location)):
        if line.details.get(name, there) != there:
            yield line.detail_finding(name, "match", f"The port group is at “{there}”, not “{line.details[name]}”.")
    port = line.details.get("connexions_port")
    if group.ports and port is not None and port not in group.ports:
        words = f"The port group has no port “{port}”; it can be {quoted(group.ports)}."
        yield line.detail_finding("connexions_port", "reference", words)


def port_is_where_the_item_says(line: Line, lines: Lines) -> Iterator[Finding]:
    """The port stands on the item's peering LAN, in its building."""
    port = lines.facts(line.details.get("port"))
    if port is None:
        return
    for name, there in (("fabric", port.fabric), ("location", port.location)):
        said = line.details.get(name)
        if said is not None and there is not None and said != there:
            yield line.detail_finding(name, "match", f"The port is at “{there}”, not “{said}”.")


def unit_is_on_the_lan_of_its_pvlan(line: Line, lines: Lines) -> Iterator[Finding]:
    """The port and the private VLAN are on the same peering LAN."""
    port, pvlan = lines.facts(line.details.get("port")), lines.facts(line.details.get("pvlan"))
    if port and pvlan and port.fabric and pvlan.fabric and port.fabric != pvlan.fabric:
        words = f"The port is on “{port.fabric}”, the private VLAN on “{pvlan.fabric}”."
        yield line.detail_finding("pvlan", "match", words)


def bandwidth_fits(line: Line, lines: Lines) -> Iterator[Finding]:
    """Bandwidth ≤ capacity of what carries it; 0 is not policed and always fits."""
    for name in ("bandwidth", "service_capacity"):
        wanted, room = line.details.get(name), _room(line, lines)
        if wanted is not None and room is not None and wanted > room:
            yield line.detail_finding(name, "capacity", f"{wanted} Mbit/s do not fit the port's {room} Mbit/s.")


def _room(line: Line, lines: Lines) -> int | None:
    """Mbit/s of the port or port group that carries this item's service; None where nothing carries it yet."""
    subject = lines.subject(line)
    group_id = line.details.get("port_group_id") or (subject.port_group if subject else None)
    if group_id is not None:
        group = lines.world.port_group(group_id)
        return group.capacity if group else None
    port = lines.facts(line.details.get("port") or (subject.port if subject else None) or _port_of_new(line, lines))
    return port.capacity if port else None


def _port_of_new(line: Line, lines: Lines) -> int | dict[str, int] | None:
    """Where the item changes what another item of this order creates: the port that one names."""
    place = lines.place(line.service_number)
    maker = lines.by_number.get(place[1]) if place and place[0] == "item" and isinstance(place[1], int) else None
    return maker.details.get("port") if maker else None


def pvlan_fits_the_port(line: Line, lines: Lines) -> Iterator[Finding]:
    """Bandwidth of the private VLAN ≤ capacity of the port."""
    pvlan, port = lines.facts(line.details.get("pvlan")), lines.facts(line.details.get("port"))
    if pvlan and port and pvlan.capacity and port.capacity and pvlan.capacity > port.capacity:
        words = f"The private VLAN's {pvlan.capacity} Mbit/s do not fit the port's {port.capacity} Mbit/s."
        yield line.detail_finding("pvlan", "capacity", words)


def vlan_is_free(line: Line, lines: Lines) -> Iterator[Finding]:
    """A VLAN is unique on a port, or a port group; also among the items of this order."""
    vlan = line.details.get("vlan_id")
    carrier = carrier_of(line, lines) if vlan is not None else None
    if vlan is None or carrier is None:
        return
    kind, key = carrier
    holder = None
    if kind == "service" and isinstance(key, int):
        holder = lines.world.vlan_holder(key, vlan)
    elif kind == "group":
        holder = lines.world.group_vlan_holder(str(key), vlan)
    if _stays(holder, "vlan_id", line, lines):
        yield line.detail_finding("vlan_id", "unique", f"VLAN {vlan} is already in use on this port.")
        return
    rival = _earlier(
        line, lines, lambda other: other.details.get("vlan_id") == vlan and carrier_of(other, lines) == carrier
    )
    if rival:
        yield line.detail_finding(
            "vlan_id", "unique", f"Item {rival.number} of this order uses VLAN {vlan} on the same port."
        )


def carrier_of(line: Line, lines: Lines) -> Place | None:
    """What this item's VLAN must be unique on."""
    if line.details.get("port") is not None:
        return lines.place(line.details["port"])
    if line.details.get("port_group_id") is not None:
        return "group", line.details["port_group_id"]
    subject = lines.subject(line)
    if subject is None:
        return None
    if subject.port_group is not None:
        return "group", subject.port_group
    if subject.port is not None:
        return "service", subject.port
    return lines.place(_port_of_new(line, lines))


def mac_is_free(line: Line, lines: Lines) -> Iterator[Finding]:
    """A MAC address stands once on a fabric; also among the items of this order."""
    mac, fabric = line.details.get("mac_address"), fabric_of(line, lines)
    if mac is None or fabric is None:
        return
    if _stays(lines.world.mac_holder(fabric, mac), "mac_address", line, lines):
        yield line.detail_finding("mac_address", "unique", f"The MAC address {mac} is already in use on “{fabric}”.")
        return
    rival = _earlier(
        line, lines, lambda other: other.details.get("mac_address") == mac and fabric_of(other, lines) == fabric
    )
    if rival:
        words = f"Item {rival.number} of this order uses the MAC address {mac} on the same peering LAN."
        yield line.detail_finding("mac_address", "unique", words)


def fabric_of(line: Line, lines: Lines) -> str | None:
    """The fabric that an item is about: its own, its port's, its private VLAN's, or that of the service it changes."""
    if line.details.get("fabric") is not None:
        return str(line.details["fabric"])
    for ref in (line.details.get("port"), line.details.get("pvlan"), line.service_number):
        facts = lines.facts(ref)
        if facts and facts.fabric:
            return facts.fabric
    return None


def _stays(holder: int | None, name: str, line: Line, lines: Lines) -> bool:
    """Whether `holder` keeps what `line` wants. If this order makes it give that up, `line` comes after."""
    if holder is None or ("service", holder) == lines.place(line.service_number):
        return False
    for other in lines.all:
        if lines.place(other.service_number) == ("service", holder) and (other.ceases or name in other.details):
            lines.after(line, other)
            return other.number not in line.depends_on
    return True


def _earlier(line: Line, lines: Lines, matches: Callable[[Line], bool]) -> Line | None:
    """An item before this one that wants the same, unless both are about one and the same service."""
    own = _service_of(line, lines)
    for other in lines.all[: line.index]:
        if matches(other) and _service_of(other, lines) != own:
            return other
    return None


def _service_of(line: Line, lines: Lines) -> Place | None:
    return ("item", line.number) if line.creates else lines.place(line.service_number)


def p2p_joins_two(line: Line, lines: Lines) -> Iterator[Finding]:
    """A Point to Point private VLAN has two units at most."""
    ref = line.details.get("pvlan")
    pvlan, place = lines.facts(ref), lines.place(ref)
    if pvlan is None or place is None or pvlan.details.get("pvlan_type") != P2P:
        return
    there = lines.remaining(line, lines.world.units_of_pvlan(pvlan.number)) if pvlan.number is not None else []
    ordered = [
        other for other in lines.all[: line.index] if other.creates and lines.place(other.details.get("pvlan")) == place
    ]
    if len(there) + len(ordered) >= MAX_P2P_UNITS:
        words = f"A Point to Point private VLAN has at most {MAX_P2P_UNITS} units, and this one has them already."
        yield line.detail_finding("pvlan", "units", words)


_FACTS = frozenset({"capacity", "encapsulation", "vlan_id", "mac_address"})
"""Details that a service's facts tell even where its details do not."""
RULES: tuple[Rule, ...] = (
    something_changes,
    there_is_something_to_join,
    one_owner_is_asked,
    port_group_fits,
    port_is_where_the_item_says,
    unit_is_on_the_lan_of_its_pvlan,
    bandwidth_fits,
    pvlan_fits_the_port,
    vlan_is_free,
    mac_is_free,
    p2p_joins_two,
)
PLACE_RULES: tuple[Rule, ...] = (fabric_exists, location_belongs_to_fabric)
