"""What quality assurance looks at, and what a simulated network answers. Every answer says that it is simulated.

Values follow from the parameters alone, so a test or a demo sees the same ones each time; they are good unless the
network was told to pretend otherwise. The checks are those an exchange makes before a port leaves quarantine: light,
bundle, exactly one source MAC address, no frames but IPv4, ARP and IPv6, neighbours answered, no violations.
"""

import hashlib
from collections.abc import Callable

from app.domain.errors import PermanentFailure
from workers.southbound.protocols import Json

WEAKEST_LIGHT_DBM = -14.0
STRONGEST_LIGHT_DBM = 0.5


def simulated(check: str, parameters: Json, pretended: Json | None = None) -> Json:
    """The answer to `check`: ok, value, unit, simulated, detail. `pretended` replaces what would be seen."""
    look = CHECKS.get(check)
    if look is None:
        raise PermanentFailure(f"network: there is no check {check}; there are {', '.join(sorted(CHECKS))}.")
    ok, value, unit, detail = look(parameters, pretended or {})
    return {"ok": ok, "value": value, "unit": unit, "simulated": True, "detail": detail}


Seen = tuple[bool, object, str, str]


def _light_levels(parameters: Json, pretended: Json) -> Seen:
    received = float(pretended.get("value", -3.0 - _spread(parameters, 50) / 10))
    sent = round(received + 1.5, 1)
    ok = WEAKEST_LIGHT_DBM <= received <= STRONGEST_LIGHT_DBM
    judged = "good" if ok else f"outside {WEAKEST_LIGHT_DBM:g} to {STRONGEST_LIGHT_DBM:g} dBm"
    return ok, received, "dBm", f"{_port(parameters)} receives {received:g} dBm and sends {sent:g} dBm: {judged}."


def _lacp(parameters: Json, pretended: Json) -> Seen:
    members = len(parameters.get("ports") or [parameters.get("port")])
    up = int(pretended.get("value", members))
    return up == members, up, "links", f"{up} of {members} links of the bundle collect and distribute (LACP)."


def _quarantine_mac(parameters: Json, pretended: Json) -> Seen:
    expected = str(parameters.get("mac_address") or "").lower()
    default = [expected or f"00:00:5e:00:53:{_spread(parameters, 255):02x}"]
    seen = [str(mac).lower() for mac in pretended.get("value", default)]
    ok = len(seen) == 1 and (not expected or seen == [expected])
    wanted = f"; the order says {expected}" if expected else ""
    return ok, seen, "", f"Source MAC addresses seen in quarantine: {', '.join(seen) or 'none'}{wanted}."


def _frame_types(parameters: Json, pretended: Json) -> Seen:
    allowed = ["ARP", "IPv4", "IPv6"]
    seen = list(pretended.get("value", allowed))
    others = [kind for kind in seen if kind not in allowed]
    found = f"also {', '.join(others)}" if others else "nothing else"
    return not others, seen, "", f"Frames seen: {', '.join(kind for kind in seen if kind in allowed)}; {found}."


def _arp_nd(parameters: Json, pretended: Json) -> Seen:
    answered = bool(pretended.get("value", True))
    return answered, answered, "", f"ARP and neighbour discovery are {'' if answered else 'not '}answered."


def _violation_counter(parameters: Json, pretended: Json) -> Seen:
    frames = int(pretended.get("value", 0))
    return frames == 0, frames, "frames", f"{frames} frames from another MAC address were dropped."


def _port_up(parameters: Json, pretended: Json) -> Seen:
    up = pretended.get("value", "up")
    return up == "up", up, "", f"{_port(parameters)} is {up}."


CHECKS: dict[str, Callable[[Json, Json], Seen]] = {
    "light_levels": _light_levels,
    "lacp": _lacp,
    "quarantine_mac": _quarantine_mac,
    "frame_types": _frame_types,
    "arp_nd": _arp_nd,
    "violation_counter": _violation_counter,
    "port_up": _port_up,
}


def _spread(parameters: Json, below: int) -> int:
    """A number below `below` that is always the same for the same port and service."""
    place = f"{parameters.get('port')}/{parameters.get('service_number')}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4]) % below


def _port(parameters: Json) -> str:
    return str(parameters.get("port") or f"The port of service {parameters.get('service_number', '?')}")
