"""What can be ordered anew by whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.catalogue import JOIN_PVLAN, NORMAL, ServiceType
from app.domain.errors import NotFound
from app.queries.portal_choices import Choices

JOINING = "join-pvlan"


@dataclass(frozen=True)
class Offer:
    """`slug` is what the form sends for it."""

    slug: str
    kind: ServiceType
    order_type: str = NORMAL

    @property
    def joins(self) -> bool:
        return self.order_type == JOIN_PVLAN

    @property
    def label(self) -> str:
        return f"Join a {self.kind.portal_label}" if self.joins else self.kind.portal_label

    @property
    def description(self) -> str:
        if self.joins:
            return "A closed user group of another member; its owner is asked to agree."
        return self.kind.description


def slug_of(kind: ServiceType) -> str:
    return kind.key.replace("_", "-")


def new_offers(choices: Choices) -> Iterator[Offer]:
    """What can be ordered anew, and joining a private VLAN."""
    for kind in choices.new_kinds():
        yield Offer(slug_of(kind), kind)
        if kind.joins is not None:
            yield Offer(JOINING, kind, JOIN_PVLAN)


def new_offer(slug: str, choices: Choices) -> Offer:
    """The offer of this name; `NotFound` if there is none for this member."""
    for offer in new_offers(choices):
        if offer.slug == slug:
            return offer
    raise NotFound("There is nothing of this name to order.")
