"""Writing an item's plan down, once, as step rows: gates first, then the handler's steps by stage."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert

from app.domain.asks import thawed
from app.domain.models import StepRow
from app.domain.models.base import table_of
from app.domain.states import Stage, StepState
from app.extensions import db
from workers.pipeline import by_hand, gates
from workers.pipeline.handler import HANDLERS, Handler, Step, handler_for, handler_name

rows = table_of(StepRow)
COLUMNS = (
    rows.c.id, rows.c.position, rows.c.key, rows.c.title, rows.c.stage, rows.c.kind, rows.c.team, rows.c.tell,
    rows.c.ask, rows.c.extra, rows.c.undo_key, rows.c.state, rows.c.generation, rows.c.tries, rows.c.started_at,
)  # fmt: skip
"""What the engine reads of a step."""


def steps_for(item: Any) -> tuple[str, list[tuple[Stage | None, Step]]]:
    """The name of the handler and all steps, gates included, for an item that starts now."""
    handler = None if item.by_hand else handler_for(item.service_type, item.action, item.order_type)
    own = list(handler.plan()) if handler else list(by_hand.by_hand_plan(item))
    name = handler_name(handler.service_type, handler.action, handler.order_type) if handler else "by_hand"
    return name, [*((None, gate) for gate in _gates(item)), *_with_completion_date(own, item)]


def _gates(item: Any) -> Iterator[Step]:
    for number, (audience, title, tell, *ask) in enumerate(item.confirmations, start=1):
        yield gates.confirmation(number, audience, title, tell, thawed(ask[0] if ask else None))
    if item.needs_others:
        yield gates.predecessors_done
    if item.start_wish is not None:
        yield gates.start_date_reached


def _with_completion_date(own: list[tuple[Stage, Step]], item: Any) -> Iterator[tuple[Stage, Step]]:
    holds_back = item.completion_wish is not None and item.start_wish is None
    for stage, step in own:
        if step.activates and holds_back:
            yield stage, gates.completion_date_reached
            holds_back = False
        yield stage, step


def write_down(item: Any) -> tuple[str, list[Any]]:
    """Write the step rows of an item that has none yet; answer the handler's name and the rows.

    In the caller's transaction.
    """
    name, steps = steps_for(item)
    fresh = {"item_id": item.id, "state": StepState.PENDING, "generation": 0, "tries": 0, "token": 0, "by": ""}
    written = db.session.execute(
        insert(rows).returning(*COLUMNS),
        [{**step.row(position, stage), **fresh} for position, (stage, step) in enumerate(steps)],
    )
    return name, sorted(written, key=lambda row: row.position)


_BUILT_IN = {
    step.key: step
    for step in (
        gates.predecessors_done, gates.start_date_reached, gates.completion_date_reached, *by_hand.BUILT_IN,
    )
}  # fmt: skip


def find_step(handler_key: str, step_key: str) -> Step | None:
    """The code behind a written-down step, or None if the handler no longer has it."""
    handler = HANDLERS.get(handler_key)
    own = next((step for _, step in handler.plan() if step.key == step_key), None) if handler else None
    return own or _BUILT_IN.get(step_key)


def published(handler: type[Handler]) -> list[dict[str, Any]]:
    return [step.published(stage) for stage, step in handler.plan()]
