"""What a service type and an action of it are. A file for each service type, beside this one, fills them in."""

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
    """One thing that can be ordered of a service type. `changes` = it acts on an existing service (service_number).

    `desk_only`: why it cannot be ordered except by our Sales at the desk; empty = everybody may order it. `may_ask`:
    who works it by hand may ask the member to confirm in the middle of it.
    """

    name: str
    label: str
    portal_label: str
    ticket: TicketWords
    fields: tuple[Field, ...] = ()
    changes: bool = False
    desk_only: str = ""
    may_ask: bool = False

    def field(self, name: str) -> Field | None:
        return part(self.fields, name)

    @property
    def may_change(self) -> tuple[str, ...]:
        """The details that a change may name; empty for `new` and `cease`."""
        return tuple(one.name for one in self.fields) if self.changes else ()


@dataclass(frozen=True)
class ServiceType:
    """A service of the exchange. `noun` is the word within a sentence (“multiservice port”).

    `families`: code → name of the product families that it is sold in; then it is ordered only as a product of one of
    them. `handed_over`: those of them that need an ENNI. `by_hand`: people do all of it. `cancelled_when_asked`: a
    member may cancel only while the order waits for the member's answer. `refused`: actions that do not exist, and why.
    """

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
    families: Mapping[str, str] = field(default_factory=dict)
    handed_over: frozenset[str] = frozenset()
    by_hand: bool = False
    cancelled_when_asked: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)

    def no_action(self, asked: object) -> str:
        """Why there is no such action."""
        if isinstance(asked, str) and asked in self.refused:
            return self.refused[asked]
        return f"The action of {self.a_noun} must be one of {', '.join(self.actions)}."

    @property
    def a_noun(self) -> str:
        return f"{'an' if self.noun[0].lower() in 'aeiou' else 'a'} {self.noun}"


def by_name(*actions: Action) -> dict[str, Action]:
    return {action.name: action for action in actions}
