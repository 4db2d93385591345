"""How an order item lives: the whole state machine and the only writers of an item's state.

Every write is a compare-and-set. Workers write under a lease and its token (`claim`, `fenced`); people write under the
item's version (`act`). Losing the race is a normal answer. Derived words (item and order status) are brought up to date
in the same transaction by `settle`. Locks are always taken in this order: item, then order.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, false, func, literal, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from app.domain import after_commit, clock, notices, prepared, status_words, story
from app.domain.errors import IllegalMove, LostLease, NotFound, stale
from app.domain.models import ItemDependency, OrderItem, Service, StagePause, Wait
from app.domain.models.base import table_of
from app.domain.states import ENDED, Stage, State, StepState, WaitKind
from app.extensions import db


class Move(StrEnum):
    SUBMIT = auto()
    CLAIM = auto()
    HAND_ON = auto()
    BACK_OFF = auto()
    PAUSE = auto()
    FAIL = auto()
    FINISH = auto()
    END_CANCEL = auto()
    ANSWER = auto()
    RECHECK = auto()
    RETRY = auto()
    STEP_OVER = auto()
    CANCEL = auto()
    DROP = auto()
    REJECT = auto()


S, M = State, Move
MOVES: dict[Move, tuple[frozenset[State], State]] = {
    M.SUBMIT: (frozenset({S.IDLE}), S.READY),
    M.CLAIM: (frozenset({S.READY, S.BACKOFF, S.WAITING, S.RUNNING}), S.RUNNING),
    M.HAND_ON: (frozenset({S.RUNNING}), S.READY),
    M.BACK_OFF: (frozenset({S.RUNNING}), S.BACKOFF),
    M.PAUSE: (frozenset({S.RUNNING}), S.WAITING),
    M.FAIL: (frozenset({S.RUNNING}), S.ERROR),
    M.FINISH: (frozenset({S.RUNNING}), S.DONE),
    M.END_CANCEL: (frozenset({S.RUNNING}), S.CANCELLED),
    M.ANSWER: (frozenset({S.WAITING}), S.READY),
    M.RECHECK: (frozenset({S.WAITING}), S.READY),
    M.RETRY: (frozenset({S.ERROR, S.BACKOFF}), S.READY),
    M.STEP_OVER: (frozenset({S.ERROR, S.BACKOFF, S.WAITING}), S.READY),
    M.CANCEL: (frozenset({S.READY, S.BACKOFF, S.WAITING, S.ERROR}), S.READY),
    M.DROP: (frozenset({S.IDLE}), S.CANCELLED),
    M.REJECT: (frozenset({S.WAITING}), S.REJECTED),
}
"""From which states a move is possible, and where it leads."""

item = table_of(OrderItem)
wait = table_of(Wait)


@dataclass(frozen=True)
class Lease:
    """A worker's right to write an item, until somebody else claims it."""

    item_id: uuid.UUID
    token: int


@dataclass(frozen=True)
class Flags:
    """What people may have switched on meanwhile; read back with every fenced write."""

    held: bool = False
    cancelling: bool = False
    paused: bool = False  # the stage that the item is in

    @property
    def stop(self) -> bool:
        """Do not begin another step."""
        return self.held or self.cancelling or self.paused


class CancelAsked(Exception):
    """Somebody cancelled while this worker was at it: the item may not pause, fail or complete any more."""


def submitted(now: datetime) -> dict[str, Any]:
    """The values with which new items are handed to the machine."""
    return {"state": MOVES[M.SUBMIT][1], "run_after": now}


def submit(items: Iterable[OrderItem], now: datetime) -> None:
    """Hand these to the machine: items that nobody else knows yet, or those of a draft that is locked."""
    for one in items:
        if one.state not in MOVES[M.SUBMIT][0]:
            raise IllegalMove(f"Item {one.item_number} is no draft any more.")
        for name, value in submitted(now).items():
            setattr(one, name, value)


_pauses = select(StagePause.stage.label("paused_stage")).subquery()  # SQLite's RETURNING must not mix up two “stage”
_PAUSED = (
    select(_pauses.c.paused_stage)
    .where(_pauses.c.paused_stage == func.coalesce(item.c.stage, literal(Stage.INVENTORY.value)))
    .correlate(item)
    .exists()
)
"""An item that has not entered a stage yet stands in the first one's queue."""


def claimable(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The condition under which a worker may take an item: due, not held, its stage not paused."""
    return and_(
        or_(
            and_(item.c.state.in_([S.READY, S.BACKOFF, S.WAITING]), item.c.run_after <= now),
            and_(item.c.state == S.RUNNING, item.c.lease_until < now),
        ),
        or_(item.c.held == false(), item.c.cancelling),
        ~_PAUSED,
    )


def claim(item_id: uuid.UUID, lease_seconds: float) -> tuple[Lease, int] | None:
    """Take the item if it is due; answer the lease and how often its worker has died, or None. Commits nothing."""
    now = clock.now()
    until = now + timedelta(seconds=lease_seconds)
    row = db.session.execute(_claim(claimable), {"wanted": item_id, "now": now, "until": until}).first()
    return (Lease(item_id, row.token), row.crashes) if row else None


@cache
def _claim(claimable: Callable[[Any], ColumnElement[bool]]) -> ReturningUpdate[Any]:
    return (
        update(item)
        .where(item.c.id == bindparam("wanted"), claimable(bindparam("now", type_=item.c.run_after.type)))
        .values(
            state=S.RUNNING,
            token=item.c.token + 1,
            lease_until=bindparam("until"),
            crashes=case((item.c.state == S.RUNNING, item.c.crashes + 1), else_=item.c.crashes),
        )
        .returning(item.c.token, item.c.crashes)
    )


def fenced(
    lease: Lease,
    move: Move | None = None,
    *,
    undoing: bool = False,
    at_leisure: bool = False,
    same_version: bool = False,
    **values: Any,
) -> Flags:
    """Write under the lease; `LostLease` if somebody else has claimed the item meanwhile.

    `CancelAsked` if the move would put to rest or complete an item that somebody has cancelled meanwhile, unless its
    worker is `undoing` it already: a cancelled item must not complete, nor wait where nobody looks.

    `same_version`: nothing that people see changes. `at_leisure`: the commit need not wait for the disk. Right for a
    step's result that is found out again if PostgreSQL crashes in the next moment: nothing leaves the house before a
    later commit that does wait.
    """
    raises = move in (M.PAUSE, M.FAIL, M.FINISH, M.END_CANCEL) and not same_version
    if move is not None:
        values["state"] = MOVES[move][1]
        values.setdefault("lease_until", None)
        values.setdefault("run_after", None)
    at_leisure = at_leisure and db.engine.dialect.name == "postgresql"
    row = db.session.execute(
        _fenced(tuple(values), raises, at_leisure),
        {"mine": lease.item_id, "mine_token": lease.token, **prepared.parameters(values)},
    ).first()
    if row is None:
        raise LostLease(lease.item_id)
    if row.cancelling and move in (M.PAUSE, M.FAIL, M.FINISH) and not undoing:
        raise CancelAsked(lease.item_id)
    return Flags(row.held, row.cancelling, row.paused)


@cache
def _fenced(columns: tuple[str, ...], raises_version: bool, at_leisure: bool) -> ReturningUpdate[Any]:
    values = prepared.placeholders(columns)
    if raises_version:
        values["version"] = item.c.version + 1
    written = (
        update(item)
        .where(item.c.id == bindparam("mine"), item.c.token == bindparam("mine_token"), item.c.state == S.RUNNING)
        .values(values or {"token": item.c.token})  # nothing to write: only take the lock
    )
    flags = written.returning(item.c.held, item.c.cancelling, _PAUSED.label("paused"))
    # The setting travels with the statement: another one would cost a round trip.
    return flags.returning(func.set_config("synchronous_commit", "off", True)) if at_leisure else flags


# NO KEY: rows that refer to the item (logs, steps) may be written meanwhile.
_LOCKED = select(
    item.c.id, item.c.order_id, item.c.item_number, item.c.state, item.c.version, item.c.stage, item.c.held,
    item.c.cancelling, item.c.cursor, item.c.status, item.c.changed_by,
).with_for_update(key_share=True)  # fmt: skip


_LOCKED_ONE = _LOCKED.where(item.c.id == bindparam("wanted"))


def lock(item_id: uuid.UUID) -> Any:
    """Lock the item until the transaction ends, so that what a person decides on is what they change.

    Answers state, version, stage, held, cancelling, order_id; `NotFound` if there is no such item.
    """
    row = db.session.execute(_LOCKED_ONE, {"wanted": item_id}).first()
    if row is None:
        raise NotFound("There is no such item.")
    return row


def lock_items(order_id: uuid.UUID) -> list[Any]:
    """Lock all items of an order, always in the same order, so that two who do never wait for each other."""
    return list(db.session.execute(_LOCKED.where(item.c.order_id == order_id).order_by(item.c.item_number)))


def act(
    item_id: uuid.UUID, move: Move, *, version: int | None, by: str, reason: str | None = None, **values: Any
) -> None:
    """A person's move: compare-and-set on state and on the version they saw. Wakes the item after the commit."""
    to, now = MOVES[move][1], clock.now()
    values.setdefault("run_after", now if to is S.READY else None)
    values |= {"changed_by": by, "modified_at": now}
    row = db.session.execute(
        _acted(move, tuple(values), version is not None),
        {"wanted": item_id, "seen": version, **prepared.parameters(values)},
    ).first()
    if row is None:
        _explain_refusal(item_id, move, version)
    assert row is not None
    story.audit(by, move.value, order_id=row.order_id, item_id=item_id, reason=reason, after={"state": to.value})
    if to is S.READY:
        after_commit.wake(item_id, row.stage)


@cache
def _acted(move: Move, columns: tuple[str, ...], versioned: bool) -> ReturningUpdate[Any]:
    froms, to = MOVES[move]
    condition = [item.c.id == bindparam("wanted"), item.c.state.in_(sorted(froms))]
    if versioned:
        condition.append(item.c.version == bindparam("seen"))
    values = {**prepared.placeholders(columns), "state": to, "version": item.c.version + 1}
    return update(item).where(*condition).values(values).returning(item.c.stage, item.c.order_id)


def mark(
    item_id: uuid.UUID, *, version: int | None, by: str, what: str, reason: str | None = None, **flags: Any
) -> None:
    """Set flags (held, cancelling) or other values without moving the item; a running one sees them before its next
    step."""
    condition = [item.c.id == item_id, item.c.state.not_in(ENDED)]
    if version is not None:
        condition.append(item.c.version == version)
    row = db.session.execute(
        update(item)
        .where(*condition)
        .values(version=item.c.version + 1, changed_by=by, modified_at=clock.now(), **flags)
        .returning(item.c.stage, item.c.order_id)
    ).first()
    if row is None:
        _explain_refusal(item_id, None, version, what)
    assert row is not None
    after = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in flags.items()}
    story.audit(by, what, order_id=row.order_id, item_id=item_id, reason=reason, after=after)


def _explain_refusal(item_id: uuid.UUID, move: Move | None, version: int | None, what: str = "") -> None:
    now = db.session.execute(
        select(item.c.state, item.c.version, item.c.changed_by, item.c.modified_at).where(item.c.id == item_id)
    ).first()
    if now is None:
        raise NotFound("There is no such item.")
    possible = now.state in MOVES[move][0] if move else now.state not in ENDED
    if possible and version is not None and now.version != version:
        who = f" by {now.changed_by}" if now.changed_by else ""
        raise stale(f"This item changed meanwhile{who}.", version, now.version)
    verb = (move.value if move else what).replace("_", " ")
    raise IllegalMove(f"The item is {State(now.state).value}; “{verb}” is not possible now.")


def open_wait(lease: Lease, **fields: Any) -> uuid.UUID:
    """Open what the item now waits for, replacing whatever it waited for before."""
    close_wait(lease.item_id, "superseded", by="system")
    wait_id = uuid.uuid4()
    db.session.execute(
        wait.insert().values(id=wait_id, item_id=lease.item_id, open=True, opened_at=clock.now(), **fields)
    )
    notices.ask(lease.item_id, wait_id, fields)
    return wait_id


_CLOSED = (
    update(wait)
    .where(wait.c.item_id == bindparam("whose"), wait.c.open)
    .values(open=False, **prepared.placeholders(("closed_at", "closed_how", "answers", "answered_by")))
    .returning(wait.c.audience)
)
_CLOSED_ONE = _CLOSED.where(wait.c.id == bindparam("which"))


def close_wait(
    item_id: uuid.UUID, how: str, *, by: str, wait_id: uuid.UUID | None = None, answers: dict[str, Any] | None = None
) -> bool:
    """Close the item's open wait; False if there is none (or not this one any more)."""
    closing = _CLOSED if wait_id is None else _CLOSED_ONE
    values = {"closed_at": clock.now(), "closed_how": how, "answers": answers, "answered_by": by}
    about = {"whose": item_id} if wait_id is None else {"whose": item_id, "which": wait_id}
    row = db.session.execute(closing, {**about, **prepared.parameters(values)}).first()
    if row is None:
        return False
    kind, _, account = row.audience.partition(":")
    after_commit.signal_accounts(account if kind == "account" else None)
    return True


def may_have_acted(step: Any) -> bool:
    """Whether cancelling has to undo this step: it can be undone, was begun, and is not undone yet.

    A step that failed, or whose outcome is unknown, may have acted as well: its undo must bear that nothing is there.
    One that was passed over before it was ever tried has not.
    """
    if step.undo_key is None or step.started_at is None or step.state is StepState.UNDONE:
        return False
    return bool(step.state is not StepState.SKIPPED or step.tries)


def settle(item_id: uuid.UUID, then: list[story.Line] | None = None) -> None:
    """Bring the derived words up to date after a change; tell open pages; free what an ended item held.

    Call it once per transaction, after the item's own writes: it locks the order's row. `then` = log lines, as
    `status_words.refresh` takes them.
    """
    row = db.session.execute(select(item.c.state, item.c.action, item.c.service_id).where(item.c.id == item_id)).one()
    if State(row.state) in ENDED or State(row.state) is S.ERROR:
        nudge_dependents(item_id)
    if State(row.state) in (S.CANCELLED, S.REJECTED) and row.service_id and row.action == "new":
        db.session.execute(
            update(Service)
            .where(Service.id == row.service_id, Service.state == "pre_active")
            .values(state="cancelled", vlan_reserved=False, mac_reserved=False, modified_at=clock.now())
        )
    status_words.refresh(item_id, then)


def look_again(item_id: uuid.UUID, dates: dict[str, datetime | None]) -> None:
    """The date that the item waits for has moved: it looks again now. `dates`: by the step that waits for each.

    Nothing happens to an item that does not wait.
    """
    row = db.session.execute(
        update(item)
        .where(item.c.id == item_id, item.c.state == S.WAITING)
        .values(run_after=clock.now())
        .returning(item.c.stage)
    ).first()
    if row is None:
        return
    for step_key, date in dates.items():
        which = (wait.c.item_id == item_id, wait.c.open, wait.c.step_key == step_key)
        db.session.execute(update(wait).where(*which).values(due_at=date))
    after_commit.wake(item_id, row.stage)


def nudge_dependents(item_id: uuid.UUID) -> None:
    """Items that wait for this one look again.

    One that somebody else is just writing is left alone, as two items must not be waited for at once; such a one
    looks again by itself a little later.
    """
    waiting = _dependents(item_id).where(item.c.state == S.WAITING).with_for_update(skip_locked=True, of=item)
    rows = db.session.execute(
        update(item).where(item.c.id.in_(waiting)).values(run_after=clock.now()).returning(item.c.id, item.c.stage)
    ).all()
    for row in rows:
        after_commit.wake(row.id, row.stage)


def _dependents(item_id: uuid.UUID) -> Select[uuid.UUID]:
    return (
        select(item.c.id)
        .join(ItemDependency, ItemDependency.item_id == item.c.id)
        .join(Wait, and_(Wait.item_id == item.c.id, Wait.open))
        .where(ItemDependency.needs_id == item_id, Wait.kind.in_([WaitKind.DEPENDENCY, WaitKind.PREDECESSOR]))
    )
