"""The page of one order: how far it is, what it waits for, what can be done about it, and its story."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from app import catalogue
from app.domain import clock
from app.domain.asks import Ask, thawed
from app.domain.models import Order, OrderLog
from app.domain.permissions import Permission
from app.domain.states import ENDED_STATUSES, Icon, Stage, Status, WaitKind
from app.queries import forecast, order_words, portal, staff_order
from app.queries.staff_order import LogPart, OrderDetail, Question
from app.web.guard import actor
from app.web.staff import frame, item_log, rows, words, work
from app.web.staff.refusal import Refusal
from app.web.staff.words import Due

WISHES = (
    ("Start wished", "requested_start_date"), ("Completion wished", "requested_completion_date"),
    ("Expected", "expected_completion_date"), ("Completed", "completion_date"),
)  # fmt: skip
TRANSITIONS = (
    ("Created", "created_at"), ("Last change", "modified_at"), ("Submitted", "submission_date"),
    ("Acknowledged", "acknowledged_date"), ("Processing", "processing_date"), ("Pending", "pending_date"),
    ("Held", "held_date"), ("Completion", "completion_date"), ("Cancellation", "cancellation_date"),
    ("Rejection", "rejection_date"),
)  # fmt: skip
LOG_PARTS = {
    LogPart.ALL: "Everything",
    LogPart.USER: "What the member reads",
    LogPart.DEBUG: "Debug",
    LogPart.NOTES: "Staff notes",
}


@dataclass(frozen=True)
class Asked:
    """An open question as the page draws it. `may`: the viewer may answer; `who`: whose it is, in words."""

    number: int
    item_id: uuid.UUID
    version: int
    kind: WaitKind
    audience: str
    who: str
    title: str
    tell: str
    asks: dict[str, Ask]
    due: Due | None
    may: bool
    on_behalf: bool
    owner: str | None

    @property
    def on_account(self) -> bool:
        """Whether an account is asked, not one of our teams."""
        return self.audience.startswith("account:")

    @property
    def verb(self) -> str:
        """What a refusal of its form is called, and the beginning of its ids."""
        return f"answer-{self.number}"


def order(order_id: uuid.UUID) -> Response:
    """GET /orders/<id>?log=: the page, or its live part alone."""
    return page(order_id)


def page(order_id: uuid.UUID, refusal: Refusal | None = None, said: str = "") -> Response:
    """The page, with what was refused and what was typed, or what has been done."""
    return frame.answer("staff/order.html", "staff/_order.html", refusal.status if refusal else 200,
                        current=url_for("staff.orders"), **context(order_id, refusal, said))  # fmt: skip


def context(order_id: uuid.UUID, refusal: Refusal | None = None, said: str = "") -> dict[str, Any]:
    part = request.args.get("log", "")
    shown = LogPart(part) if part in set(LogPart) else LogPart.ALL
    found = staff_order.detail(order_id, shown)
    one = found.order
    called = _names(found)
    asked = [_asked(question, called) for question in found.questions]
    return {
        "found": found, "order": one, "seen": found.seen, "refusal": refusal, "said": said,
        "here": url_for("staff.order", order_id=order_id, log=_wish(shown)),
        "badge": words.order_badge(one.status), "stages": stages(found), "may": may(found),
        "forecast": forecast.of_orders([order_id]).orders.get(order_id),
        "items": [(rows.shown(row, work.target()), found.detail_rows.get(row.id, [])) for row in found.items],
        "consents": [ask for ask in asked if ask.kind is WaitKind.CONFIRM and ask.audience == "team:sales"],
        "agreements": _once_each([ask for ask in asked if ask.kind is WaitKind.CONFIRM and ask.on_account]),
        "asked": [ask for ask in asked if ask.kind is not WaitKind.CONFIRM],
        "log": log(found.logs, shown), "log_tabs": _log_tabs(order_id, shown),
        "log_cut": len(found.logs) == staff_order.LOG_LINES,
        "people": order_words.people(one),
        "beside": order_words.beside(one),
        "wishes": _dates(one, WISHES), "transitions": _dates(one, TRANSITIONS),
        "services": [(service, catalogue.title(service.service_type, "staff")) for service in found.services],
        "colleagues": staff_order.colleagues() if frame.may_now(Permission.ORDER_SELL) else [],
    }  # fmt: skip


def _dates(one: Order, which: tuple[tuple[str, str], ...]) -> list[tuple[str, datetime | None]]:
    return [(label, getattr(one, name)) for label, name in which]


def _names(found: OrderDetail) -> dict[str, str]:
    """The organisations that are asked something."""
    accounts = [one.wait.audience.partition(":")[2] for one in found.questions if one.wait.audience[:8] == "account:"]
    return portal.organisations(accounts)


def _asked(question: Question, names: dict[str, str]) -> Asked:
    wait = question.wait
    lasts = wait.claim_until is not None and wait.claim_until > clock.now()
    who = {"team:sales": "Sales", "team:engineering": "Engineering"}
    return Asked(
        number=question.item_number, item_id=question.item_id, version=question.item_version, kind=wait.kind,
        audience=wait.audience, who=who.get(wait.audience) or names.get(wait.audience.partition(":")[2], "the member"),
        title=wait.title, tell=wait.tell or "", asks=thawed(wait.ask), due=words.due(wait.due_at, wait.opened_at),
        may=frame.may_now(Permission.ITEM_ANSWER) and actor().may_answer(wait.audience),
        on_behalf=actor().on_behalf(wait.audience),
        owner=question.claimed_by if lasts and wait.claimed_by_id != actor().user_id else None,
    )  # fmt: skip


def _once_each(asked: list[Asked]) -> list[Asked]:
    """One for each account that is asked, however many items wait for it, with all that it says together with a yes."""
    first: dict[str, Asked] = {}
    for one in asked:
        known = first.setdefault(one.audience, one)
        first[one.audience] = replace(known, asks=known.asks | one.asks)
    return list(first.values())


def may(found: OrderDetail) -> frozenset[str]:
    """What the viewer may do to the order now, by the names of the addresses."""
    live = found.order.status not in ENDED_STATUSES
    under_way = live and found.order.status is not Status.DRAFT
    can = {
        "note": frame.may_now(Permission.LOG_WRITE),
        "assign": live and frame.may_now(Permission.ORDER_SELL),
        "edit": live and frame.may_now(Permission.ORDER_SELL),
        "confirm": under_way and frame.may_now(Permission.ORDER_CONFIRM),
        "reject": under_way
        and frame.may_now(Permission.ORDER_CONFIRM)
        and any(_by_hand(one) for one in found.questions),
        "cancel": under_way and frame.may_now(Permission.ORDER_STOP) and not all(_ending(row) for row in found.items),
        "hold": under_way and frame.may_now(Permission.ORDER_STOP) and any(_can_rest(row) for row in found.items),
        "release": under_way and frame.may_now(Permission.ORDER_STOP) and any(row.held for row in found.items),
    }
    return frozenset(name for name, yes in can.items() if yes)


def _by_hand(question: Question) -> bool:
    """Whether Sales work the item by hand just now, and so may decline it."""
    return question.wait.kind is WaitKind.MANUAL and (question.wait.step_key or "").startswith("by_hand_")


def _ending(row: Any) -> bool:
    return row.status in ENDED_STATUSES or row.cancelling


def _can_rest(row: Any) -> bool:
    return not _ending(row) and not row.held


def log(entries: list[OrderLog], part: LogPart) -> list[dict[str, Any]]:
    """The log as ui.log draws it; a line that tells both sides shows the side that was asked for."""
    lines = [(entry, _if(part is not LogPart.DEBUG, entry.user_message)) for entry in entries]
    return [
        {
            "created_at": entry.created_at,
            "user_message": entry.debug_message if entry.internal else said,
            "debug_message": None if entry.internal else _if(part is not LogPart.USER, entry.debug_message),
            "internal": entry.internal,
            "to_member": bool(entry.user_message) and entry.by not in ("", "worker", "system"),
            "by": {"worker": "", "system": ""}.get(entry.by, entry.by),
            "item_name": _item_words(entry.item_name),
        }
        for entry, said in lines
    ]


def _item_words(name: str | None) -> str | None:
    """“Multiservice port 106828” for “multiservice_port - 106828”, which is how stories and the API name an item."""
    kind, dash, number = (name or "").partition(" - ")
    return f"{catalogue.title(kind, 'staff')} {number}".rstrip() if dash and kind in catalogue.SERVICE_TYPES else name


def _if(wanted: bool, text: str | None) -> str | None:
    return text if wanted else None


def _wish(part: LogPart) -> str | None:
    """The part as an address carries it."""
    return None if part is LogPart.ALL else part.value


def _log_tabs(order_id: uuid.UUID, shown: LogPart) -> list[dict[str, Any]]:
    return [
        {"label": label, "current": part is shown,
         "url": url_for("staff.order", order_id=order_id, log=_wish(part), _anchor="log")}
        for part, label in LOG_PARTS.items()
    ]  # fmt: skip


def order_log_text(order_id: uuid.UUID) -> Response:
    """GET /orders/<id>/log.txt: the whole log, oldest first, in UTC."""
    one = staff_order.find(order_id)
    lines = [_line(entry) for entry in reversed(staff_order.logs(order_id, limit=None))]
    response = make_response("\n".join(lines) + "\n")
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'inline; filename="order-{one.number}.txt"'
    return response


def _line(entry: OrderLog) -> str:
    parts = [f"{entry.created_at:%Y-%m-%dT%H:%M:%SZ}", entry.by or "system", entry.item_name or ""]
    parts += [f"[member] {item_log.in_line(entry.user_message)}"] if entry.user_message else []
    if entry.debug_message:
        parts += [f"[{'note' if entry.internal else 'debug'}] {item_log.in_line(entry.debug_message)}"]
    return "  ".join(filter(None, parts))


def cancel_order_page(order_id: uuid.UUID, refusal: Refusal | None = None) -> Response:
    """GET /orders/<id>/cancel: what cancelling would do, before one decides."""
    one = staff_order.find(order_id)
    endings = [(ending, words.service_words(ending.item.service_type, ending.item.action, ending.item.order_type))
               for ending in staff_order.endings(order_id)]  # fmt: skip
    html = render_template(
        "staff/order_cancel.html", order=one, endings=endings, refusal=refusal, nav=frame.nav(url_for("staff.orders")),
        possible=one.status is not Status.DRAFT and any(ending.ends for ending, _ in endings),
    )  # fmt: skip
    return make_response(html, refusal.status if refusal else 200)


def stages(found: OrderDetail) -> list[dict[str, Any]]:
    """The order's stages as its least advanced live item has them."""
    order = found.order
    drawn: list[dict[str, Any]] = [{"label": "Ordered", "state": "done", "at": order.submission_date}]
    open_now = order.status not in ENDED_STATUSES
    for stage in Stage:
        label = words.STAGE_LABELS[stage]
        begun, ended = order.stages_begun.get(stage.value), order.stages_ended.get(stage.value)
        if ended:
            drawn.append({"label": label, "state": "done", "at": ended})
        elif open_now:
            drawn.append({"label": label, **_now(order.status), "at": begun})
            open_now = False  # the first stage that is not behind all of its items is where the order is
        else:
            drawn.append({"label": label, "state": "upcoming"})
    return [*drawn, _end(order)]


def _now(status: Status) -> dict[str, Any]:
    badge = words.order_badge(status)
    state = {Icon.FAILED: "failed", Icon.WAITING: "waiting"}.get(Icon(badge.key), "current")
    return {"state": state, "icon": badge.key, "words": badge.words}


def _end(order: Order) -> dict[str, Any]:
    if order.status is Status.COMPLETED:
        return {"label": "Completed", "state": "done", "at": order.completion_date}
    if order.status in ENDED_STATUSES:
        at = order.cancellation_date or order.rejection_date
        return {"label": order.status.words, "state": "current", "icon": "cancelled", "words": "Ended", "at": at}
    return {"label": "Completed", "state": "upcoming"}
