"""A row of the queue as it is drawn, with what the viewer may do right there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from app.domain import clock
from app.domain.asks import Ask, thawed
from app.domain.permissions import Permission
from app.domain.states import PERSON_WAITS, State, Status
from app.queries.staff_rows import ItemRow
from app.web.guard import actor
from app.web.staff import frame, words
from app.web.staff.words import Badge, Due


@dataclass(frozen=True)
class ShownRow:
    """One row. `ask`: the one field that can be answered in the row; `verbs`: buttons, by name."""

    row: ItemRow
    url: str
    service: tuple[str, str]  # the type and the action
    badge: Badge
    due: Due | None
    doing: str
    verbs: frozenset[str]
    ask: tuple[str, Ask] | None


def shown(row: ItemRow, target: timedelta, query: dict[str, Any] | None = None) -> ShownRow:
    """`query`: the list's own filters, which the item's page keeps."""
    asks = list(thawed(row.ask).items())
    verbs = _verbs(row, asks)
    return ShownRow(
        row=row,
        url=item_url(row, query),
        service=words.service_and_action(row.service_type, row.action, row.order_type),
        badge=words.item_badge(row),
        due=words.row_due(row, target),
        doing=words.doing(row),
        verbs=verbs,
        ask=asks[0] if "resume" in verbs and asks else None,
    )


def item_url(row: ItemRow, query: dict[str, Any] | None = None) -> str:
    """Put together by hand: `url_for` for each of many rows costs more than reading them."""
    return f"/items/{row.id}" + (f"?{urlencode(query)}" if query else "")


def answerable(row: ItemRow) -> bool:
    """Whether the item waits for a person, and the viewer is one who may answer."""
    asked = row.state is State.WAITING and row.wait_kind in PERSON_WAITS and row.wait_audience is not None
    if not asked or not frame.may_now(Permission.ITEM_ANSWER):
        return False
    if row.status is Status.AWAITING_ORDER_CONFIRMATION and not frame.may_now(Permission.ORDER_CONFIRM):
        return False
    return actor().may_answer(row.wait_audience or "")


def _verbs(row: ItemRow, asks: list[tuple[str, Ask]]) -> frozenset[str]:
    found: set[str] = set()
    now = clock.now()
    if answerable(row) and (row.wait_audience or "").startswith("team:") and not row.held:
        owner, mine = row.owner(now), row.claimed_by_user(actor().user_id, now)
        found |= {"unclaim"} if mine else set() if owner else {"claim"}
        if (mine or not owner) and _fits_a_row(asks):
            found.add("resume")
    if row.status is Status.ERROR and frame.may_now(Permission.ITEM_ACT):
        found.add("retry")
    return frozenset(found)


def _fits_a_row(asks: list[tuple[str, Ask]]) -> bool:
    return not asks or (len(asks) == 1 and asks[0][1].required and asks[0][1].kind in ("text", "number", "choice"))
