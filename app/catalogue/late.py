"""What may change of an item that is under way already: its bandwidth."""

from collections.abc import Mapping
from typing import Any

from app.catalogue import parsing
from app.catalogue.lines import ItemLike, Line, Lines
from app.catalogue.model import Action
from app.catalogue.registry import service_type
from app.catalogue.rules import bandwidth_fits
from app.catalogue.world import World
from app.domain.errors import Finding

NAMES = ("bandwidth", "service_capacity")


def bandwidth_name(action: Action | None) -> str | None:
    """The detail that holds this action's bandwidth, if it has one."""
    return next((name for name in NAMES if action is not None and action.field(name)), None)


def check_bandwidth(item: ItemLike, details: Mapping[str, Any], world: World) -> tuple[int, list[Finding]]:
    """The bandwidth of `item.details` if the service that it names can have it. `details`: as ordered so far."""
    kind = service_type(item.service_type)
    action = kind.actions.get(item.action) if kind else None
    name = bandwidth_name(action)
    field = action.field(name) if action and name else None
    if field is None:
        return 0, [Finding("/bandwidth", "read_only", "This item has no bandwidth.")]
    try:
        wanted = int(parsing.parse(field, item.details[field.name]))
    except parsing.Refused as wrong:
        return 0, [Finding("/bandwidth", wrong.rule, f"{field.label} {wrong.sentence}")]
    carriers = {key: details[key] for key in ("port", "port_group_id") if isinstance(details.get(key), int | str)}
    line = Line(0, 1, kind, action, service_number=item.service_number, details={**carriers, field.name: wanted})
    found = bandwidth_fits(line, Lines([line], world))
    return wanted, [Finding("/bandwidth", one.rule, one.detail) for one in found]
