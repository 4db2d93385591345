"""What one form of the portal orders: a new service, joining a private VLAN, or a change of an existing service."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.catalogue import JOIN_PVLAN, NORMAL, SERVICE_TYPES, ServiceType
from app.catalogue.fields import Field
from app.catalogue.model import Action
from app.domain.errors import NotFound
from app.queries.portal_choices import Choices
from app.queries.portal_services import ServicePart

JOINING = "join-pvlan"

IMPLIED = {
    "port": ("fabric", "location"),
    "port_group_id": ("fabric", "location", "connexions_port"),
}
"""What follows from a chosen port or port group, so that nobody has to say it twice."""


@dataclass(frozen=True)
class Offer:
    """`slug` is its address; `service` is the one that a change is about."""

    slug: str
    kind: ServiceType
    action: Action
    order_type: str = NORMAL
    service: ServicePart | None = None

    @property
    def title(self) -> str:
        """“New Port”, “Join a CUG”, “Change Port 103127”."""
        noun = self.kind.portal_label
        if self.service is not None:
            return f"{self.action.portal_label} {noun} {self.service.number}"
        return f"Join a {noun}" if self.order_type == JOIN_PVLAN else f"New {noun}"

    @property
    def is_cease(self) -> bool:
        return self.action.name == "cease"

    @property
    def asked(self) -> list[Field]:
        """The catalogue's fields that the form shows; what another field implies is left out."""
        implied = {name for field in self.action.fields for name in IMPLIED.get(field.name, ())}
        return [field for field in self.action.fields if field.name not in implied]

    def missing(self, choices: Choices) -> Field | None:
        """A required field that the member has nothing to choose for, such as a port."""
        for field in self.asked:
            empty = (field.kind == "reference" and not choices.of(field.refers_to)) or (
                field.kind == "port_group" and not choices.groups
            )
            if empty and field.required:
                return field
        return None


def slug_of(kind: ServiceType) -> str:
    return kind.key.replace("_", "-")


def new_offers(choices: Choices) -> Iterator[Offer]:
    """What can be ordered anew; services for customers only where there are customers, ConneXions only for partners."""
    for kind in SERVICE_TYPES.values():
        if kind.key == "reseller_peering_unit" and not choices.customers:
            continue
        if kind.key == "connexions" and not choices.groups:
            continue
        yield Offer(slug_of(kind), kind, kind.actions["new"])
        if kind.joins is not None:
            yield Offer(JOINING, kind, kind.joins, JOIN_PVLAN)


def new_offer(slug: str, choices: Choices) -> Offer:
    """The offer at this address; `NotFound` if there is none for this member."""
    for offer in new_offers(choices):
        if offer.slug == slug:
            return offer
    raise NotFound("There is nothing of this name to order.")


def change_offer(service: ServicePart, action: str) -> Offer:
    """The change of a service; `NotFound` if this member cannot order it for this service now."""
    for found in service.actions:
        if found.name.replace("_", "-") == action:
            return Offer(action, SERVICE_TYPES[service.service_type], found, service=service)
    raise NotFound("This cannot be ordered for this service.")
