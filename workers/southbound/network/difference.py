"""What differs between two sets of configurations: as text for an engineer, and as a list of what is touched."""

import difflib
from collections.abc import Iterator

from workers.southbound.network.intent import SECTIONS, Configs, empty
from workers.southbound.protocols import Json, Plan, Touch

Changed = tuple[str, str, str, Json | None, Json | None]
"""Switch, section, name, stanza before and after."""


def planned(before: Configs, after: Configs) -> Plan:
    """The change from `before` to `after`. A service's port is touched with it: its traffic is at stake."""
    touches: dict[tuple[str, str], Touch] = {}
    lines: list[str] = []
    heading = ""
    for switch, section, name, old, new in changes(before, after):
        if heading != switch:
            heading = switch
            lines += [f"--- {switch} (running)", f"+++ {switch} (candidate)"]
        lines += _stanza_difference(f"{_singular(section)} {name}", old, new)
        for touch in _touches(after if new else before, switch, section, name, old or new or {}):
            touches.setdefault((touch.kind, touch.id), touch)
    return Plan("\n".join(lines), tuple(touches.values()))


def changed_switches(before: Configs, after: Configs) -> list[str]:
    """Names in one fixed order, in which they are locked as well."""
    return sorted({switch for switch, *_ in changes(before, after)})


def changes(before: Configs, after: Configs) -> Iterator[Changed]:
    for switch in sorted(before.keys() | after.keys()):
        old, new = before.get(switch, empty()), after.get(switch, empty())
        for section in SECTIONS:
            for name in sorted(old[section].keys() | new[section].keys()):
                was, becomes = old[section].get(name), new[section].get(name)
                if was != becomes:
                    yield switch, section, name, was, becomes


def _touches(configs: Configs, switch: str, section: str, name: str, stanza: Json) -> Iterator[Touch]:
    if section == "ports":
        yield Touch("port", f"{switch} {name}", stanza.get("account", ""))
        return
    yield Touch("service", name, stanza.get("account", ""))
    if section == "services":
        port = configs[switch]["ports"].get(stanza["port"], {})
        # A port that this network does not describe is taken to be the orderer's own: the order names it.
        yield Touch("port", f"{switch} {stanza['port']}", port.get("account", stanza.get("account", "")))


def _stanza_difference(title: str, old: Json | None, new: Json | None) -> list[str]:
    before, after = _rendered(title, old), _rendered(title, new)
    return [f"@@ {title} @@", *list(difflib.unified_diff(before, after, lineterm="", n=20))[3:]]


def _rendered(title: str, stanza: Json | None) -> list[str]:
    if stanza is None:
        return []
    return [f"{title} {{", *(f"    {name} {_word(stanza[name])};" for name in sorted(stanza)), "}"]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f'"{value}"' if isinstance(value, str) and (" " in value or not value) else str(value)


def _singular(section: str) -> str:
    return {"ports": "port", "services": "service", "pvlans": "private-vlan"}[section]
