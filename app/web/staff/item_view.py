"""What the item's page draws, made from what was read: stages, steps, panels, facts, log."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import url_for

from app import catalogue
from app.domain import clock, lifecycle
from app.domain.asks import Ask, thawed
from app.domain.models import OutboundCall, StepRow
from app.domain.permissions import Permission
from app.domain.states import (
    ENDED,
    PASSED_STEPS,
    PERSON_WAITS,
    STAFF_WAITS,
    Icon,
    Stage,
    State,
    Status,
    StepState,
)
from app.queries import portal_people
from app.queries.staff_item import ItemPage
from app.web.guard import actor
from app.web.staff import frame, item_failure, rows, words
from app.web.staff.words import Badge

STEP_WORDS = {
    StepState.PENDING: Badge(Icon.QUEUED, "To do"),
    StepState.STARTED: Badge(Icon.RUNNING, "Running"),
    StepState.SUCCEEDED: Badge(Icon.DONE, "Done"),
    StepState.FAILED: Badge(Icon.FAILED, "Failed"),
    StepState.UNKNOWN: Badge(Icon.FAILED, "Outcome unknown"),
    StepState.SKIPPED: Badge(Icon.CANCELLED, "Skipped"),
    StepState.BY_HAND: Badge(Icon.DONE, "Done by hand"),
    StepState.UNDONE: Badge(Icon.CANCELLED, "Undone"),
}
STEP_OVER = frozenset({State.ERROR, State.BACKOFF, State.WAITING})
IN_PLACE = frozenset({"retry", "release", "note"})
"""Verbs that have their place elsewhere on the page than under “More actions”."""
RETRY = frozenset({State.ERROR, State.BACKOFF})


@dataclass(frozen=True)
class Panel:
    """What the item asks of a person now."""

    kind: str  # asks, failed, later, waits
    tone: str
    title: str
    tell: str = ""
    number: int = 0
    badge: Badge | None = None
    asks: dict[str, Ask] = field(default_factory=dict)
    may_answer: bool = False
    needs_reason: bool = False
    mine: bool = False
    owner: str | None = None


def view(page: ItemPage, target: timedelta, query: dict[str, Any]) -> dict[str, Any]:
    """All that the item's page draws, beside its log. `query`: what its addresses carry of the queue one came from."""
    allowed = may(page)
    ways = item_failure.ways(page, allowed)
    elsewhere = IN_PLACE | {way.verb for way in ways}
    return {
        "title": f"{words.service_words(page.row.service_type, page.row.action, page.row.order_type)}",
        "badge": words.item_badge(page.row),
        "due": words.row_due(page.row, target),
        "stages": stages(page),
        "groups": groups(page, query),
        "panel": panel(page),
        "may": allowed,
        "ways": ways,
        "call": call(page.call) if page.call else None,
        "effects": item_failure.effects(page) if page.row.state is State.ERROR else [],
        "more": allowed - elsewhere,
        "earlier": [step for step in page.steps if step.position <= page.item.cursor and page.row.state in RETRY],
        "facts": facts(page),
        "detail_rows": details(page),
        "found_rows": found(page.item.facts),
        "raw": raw(page),
        "error_words": words.ERROR_CLASSES.get(page.row.error_class or "", ("The step failed", "")),
    }


def stages(page: ItemPage) -> list[dict[str, Any]]:
    """Ordered, the three stages, completed: with their times, and how the one it is in stands."""
    item, row = page.item, page.row
    drawn: list[dict[str, Any]] = [{"label": "Ordered", "state": "done", "at": page.order.submission_date}]
    for stage in Stage:
        ended = item.stages_ended.get(stage.value)
        if ended:
            drawn.append({"label": words.STAGE_LABELS[stage], "state": "done", "at": ended})
        elif stage is item.stage and row.state not in ENDED:
            drawn.append({"label": words.STAGE_LABELS[stage], **_now(page), "at": item.stages_begun.get(stage.value)})
        else:
            drawn.append({"label": words.STAGE_LABELS[stage], "state": "upcoming"})
    return [*drawn, _end(page)]


def _now(page: ItemPage) -> dict[str, Any]:
    badge = words.item_badge(page.row)
    state = {Icon.FAILED: "failed", Icon.WAITING: "waiting"}.get(Icon(badge.key), "current")
    return {"state": state, "icon": str(badge.key), "words": badge.words}


def _end(page: ItemPage) -> dict[str, Any]:
    status = page.row.status
    if status is Status.COMPLETED:
        return {"label": "Completed", "state": "done", "at": page.item.completion_date}
    if status in (Status.CANCELLED, Status.REJECTED):
        return {"label": status.words, "state": "current", "icon": "cancelled", "words": "Ended", "at": page.row.since}
    return {"label": "Completed", "state": "upcoming"}


def groups(page: ItemPage, query: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The steps by stage, as ui.step_list wants them."""
    label = lambda step: words.STAGE_LABELS[step.stage] if step.stage else "Before it starts"  # noqa: E731
    return [(name, [_step(step, page, query) for step in some]) for name, some in groupby(page.steps, key=label)]


def _step(step: StepRow, page: ItemPage, query: dict[str, Any]) -> dict[str, Any]:
    current = step.position == page.item.cursor and page.row.state not in ENDED
    badge = _current_badge(step, page) if current else STEP_WORDS[step.state]
    over = step.state in PASSED_STEPS or step.state in (StepState.UNDONE, StepState.FAILED, StepState.UNKNOWN)
    return {
        "number": step.position + 1,
        "title": step.title,
        "key": str(badge.key),
        "words": badge.words,
        "at": step.started_at if over or current else None,
        "took": words.took(step.started_at, step.ended_at) if over else "",
        "by": {"worker": "system"}.get(step.by, step.by) if over else "",
        "attempt": step.tries,
        "log_url": _log_url(page, query, step.key) if step.key in page.told_steps else "",
        "error": step.error or (step.reason if step.state in (StepState.SKIPPED, StepState.BY_HAND) else None),
        "current": current,
    }


def _log_url(page: ItemPage, query: dict[str, Any], step: str) -> str:
    return url_for("staff.item", item_id=page.row.id, **query, step=step, _anchor="log")


def _current_badge(step: StepRow, page: ItemPage) -> Badge:
    if step.state in (StepState.FAILED, StepState.UNKNOWN):
        return STEP_WORDS[step.state]
    return words.item_badge(page.row)


def panel(page: ItemPage) -> Panel | None:
    """The panel for what is open now, or None while nothing is."""
    row = page.row
    if row.state is State.ERROR:
        step = page.current
        return Panel("failed", "failed", step.title if step else "The item stopped", row.error or "")
    if row.state is State.BACKOFF:
        step = page.current
        return Panel("later", "running", step.title if step else "The step", row.error or "")
    if row.state is State.WAITING and page.wait is not None:
        return _asking(page)
    return None


def _asking(page: ItemPage) -> Panel:
    row, wait, step = page.row, page.wait, page.current
    assert wait is not None
    badge = words.item_badge(row)
    number = step.position + 1 if step else 0
    if wait.kind not in PERSON_WAITS:
        return Panel("waits", "waiting", wait.title, wait.tell or "", number, badge)
    owner = row.owner(clock.now())
    may_answer = rows.answerable(row)
    on_behalf = may_answer and wait.audience.startswith("account:")
    tone = "claimed" if owner else "paused" if wait.kind in STAFF_WAITS else "waiting"
    return Panel(
        "asks", tone, wait.title, wait.tell or "", number, badge, thawed(wait.ask), may_answer, on_behalf,
        row.claimed_by_user(actor().user_id, clock.now()), owner,
    )  # fmt: skip


def may(page: ItemPage) -> frozenset[str]:
    """The verbs that the viewer may use now, by the names of their addresses."""
    row, found = page.row, set()
    if frame.may_now(Permission.LOG_WRITE):
        found.add("note")
    if not frame.may_now(Permission.ITEM_ACT) or row.state in ENDED or row.state is State.IDLE:
        return frozenset(found)
    found |= {"release"} if row.held else {"hold"}
    found |= set() if row.cancelling else {"cancel"}
    if row.state in RETRY:
        found.add("retry")
    consent = page.current is not None and page.current.kind == "confirm"
    undoing = row.cancelling and any(lifecycle.may_have_acted(step) for step in page.steps)
    if row.state in STEP_OVER and (undoing or (page.current is not None and not row.cancelling and not consent)):
        found |= {"skip", "done-by-hand"}
    if row.state in RETRY and (undoing or (page.current is not None and page.current.kind == "auto")):
        found.add("redo")
    if page.current is not None and page.current.state is StepState.UNKNOWN and not row.cancelling:
        found |= {"it-happened", "redo"}
    return frozenset(found)


def facts(page: ItemPage) -> list[dict[str, Any]]:
    """What one must know of the item at a glance; `url` makes a link of a value."""
    item, order, row = page.item, page.order, page.row
    service = item.service
    ports = ", ".join(port.label for port in service.ports) if service and service.ports else item.facts.get("port")
    known: list[tuple[str, Any, bool]] = [
        ("Service number", row.service_number, True),
        ("Fabric", page.names.fabrics.get(row.fabric or "", row.fabric), False),
        ("Site", row.site, False),
        ("Port", ports, True),
        ("VLAN", service.vlan_id if service else item.details.get("vlan_id"), True),
        ("MAC address", service.mac_address if service else item.details.get("mac_address"), True),
        *((label, who, False) for label, who in portal_people.rows_of(service)),
        ("Requested by", order.requestor.get("full_name"), False),
        ("E-mail", order.requestor.get("email"), True),
        ("Phone", order.requestor.get("phone"), True),
        ("PO number", order.po_number, True),
    ]
    return [{"label": label, "value": str(value), "copy": copy} for label, value, copy in known if value]


def details(page: ItemPage) -> list[tuple[str, str]]:
    """What was ordered, in the catalogue's words."""
    return catalogue.describe(
        page.row.service_type, page.row.action, page.item.details, "staff", page.names, page.row.order_type
    )


def found(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    """What finished steps found out, as a tree; what two of them found alike is shown once."""
    shown: dict[str, tuple[str, Any]] = {}
    for key, value in sorted(facts.items()):
        if value is not None and value != "":
            shown.setdefault(str(tree(value)), (_label(key), tree(value)))
    return list(shown.values())


def tree(value: Any) -> Any:
    """Mappings and lists of mappings with their keys as labels; all else as plain words."""
    if isinstance(value, dict):
        return {_label(key): tree(one) for key, one in sorted(value.items())}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [tree(one) for one in value]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def raw(page: ItemPage) -> list[tuple[str, str, str]]:
    """Title, text and id of what can be looked into."""
    blocks: list[tuple[str, Any, str]] = [("Details, as sent", page.item.details, "raw-details")]
    if page.item.before:
        blocks.append(("The service before", page.item.before, "raw-before"))
    if page.item.facts:
        blocks.append(("Facts, as found", page.item.facts, "raw-facts"))
    return [(title, pretty(data), key) for title, data, key in blocks]


def call(made: OutboundCall) -> tuple[str, str]:
    """What a far system was sent and what it answered, secrets redacted: a title and the whole."""
    title = f"Last call: {made.system} {made.verb}" + (f" · {made.error}" if made.error else "")
    answer = pretty(made.response) if made.response is not None else made.error or "none"
    head = f"made     {made.made_at:%Y-%m-%d %H:%M:%S} UTC\ntook     {made.milliseconds} ms"
    return title, f"{head}\n\nrequest\n{pretty(made.request)}\n\nanswer\n{answer}"


def pretty(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True)


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()
