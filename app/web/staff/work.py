"""The queue: /work, one view of the items with its filters, 50 rows at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, url_for

from app import catalogue
from app.domain.errors import Malformed
from app.queries import staff_filters, staff_rows
from app.queries.staff_queue import CAP, Filters, Page, Queue, View
from app.web.guard import actor
from app.web.staff import frame, rows, words
from app.web.staff.refusal import Refusal

FILTER_LABELS = {"service": "Service", "action": "Action", "step": "Step", "site": "Site", "member": "Member"}
EMPTY = {
    View.MINE: ("You have claimed nothing", "What you claim stays in your hands until you resume it.", View.UNCLAIMED),
    View.UNCLAIMED: ("Nothing is unclaimed", "When an item pauses for a person, it appears here.", View.ALL),
    View.FAILED: ("Nothing has failed", "When a step fails, its item waits here until somebody decides.", View.ALL),
    View.WAITING: ("Nothing waits for somebody else", "What waits for members or systems is listed here.", View.ALL),
    View.ALL: ("No item is open", "Every item has been completed or cancelled.", None),
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What an address of the queue asks for."""

    view: View
    filters: Filters
    cursor: str

    def url(self, **changes: Any) -> str:
        """The address of this list, or of one that differs from it; the cursor is kept only if it is given."""
        asked = replace(self, **{"cursor": "", **changes})
        at: dict[str, Any] = {"cursor": asked.cursor} if asked.cursor else {}
        return url_for("staff.work", view=asked.view.value, **asked.filters.as_dict(), **at)

    def query(self) -> dict[str, Any]:
        """What the address of an item carries, so that its page knows the way on through this list."""
        return {"view": self.view.value, **self.filters.as_dict()}


def read(args: Mapping[str, str]) -> Wish:
    """`Malformed` if the view is none of ours. Filters that match nothing simply show nothing."""
    wanted = args.get("view") or View.UNCLAIMED.value
    if wanted not in set(View):
        raise Malformed(f"There is no view “{wanted[:40]}”; there are {', '.join(view.value for view in View)}.")
    filters = Filters(**{one.name: _typed(args.get(one.name, "")) for one in fields(Filters)})
    return Wish(View(wanted), filters, args.get("cursor", ""))


def _typed(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()[:120]


def queue_of(wish: Wish) -> Queue:
    return Queue(wish.view, wish.filters, actor(), target())


def target() -> timedelta:
    """How long after it happened a failure is due."""
    return frame.config().due_after.failed


def work() -> Response:
    """GET /work: the page, or its list alone."""
    wish = read(request.args)
    return frame.answer("staff/work.html", "staff/_work.html", current=url_for("staff.work", view=wish.view.value),
                        **context(wish))  # fmt: skip


def fragment(args: Mapping[str, str], said: str = "", refusal: Refusal | None = None) -> str:
    """The list alone, after an action in one of its rows."""
    return render_template("staff/_work.html", **context(read(args), said, refusal))


def context(wish: Wish, said: str = "", refusal: Refusal | None = None) -> dict[str, Any]:
    queue = queue_of(wish)
    page = queue.page(wish.cursor)
    title, text, elsewhere = EMPTY[wish.view]
    here = wish.url(cursor=wish.cursor)
    shown = [rows.shown(row, target(), wish.query()) for row in staff_rows.rows(page.ids)]
    filtered = bool(wish.filters.as_dict())
    return {
        "wish": wish,
        "title": frame.VIEW_LABELS[wish.view],
        "here": here,
        "rows": shown,
        "said": said,
        "refusal": refusal,
        "count": words.number_words(queue.count(), CAP),
        "prev_url": wish.url(cursor=page.before) if page.before else None,
        "next_url": wish.url(cursor=page.after) if page.after else None,
        "chips": _chips(wish),
        "clear_url": wish.url(filters=Filters()) if filtered else "",
        "options": _options(wish),
        "empty": _empty(wish, page, title, text, elsewhere),
    }


def _empty(wish: Wish, page: Page, title: str, text: str, elsewhere: View | None) -> dict[str, Any] | None:
    if page.ids:
        return None
    if wish.cursor:
        link = {"label": "To the first page", "url": wish.url()}
        return {"title": "This page of the list is empty", "text": "Its items have moved on.", "link": link}
    if wish.filters.as_dict():
        link = {"label": "Clear the filters", "url": wish.url(filters=Filters())}
        return {"title": "Nothing matches these filters", "text": "", "link": link}
    other = (
        {"label": f"See {frame.VIEW_LABELS[elsewhere].lower()}", "url": wish.url(view=elsewhere)} if elsewhere else None
    )
    return {"title": title, "text": text, "link": other}


def _chips(wish: Wish) -> list[dict[str, str]]:
    names = staff_filters.names_of(wish.filters)
    if wish.filters.service:
        names["service"] = catalogue.title(wish.filters.service, "staff")
    return [
        {"label": FILTER_LABELS[key], "value": names.get(key, value),
         "remove_url": wish.url(filters=replace(wish.filters, **{key: ""}))}
        for key, value in wish.filters.as_dict().items()
    ]  # fmt: skip


def _options(wish: Wish) -> list[dict[str, Any]]:
    """The choices of the filter form."""
    services = [(kind.key, kind.label) for kind in catalogue.SERVICE_TYPES.values()]
    found = [("service", services), ("step", staff_filters.steps()), ("site", staff_filters.sites())]
    return [
        {"name": name, "label": FILTER_LABELS[name], "choices": _with(choices, wish.filters.as_dict().get(name, "")),
         "value": wish.filters.as_dict().get(name, "")}
        for name, choices in found
    ]  # fmt: skip


def _with(choices: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """The choices, and the value in force even if it is none of them (any more)."""
    return choices if not value or value in dict(choices) else [*choices, (value, value)]
