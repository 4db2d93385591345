"""What a service type and an action of it are. The six files beside this one fill them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.catalogue.fields import Field, part


@dataclass(frozen=True)
class TicketWords:
    """How a ticket speaks of this action; `{exchange}` and `{channel}` are filled in from configuration and order.

    subject: between “OMS: ” and “ from ORGANISATION (Order ID: N)”. heading: of the item's block. A change has two
    blocks, “Existing …” and “Requested …”. followers: a heading before the blocks of the order's further items.
    """

    subject: str
    headline: str
    sentence: str
    heading: str
    partner_heading: str = "Partner Details"
    member_heading: str = "Member Details"
    followers: str = ""


@dataclass(frozen=True)
class Action:
    """One thing that can be ordered of a service type. `changes` = it acts on an existing service (service_number)."""

    name: str
    label: str
    portal_label: str
    ticket: TicketWords
    fields: tuple[Field, ...] = ()
    changes: bool = False

    def field(self, name: str) -> Field | None:
        return part(self.fields, name)

    @property
    def may_change(self) -> tuple[str, ...]:
        """The details that a change may name; empty for `new` and `cease`."""
        return tuple(one.name for one in self.fields) if self.changes else ()


@dataclass(frozen=True)
class ServiceType:
    """A service of the exchange. `noun` is the word within a sentence (“multiservice port”)."""

    key: str
    label: str
    portal_label: str
    plural: str
    noun: str
    description: str
    actions: Mapping[str, Action]
    product: str = "Member Port"
    joins: Action | None = field(default=None)
    """What the action `new` means in an order of type join_pvlan, where that is something else."""
    existing_fields: tuple[Field, ...] = ()
    """What is shown of an existing service, in this order; mostly the fields of `new`."""


def by_name(*actions: Action) -> dict[str, Action]:
    return {action.name: action for action in actions}
