"""Which items of a draft belong together: one that was asked for, or the services of the package, with what was added
for their sake only (a new port, the change of a port).

“Where” is asked once for each group. It is answered for its `lead`: the item itself; of a package the service that
stands on a port which the package does not bring, else the first one.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.catalogue import NORMAL, action_of, service_type
from app.catalogue.model import Action
from app.domain.models import ItemSetup, Order, OrderItem
from app.services.draft_items import setups_of

PLACES = ("fabric", "location", "port", "port_group_id", "connexions_port")
"""Details that “where” answers."""


@dataclass(frozen=True)
class Groups:
    """The groups of one draft, read once. Items are named by their numbers."""

    order: Order
    setups: Mapping[uuid.UUID, ItemSetup]
    items: Mapping[int, OrderItem]

    def setup(self, number: int) -> ItemSetup | None:
        item = self.items.get(number)
        return self.setups.get(item.id) if item is not None else None

    def action(self, number: int) -> Action | None:
        item = self.items[number]
        return action_of(item.service_type, item.action, self.order.type)

    def takes(self, number: int, name: str) -> bool:
        """Whether this detail can be said of the item."""
        action = self.action(number)
        return action is not None and action.field(name) is not None

    def bundled(self) -> list[int]:
        """The services of the package."""
        return [number for number in self.items if self._of_package(number)]

    def _of_package(self, number: int) -> bool:
        setup = self.setup(number)
        return setup is not None and setup.package_service_id is not None

    def lead_of(self, number: int) -> int:
        """The lead of the item's group."""
        setup = self.setup(number)
        whose = setup.made_for if setup is not None else None
        if whose is not None and whose in self.items and whose != number:
            return self.lead_of(whose)
        return self._lead_of_package() if self._of_package(number) else number

    def _lead_of_package(self) -> int:
        bundled = self.bundled()
        bare = [one for one in bundled if self.takes(one, "port") and self.port_item(one) not in bundled]
        return (bare or bundled)[0]

    def port_item(self, number: int) -> int | None:
        """The new port of this order that the item is to be on."""
        ref: Any = self.items[number].details.get("port")
        return ref.get("item") if isinstance(ref, dict) else None

    def main(self) -> int | None:
        """The lead of what the draft was started with, or of the package that took its place."""
        bundled = self.bundled()
        if bundled:
            return self._lead_of_package()
        return self.lead_of(next(iter(self.items))) if self.items else None

    def leads(self) -> list[int]:
        """The groups for which “where” is asked: something new, in an order that joins nothing; the main one first."""
        if self.order.type != NORMAL:
            return []
        found = dict.fromkeys([self.main(), *(self.lead_of(number) for number in self.items)])
        return [number for number in found if number is not None and self.asks_where(number)]

    def asks_where(self, number: int) -> bool:
        return self.items[number].action == "new" and any(self.takes(number, name) for name in PLACES)

    def is_product(self) -> bool:
        """Whether the draft was started with something that is ordered as a product only, which has no place here."""
        main = self.main()
        kind = service_type(self.items[main].service_type) if main is not None else None
        return kind is not None and bool(kind.families) and self.items[main or 0].action == "new"

    def mine(self, lead: int) -> set[int]:
        """What is placed by the answer itself: the lead, or all services of the package."""
        return set(self.bundled()) if self._of_package(lead) else {lead}

    def made_for(self, lead: int) -> set[int]:
        """What was added for the group's sake only."""
        return {one for one in self.items if self.lead_of(one) == lead} - self.mine(lead)

    def together(self, lead: int) -> set[int]:
        return self.mine(lead) | self.made_for(lead)

    def on_its_port(self, lead: int) -> list[int]:
        """Items of other groups that are to be on a new port of this group: they move with it."""
        own = self.together(lead)
        return [one for one in self.items if one not in own and self.port_item(one) in own]


def of(order: Order) -> Groups:
    """Read in one query."""
    return Groups(order, setups_of(order), {item.item_number: item for item in order.items})
