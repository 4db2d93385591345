"""The log of an item: which part of it is shown, its lines, what people did, and the whole as text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain.models import Audit, OrderLog
from app.queries.staff_item import ItemPage, LogPart, LogWish

PARTS = {
    LogPart.ALL: "Everything",
    LogPart.MEMBER: "What the member reads",
    LogPart.DEBUG: "Staff only",
    LogPart.FAILED: "Failures",
}
EMPTY = {
    LogPart.ALL: "Nothing has been said yet.",
    LogPart.MEMBER: "The member has been told nothing yet.",
    LogPart.DEBUG: "There is no line that only staff read.",
    LogPart.FAILED: "Nothing has failed.",
}
DEEDS = {
    "claim": "claimed it", "unclaim": "gave it back", "take over": "took it over", "answer": "answered and resumed it",
    "recheck": "let it look again", "retry": "had it tried again", "step_over": "passed over a step", "hold": "held it",
    "release": "released it", "cancel": "cancelled it", "drop": "dropped it", "reject": "declined it",
}  # fmt: skip


def read(args: Mapping[str, str]) -> LogWish:
    """What the address asks for; nonsense asks for everything."""
    part = args.get("log", "")
    step = "".join(sign for sign in args.get("step", "") if sign.isprintable())[:80]
    return LogWish(LogPart(part) if part in set(LogPart) else LogPart.ALL, step)


def query(wish: LogWish) -> dict[str, Any]:
    """The wish as an address carries it."""
    return {name: value for name, value in (("log", wish.part.value), ("step", wish.step)) if value}


def lines(entries: Sequence[OrderLog], debug: bool = True) -> list[dict[str, Any]]:
    """The log as ui.log draws it. A staff note is shown whether or not debug lines are."""
    return [
        {
            "created_at": entry.created_at,
            "user_message": entry.debug_message if entry.internal else entry.user_message,
            "debug_message": entry.debug_message if debug and not entry.internal else None,
            "internal": entry.internal,
            "to_member": bool(entry.user_message) and by_person(entry.by),
            "by": entry.by if by_person(entry.by) else "",
            "item_name": None,
        }
        for entry in entries
    ]


def by_person(by: str) -> bool:
    return by not in ("", "worker", "system")


def text_line(entry: OrderLog) -> str:
    """One entry as plain text: time, who, to the member, for staff."""
    parts = [_utc(entry.created_at), entry.by or "system"]
    if entry.user_message:
        parts.append(f"[member] {in_line(entry.user_message)}")
    if entry.debug_message:
        parts.append(f"[{'note' if entry.internal else 'debug'}] {in_line(entry.debug_message)}")
    return "  ".join(parts)


def in_line(text: str) -> str:
    """A message in a text of lines: its further lines are indented, so that none can pass for an entry of its own."""
    return "\n    ".join(text.splitlines())


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def about_step(page: ItemPage, wish: LogWish) -> str:
    """The title of the step that the log is narrowed to."""
    return next((step.title for step in page.steps if step.key == wish.step), wish.step)


def deeds(page: ItemPage) -> list[dict[str, Any]]:
    """What people did with the item, in words."""
    return [
        {"at": deed.at, "by": deed.by or "system", "what": _deed(deed), "reason": deed.reason}
        for deed in page.deeds
        if by_person(deed.by) or deed.reason
    ]


def _deed(deed: Audit) -> str:
    return DEEDS.get(deed.what, deed.what.replace("_", " "))
