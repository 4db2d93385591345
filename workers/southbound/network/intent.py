"""From an action to configuration: pure functions on plain JSON, so that the same rules hold wherever they run.

A configuration is `{"ports": {name: {…}}, "services": {number: {…}}, "pvlans": {number: {…}}}` per switch. Private
VLANs stand in a configuration of their own per fabric ("lon1 fabric"). Units name their private VLAN and services
their port, so an action alters only its own stanza, and what a change touches is simply which stanzas differ.
"""

import copy
from collections.abc import Callable, Iterator

from app.domain.errors import PermanentFailure
from workers.southbound.network.actions import ACTIONS, checked
from workers.southbound.protocols import Json

Configs = dict[str, Json]
"""Switch name → configuration."""

SECTIONS = {"ports": "port", "services": "service", "pvlans": "service"}
"""Section → the kind of thing in it, as a plan's touches call it."""


def empty() -> Json:
    return {"ports": {}, "services": {}, "pvlans": {}}


def applied(action: str, parameters: Json, configs: Configs) -> Configs:
    """All configurations as they should be after `action`; the given ones are left as they are.

    Doing it again changes nothing. Raises `PermanentFailure` where the action conflicts with what is configured.
    """
    wanted = checked(action, parameters)
    after = {name: copy.deepcopy(config) for name, config in configs.items()}
    _EDITS[action](after, action, wanted)
    return after


def _enable_port(configs: Configs, action: str, wanted: Json) -> None:
    bundle = f"ae{wanted['service_number']}" if len(wanted["ports"]) > 1 else ""
    for switch, name in wanted["ports"]:
        ports = _config(configs, switch)["ports"]
        holder = ports.get(name, {}).get("service_number")
        if holder not in (None, wanted["service_number"]):
            raise PermanentFailure(f"network: {switch} {name} is configured for service {holder}.")
        ports[name] = {
            **ports.get(name, {}),
            **_values(action, wanted),
            "account": wanted["account"],
            "service_number": wanted["service_number"],
            "enabled": True,
            **({"bundle": bundle} if bundle else {}),
        }


def _edit_encapsulation(configs: Configs, action: str, wanted: Json) -> None:
    held = list(_ports_of(configs, wanted))
    if not held and not (wanted["ports"] and wanted.get("account")):
        raise PermanentFailure(f"network: no port is configured for service {wanted['service_number']}.")
    if not held:
        _enable_port(configs, "enable_port", wanted)
    for switch, name in held:
        tagged = [number for number, stanza in _services_on(configs, switch, name) if stanza.get("vlan_id")]
        if wanted["encapsulation"] == "none" and tagged:
            raise PermanentFailure(
                f"network: {switch} {name} carries tagged services ({', '.join(tagged)}); it cannot be untagged."
            )
        _config(configs, switch)["ports"][name]["encapsulation"] = wanted["encapsulation"]


def _disable_port(configs: Configs, action: str, wanted: Json) -> None:
    for switch, name in list(_ports_of(configs, wanted)):
        carried = [number for number, _ in _services_on(configs, switch, name)]
        if carried:
            raise PermanentFailure(f"network: {switch} {name} still carries services {', '.join(carried)}.")
        del _config(configs, switch)["ports"][name]


def _put_service(configs: Configs, action: str, wanted: Json) -> None:
    """open_quarantine, connect_service and attach_pvlan_unit: the whole stanza, on the first of the ports."""
    switch, name = wanted["ports"][0]
    number = str(wanted["service_number"])
    elsewhere = _find(configs, number)
    if elsewhere and elsewhere != switch:
        raise PermanentFailure(f"network: service {number} is on {elsewhere}; take it off there before.")
    services = _config(configs, switch)["services"]
    state = "quarantine" if action == "open_quarantine" else "production"
    services[number] = {
        **services.get(number, {}),
        **_values(action, wanted),
        "account": wanted["account"],
        "port": name,
        "state": state,
    }
    _vlan_is_free(configs, switch, number)


def _modify_service(configs: Configs, action: str, wanted: Json) -> None:
    number = str(wanted["service_number"])
    switch = _find(configs, number)
    if switch is None and wanted["ports"] and wanted.get("account"):
        _put_service(configs, action, wanted)  # unknown here, but told whole: the intent is merged as it is
        return
    if switch is None:
        raise PermanentFailure(f"network: service {number} is not on any switch.")
    stanza = _config(configs, switch)["services"][number]
    stanza.update(_values(action, wanted))
    for name in set(wanted.get("clear", ())) & set(ACTIONS[action].writes):
        stanza.pop(name, None)
    _vlan_is_free(configs, switch, number)


def _close_quarantine(configs: Configs, action: str, wanted: Json) -> None:
    number = str(wanted["service_number"])
    switch = _find(configs, number)
    if switch and configs[switch]["services"][number]["state"] == "quarantine":
        del configs[switch]["services"][number]


def _remove_service(configs: Configs, action: str, wanted: Json) -> None:
    number = str(wanted["service_number"])
    switch = _find(configs, number)
    if switch:
        del configs[switch]["services"][number]


def _create_pvlan(configs: Configs, action: str, wanted: Json) -> None:
    pvlans = _config(configs, f"{wanted['fabric']} fabric")["pvlans"]
    pvlans[str(wanted["service_number"])] = {**_values(action, wanted), "account": wanted["account"]}


def _remove_pvlan(configs: Configs, action: str, wanted: Json) -> None:
    units = [
        number
        for config in configs.values()
        for number, stanza in config["services"].items()
        if stanza.get("pvlan") == wanted["service_number"]
    ]
    if units:
        raise PermanentFailure(
            f"network: private VLAN {wanted['service_number']} still has units {', '.join(sorted(units))}."
        )
    for config in configs.values():
        config["pvlans"].pop(str(wanted["service_number"]), None)


_EDITS: dict[str, Callable[[Configs, str, Json], None]] = {
    "enable_port": _enable_port,
    "edit_encapsulation": _edit_encapsulation,
    "disable_port": _disable_port,
    "open_quarantine": _put_service,
    "close_quarantine": _close_quarantine,
    "connect_service": _put_service,
    "modify_service": _modify_service,
    "remove_service": _remove_service,
    "create_pvlan": _create_pvlan,
    "remove_pvlan": _remove_pvlan,
    "attach_pvlan_unit": _put_service,
    "detach_pvlan_unit": _remove_service,
}
assert _EDITS.keys() == ACTIONS.keys()


def _config(configs: Configs, switch: str) -> Json:
    return configs.setdefault(switch, empty())


def _values(action: str, wanted: Json) -> Json:
    return {name: wanted[name] for name in ACTIONS[action].writes if name in wanted}


def _find(configs: Configs, number: str) -> str | None:
    return next((switch for switch, config in configs.items() if number in config["services"]), None)


def _ports_of(configs: Configs, wanted: Json) -> Iterator[tuple[str, str]]:
    """The configured ports of a port service; of those asked for only, where some are named."""
    for switch, config in configs.items():
        for name, stanza in config["ports"].items():
            asked = not wanted["ports"] or (switch, name) in wanted["ports"]
            if stanza.get("service_number") == wanted["service_number"] and asked:
                yield switch, name


def _services_on(configs: Configs, switch: str, port: str) -> Iterator[tuple[str, Json]]:
    for number, stanza in configs[switch]["services"].items():
        if stanza["port"] == port:
            yield number, stanza


def _vlan_is_free(configs: Configs, switch: str, number: str) -> None:
    own = configs[switch]["services"][number]
    for other, stanza in _services_on(configs, switch, own["port"]):
        if other != number and own.get("vlan_id") and stanza.get("vlan_id") == own["vlan_id"]:
            raise PermanentFailure(
                f"network: VLAN {own['vlan_id']} on {switch} {own['port']} is used by service {other}."
            )
