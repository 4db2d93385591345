"""What may stand before an item's own steps: somebody's consent, other items, a wished date.

Gates are steps like all others, put in front of the handler's own when the plan is written down.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from app.domain import clock
from app.domain.asks import Ask, choice
from app.domain.states import State, WaitKind
from workers.pipeline.handler import Await, Facts, Step, Task, until

LOOK_AGAIN = timedelta(seconds=15)
"""Fall-back for a nudge that got lost between a predecessor's end and this item's wait being opened."""


def confirmation(number: int, audience: str, title: str, tell: str, ask: Mapping[str, Ask]) -> Step:
    """Somebody must agree before the item starts; `audience` is team:sales or account:<id>. There may be several.

    `ask`: what they say together with it.
    """
    return Step(f"confirmation_{number}", title, WaitKind.CONFIRM.value, team=audience, tell=tell, ask=dict(ask))


@until("Wait for the items it depends on")
def predecessors_done(task: Task) -> Facts | Await:
    """All items that this one needs have completed. A failed or cancelled one is a question to a person."""
    needed = [row for row in task.stock.predecessors(task.item.id) if not row.waived]
    broken = [row for row in needed if row.state in (State.ERROR, State.CANCELLED, State.REJECTED)]
    if broken:
        names = ", ".join(f"{row.order_number}/{row.item_number} ({row.status.words.lower()})" for row in broken)
        return Await(
            WaitKind.PREDECESSOR,
            "team:engineering",
            "An item this one needs did not complete",
            tell=f"This item needs {names}. It goes on by itself if that completes after all. "
            "Otherwise let it go on without, or cancel this item.",
            ask={"decision": choice("Decision", "go on without it")},
            look_again=clock.now() + LOOK_AGAIN,
        )
    unfinished = [row for row in needed if row.state is not State.DONE]
    if unfinished:
        first = unfinished[0]
        return wait_for_item(first.needs_id, f"{first.order_number}/{first.item_number}")
    return {}


def wait_for_item(item_id: uuid.UUID, name: str) -> Await:
    return Await(WaitKind.DEPENDENCY, f"item:{item_id}", f"Waits for item {name}", look_again=clock.now() + LOOK_AGAIN)


@until("Wait for the requested start date")
def start_date_reached(task: Task) -> Facts | Await:
    return _until_date(task.item.start_wish, "Scheduled to start")


@until("Wait for the requested completion date")
def completion_date_reached(task: Task) -> Facts | Await:
    """A requested completion date alone holds back only the step that switches the service on or off."""
    return _until_date(task.item.completion_wish, "Scheduled to be switched")


def _until_date(date: datetime | None, title: str) -> Facts | Await:
    if date is None or date <= clock.now():
        return {}
    return Await(WaitKind.TIME, "time", title, look_again=date, due=date)
