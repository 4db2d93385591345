"""The words of notifications, on pages and in mails: made from keys and times, so that no staff text travels along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.notices import Event
from app.domain.states import Stage
from app.queries.portal_words import STAGE_LABELS

LABELS = {
    Event.RECEIVED: "Order received",
    Event.CONFIRM: "Your confirmation is needed",
    Event.DELAYED: "Order delayed",
    Event.COMPLETED: "Order completed",
    Event.CANCELLED: "Order cancelled",
    Event.REJECTED: "Order declined",
    Event.ENDING: "A service ends because of another member's order",
    Event.OVERDUE: "A member has not answered in time",
}
"""The kinds of notification, as one chooses among them."""
REASONS = {
    "engineers": "our engineers are working on it",
    "by_hand": "our staff do this step by hand",
    "held": "it is on hold",
    "agreement": "another member has not agreed yet",
    "confirmation": "we are still checking it",
    "running": "it is being worked on and is not done yet",
}
"""Why an order takes longer, as members may know it."""
When = Callable[[datetime], str]


@dataclass(frozen=True)
class Notice:
    """One notification as its reader sees it. `own`: of their account's order, else somebody else's that asks them."""

    event: Event
    order_number: int
    own: bool = True
    asker: str = ""
    partial: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def moment(self, name: str) -> datetime | None:
        stamp = self.facts.get(name)
        return datetime.fromisoformat(stamp) if stamp else None


def headline(notice: Notice, when: When) -> str:
    """One line: the subject of a mail, the title of a notification."""
    order = f"Order {notice.order_number}"
    if notice.event is Event.CONFIRM:
        return _asks(notice, order, when)
    if notice.event is Event.COMPLETED and notice.partial:
        return f"{order} is completed in part"
    return {
        Event.RECEIVED: f"{order} has been received",
        Event.DELAYED: f"{order} takes longer than usual",
        Event.COMPLETED: f"{order} is completed",
        Event.CANCELLED: f"{order} has been cancelled",
        Event.REJECTED: f"{order} has been declined",
        Event.ENDING: "A private VLAN that you joined is going to end"
        if notice.facts.get("joined")
        else f"Your service {notice.facts.get('service_number', '')} is going to end",
        Event.OVERDUE: f"{order}: the member has not answered",
    }[notice.event]


def _asks(notice: Notice, order: str, when: When) -> str:
    respond_by = notice.moment("respond_by")
    what = f"{order}: your confirmation is needed" if notice.own else f"{notice.asker} asks for your agreement"
    if notice.facts.get("reminder"):
        return f"Reminder – {what}"
    return f"{what} by {when(respond_by)}" if respond_by else what


def sentences(notice: Notice, when: When) -> list[str]:
    """What it means and what happens next."""
    return {
        Event.RECEIVED: _received, Event.CONFIRM: _confirm, Event.DELAYED: _delayed, Event.COMPLETED: _completed,
        Event.CANCELLED: _cancelled, Event.REJECTED: _rejected, Event.ENDING: _ending, Event.OVERDUE: _overdue,
    }[notice.event](notice, when)  # fmt: skip


def _received(_notice: Notice, _when: When) -> list[str]:
    return ["Thank you for your order. We tell you when it is completed, and before that if we need an answer."]


def _confirm(notice: Notice, when: When) -> list[str]:
    said = ["The order waits for your answer." if notice.own else _of_another(notice)]
    respond_by = notice.moment("respond_by")
    if notice.facts.get("reminder") and respond_by:
        said.append(f"We asked for your answer by {when(respond_by)} and have not had it yet.")
    elif notice.facts.get("goes_on") and respond_by:
        said.append(f"If we hear nothing until {when(respond_by)}, the order goes on without it.")
    elif respond_by:
        said.append(f"Please answer by {when(respond_by)}.")
    return said


def _of_another(notice: Notice) -> str:
    """What somebody else's order asks for."""
    names, choose = notice.facts.get("joins") or [], notice.facts.get("choose")
    wanted = [f"your private VLAN {name}" for name in names]
    wanted += ["a private VLAN of yours, and you say which one"] if choose else []
    order = f"Order {notice.order_number} of {notice.asker}"
    if not wanted:
        return f"{order} needs your agreement before it can start."
    return f"{order} asks to join {' and '.join(wanted)}. It cannot start before you agree."


def _delayed(notice: Notice, _when: When) -> list[str]:
    stage = notice.facts.get("stage")
    label = STAGE_LABELS[Stage(stage)] if stage in list(Stage) else "The start"
    reason = REASONS.get(str(notice.facts.get("reason")), REASONS["running"])
    return [
        f"{label} takes longer than usual: {reason}.",
        "You need not do anything. Next update: when the order is completed, or if a later stage takes longer too. "
        "Its page always shows where it is.",
    ]


def _completed(notice: Notice, _when: When) -> list[str]:
    if notice.partial:
        return ["Some items of your order are completed; the others were cancelled or declined."]
    return ["All items of your order are completed."]


def _cancelled(_notice: Notice, _when: When) -> list[str]:
    return ["Nothing of this order goes on any more."]


def _rejected(_notice: Notice, _when: When) -> list[str]:
    return ["The order could not be accepted. The reason is on the order's page."]


def _ending(notice: Notice, _when: When) -> list[str]:
    vlan = f" {notice.facts['vlan']}" if notice.facts.get("vlan") else ""
    if notice.facts.get("joined"):
        return [f"{notice.asker} ends the private VLAN{vlan}, which you joined. No unit can enter it any more."]
    return [
        f"{notice.asker} ends the private VLAN{vlan} that it is a unit of. The unit ends with it, and so does its "
        "billing.",
        "You need not do anything. If you did not expect this, please ask the owner of the private VLAN.",
    ]


def _overdue(notice: Notice, when: When) -> list[str]:
    respond_by = notice.moment("respond_by")
    asked = f" They were asked to answer by {when(respond_by)}" if respond_by else " They were asked"
    return [f"Order {notice.order_number} still waits for a member.{asked}, and reminded once."]


def link_label(notice: Notice) -> str:
    if notice.event is Event.ENDING:
        return "View your services" if notice.facts.get("joined") else "View service"
    return "Answer" if notice.event is Event.CONFIRM else f"View order {notice.order_number}"


def address(event: Event, order_id: str, facts: Mapping[str, Any], *, own: bool, wait_id: object, team: object) -> str:
    """The page that a notification leads to."""
    if team is not None:
        return f"/orders/{order_id}"
    if event is Event.ENDING:
        return "/portal/services" if facts.get("joined") else f"/portal/services/{facts.get('service_id')}"
    return f"/portal/orders/{order_id}" if own else f"/portal/requests/{wait_id}"
