"""“Where is my order?”: Ordered → Inventory → Quality assurance → Provisioning → Completed, from real events only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.states import ENDED_STATUSES, Icon, Stage, Status, order_status
from app.queries import durations
from app.queries.durations import Kind, Measured
from app.queries.portal_words import STAGE_LABELS, Hold, Words, status_words

STAGES = list(Stage)
BEING_CANCELLED = Words(Icon.RUNNING, "Being cancelled")
ON_HOLD = status_words(Status.HELD)


@dataclass(frozen=True)
class Node:
    """One point on the line. `state`: done, current, upcoming, waiting or failed; `usually`: “5–20 min” or empty."""

    label: str
    state: str
    words: str = ""
    at: datetime | None = None
    usually: str = ""
    icon: str = ""


@dataclass(frozen=True)
class ItemProgress:
    """How far one item is. `needs`: what it still waits for, in words: “item 1”, “item 2 of order 100042”."""

    number: int
    kind: Kind
    status: Status
    stage: Stage | None
    begun: Mapping[str, str]
    ended: Mapping[str, str]
    completed_at: datetime | None
    since: datetime
    hold: Hold | None = None
    needs: Sequence[str] = ()
    cancelling: bool = False

    @property
    def live(self) -> bool:
        return self.status not in ENDED_STATUSES

    @property
    def holds(self) -> list[Hold]:
        return [self.hold] if self.hold else []

    @property
    def words(self) -> Words:
        """The item's status; one that waits for another item of the order, or is being cancelled, says so."""
        if self.cancelling and self.live:
            return BEING_CANCELLED
        if self.needs and self.status in (Status.ORDERED, *(Status(stage.value) for stage in Stage)):
            first = " and ".join(self.needs)
            return Words(Icon.QUEUED, f"Starts when {first} is completed")
        return status_words(self.status, self.holds)


@dataclass(frozen=True)
class OrderProgress:
    """How far the order is as a whole, from its own row."""

    status: Status
    ordered_at: datetime
    begun: Mapping[str, str]
    ended: Mapping[str, str]
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    items: list[ItemProgress] = field(default_factory=list)

    @property
    def being_cancelled(self) -> bool:
        """Nothing of it goes on any more, though something is still being undone."""
        live = [item for item in self.items if item.live]
        return bool(live) and all(item.cancelling for item in live)


def order_nodes(order: OrderProgress, usual: Measured) -> list[Node]:
    """The five points of an order."""
    first = Node("Ordered", "done", "Received", order.ordered_at)
    return [first, *(_order_stage(order, stage, usual) for stage in Stage), _order_end(order)]


def _order_stage(order: OrderProgress, stage: Stage, usual: Measured) -> Node:
    label = STAGE_LABELS[stage]
    if order.status in ENDED_STATUSES:
        return _closed_stage(label, stage, order.begun, order.ended)
    live = [item for item in order.items if item.live]
    here = [item for item in live if item.stage is stage]
    started = [STAGES.index(item.stage) for item in live if item.stage]
    now = min(started, default=-1)
    position = STAGES.index(stage)
    usually = durations.in_words(durations.together(usual, [item.kind for item in live], stage))
    if now < 0 and position == 0:
        return _not_begun(order, label, usually)
    if here:
        if switched_at := _scheduled(here):
            return _switching(label, switched_at)
        word = _words_of(here)
        if position == now or word.key != Icon.RUNNING.value:
            return _at_work(label, word, _moment(order.begun.get(stage.value)), usually)
        return Node(label, "upcoming", _share("Started", len(here), len(order.items)), None, usually)
    if stage.value in order.ended:
        return Node(label, "done", "", _moment(order.ended[stage.value]))
    past = [item for item in order.items if stage.value in item.ended]
    words = _share("Completed", len(past), len(order.items)) if past else ""
    return Node(label, "upcoming", words, None, usually)


def _scheduled(items: list[ItemProgress]) -> datetime | None:
    """When the first of these items is going to be switched, if they wait for nothing but their dates."""
    going = [item for item in items if not item.cancelling]
    if not going or order_status(item.status for item in going) is not Status.SCHEDULED:
        return None
    return min((hold.until for item in going for hold in item.holds if hold.until), default=None)


def _switching(label: str, at: datetime) -> Node:
    return Node(label, "waiting", "Scheduled: switched", at, icon=Icon.QUEUED)


def _words_of(items: list[ItemProgress]) -> Words:
    """The status that shows through among items of one stage."""
    going = [item for item in items if not item.cancelling]
    if not going:
        return BEING_CANCELLED
    word = order_status(item.status for item in going)
    return status_words(word, [hold for item in going for hold in item.holds])


def _not_begun(order: OrderProgress, label: str, usually: str) -> Node:
    """Before the first stage: what the start waits for."""
    if order.status is Status.ORDERED:
        return Node(label, "upcoming", "Not started", None, usually)
    if order.status is Status.SCHEDULED:
        return Node(label, "waiting", "Scheduled: starts", order.starts_at, icon=Icon.QUEUED)
    word = status_words(order.status, [hold for item in order.items for hold in item.holds])
    return _at_work(label, word, None, "")


def _at_work(label: str, word: Words, begun: datetime | None, usually: str) -> Node:
    state = {Icon.WAITING: "waiting", Icon.FAILED: "failed"}.get(Icon(word.key), "current")
    told = "" if state == "failed" or word == ON_HOLD else usually  # how long it usually takes says nothing then
    return Node(label, state, word.words, begun, told, icon=word.key)


def _closed_stage(label: str, stage: Stage, begun: Mapping[str, str], ended: Mapping[str, str]) -> Node:
    """A stage of what has ended: done, or never reached its end."""
    if stage.value in ended:
        return Node(label, "done", "", _moment(ended[stage.value]))
    return Node(label, "upcoming", "Stopped" if stage.value in begun else "Not reached")


def _order_end(order: OrderProgress) -> Node:
    if order.status is Status.COMPLETED:
        done = sum(item.status is Status.COMPLETED for item in order.items)
        words = "" if done == len(order.items) else _share("Completed in part:", done, len(order.items), joint="")
        return Node("Completed", "done", words, order.ended_at)
    if order.status in ENDED_STATUSES:
        word = status_words(order.status)
        return Node("Completed", "current", word.words, order.ended_at, icon=Icon.CANCELLED)
    return Node("Completed", "upcoming", "Not yet")


def _share(word: str, some: int, total: int, joint: str = "for ") -> str:
    return "" if some == total and word != "Started" else f"{word} {joint}{some} of {total} items"


def item_nodes(item: ItemProgress) -> list[Node]:
    """The line of one item: its three stages and its end."""
    return [*(_item_stage(item, stage) for stage in Stage), _item_end(item)]


def _item_stage(item: ItemProgress, stage: Stage) -> Node:
    label = STAGE_LABELS[stage]
    if not item.live:
        return _closed_stage(label, stage, item.begun, item.ended)
    reached = STAGES.index(item.stage) if item.stage else -1
    position = STAGES.index(stage)
    if position == reached and (switched_at := _scheduled([item])):
        return _switching(label, switched_at)
    if position == reached or (reached < 0 and position == 0 and item.status is not Status.ORDERED):
        return _at_work(label, item.words, _moment(item.begun.get(stage.value)), "")
    if position < reached:
        return Node(label, "done", "", _moment(item.ended.get(stage.value)))
    return Node(label, "upcoming")


def _item_end(item: ItemProgress) -> Node:
    if item.status is Status.COMPLETED:
        return Node("Completed", "done", "", item.completed_at)
    if not item.live:
        return Node("Completed", "current", item.words.words, item.since, icon=Icon.CANCELLED)
    return Node("Completed", "upcoming")


def _moment(stamp: Any) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None
