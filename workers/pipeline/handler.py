"""The vocabulary that handlers are written in.

A handler is a runbook: which steps, in which order, in which stage. A step either does, or waits:

- `automated` calls a far system: it may run twice, so it passes `task.key` on and the far end acts once;
- `local` works only in our own database, in the very transaction that journals it;
- `manual` and `member` wait for a person, who answers with one click;
- `until` waits for a time or a far system: its function looks, and answers with facts or an `Await`.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from app.domain.asks import Ask, frozen
from app.domain.permissions import Team
from app.domain.states import Stage, WaitKind
from app.domain.story import Line

Facts = dict[str, Any]


@dataclass(frozen=True)
class Await:
    """What a step answers when it cannot go on: for whom or what the item waits, and when to look again."""

    kind: WaitKind
    audience: str
    title: str
    tell: str = ""
    ask: dict[str, Ask] = field(default_factory=dict)
    reference: str | None = None
    look_again: datetime | None = None
    due: datetime | None = None
    expires: datetime | None = None
    default_answer: Facts | None = None
    facts: Facts = field(default_factory=dict)  # what was learned so far, shown beside the question
    line: Line | None = None


@dataclass
class Task:
    """What a step sees: the item, the facts so far, a key that makes it safe to repeat, the far systems, our stock."""

    item: Any  # the item's row joined with its order's, read only
    facts: Facts
    key: str
    systems: Any
    config: Any
    stock: Any
    lines: list[Line] = field(default_factory=list)

    def say(self, user: str | None = None, debug: str | None = None) -> None:
        """Tell the member (`user`) or the NOC (`debug`) something, once, when the step has succeeded."""
        self.lines.append(Line(user, debug))

    @property
    def service_number(self) -> int:
        return int(self.item.service_number)


Act = Callable[[Task], Facts | Await | None]


@dataclass(frozen=True)
class Step:
    """One thing a handler does, or waits for. `key` is stable: live orders remember it."""

    key: str
    title: str
    kind: str  # auto, local, until, or the WaitKind of a person's step
    act: Act | None = None
    uses: tuple[str, ...] = ()
    undo: Act | None = None
    undo_uses: tuple[str, ...] = ()
    team: str | None = None
    tell: str = ""
    ask: dict[str, Ask] = field(default_factory=dict)
    expires_setting: str | None = None
    default_answer: Facts | None = None
    says: str = ""
    activates: bool = False
    condition: Callable[[Task], bool] | None = None

    def when(self, condition: "Callable[[Task], bool]") -> "Step":
        """The same step, passed over where `condition` does not hold when its turn comes."""
        return replace(self, condition=condition)

    @property
    def is_person(self) -> bool:
        return self.kind in {kind.value for kind in WaitKind}

    def published(self, stage: Stage | None) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "stage": stage.value if stage else None,
            "kind": self.kind,
            "team": self.team,
            "undo": self.undo is not None,
            "asks": [one.label for one in self.ask.values()],
        }

    def row(self, position: int, stage: Stage | None) -> dict[str, Any]:
        """The step as it is written down for one item."""
        return {
            "position": position,
            "key": self.key,
            "title": self.title,
            "stage": stage,
            "kind": self.kind,
            "team": self.team,
            "tell": self.tell or None,
            "ask": frozen(self.ask) or None,
            "undo_key": self.key if self.undo else None,
            "extra": {"expires": self.expires_setting, "default": self.default_answer, "says": self.says},
        }


def automated(
    title: str,
    *,
    uses: tuple[str, ...],
    undo: Act | None = None,
    undo_uses: tuple[str, ...] = (),
    activates: bool = False,
) -> Callable[[Act], Step]:
    """A step that changes a far system. `uses` names the systems, so that one that is down delays only its own."""
    return lambda act: Step(
        act.__name__, title, "auto", act, uses=uses, undo=undo, undo_uses=undo_uses or uses, activates=activates
    )


def local(title: str, *, undo: Act | None = None) -> Callable[[Act], Step]:
    """A step in our own database only: it happens in the same transaction as its journal row, so exactly once."""
    return lambda act: Step(act.__name__, title, "local", act, undo=undo)


def until(title: str, *, uses: tuple[str, ...] = ()) -> Callable[[Act], Step]:
    """A step that looks whether something is so: it answers facts, or an `Await` that says when to look again."""
    return lambda act: Step(act.__name__, title, "until", act, uses=uses)


def manual(key: str, title: str, *, team: Team, tell: str, ask: dict[str, Ask] | None = None) -> Step:
    """A step that our staff do: the item pauses in the team's queue and goes on when they press Resume."""
    return Step(key, title, WaitKind.MANUAL.value, team=team.value, tell=tell, ask=ask or {})


def member(
    key: str, title: str, *, tell: str, says: str, expires_setting: str, default_answer: Facts,
    ask: dict[str, Ask] | None = None,
) -> Step:  # fmt: skip
    """A step of the member: completes by itself after the configured time with `default_answer`."""
    return Step(
        key, title, WaitKind.MEMBER.value, tell=tell, says=says, ask=ask or {},
        expires_setting=expires_setting, default_answer=default_answer,
    )  # fmt: skip


HANDLERS: dict[str, type["Handler"]] = {}


class Handler:
    """One service type and one action (and, where it matters, one order type)."""

    service_type: ClassVar[str]
    action: ClassVar[str]
    order_type: ClassVar[str | None] = None

    inventory: ClassVar[tuple[Step, ...]] = ()
    quality_assurance: ClassVar[tuple[Step, ...]] = ()
    provisioning: ClassVar[tuple[Step, ...]] = ()

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "service_type"):
            return  # a shared base
        name = handler_name(cls.service_type, cls.action, cls.order_type)
        if name in HANDLERS:
            raise TypeError(f"{name} is already handled by {HANDLERS[name].__name__}")
        keys = [step.key for _, step in cls.plan()]
        if len(keys) != len(set(keys)):
            raise TypeError(f"{cls.__name__} names a step twice: {keys}")
        HANDLERS[name] = cls

    @classmethod
    def plan(cls) -> Iterator[tuple[Stage, Step]]:
        for stage in Stage:
            for step in getattr(cls, stage.value):
                yield stage, step


def handler_name(service_type: str, action: str, order_type: str | None) -> str:
    return ":".join(part for part in (service_type, action, order_type) if part)


def handler_for(service_type: str, action: str, order_type: str) -> type[Handler] | None:
    """The handler made for this order type, else the ordinary one, else None: nobody automates it."""
    return HANDLERS.get(handler_name(service_type, action, order_type)) or HANDLERS.get(
        handler_name(service_type, action, None)
    )


def effect_key(item_id: uuid.UUID, step_key: str, generation: int) -> str:
    """The idempotency key of one effect: the same on every try; only a person's redo makes a new one."""
    return str(uuid.uuid5(item_id, f"{step_key}/{generation}"))
