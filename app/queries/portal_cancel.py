"""What cancelling an order would do, told before it is done; in members' words, for people and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.catalogue.registry import any_cancelled_when_asked
from app.domain import switching
from app.domain.states import ENDED, State, Status
from app.queries.portal_words import item_title
from app.services.actor import Actor
from app.services.orders import ASKED, IS_DRAFT, ONLY_WHEN_ASKED, too_late

Canceller = Literal["member", "exchange"]
MEMBER: Canceller = "member"
EXCHANGE: Canceller = "exchange"


@dataclass(frozen=True)
class Effect:
    """What would become of one item. `undone` and `stays` are sentences; both may be empty."""

    item: Any
    title: str
    ends: bool
    undone: Sequence[str] = ()
    stays: Sequence[str] = ()

    @property
    def words(self) -> str:
        if not self.ends:
            return " ".join(self.stays)
        return " ".join(["Ends.", *(self.undone or self.stays or ["Nothing has been set up for it."])])


@dataclass(frozen=True)
class Cancelling:
    """Whether the viewer may cancel the order now, why not, who may at all, and what would become of each item.

    `by`: “member” is who ordered. `effects` stand there whoever may, so that one knows what to ask for.
    """

    possible: bool
    why_not: str = ""
    by: Sequence[Canceller] = ()
    effects: Sequence[Effect] = ()


def cancelling(order: Any, items: list[Any], actor: Actor) -> Cancelling:
    """What cancelling would do now: by who ordered until something has been switched for an item, by the exchange
    until all have ended."""
    live = [one for one in items if one.state not in ENDED]
    if order.status is Status.DRAFT:
        return Cancelling(False, IS_DRAFT)
    begun = switching.begun_of(live)
    effects = [_effect(order, one, one.id in begun) for one in items]
    if not live:
        return Cancelling(False, "The order has ended; there is nothing to cancel.", effects=effects)
    if all(one.cancelling for one in live):
        return Cancelling(False, "The order is being cancelled already.", effects=effects)
    late = next((too_late(one.item_number) for one in live if one.id in begun), "")
    if any_cancelled_when_asked(one.service_type for one in items) and order.status not in ASKED:
        late = ONLY_WHEN_ASKED
    by: list[Canceller] = [EXCHANGE] if late else [MEMBER, EXCHANGE]
    if actor.trusted:
        return Cancelling(True, "", by, effects)
    if order.account_id not in actor.account_ids:
        return Cancelling(False, "Only who ordered can cancel; please ask them.", by, effects)
    return Cancelling(not late, late, by, effects)


def _effect(order: Any, item: Any, switched: bool) -> Effect:
    title = item_title(item.item_number, item.service_type, item.action, order.type)
    if item.state is State.DONE:
        kept = "Stays as it is: it is completed. Order its cease if you no longer want it."
        return Effect(item, title, False, stays=[kept])
    if item.state in ENDED:
        return Effect(item, title, False, stays=["Nothing changes: it has ended already."])
    if item.stage is None:
        return Effect(item, title, True)
    if item.action == "new":
        number = f" and service number {item.service_number}" if item.service_number else ""
        given_back = f"What has been reserved for it (ports, VLANs){number} is given back."
        back = ["What has been switched for it is switched back."] if switched else []
        return Effect(item, title, True, undone=[*back, given_back])
    if switched:
        back = ["What has been changed for it is changed back, and the service is as it was before."]
        return Effect(item, title, True, undone=back)
    return Effect(item, title, True, stays=["The service stays as it is today."])
