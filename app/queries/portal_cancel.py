"""What cancelling an order would do, told before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.catalogue.registry import any_cancelled_when_asked
from app.domain.states import ENDED, Stage, State
from app.queries.portal_words import item_title
from app.services.actor import Actor
from app.services.orders import ASKED, ONLY_WHEN_ASKED


@dataclass(frozen=True)
class Cancelling:
    """Whether the viewer may cancel the order now, why not, and what would become of each item."""

    possible: bool
    why_not: str = ""
    effects: Sequence[tuple[str, str]] = ()


def cancelling(order: Any, items: list[Any], actor: Actor) -> Cancelling:
    """What cancelling would do. Only who ordered may, and only until an item is being provisioned."""
    live = [one for one in items if one.state not in ENDED]
    if not live:
        return Cancelling(False, "The order has ended; there is nothing to cancel.")
    if order.account_id not in actor.account_ids:
        return Cancelling(False, "Only who ordered can cancel; please ask them.")
    if all(one.cancelling for one in live):
        return Cancelling(False, "The order is being cancelled already.")
    if any_cancelled_when_asked(one.service_type for one in items) and order.status not in ASKED:
        return Cancelling(False, ONLY_WHEN_ASKED)
    late = next((one for one in live if one.stage is Stage.PROVISIONING), None)
    if late is not None:
        return Cancelling(False, f"Item {late.item_number} is being provisioned; please ask us to cancel.")
    return Cancelling(True, effects=[(_title(order, one), _effect(one)) for one in items])


def _effect(item: Any) -> str:
    if item.state is State.DONE:
        return "Stays as it is: it is completed. Order its cease if you no longer want it."
    if item.state in ENDED:
        return "Nothing changes: it has ended already."
    if item.stage is None:
        return "Ends. Nothing has been set up for it."
    if item.action == "new":
        number = f" and service number {item.service_number}" if item.service_number else ""
        return f"Ends. What has been reserved for it (ports, VLANs){number} is given back."
    return "Ends. The service stays as it is today."


def _title(order: Any, item: Any) -> str:
    return item_title(item.item_number, item.service_type, item.action, order.type)
