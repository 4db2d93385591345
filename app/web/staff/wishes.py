"""What an address of the queue asks for: its view, filters, sorting and page; and how it is said again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from flask import url_for

from app.domain.errors import Malformed
from app.queries import sold, staff_filters
from app.queries.staff_narrow import OVER, SOON
from app.queries.staff_queue import Filters, Queue, Sort, View
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.words import ERROR_CLASSES

FILTER_LABELS = {
    "service": "Service", "action": "Action", "step": "Step", "fabric": "Fabric", "site": "Location",
    "member": "Member", "owner": "Owner", "error": "Error", "due": "Due", "text": "Text",
}  # fmt: skip
SORT_LABELS = {Sort.DUE: "Due first", Sort.AGE: "Longest as it is", Sort.ORDER: "Newest order"}
DUE = [(OVER, "Over target"), (SOON, "Due soon")]
NO_FILTERS = frozenset({"view", "sort", "cursor", "debug", "at", "member_name"})


@dataclass(frozen=True)
class Wish:
    """One list. `notices`: sentences about what the address said that is nothing."""

    view: View
    filters: Filters
    cursor: str = ""
    sort: Sort = Sort.DUE
    notices: tuple[str, ...] = ()

    def url(self, endpoint: str = "staff.work", **changes: Any) -> str:
        """The address of this list, or of one that differs from it; the cursor is kept only if it is given."""
        asked = replace(self, **{"cursor": "", **changes})
        at: dict[str, Any] = {"cursor": asked.cursor} if asked.cursor else {}
        return url_for(endpoint, **asked.query(), **at)

    def query(self) -> dict[str, Any]:
        """What the address of an item carries, so that its page knows the way on through this list."""
        by: dict[str, Any] = {} if self.sort is Sort.DUE else {"sort": self.sort.value}
        return {"view": self.view.value, **self.filters.as_dict(), **by}


def read(args: Mapping[str, str]) -> Wish:
    """`Malformed` if the view is none of ours. A filter or sorting that is nonsense is left out, with a sentence."""
    wanted = args.get("view") or View.UNCLAIMED.value
    if wanted not in set(View):
        raise Malformed(f"There is no view “{wanted[:40]}”; there are {', '.join(view.value for view in View)}.")
    filters = Filters(**{one.name: _typed(args.get(one.name, "")) for one in fields(Filters)})
    kept, notices = _without_nonsense(filters)
    notices += [
        f"There is no filter “{name[:40]}”: the list is shown without it."
        for name in args
        if name not in FILTER_LABELS and name not in NO_FILTERS
    ]
    sort = args.get("sort") or Sort.DUE.value
    if sort not in set(Sort):
        notices.append(f"The list cannot be sorted by “{sort[:40]}”: it is sorted by what is due first.")
        sort = Sort.DUE.value
    return Wish(View(wanted), kept, args.get("cursor", ""), Sort(sort), tuple(notices))


def _typed(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable()).split())[:120]


def _without_nonsense(filters: Filters) -> tuple[Filters, list[str]]:
    """Without the values that a list of ours does not have."""
    kept, gone = filters, []
    for name, known in (("service", services()), ("action", actions()), ("error", errors()), ("due", DUE)):
        value = getattr(filters, name)
        if value and value not in dict(known):
            gone.append(f"There is no {FILTER_LABELS[name].lower()} “{value[:60]}”: the list is shown without it.")
            kept = replace(kept, **{name: ""})
    if filters.owner and not staff_filters.is_person(filters.owner):
        gone.append(f"“{filters.owner[:60]}” is nobody: the list is shown without this filter.")
        kept = replace(kept, owner="")
    return kept, gone


def services() -> list[tuple[str, str]]:
    return [(kind.key, kind.label) for kind in sold.kinds()]


def actions() -> list[tuple[str, str]]:
    """Every action that some service type has, once."""
    keys = dict.fromkeys(key for kind in sold.kinds() for key in kind.actions)
    return [(key, key.replace("_", " ").capitalize()) for key in keys]


def errors() -> list[tuple[str, str]]:
    return [(key, title) for key, (title, _) in ERROR_CLASSES.items()]


def queue_of(wish: Wish) -> Queue:
    return Queue(wish.view, wish.filters, actor(), target(), wish.sort)


def target() -> timedelta:
    """How long after it happened a failure is due."""
    return frame.config().due_after.failed


def words_of(wish: Wish, names: Mapping[str, str]) -> dict[str, str]:
    """The filters in force, each in words."""
    known = {"service": dict(services()), "action": dict(actions()), "error": dict(errors()), "due": dict(DUE)}
    return {
        key: str(names.get(key) or known.get(key, {}).get(value, value))
        for key, value in wish.filters.as_dict().items()
    }
