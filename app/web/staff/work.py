"""The queue: /work, one view of the items with its filters, 50 rows at a time."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, render_template, request, url_for

from app import presence
from app.domain import clock
from app.queries import staff_filters, staff_jump, staff_rows
from app.queries.staff_queue import CAP, Filters, Page, View
from app.services import batches
from app.services.batches import Verb
from app.web.guard import actor
from app.web.staff import frame, rows, words
from app.web.staff.refusal import Refusal
from app.web.staff.wishes import (
    DUE,
    FILTER_LABELS,
    SORT_LABELS,
    Wish,
    actions,
    errors,
    queue_of,
    read,
    services,
    target,
    words_of,
)

__all__ = ["Wish", "checked", "context", "fragment", "queue_of", "read", "target", "work"]

EMPTY = {
    View.MINE: ("You have claimed nothing", "What you claim stays in your hands until you resume it.", View.UNCLAIMED),
    View.UNCLAIMED: ("Nothing is unclaimed", "When an item pauses for a person, it appears here.", View.ALL),
    View.FAILED: ("Nothing has failed", "When a step fails, its item waits here until somebody decides.", View.ALL),
    View.WAITING: ("Nothing waits for somebody else", "What waits for members or systems is listed here.", View.ALL),
    View.ALL: ("No item is open", "Every item has been completed or cancelled.", None),
}  # fmt: skip
FIRST_FILTERS, MORE_FILTERS = ("service", "step", "site", "due"), ("action", "fabric", "owner", "error")
BULK = {
    Verb.CLAIM: "Claim", Verb.UNCLAIM: "Give back", Verb.RETRY: "Retry", Verb.RELEASE: "Release", Verb.HOLD: "Hold",
}  # fmt: skip


def work() -> Response:
    """GET /work: the page, or its list alone."""
    wish = read(request.args)
    return frame.answer("staff/work.html", "staff/_work.html", current=url_for("staff.work", view=wish.view.value),
                        **context(wish))  # fmt: skip


def fragment(args: Mapping[str, str], said: Any = "", refusal: Refusal | None = None) -> str:
    """The list alone, after an action in one of its rows. `said`: a sentence, or one with a form to undo it."""
    return render_template("staff/_work.html", **context(read(args), said, refusal))


def checked(wish: Wish) -> tuple[Wish, dict[str, str], staff_filters.Choices]:
    """The wish without values that do not exist any more, the words for the others, and what there is to choose."""
    offered = staff_filters.choices()
    kept, gone = staff_filters.checked(wish.filters, offered)
    wish = replace(wish, filters=kept, notices=(*wish.notices, *gone))
    return wish, staff_filters.names_of(kept, offered), offered


def context(wish: Wish, said: Any = "", refusal: Refusal | None = None) -> dict[str, Any]:
    wish, names, offered = checked(wish)
    queue = queue_of(wish)
    page = queue.page(wish.cursor)
    here = wish.url(cursor=wish.cursor)
    count = queue.count()
    return {
        "wish": wish,
        "title": frame.VIEW_LABELS[wish.view],
        "here": here,
        "rows": [rows.shown(row, target(), wish.query()) for row in staff_rows.rows(page.ids)],
        "present": presence.here().of(page.ids, actor()),
        "said": said,
        "refusal": refusal,
        "count": words.number_words(count, CAP),
        "prev_url": wish.url(cursor=page.before) if page.before else None,
        "next_url": wish.url(cursor=page.after) if page.after else None,
        "chips": _chips(wish, names),
        "clear_url": wish.url(filters=Filters()) if wish.filters.as_dict() else "",
        "options": [_option(name, wish, offered) for name in FIRST_FILTERS],
        "more_options": [_option(name, wish, offered) for name in MORE_FILTERS],
        "more_open": any(getattr(wish.filters, name) for name in (*MORE_FILTERS, "member")),
        "member_name": names.get("member", ""),
        "sorts": [(sort.value, label) for sort, label in SORT_LABELS.items()],
        "sort_words": SORT_LABELS[wish.sort].lower(),
        "csv_url": wish.url("staff.work_csv"),
        "saved": _saved(wish),
        "bulk": _bulk(count, refusal),
        "empty": _empty(wish, page),
    }


def _bulk(count: int, refusal: Refusal | None) -> dict[str, Any]:
    """What can be done to many rows at once; `verbs` is empty for those who may not."""
    verbs = [(verb.value, label) for verb, label in BULK.items() if batches.may_start(actor(), verb)]
    mine = refusal if refusal is not None and refusal.verb == "bulk" else None
    return {
        "verbs": verbs,
        "most": min(count, batches.MOST),
        "all_words": f"All {count:,} that match" if count <= batches.MOST else f"The first {batches.MOST:,} that match",
        "as_of": clock.now().isoformat(),
        "typed": mine.typed if mine else {},
        "picked": mine.picked if mine else frozenset(),
    }


def _saved(wish: Wish) -> list[dict[str, Any]]:
    """One's own views and the shared ones, as tabs."""
    here = {name: str(value) for name, value in wish.query().items()}
    views = [(one.name, saved_url(one)) for one in staff_jump.saved_views(actor())]
    return [{"label": name, "url": url, "current": dict(parse_qsl(urlsplit(url).query)) == here} for name, url in views]


def saved_url(one: Any) -> str:
    """The list that a saved view opens. What its address says that is nothing any more, the list itself tells."""
    plain = {name: value for name, value in one.filters.items() if isinstance(value, str | int)}
    by = {"sort": one.sort} if one.sort else {}
    return f"{url_for('staff.work')}?{urlencode({'view': one.view, **plain, **by})}"


def _empty(wish: Wish, page: Page) -> dict[str, Any] | None:
    if page.ids:
        return None
    title, text, elsewhere = EMPTY[wish.view]
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


def _chips(wish: Wish, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "label": FILTER_LABELS[key],
            "value": value,
            "remove_url": wish.url(filters=replace(wish.filters, **{key: ""})),
        }
        for key, value in words_of(wish, names).items()
    ]


def _option(name: str, wish: Wish, offered: staff_filters.Choices) -> dict[str, Any]:
    """One select of the filter form."""
    ours: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "service": services,
        "action": actions,
        "error": errors,
        "due": lambda: DUE,
    }
    choices = ours[name]() if name in ours else offered.of(name)
    value = getattr(wish.filters, name)
    known = choices if not value or value in dict(choices) else [*choices, (value, value)]
    return {"name": name, "label": FILTER_LABELS[name], "choices": known, "value": value}


def ids_of(args: Mapping[str, str], as_of: Any) -> tuple[list[uuid.UUID], str]:
    """The items of a whole list as it stood then, `batches.MOST` at most; and the list in words."""
    wish, names, _ = checked(read(args))
    parts = [f"{FILTER_LABELS[key]} {value}" for key, value in words_of(wish, names).items()]
    return queue_of(wish).ids(batches.MOST, until=as_of), " · ".join([frame.VIEW_LABELS[wish.view], *parts])
