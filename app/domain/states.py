"""One machine, three vocabularies, one table between them.

`State` is what the engine knows of an item. `Status` is the public word (OMS API, CRM, pages) of an item or an order.
`Icon` is the key under which pages draw it. `item_status` and `order_status` are the only places that translate.
"""

from collections.abc import Iterable
from enum import StrEnum, auto


class Stage(StrEnum):
    """The three queues an item passes through, in this order."""

    INVENTORY = auto()
    QUALITY_ASSURANCE = auto()
    PROVISIONING = auto()


class State(StrEnum):
    """What the engine knows of an item. Hold and cancelling are flags beside it."""

    IDLE = auto()
    READY = auto()
    RUNNING = auto()
    BACKOFF = auto()
    WAITING = auto()
    ERROR = auto()
    DONE = auto()
    CANCELLED = auto()
    REJECTED = auto()


ENDED = frozenset({State.DONE, State.CANCELLED, State.REJECTED})
LIVE = frozenset(State) - ENDED - {State.IDLE}


class WaitKind(StrEnum):
    """What an item waits for. All are rows of one table, answered through one service."""

    MANUAL = auto()  # our staff do something by hand
    REVIEW = auto()  # an engineer decides on a planned network change
    PREDECESSOR = auto()  # an item this one needs has failed or was cancelled: a person decides
    CONFIRM = auto()  # somebody must agree before we start
    MEMBER = auto()  # the member must do or answer something
    SYSTEM = auto()  # a far system works on it; polled, or told by a callback
    TIME = auto()  # a wished date
    DEPENDENCY = auto()  # another item must complete first


PERSON_WAITS = frozenset({WaitKind.MANUAL, WaitKind.REVIEW, WaitKind.PREDECESSOR, WaitKind.CONFIRM, WaitKind.MEMBER})
STAFF_WAITS = frozenset({WaitKind.MANUAL, WaitKind.REVIEW, WaitKind.PREDECESSOR})


class Status(StrEnum):
    """The public words for an order and an item."""

    DRAFT = auto()
    ORDERED = auto()
    SCHEDULED = auto()
    AWAITING_ORDER_CONFIRMATION = auto()
    INVENTORY = auto()
    QUALITY_ASSURANCE = auto()
    PROVISIONING = auto()
    AWAITING_AGENT = auto()
    AWAITING_MEMBER = auto()
    MANUAL_PROCESSING = auto()
    HELD = auto()
    ERROR = auto()
    COMPLETED = auto()
    CANCELLED = auto()
    REJECTED = auto()

    @property
    def words(self) -> str:
        return self.value.replace("_", " ").capitalize()


ENDED_STATUSES = frozenset({Status.COMPLETED, Status.CANCELLED, Status.REJECTED})
STAGE_STATUSES = (Status.INVENTORY, Status.QUALITY_ASSURANCE, Status.PROVISIONING)

# What shows through first when the items of an order differ; then the least advanced stage decides.
PRECEDENCE = (
    Status.HELD,
    Status.ERROR,
    Status.AWAITING_AGENT,
    Status.AWAITING_MEMBER,
    Status.AWAITING_ORDER_CONFIRMATION,
    Status.MANUAL_PROCESSING,
    *STAGE_STATUSES,
    Status.SCHEDULED,
    Status.ORDERED,
    Status.DRAFT,
)


class StepState(StrEnum):
    PENDING = auto()
    STARTED = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    UNKNOWN = auto()
    SKIPPED = auto()
    BY_HAND = auto()
    UNDONE = auto()


PASSED_STEPS = frozenset({StepState.SUCCEEDED, StepState.SKIPPED, StepState.BY_HAND})


class Outcome(StrEnum):
    """How an ended order ended."""

    FULL = auto()
    PARTIAL = auto()
    NONE = auto()


def item_status(
    state: State, stage: Stage | None, wait: WaitKind | None = None, *, by_hand: bool = False, held: bool = False
) -> Status:
    """The public word for an item from what the engine knows of it."""
    ended = {State.DONE: Status.COMPLETED, State.CANCELLED: Status.CANCELLED, State.REJECTED: Status.REJECTED}
    if state in ended:
        return ended[state]
    if state is State.IDLE:
        return Status.DRAFT
    if held:
        return Status.HELD
    if state is State.ERROR:
        return Status.ERROR
    # Also while a worker looks again at what is waited for: the question stands until it is closed.
    if wait is not None and (word := _waiting_status(wait, by_hand)):
        return word
    if by_hand and stage is not None:
        return Status.MANUAL_PROCESSING
    return Status(stage.value) if stage else Status.ORDERED


def _waiting_status(wait: WaitKind, by_hand: bool) -> Status | None:
    if wait in STAFF_WAITS:
        return Status.MANUAL_PROCESSING if by_hand and wait is WaitKind.MANUAL else Status.AWAITING_AGENT
    if wait is WaitKind.MEMBER:
        return Status.AWAITING_MEMBER
    if wait is WaitKind.CONFIRM:
        return Status.AWAITING_ORDER_CONFIRMATION
    if wait is WaitKind.TIME:
        return Status.SCHEDULED
    return None


def order_status(items: Iterable[Status]) -> Status:
    """An order's status from its items': open waits and errors show through, else the least advanced live item."""
    words = list(items)
    live = [word for word in words if word not in ENDED_STATUSES]
    if live:
        return min(live, key=PRECEDENCE.index)
    if Status.COMPLETED in words:
        return Status.COMPLETED
    return Status.CANCELLED if Status.CANCELLED in words or not words else Status.REJECTED


def outcome(items: Iterable[Status]) -> Outcome:
    words = list(items)
    if all(word is Status.COMPLETED for word in words):
        return Outcome.FULL
    return Outcome.PARTIAL if Status.COMPLETED in words else Outcome.NONE


class Icon(StrEnum):
    """Keys of the icons, colours and words (docs/design-system.md)."""

    QUEUED = auto()
    RUNNING = auto()
    PAUSED = auto()
    CLAIMED = auto()
    WAITING = auto()
    FAILED = auto()
    DONE = auto()
    CANCELLED = auto()


ICONS = {
    Status.DRAFT: Icon.QUEUED,
    Status.ORDERED: Icon.QUEUED,
    Status.SCHEDULED: Icon.QUEUED,
    Status.AWAITING_ORDER_CONFIRMATION: Icon.WAITING,
    Status.INVENTORY: Icon.RUNNING,
    Status.QUALITY_ASSURANCE: Icon.RUNNING,
    Status.PROVISIONING: Icon.RUNNING,
    Status.AWAITING_AGENT: Icon.PAUSED,
    Status.AWAITING_MEMBER: Icon.WAITING,
    Status.MANUAL_PROCESSING: Icon.PAUSED,
    Status.HELD: Icon.PAUSED,
    Status.ERROR: Icon.FAILED,
    Status.COMPLETED: Icon.DONE,
    Status.CANCELLED: Icon.CANCELLED,
    Status.REJECTED: Icon.CANCELLED,
}
