"""What members read: every status as an icon key and words. Staff words stop here.

A member is told that something waits, for whom, and whether it is late; never a staff wait's title, a debug message,
an error or a hold's reason, which are not even handed on to the templates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.catalogue import NORMAL, action_title, title
from app.domain.states import ICONS, Icon, Stage, Status, WaitKind

LATE = "Taking longer than usual: with our engineers"
YOURS = "Your confirmation is needed"

STAGE_LABELS = {
    Stage.INVENTORY: "Inventory",
    Stage.QUALITY_ASSURANCE: "Quality assurance",
    Stage.PROVISIONING: "Provisioning",
}


@dataclass(frozen=True)
class Words:
    """A status as it is drawn: the key of icon and colours, and the words."""

    key: str
    words: str


@dataclass(frozen=True)
class Hold:
    """Why an item rests, as far as members may know.

    `mine`: the viewer may answer. `late`: it should have been answered by now. `asked`: whose agreement we wait for,
    where that is another account. `until`: the wished date that it waits for, or by when that account is
    asked to answer.
    """

    kind: WaitKind
    mine: bool = False
    ours: bool = False
    claimed: bool = False
    late: bool = False
    asked: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class OpenWait:
    """What decides over a hold: the facts of an item's open wait, none of its texts."""

    kind: WaitKind
    audience: str
    due_at: datetime | None
    claim_until: datetime | None

    def hold(self, account_ids: frozenset[str], now: datetime, asked: str = "") -> Hold:
        who, _, account = self.audience.partition(":")
        return Hold(
            kind=self.kind,
            mine=who == "account" and account in account_ids,
            ours=who == "team",
            claimed=self.claim_until is not None and self.claim_until > now,
            late=self.due_at is not None and self.due_at < now,
            asked=asked,
            until=self.due_at if self.kind is WaitKind.TIME or (self.kind is WaitKind.CONFIRM and asked) else None,
        )


_PLAIN = {
    Status.DRAFT: "Not submitted",
    Status.ORDERED: "Not started",
    Status.SCHEDULED: "Scheduled",
    Status.INVENTORY: "In progress",
    Status.QUALITY_ASSURANCE: "In progress",
    Status.PROVISIONING: "In progress",
    Status.HELD: "On hold",
    Status.ERROR: LATE,
    Status.COMPLETED: "Completed",
    Status.CANCELLED: "Cancelled",
    Status.REJECTED: "Declined",
}


def status_words(status: Status, holds: Iterable[Hold] = ()) -> Words:
    """An item's or an order's status for members; `holds` = why the items that make it so rest."""
    standing = list(holds)
    if status is Status.AWAITING_AGENT:
        return _with_engineers(standing)
    if status is Status.MANUAL_PROCESSING:
        late = any(hold.late for hold in standing)
        return Words(Icon.FAILED, LATE) if late else Words(Icon.PAUSED, "In progress: our staff do this by hand")
    if status in (Status.AWAITING_MEMBER, Status.AWAITING_ORDER_CONFIRMATION):
        return Words(Icon.WAITING, _waiting(standing))
    return Words(ICONS[status].value, _PLAIN[status])


def _with_engineers(holds: list[Hold]) -> Words:
    if any(hold.late for hold in holds):
        return Words(Icon.FAILED, LATE)
    if holds and all(hold.claimed for hold in holds):
        return Words(Icon.CLAIMED, "In progress: with an engineer")
    return Words(Icon.PAUSED, "In progress: an engineer does this step")


def _waiting(holds: list[Hold]) -> str:
    if any(hold.mine for hold in holds):
        return YOURS
    asked = sorted({hold.asked for hold in holds if hold.asked})
    if asked:
        return f"Waiting for {' and '.join(asked)} to agree"
    if any(hold.ours for hold in holds):
        return "We are checking your order"
    return "Waiting for a confirmation"


def delay(stage: Stage | None, status: Status) -> list[str]:
    """What takes longer, why, and when there will be news of it."""
    what = STAGE_LABELS[stage] if stage else "The start"
    by_hand = status is Status.MANUAL_PROCESSING
    reason = "our staff do this step by hand" if by_hand else "our engineers are working on it"
    return [
        f"{what} takes longer than usual: {reason}. You need not do anything.",
        "Next update: as soon as it goes on. This page shows it at once, and you are told by mail when the order is "
        "completed.",
    ]


def on_hold() -> list[str]:
    """What a hold means for the member; why it was put on is for staff."""
    return [
        "This order is on hold. You need not do anything; if we need something of you, we ask here and by mail.",
        "Next update: as soon as it goes on. This page shows it at once.",
    ]


@dataclass(frozen=True)
class Numbered:
    """An item in the form that the catalogue names it by."""

    number: int
    service_type: str
    action: str
    details: Mapping[str, Any]


def item_title(number: int, service_type: str, action: str, order_type: str = NORMAL) -> str:
    """“Order item 1 - CUG”; a change says what it does: “Order item 2 - Port: Change encapsulation”."""
    what = title(service_type, "member")
    word = action_title(service_type, action, "member", order_type)
    return f"Order item {number} - {what}" + ("" if word == "Order" else f": {word}")


def what_is_done(items: Iterable[Any], order_type: str) -> str:
    """An order's items in a line: “Port, Peering”, “Cease: Peering, Port”, “CUG; Change encapsulation: Port”.

    `items`: whatever has `service_type` and `action`.
    """
    done: dict[str, dict[str, None]] = {}
    for item in items:
        word = action_title(item.service_type, item.action, "member", order_type)
        done.setdefault(word, {})[title(item.service_type, "member")] = None
    parts = ((word, ", ".join(names)) for word, names in done.items())
    return "; ".join(names if word == "Order" else f"{word}: {names}" for word, names in parts)
