"""How the desk words statuses, due times and durations. Every status is an icon key and words, never colour alone."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from app import catalogue
from app.domain import clock
from app.domain.states import ICONS, STAGE_STATUSES, Icon, Stage, State, Status, WaitKind
from app.queries.staff_rows import ItemRow

SOON = 0.75
"""Of the time to the target: from here on a due time is shown as soon."""

STAGE_LABELS = {
    Stage.INVENTORY: "Inventory",
    Stage.QUALITY_ASSURANCE: "Quality assurance",
    Stage.PROVISIONING: "Provisioning",
}

ERROR_CLASSES = {
    "temporary": ("A far system failed again and again", "Retry once it answers; nothing is done twice."),
    "permanent": ("The step was refused", "Trying again changes nothing until its cause is mended."),
    "unknown": ("Nobody can tell whether it happened", "Look at the far system, then say which: it happened, or redo."),
    "overdue": ("A far system never finished", "Look there whether it still works on it, before you do anything."),
    "crash": ("The worker died on this item", "Retry once; if it dies again, tell the developers."),
    "plan": ("The step is unknown to the present version", "Do it by hand, or go back to the version that knew it."),
    "bug": ("The step has a fault of ours", "Tell the developers; do it by hand meanwhile."),
}


@dataclass(frozen=True)
class Badge:
    """A status as it is drawn: the key of icon and colours, and the words."""

    key: str
    words: str


@dataclass(frozen=True)
class Due:
    """A due time in words. tone: "" plain, "soon", "late"."""

    words: str
    tone: str
    at: datetime


def order_badge(status: Status) -> Badge:
    return Badge(ICONS[status].value, status.words)


def item_badge(row: ItemRow) -> Badge:
    """How an item stands, with whom it waits for."""
    if row.cancelling and row.status not in (Status.CANCELLED, Status.REJECTED, Status.ERROR):
        return Badge(Icon.RUNNING, "Cancelling")
    if row.status in (Status.AWAITING_AGENT, Status.MANUAL_PROCESSING) and row.state is State.WAITING:
        owner = row.owner(clock.now())
        return Badge(Icon.CLAIMED, f"Claimed · {owner.split()[0]}") if owner else Badge(Icon.PAUSED, "Paused")
    fixed = {
        Status.AWAITING_MEMBER: Badge(Icon.WAITING, "Waiting on member"),
        Status.HELD: Badge(Icon.PAUSED, "Held"),
        Status.ERROR: Badge(Icon.FAILED, "Failed"),
        Status.SCHEDULED: Badge(Icon.QUEUED, "Scheduled"),
        Status.COMPLETED: Badge(Icon.DONE, "Completed"),
        Status.CANCELLED: Badge(Icon.CANCELLED, "Cancelled"),
        Status.REJECTED: Badge(Icon.CANCELLED, "Rejected"),
    }
    return fixed.get(row.status) or _moving(row)


def _moving(row: ItemRow) -> Badge:
    if row.status is Status.AWAITING_ORDER_CONFIRMATION:
        by_sales = row.wait_audience == "team:sales"
        return Badge(Icon.WAITING, "Waiting on Sales" if by_sales else "Waiting on member")
    if row.state is State.WAITING and row.wait_kind is not None:
        on = {WaitKind.SYSTEM: "system", WaitKind.DEPENDENCY: "item", WaitKind.TIME: "its date"}
        return Badge(Icon.WAITING, f"Waiting on {on.get(row.wait_kind, 'somebody')}")
    if row.state is State.BACKOFF:
        return Badge(Icon.QUEUED, f"Retrying · {row.attempts}" if row.attempts else "Waiting on system")
    if row.status in STAGE_STATUSES and row.state is State.RUNNING:
        return Badge(Icon.RUNNING, "Running")
    return Badge(Icon.QUEUED, row.status.words if row.status is Status.DRAFT else "Queued")


def service_and_action(service_type: str, action: str, order_type: str = catalogue.NORMAL) -> tuple[str, str]:
    """“Multiservice port” and “New”."""
    return catalogue.title(service_type, "staff"), catalogue.action_title(service_type, action, "staff", order_type)


def service_words(service_type: str, action: str, order_type: str = catalogue.NORMAL) -> str:
    """“Multiservice port · New”."""
    return " · ".join(service_and_action(service_type, action, order_type))


def due(at: datetime | None, since: datetime | None) -> Due | None:
    """“in 20 min”, soon from 75 % of the target, or “40 min over”."""
    if at is None:
        return None
    now = clock.now()
    if now > at:
        return Due(f"{span(now - at)} over", "late", at)
    soon = since is not None and at > since and (now - since) / (at - since) >= SOON
    return Due(f"in {span(at - now)}", "soon" if soon else "", at)


def span(length: timedelta) -> str:
    """A duration in its largest sensible unit: “40 s”, “20 min”, “3 h”, “2 days”."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} days"


def took(start: datetime | None, end: datetime | None) -> str:
    """How long a step took: “0.2 s”, “14.0 s”, “3 min”."""
    if start is None or end is None:
        return ""
    length = end - start
    seconds = length.total_seconds()
    return f"{max(0.0, seconds):.1f} s" if seconds < 60 else span(length)


def row_due(row: ItemRow, target: timedelta) -> Due | None:
    """When somebody should have dealt with the row."""
    if row.due_at is not None:
        return due(row.due_at, row.opened_at)
    return due(row.since + target, row.since) if row.status is Status.ERROR else None


def number_words(count: int, cap: int) -> str:
    """“137”, or “10,000+” beyond the cap."""
    return f"{cap:,}+" if count > cap else f"{count:,}"


def doing(row: ItemRow) -> str:
    """What the item is at: the question that is open, else its step."""
    return row.wait_title or row.step or ""


def since(moment: datetime) -> timedelta:
    """The time that has passed."""
    return clock.now() - moment
