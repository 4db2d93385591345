"""Rules about what a port can carry, and about ceasing what others still need."""

from collections.abc import Iterator

from app.catalogue.common import TAGGED
from app.catalogue.lines import Line, Lines, Place
from app.catalogue.rules import Rule
from app.catalogue.world import ServiceFacts
from app.domain.errors import Finding


def bundle_is_untagged(line: Line, lines: Lines) -> Iterator[Finding]:
    """quantity > 1 ⇒ encapsulation none."""
    wanted = line.details.get("encapsulation")
    if line.type_key != "multiservice_port" or wanted not in TAGGED:
        return
    quantity = line.details.get("quantity")
    if quantity is None and (subject := lines.subject(line)):
        quantity = subject.details.get("quantity")
    if isinstance(quantity, int) and quantity > 1:
        words = f"A bundle of {quantity} ports cannot use “{wanted}”; its encapsulation must be “none”."
        yield line.detail_finding("encapsulation", "quantity", words)


def encapsulation_suits_what_is_there(line: Line, lines: Lines) -> Iterator[Finding]:
    """A port goes to `none` only if it then carries at most one service, and that without a VLAN of its own."""
    subject = lines.subject(line)
    if (
        line.does != "edit_encap"
        or subject is None
        or subject.number is None
        or line.details.get("encapsulation") in TAGGED
    ):
        return
    units = lines.remaining(line, lines.world.units_on_port(subject.number))
    tagged = [unit for unit in units if unit.vlan_id is not None]
    if tagged or len(units) > 1:
        words = f"Port {subject.number} carries {_services(units)} that need VLANs; its encapsulation cannot be “none”."
        yield line.detail_finding("encapsulation", "encapsulation", words)


def port_can_carry(line: Line, lines: Lines) -> Iterator[Finding]:
    """A new unit needs a port that this order does not cease and whose encapsulation has room for it."""
    ref = line.details.get("port")
    port, place = lines.facts(ref), lines.place(ref)
    if port is None or place is None or not line.creates:
        return
    if lines.on(place, "cease"):
        yield line.detail_finding("port", "in_use", "This order ceases that port.")
        return
    if _encapsulation(port, place, line, lines) != "none":
        return
    if "vlan_id" in line.details:
        words = (
            "The port carries untagged traffic only; change its encapsulation to “dot1q” or “qinq” first, or in this "
            "order."
        )
        yield line.detail_finding("port", "encapsulation", words)
    elif _others_on(port, place, line, lines):
        words = "The port's encapsulation is “none”, so it carries one service only, and it has one already."
        yield line.detail_finding("port", "encapsulation", words)


def _encapsulation(port: ServiceFacts, place: Place, line: Line, lines: Lines) -> str | None:
    """The port's encapsulation when this order is done; the unit waits for the item that changes it."""
    edits = lines.on(place, "edit_encap")
    for edit in edits:
        lines.after(line, edit)
    return edits[-1].details.get("encapsulation", port.encapsulation) if edits else port.encapsulation


def _others_on(port: ServiceFacts, place: Place, line: Line, lines: Lines) -> bool:
    there = lines.remaining(line, lines.world.units_on_port(port.number)) if port.number is not None else []
    ordered = [one for one in lines.all[: line.index] if one.creates and lines.place(one.details.get("port")) == place]
    return bool(there or ordered)


def nothing_needs_what_is_ceased(line: Line, lines: Lines) -> Iterator[Finding]:
    """A port or private VLAN with services on it is ceased only together with them, and after them."""
    subject = lines.subject(line)
    if not line.ceases or subject is None or subject.number is None:
        return
    if subject.service_type == "multiservice_port":
        units = lines.world.units_on_port(subject.number)
    elif subject.service_type == "pvlan":
        units = lines.world.units_of_pvlan(subject.number)
    else:
        return
    left = lines.remaining(line, units)
    if not left:
        return
    if all(unit.state == "pre_active" for unit in left):
        words = f"Service {subject.number} carries {_services(left)} still being set up; it can end when that is done."
    else:
        words = f"Service {subject.number} still carries {_services(left)}; cease them first, or in the same order."
    yield line.finding("service_number", "in_use", words)


def ceased_once(line: Line, lines: Lines) -> Iterator[Finding]:
    """One order ceases a service once; whatever else it does to that service comes before."""
    place = lines.place(line.service_number)
    if not line.ceases or place is None:
        return
    for other in lines.all:
        if other is line or lines.place(other.service_number) != place:
            continue
        if other.ceases and other.index < line.index:
            yield line.finding(
                "service_number", "unique", f"Item {other.number} of this order ceases the same service."
            )
        elif not other.ceases:
            lines.after(line, other)


def _services(units: list[ServiceFacts]) -> str:
    return "1 service" if len(units) == 1 else f"{len(units)} services"


PORT_RULES: tuple[Rule, ...] = (
    bundle_is_untagged,
    encapsulation_suits_what_is_there,
    port_can_carry,
    nothing_needs_what_is_ceased,
    ceased_once,
)
