"""What one item of a desk order is: a new service, joining a private VLAN, or a change of an existing service."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from app.catalogue import JOIN_PVLAN, NORMAL, SERVICE_TYPES, ServiceType
from app.catalogue.fields import Field
from app.catalogue.model import Action
from app.domain.errors import NotFound
from app.queries import portal_services
from app.queries.portal_choices import Choices
from app.queries.portal_services import ServicePart
from app.queries.staff_ordering import Orderer

IMPLIED = {
    "port": ("fabric", "location"),
    "port_group_id": ("fabric", "location", "connexions_port"),
}
"""What follows from a chosen port or port group, so that nobody has to say it twice."""
JOINING = "join-pvlan"


@dataclass(frozen=True)
class Offer:
    """`key` is what the form's hidden field says; `service` is the one that a change is about."""

    key: str
    kind: ServiceType
    action: Action
    order_type: str = NORMAL
    service: ServicePart | None = None

    @property
    def title(self) -> str:
        """“New multiservice port”, “Join a private VLAN”, “Multiservice port 103127: Change encapsulation”."""
        if self.service is not None:
            return f"{self.kind.label} {self.service.number}: {self.action.label}"
        return f"{'Join a' if self.joins else 'New'} {self.kind.noun}"

    @property
    def joins(self) -> bool:
        return self.order_type == JOIN_PVLAN

    @property
    def is_cease(self) -> bool:
        return self.action.name == "cease"

    @property
    def asked(self) -> list[Field]:
        """The catalogue's fields that the form shows; what another field implies is left out."""
        implied = {name for field in self.action.fields for name in IMPLIED.get(field.name, ())}
        return [field for field in self.action.fields if field.name not in implied]

    @property
    def has_place(self) -> bool:
        """Whether fabric and building are chosen together."""
        return {"fabric", "location"} <= {field.name for field in self.asked}


def new_offers(choices: Choices) -> Iterator[Offer]:
    """What can be ordered anew, and joining a private VLAN."""
    for kind in choices.new_kinds(desk=True):
        yield Offer(f"new:{kind.key.replace('_', '-')}", kind, kind.actions["new"])
        if kind.joins is not None:
            yield Offer(f"new:{JOINING}", kind, kind.joins, JOIN_PVLAN)


def offer(key: str, who: Orderer, choices: Choices) -> Offer:
    """The offer of this key; `NotFound` if this account cannot order it (now)."""
    if key.startswith("new:"):
        found = next((one for one in new_offers(choices) if one.key == key), None)
        if found is None:
            raise NotFound("There is nothing of this name to order.")
        return found
    service_id, _, name = key.partition(":")
    service = _service(service_id, who)
    action = next((one for one in service.actions if one.name.replace("_", "-") == name), None)
    if action is None:
        raise NotFound("This cannot be ordered for this service.")
    return Offer(key, SERVICE_TYPES[service.service_type], action, service=service)


def _service(service_id: str, who: Orderer) -> ServicePart:
    try:
        found = portal_services.service(who.member, who.account.id, uuid.UUID(service_id))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("There is no such service of this account.")
    return found
