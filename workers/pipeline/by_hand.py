"""What nobody automates: one manual step per stage, done by Sales, and the record that follows.

An action that may ask has a question to the member behind the first step, opened only if Sales write one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.catalogue import action_of
from app.catalogue.collect import is_built
from app.domain import asks
from app.domain.asks import Ask
from app.domain.permissions import Team
from app.domain.states import Stage, WaitKind
from app.services.access_lines import BUILT
from workers.pipeline.handler import Await, Facts, Step, Task, local, manual, until

TITLES = {
    Stage.INVENTORY: "Create the service in the inventory by hand",
    Stage.QUALITY_ASSURANCE: "Check the service by hand",
    Stage.PROVISIONING: "Provision the service by hand",
}
TELL = "This order is processed manually. The ordered details are on this page and in the Sales ticket."
QUESTION = "ask_member"


@local("Record the service as worked by hand")
def record_by_hand(task: Task) -> Facts:
    """Nobody automated the item; once people have done all of it the service's record follows."""
    task.stock.settle_by_hand(task.item, task.facts)
    number = task.item.service_number
    what = f"Order item {task.item.item_number}" if number is None else f"Service {number}"
    task.say(user=f"{what} has been completed by our staff.")
    return {}


@until("Wait for the member's confirmation, if it is asked for")
def member_confirms(task: Task) -> Facts | Await:
    """Sales wrote what the member must agree to; a yes goes on, otherwise the member cancels."""
    question = task.facts.get(QUESTION)
    if not question:
        return {}
    return Await(WaitKind.MEMBER, f"account:{task.item.account_id}", "Confirm that we go on", tell=str(question))


def by_hand_plan(item: Any) -> Iterator[tuple[Stage, Step]]:
    """The steps of an item that no handler automates."""
    action = action_of(item.service_type, item.action, item.order_type)
    may_ask = action is not None and action.may_ask
    for stage, title in TITLES.items():
        yield stage, manual(
            f"by_hand_{stage.value}", title, team=Team.SALES, tell=_tell(item.details),
            ask=dict(_asks(stage, item, may_ask)),
        )  # fmt: skip
        if may_ask and stage is Stage.INVENTORY:
            yield stage, member_confirms
        if stage is Stage.PROVISIONING:
            yield stage, record_by_hand


def _tell(details: Mapping[str, Any]) -> str:
    appointment = details.get("appointment")
    if not appointment:
        return TELL
    when = ", ".join(str(appointment[name]) for name in ("day", "slot") if appointment.get(name))
    return f"{TELL} Appointment with the end customer: {when}."


def _asks(stage: Stage, item: Any, may_ask: bool) -> Iterator[tuple[str, Ask]]:
    if may_ask and stage is Stage.INVENTORY:
        words = (
            "Only if the member must agree before we go on, such as for a sensitive access. They read what you write."
        )
        yield QUESTION, asks.text("Ask the member to confirm", required=False, help=words, max_length=500)
    if stage is Stage.PROVISIONING and item.action == "new" and is_built(item.details):
        yield BUILT, asks.text("Number of the line that was built", max_length=60)


BUILT_IN = (member_confirms, record_by_hand)
"""Steps with code of their own; the manual ones are what their rows say."""
