"""The actions on the network and what each one needs. Plain JSON parameters, checked before anything is planned.

| action | what it does |
|---|---|
| enable_port | configures one or more physical ports for a port service and brings them up; several are a bundle |
| edit_encapsulation | changes how frames are tagged on a port service's ports |
| disable_port | takes the ports down; refused while a service is on them |
| open_quarantine | puts a service on its port in the quarantine VLAN, where it is tested |
| close_quarantine | takes the service out of quarantine again without connecting it |
| connect_service | puts a service into production on its port, MAC address locked |
| modify_service | merges changed values into a service; takes away those that `clear` names |
| remove_service | takes a service off the network |
| create_pvlan, remove_pvlan | makes or removes a private VLAN on a fabric; removing is refused while units are in it |
| attach_pvlan_unit, detach_pvlan_unit | puts a port into a private VLAN, takes it out |

Parameters: `service_number` and `account` always (the owner); `port` ("edge1 xe-0/0/1", or with `switch`: "xe-0/0/1")
or `ports`; `vlan_id`, `bandwidth_mbps` (0 = not policed), `mac_address`, `fabric`, `location`, `encapsulation`,
`speed_mbps`, `pvlan` (its service number), `pvlan_type`, `service_name`, `mac_acl_protected`, `asn`, `clear` (names).
Removing what is not there succeeds without a change: the intent is met.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.errors import PermanentFailure
from workers.southbound.protocols import Json

ENCAPSULATIONS = ("none", "dot1q", "qinq")


@dataclass(frozen=True)
class Action:
    """What an action needs beside service_number, and which values of a service it writes."""

    needs: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


SERVICE_VALUES = (
    "vlan_id", "bandwidth_mbps", "mac_address", "fabric", "location", "asn", "pvlan", "service_type",
)  # fmt: skip
PORT_VALUES = ("encapsulation", "speed_mbps", "fabric", "location")
PVLAN_VALUES = ("fabric", "pvlan_type", "service_name", "bandwidth_mbps", "mac_acl_protected")

ACTIONS: dict[str, Action] = {
    "enable_port": Action(("account", "port"), PORT_VALUES),
    "edit_encapsulation": Action(("encapsulation",), ("encapsulation",)),
    "disable_port": Action(),
    "open_quarantine": Action(("account", "port"), SERVICE_VALUES),
    "close_quarantine": Action(),
    "connect_service": Action(("account", "port"), SERVICE_VALUES),
    "modify_service": Action((), SERVICE_VALUES),
    "remove_service": Action(),
    "create_pvlan": Action(("account", "fabric"), PVLAN_VALUES),
    "remove_pvlan": Action(),
    "attach_pvlan_unit": Action(("account", "port", "pvlan"), SERVICE_VALUES),
    "detach_pvlan_unit": Action(),
}


def checked(action: str, parameters: Json) -> Json:
    """The parameters in one shape: numbers as numbers, MAC in lower case, every port as (switch, name).

    Raises `PermanentFailure` naming all that is missing or breaks a rule.
    """
    known = ACTIONS.get(action)
    if known is None:
        raise PermanentFailure(f"network: there is no action {action}; there are {', '.join(sorted(ACTIONS))}.")
    given = {name: value for name, value in parameters.items() if value is not None}
    problems: list[str] = []
    if given.get("port") and not given.get("ports"):
        given["ports"] = [given["port"]]
    for name in ("service_number", *known.needs):
        if given.get("ports" if name == "port" else name) in (None, "", []):
            problems.append(f"{name} is missing")
    for name, check in _CHECKS.items():
        if name in given:
            try:
                given[name] = check(given[name])
            except (ValueError, TypeError) as wrong:
                problems.append(f"{name}: {wrong}")
    if problems:
        raise PermanentFailure(f"network: {action} cannot be planned: {'; '.join(problems)}.")
    given["ports"] = [_place(str(port), given.get("switch")) for port in given.get("ports", [])]
    return given


def _vlan(value: Any) -> int:
    number = _whole(value)
    if not 1 <= number <= 4094:
        raise ValueError("must be from 1 to 4094")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,12}", str(value).strip()):
        raise ValueError(f"“{value}” is not a whole number")
    return int(value)


def _mac(value: Any) -> str:
    """Switches accept a multicast or zero address without a word, and then nothing works."""
    mac = str(value).strip().lower().replace("-", ":")
    if not re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", mac):
        raise ValueError(f"“{value}” is not a MAC address")
    if int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
        raise ValueError(f"{mac} is not the address of one device")
    return mac


def _encapsulation(value: Any) -> str:
    word = str(value).strip().lower()
    if word not in ENCAPSULATIONS:
        raise ValueError(f"must be one of {', '.join(ENCAPSULATIONS)}")
    return word


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "service_number": _whole,
    "vlan_id": _vlan,
    "bandwidth_mbps": _whole,
    "speed_mbps": _whole,
    "mac_address": _mac,
    "encapsulation": _encapsulation,
    "account": str,
    "pvlan": _whole,
}


def _place(port: str, switch: str | None) -> tuple[str, str]:
    """Switch and name of a physical port. "edge1 xe-0/0/1" names both."""
    words = port.strip().split(maxsplit=1)
    if len(words) == 2 and (switch is None or words[0] == switch):
        return words[0], words[1]
    if switch:
        return switch, port.strip()
    raise PermanentFailure(f"network: port “{port}” does not say which switch it is on.")
