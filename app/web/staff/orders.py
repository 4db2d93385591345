"""The list of orders: what its address asks for, the list itself, the list as CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from flask import Response, request, url_for

from app.domain.errors import Finding, Invalid
from app.domain.permissions import Permission
from app.domain.states import ENDED_STATUSES, Status
from app.queries import staff_orders
from app.queries.staff_orders import CAP, CHANNELS, TYPES, Filters, Needs, OrderPage, Sort
from app.web.render import zone
from app.web.sheets import sheet
from app.web.staff import frame, words

LABELS = {
    "q": "Text", "status": "Status", "type": "Type", "account": "Account", "channel": "Came by", "fabric": "Fabric",
    "placed": "Placed since", "changed": "Changed since", "needs": "Needs", "late": "Late",
}  # fmt: skip
NEEDS = {
    Needs.CONFIRMATION: "Sales to confirm", Needs.AGREEMENT: "Owner to agree", Needs.MEMBER: "Member to answer",
    Needs.HANDS: "Work by hand",
}  # fmt: skip
SORTS = {Sort.NEWEST: "Newest first", Sort.OLDEST: "Oldest first", Sort.CHANGED: "Last changed first"}
CHOICES: dict[str, Mapping[str, str]] = {
    "status": {one.value: one.words for one in Status}, "type": TYPES, "channel": CHANNELS,
    "needs": {one.value: label for one, label in NEEDS.items()},
}  # fmt: skip
CSV = ("Order", "Type", "Status", "Member", "Account", "For", "Ordered by", "Channel", "PO number", "Ticket",
       "Created (UTC)", "Expected (UTC)", "Completed (UTC)", "Last change (UTC)")  # fmt: skip
CHUNK = 500


@dataclass(frozen=True)
class Wish:
    """What an address of the list asks for."""

    filters: Filters
    sort: Sort = Sort.NEWEST

    def query(self) -> dict[str, str]:
        by = {} if self.sort is Sort.NEWEST else {"sort": self.sort.value}
        return {name: _spelt(value) for name, value in self.filters.in_force().items()} | by

    def url(self, endpoint: str = "staff.orders", cursor: str | None = None, **changes: Any) -> str:
        """The address of this list, or of one with other filters, from its beginning unless a cursor is given."""
        asked = replace(self, filters=replace(self.filters, **changes))
        wanted: dict[str, Any] = {**asked.query(), "cursor": cursor or None}
        return url_for(endpoint, **wanted)


def _spelt(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone()).date().isoformat()
    return "1" if value is True else str(value)


def read() -> Wish:
    """`Invalid` names every filter that is nonsense."""
    findings: list[Finding] = []
    given = {name: frame.asked(name) for name in (*LABELS, "sort")}
    for name, known in {**CHOICES, "sort": {one.value: "" for one in Sort}, "late": {"1": ""}}.items():
        if given[name] and given[name] not in known:
            what = LABELS.get(name, "sorting").lower()
            findings.append(Finding(f"/{name}", "choice", f"There is no {what} “{given[name][:40]}”."))
    filters = Filters(
        q=given["q"], status=given["status"], type=given["type"], account=given["account"], channel=given["channel"],
        fabric=given["fabric"], needs=given["needs"], late=bool(given["late"]),
        placed=_day("placed", given["placed"], findings), changed=_day("changed", given["changed"], findings),
    )  # fmt: skip
    if findings:
        raise Invalid("The list cannot be narrowed to this.", findings)
    return Wish(filters, Sort(given["sort"] or Sort.NEWEST))


def _day(name: str, text: str, findings: list[Finding]) -> datetime | None:
    """The beginning of a day as the viewer's clock has it."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        findings.append(Finding(f"/{name}", "date", f"“{text[:40]}” is not a day, such as 2027-05-01."))
        return None


def orders() -> Response:
    """GET /orders: the page, or its list alone."""
    wish, cursor = read(), request.args.get("cursor", "")
    page = staff_orders.page(wish.filters, wish.sort, cursor)
    return frame.answer(
        "staff/orders.html", "staff/_orders.html", current=url_for("staff.orders"), wish=wish,
        here=wish.url(cursor=cursor), found=[_shown(order, page) for order in page.orders],
        count=words.number_words(staff_orders.count(wish.filters), CAP), tabs=_tabs(wish), chips=_chips(wish),
        clear_url=url_for("staff.orders"), options=_options(wish), sorts=SORTS, csv_url=wish.url("staff.orders_csv"),
        newer_url=wish.url(cursor=page.before) if page.before else None,
        older_url=wish.url(cursor=page.after) if page.after else None, may_order=frame.may_now(Permission.ORDER_SELL),
    )  # fmt: skip


def _tabs(wish: Wish) -> list[dict[str, Any]]:
    """The statuses that open orders have now, and how orders end; the other filters stay."""
    counts, wanted = staff_orders.counts(), wish.filters.status
    tabs: list[dict[str, Any]] = [{"label": "All", "url": wish.url(status=""), "current": not wanted}]
    shown = [one for one in Status if counts.get(one.value) or one.value == wanted or one in ENDED_STATUSES]
    return tabs + [
        {"label": one.words, "url": wish.url(status=one.value), "current": one.value == wanted,
         "count": counts.get(one.value)}
        for one in shown
    ]  # fmt: skip


def _chips(wish: Wish) -> list[dict[str, str]]:
    empty = Filters()
    return [
        {"label": LABELS[name], "value": _worded(name, value), "remove_url": wish.url(**{name: getattr(empty, name)})}
        for name, value in wish.filters.in_force().items()
        if name != "status"  # the tabs say it
    ]


def _worded(name: str, value: Any) -> str:
    if name in CHOICES:
        return CHOICES[name][value]
    if name == "account":
        return staff_orders.organisation(value)
    if name == "fabric":
        return str(dict(staff_orders.fabrics()).get(value, value))
    return "yes" if value is True else _spelt(value)


def _options(wish: Wish) -> list[dict[str, Any]]:
    """The choices of the filter form."""
    known = {"needs": CHOICES["needs"], "type": TYPES, "channel": CHANNELS, "fabric": dict(staff_orders.fabrics())}
    return [
        {"name": name, "label": LABELS[name], "choices": choices.items(), "value": getattr(wish.filters, name)}
        for name, choices in known.items()
    ]


def _shown(order: Any, page: OrderPage) -> dict[str, Any]:
    items = page.items[order.id]
    return {
        "order": order,
        "badge": words.order_badge(order.status),
        "items": [
            (words.service_words(one.service_type, one.action, order.type), words.item_badge(one)) for one in items
        ],
        "requested_by": order.requestor.get("full_name") or order.requestor.get("email") or "",
    }


def orders_csv() -> Response:
    """GET /orders.csv: the whole list, sent as it is read."""
    return sheet("handoff-orders", CSV, _cells(read()))


def _cells(wish: Wish) -> Iterator[list[Any]]:
    cursor: str | None = ""
    while cursor is not None:
        found, cursor = staff_orders.chunk(wish.filters, wish.sort, cursor, CHUNK)
        for one in found:
            yield [
                one.number, one.type, one.status.words, one.account.organisation, one.account_id,
                one.sub_account.organisation if one.sub_account else None,
                one.requestor.get("full_name") or one.requestor.get("email"), one.channel, one.po_number,
                one.ticket_number, one.created_at, one.expected_completion_date, one.completion_date, one.modified_at,
            ]  # fmt: skip
