"""A room to try the engine in: handlers of the test's own, a far side that remembers, workers that can die.

room.plan(inventory=(…), …)     the runbook of the service type that the room's orders are about
room.order(items=2)             an order, handed to the machine
room.work(item)                 a worker takes the item as far as it will go; answers the runner's word
room.far                        the far side: deduplicates by key, counts effects, misbehaves on order
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.config import Config
from app.domain import after_commit, clock, lifecycle
from app.domain.models import (
    Account,
    Audit,
    ItemDependency,
    Order,
    OrderItem,
    OrderLog,
    OutboxMessage,
    StepRow,
    Wait,
)
from app.domain.permissions import Role
from app.domain.states import Stage, State, Status
from app.extensions import db
from app.services import items
from app.services.actor import Actor
from app.services.stock import Stock
from workers.pipeline import runner
from workers.pipeline.handler import HANDLERS, Facts, Handler, Step, Task, automated, local
from workers.pipeline.runner import Bench

ENGINEER = Actor("Nell Patcher", role=Role.ENGINEER)
OTHER_ENGINEER = Actor("Ivo Splice", role=Role.ENGINEER)
SALES = Actor("Sam Quote", role=Role.SALES)
ACCOUNT = "account-harbour"
MEMBER = Actor("Ada Quayside", role=Role.MEMBER, account_ids=frozenset({ACCOUNT}))
TRIAL = "trial"


class Died(BaseException):
    """The worker is gone, as after kill -9: nothing of the program catches it."""


@dataclass
class FarSide:
    """A system that does each effect once per key. `misbehave` is called around every call and may raise."""

    system: ClassVar[str] = "network"
    effects: Counter[str] = field(default_factory=Counter)
    keys: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda what: None
    after: Callable[[str], None] = lambda what: None

    def do(self, key: str, what: str) -> str:
        self.calls.append(what)
        self.before(what)
        if key not in self.keys:
            self.keys[key] = what
            self.effects[what] += 1
        self.after(what)
        return f"{what} #{self.effects[what]}"


@dataclass(frozen=True)
class FarSystems:
    network: FarSide


def does(name: str, *, undo: bool = True, activates: bool = False) -> Step:
    """A step that does `name` at the far side; its undo does `undo name`."""

    def act(task: Task) -> Facts:
        return {name: task.systems.network.do(task.key, name)}

    def take_back(task: Task) -> Facts:
        task.systems.network.do(task.key, f"undo {name}")
        return {}

    step = automated(f"Do {name}", uses=("network",), undo=take_back if undo else None, activates=activates)(act)
    return replace(step, key=name)


def notes(name: str) -> Step:
    """A step in our own database only."""
    return replace(local(f"Note {name}")(lambda task: {name: True}), key=name)


@dataclass
class Room:
    app: Flask
    config: Config
    far: FarSide = field(default_factory=FarSide)
    woken: list[tuple[uuid.UUID, Stage]] = field(default_factory=list)
    deliveries: list[uuid.UUID] = field(default_factory=list)
    _orders: int = 0

    def __post_init__(self) -> None:
        after_commit.carrier("wake", self.woken.extend)
        after_commit.carrier("deliver", self.deliveries.extend)
        after_commit.carrier("signal", lambda topics: None)
        db.session.add(Account(id=ACCOUNT, organisation="Harbour Connect"))
        db.session.commit()

    # What there is to work

    def plan(self, **stages: tuple[Step, ...]) -> None:
        """The runbook of the room's orders from now on."""
        HANDLERS.pop(f"{TRIAL}:new", None)
        type("Trial", (Handler,), {"service_type": TRIAL, "action": "new", **stages})

    def order(self, *, order: dict[str, Any] | None = None, **item: Any) -> uuid.UUID:
        """An order of one item, handed to the machine; the item's id."""
        return self.orders(item, order=order)[0]

    def orders(self, *items: dict[str, Any], order: dict[str, Any] | None = None) -> list[uuid.UUID]:
        """One order with an item for each of `items` (its fields); the items' ids."""
        self._orders += 1
        head = Order(number=100_000 + self._orders, account_id=ACCOUNT, **(order or {}))
        db.session.add(head)
        db.session.flush()
        ids = [uuid.uuid4() for _ in items]
        for number, (item_id, fields) in enumerate(zip(ids, items, strict=True), start=1):
            ready = {
                "service_type": TRIAL,
                "action": "new",
                "status": Status.ORDERED,
                **lifecycle.submitted(clock.now()),
            }
            db.session.add(
                OrderItem(
                    id=item_id,
                    order_id=head.id,
                    item_number=number,
                    **{**ready, **lifecycle.submitted(clock.now()), **fields},
                )
            )
        db.session.commit()
        return ids

    def needs(self, item: uuid.UUID, other: uuid.UUID) -> None:
        """`item` depends on `other`."""
        db.session.add(ItemDependency(item_id=item, needs_id=other))
        db.session.commit()

    # Working it

    def bench(self, **more: Any) -> Bench:
        stages = more.pop("stages", frozenset(Stage))
        config = replace(self.config, **more.pop("config", {}))
        return Bench(FarSystems(self.far), config, Stock(config), stages, **more)

    def work(self, item: uuid.UUID, **bench: Any) -> str:
        """A worker process of its own takes the item as far as it will go."""
        with self.app.app_context():
            return runner.advance(item, self.bench(**bench))

    def work_until_rest(self, item: uuid.UUID) -> str:
        """Time passes and workers come by until the item rests: ended, waiting for somebody, in error."""
        for _ in range(40):
            word = self.work(item)
            if self.state(item) not in (State.READY, State.BACKOFF, State.RUNNING):
                return word
            self.later(61)
        raise AssertionError(f"The item does not come to rest: {self.state(item)}, {word}")

    @contextmanager
    def death_at(self, moment: int) -> Iterator[list[int]]:
        """A worker inside is killed at the given moment: before a commit, after a commit, in a call or after it."""
        passed = [0]

        def tick(*_: object) -> None:
            passed[0] += 1
            if passed[0] == moment:
                raise Died(f"at moment {moment}")

        far, self.far.before, self.far.after = (self.far.before, self.far.after), tick, tick
        event.listen(Session, "before_commit", tick)
        event.listen(Session, "after_commit", tick)
        try:
            yield passed
        except Died:
            pass
        finally:
            event.remove(Session, "before_commit", tick)
            event.remove(Session, "after_commit", tick)
            self.far.before, self.far.after = far

    def later(self, seconds: float) -> None:
        """Time passes."""
        clock.advance(timedelta(seconds=seconds))

    def lease_runs_out(self) -> None:
        self.later(self.config.lease_seconds + 1)

    def resume(self, item: uuid.UUID, actor: Actor = ENGINEER, **given: Any) -> None:
        """A person answers what the item waits for, with the page's version."""
        with self.app.app_context():
            items.resume(item, actor, given, version=self.version(item))

    # Looking at it: in a session of its own, so that nothing is held open

    def see(self, query: Any) -> list[Any]:
        with Session(db.engine) as session:
            rows = list(session.scalars(query))
            session.expunge_all()
            return rows

    def item(self, item: uuid.UUID) -> OrderItem:
        found: OrderItem = self.see(select(OrderItem).where(OrderItem.id == item))[0]
        return found

    def state(self, item: uuid.UUID) -> State:
        return self.item(item).state

    def status(self, item: uuid.UUID) -> Status:
        return self.item(item).status

    def version(self, item: uuid.UUID) -> int:
        return self.item(item).version

    def order_of(self, item: uuid.UUID) -> Order:
        found: Order = self.see(select(Order).where(Order.id == self.item(item).order_id))[0]
        return found

    def steps(self, item: uuid.UUID) -> dict[str, str]:
        """Step key → state, in the order of the plan."""
        rows = self.see(select(StepRow).where(StepRow.item_id == item).order_by(StepRow.position))
        return {row.key: row.state.value for row in rows}

    def step(self, item: uuid.UUID, key: str) -> StepRow:
        found: StepRow = self.see(select(StepRow).where(StepRow.item_id == item, StepRow.key == key))[0]
        return found

    def wait(self, item: uuid.UUID) -> Wait | None:
        """What the item waits for now."""
        return next((wait for wait in self.waits(item) if wait.open), None)

    def waits(self, item: uuid.UUID) -> list[Wait]:
        return self.see(select(Wait).where(Wait.item_id == item).order_by(Wait.opened_at))

    def logs(self, item: uuid.UUID) -> list[OrderLog]:
        """The log of the item's order."""
        return self.see(select(OrderLog).where(OrderLog.order_id == self.item(item).order_id).order_by(OrderLog.id))

    def said(self, item: uuid.UUID) -> str:
        """All that the log tells about the item and its order."""
        return "\n".join(f"{row.user_message or ''}|{row.debug_message or ''}" for row in self.logs(item))

    def audit(self, item: uuid.UUID) -> list[str]:
        return self.see(select(Audit.what).where(Audit.item_id == item).order_by(Audit.id))

    def messages(self, item: uuid.UUID) -> list[OutboxMessage]:
        order_id = self.item(item).order_id
        return self.see(select(OutboxMessage).where(OutboxMessage.order_id == order_id).order_by(OutboxMessage.id))
