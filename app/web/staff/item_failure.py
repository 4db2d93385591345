"""What a person needs when an item has failed: what was done already, and what can be done now, most sensible first."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.models import StepRow
from app.domain.states import PASSED_STEPS, State, StepState
from app.queries.staff_item import ItemPage


@dataclass(frozen=True)
class Way:
    """A way on. `why`: when it is the right one. Verbs other than retry, retry-from and cancel ask for a reason."""

    verb: str
    why: str


RETRY_SAFE = "It is tried again under the same key: what has happened already does not happen twice."
BY_HAND = "Do it yourself at the far system, then say what you did; the item goes on behind the step."
SKIP = "Only if the step is not needed here: the item goes on as if it were not in its plan."
HOLD = "Nobody can retry it by mistake until it is released."
CANCEL = "What was done is undone; you see beforehand what that is."
BACK = "Once its cause is mended. Steps from there on are done again, under their old keys."

WAYS: dict[str, tuple[Way, ...]] = {
    "temporary": (
        Way("retry", f"Once the far system answers again. {RETRY_SAFE}"),
        Way("hold", f"If it stays down for long. {HOLD}"), Way("done-by-hand", BY_HAND), Way("cancel", CANCEL),
    ),
    "permanent": (
        Way("retry", f"Only after its cause has been mended. {RETRY_SAFE}"), Way("retry-from", BACK),
        Way("done-by-hand", BY_HAND), Way("skip", SKIP), Way("cancel", CANCEL),
    ),
    "unknown": (
        Way("it-happened", "You looked at the far system, and the step took effect there."),
        Way("redo", "You looked, and nothing happened there: the step is done anew, as a new effect."),
        Way("hold", f"Somebody has to find out first. {HOLD}"), Way("cancel", CANCEL),
    ),
    "overdue": (
        Way("retry", "It is waited for once more, as long as before. Look first whether the far system still works."),
        Way("done-by-hand", BY_HAND), Way("retry-from", BACK), Way("hold", HOLD), Way("cancel", CANCEL),
    ),
    "crash": (
        Way("retry", f"Once; if workers die on it again, tell the developers. {RETRY_SAFE}"), Way("hold", HOLD),
        Way("done-by-hand", BY_HAND), Way("cancel", CANCEL),
    ),
    "plan": (
        Way("done-by-hand", BY_HAND), Way("retry", "After going back to a version that knows the step."),
        Way("skip", SKIP), Way("cancel", CANCEL),
    ),
    "bug": (
        Way("hold", f"Until the developers have mended it. {HOLD}"), Way("done-by-hand", BY_HAND),
        Way("retry", f"Once it has been mended. {RETRY_SAFE}"), Way("cancel", CANCEL),
    ),
}  # fmt: skip
UNDOING = (
    Way("retry", f"The undoing is tried again. {RETRY_SAFE}"),
    Way("done-by-hand", "You took it back yourself at the far system: say how. The next step is undone then."),
    Way("skip", "It stays as it is at the far system, and the item is cancelled nevertheless. Why is that right?"),
    Way("redo", "The earlier undoing did nothing: it is done anew, as a new effect. How do you know?"),
)
"""While an item is being cancelled, its verbs are about the undoing."""


def ways(page: ItemPage, may: frozenset[str]) -> list[Way]:
    """What is suggested, of what the viewer may do."""
    if page.row.state is not State.ERROR:
        return []
    offered = UNDOING if page.row.cancelling else WAYS.get(page.row.error_class or "", WAYS["permanent"])
    known = may | ({"retry-from"} if "retry" in may and not page.row.cancelling and page.item.cursor else set())
    found = [way for way in offered if way.verb in known]
    judged = page.current is not None and page.current.kind == "local" and not page.row.cancelling
    if judged and page.row.error_class == "permanent":  # it only judges what was found before it: that must change
        found.sort(key=lambda way: way.verb != "retry-from")
    return found


@dataclass(frozen=True)
class Effect:
    """A step that has changed something: what it found out, how and when it was done."""

    title: str
    how: str
    at: datetime | None
    found: str


def effects(page: ItemPage) -> list[Effect]:
    """What was already done and stays done: steps that changed something, not those that only looked."""
    return [_effect(step) for step in page.steps if _acted(step)]


def _acted(step: StepRow) -> bool:
    if step.state is StepState.UNDONE:
        return True
    return step.state in PASSED_STEPS and step.state is not StepState.SKIPPED and step.kind not in ("until", "confirm")


def _effect(step: StepRow) -> Effect:
    how = {StepState.BY_HAND: f"by hand, {step.by}", StepState.UNDONE: "undone again"}.get(step.state, "")
    if not how and step.by not in ("", "worker"):
        how = f"by {step.by}"
    values = (step.facts or {}).values()
    plain = [str(value) for value in values if isinstance(value, str | int | float) and str(value)]
    return Effect(step.title, how, step.ended_at, ", ".join(plain[:3]))
