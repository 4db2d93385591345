"""Everything that can be ordered, and the way to look it up."""

from collections.abc import Iterable, Iterator

from app.catalogue.collect import COLLECT
from app.catalogue.connexions import CONNEXIONS
from app.catalogue.enni import ENNI
from app.catalogue.model import Action, ServiceType
from app.catalogue.multiservice_port import MULTISERVICE_PORT
from app.catalogue.peering_unit import PEERING_UNIT
from app.catalogue.pvlan import PVLAN
from app.catalogue.pvlan_unit import PVLAN_UNIT
from app.catalogue.reseller_peering_unit import RESELLER_PEERING_UNIT

NORMAL, JOIN_PVLAN = "normal", "join_pvlan"
ORDER_TYPES = (NORMAL, JOIN_PVLAN)

SERVICE_TYPES: dict[str, ServiceType] = {
    one.key: one
    for one in (
        CONNEXIONS, MULTISERVICE_PORT, PEERING_UNIT, RESELLER_PEERING_UNIT, PVLAN, PVLAN_UNIT, COLLECT, ENNI,
    )
}  # fmt: skip


def service_type(key: object) -> ServiceType | None:
    return SERVICE_TYPES.get(key) if isinstance(key, str) else None


def action_of(key: object, action: object, order_type: str = NORMAL) -> Action | None:
    """What this action of this service type means in an order of this type; None if there is no such thing."""
    kind = service_type(key)
    if kind is None or not isinstance(action, str):
        return None
    found = kind.actions.get(action)
    return kind.joins if found and joins(kind, action, order_type) else found


def any_cancelled_when_asked(keys: Iterable[str]) -> bool:
    """Whether a member may cancel an order with these service types only while it waits for the member's answer."""
    return any(SERVICE_TYPES[key].cancelled_when_asked for key in keys if key in SERVICE_TYPES)


def joins(kind: ServiceType, action: str, order_type: str) -> bool:
    """True where `new` means joining what another account owns: it waits for the owner and has a handler of its own."""
    return order_type == JOIN_PVLAN and action == "new" and kind.joins is not None


def every_action() -> Iterator[tuple[ServiceType, Action, str]]:
    """Each service type with each of its actions and the order type it holds for; joins come once, as join_pvlan."""
    for kind in SERVICE_TYPES.values():
        for action in kind.actions.values():
            yield kind, action, NORMAL
        if kind.joins is not None:
            yield kind, kind.joins, JOIN_PVLAN
