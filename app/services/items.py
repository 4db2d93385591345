"""What people and programs do to an item in flight.

Each verb is one transaction: compare-and-set, journal, audit, log.
"""

import uuid
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import aliased

from app.domain import after_commit, asks, clock, lifecycle, status_words, story
from app.domain.consent import CONSENT, GIVEN, ON_BEHALF
from app.domain.errors import Finding, Forbidden, IllegalMove, Invalid, NotFound, Stale
from app.domain.lifecycle import Move
from app.domain.models import ItemDependency, Order, OrderItem, StepRow, User, Wait
from app.domain.states import ENDED, PERSON_WAITS, Stage, State, StepState, WaitKind
from app.domain.story import Line
from app.extensions import db
from app.services import decisions
from app.services.actor import Actor
from app.services.once import once_and_whole

ADVANCING = frozenset({WaitKind.MANUAL, WaitKind.REVIEW, WaitKind.CONFIRM, WaitKind.MEMBER})
"""Waits whose answer is the step's result; the others only make the item look again."""


_FRESH: dict[str, Any] = {"attempts": 0, "crashes": 0, "last_error": None, "error_class": None}
"""What a person's decision forgets of the tries before it."""


_next_step = aliased(StepRow)
_CURRENT = (
    select(StepRow, _next_step.stage, OrderItem.facts)
    .join(OrderItem, OrderItem.id == StepRow.item_id)
    .outerjoin(_next_step, and_(_next_step.item_id == StepRow.item_id, _next_step.position == StepRow.position + 1))
    .where(OrderItem.id == bindparam("wanted"), StepRow.position == OrderItem.cursor)
    .execution_options(populate_existing=True)
)
_OPEN_WAIT = (
    select(Wait).where(Wait.item_id == bindparam("wanted"), Wait.open).execution_options(populate_existing=True)
)


def _current_step(item_id: uuid.UUID) -> tuple[StepRow | None, Stage | None, dict[str, Any]]:
    """The step that the item stands at, the stage of the one behind it, and the facts so far."""
    found = db.session.execute(_CURRENT, {"wanted": item_id}).first()
    return (found[0], found[1], found[2]) if found else (None, None, {})


def _step_at_issue(now: Any) -> StepRow:
    """The step that a person decides on: the current one; while the item is cancelled the one to be undone next."""
    row, _, _ = _current_step(now.id)
    if now.cancelling:
        steps = db.session.scalars(
            select(StepRow)
            .where(StepRow.item_id == now.id)
            .order_by(StepRow.position.desc())
            .execution_options(populate_existing=True)
        )
        row = next(filter(lifecycle.may_have_acted, steps), None)
    if row is None:
        raise IllegalMove("The item has no open step.")
    return row


def open_wait_of(item_id: uuid.UUID) -> Wait | None:
    return db.session.execute(_OPEN_WAIT, {"wanted": item_id}).scalar_one_or_none()


def resume(
    item_id: uuid.UUID,
    actor: Actor,
    given: dict[str, Any],
    *,
    version: int | None,
    form_key: str | None = None,
    reason: str | None = None,
) -> None:
    """Answer what the item waits for and hand it back to the machine.

    `Invalid` names every answer that is missing or wrong; `Stale` if the item moved on since `version` was seen;
    `Forbidden` if the wait is somebody else's. The same form twice is one effect.
    """

    def do() -> None:
        now = lifecycle.lock(item_id)
        wait = open_wait_of(item_id)
        if version is not None and now.version != version:
            who = f" by {now.changed_by}" if now.changed_by and (actor.trusted or actor.is_staff) else ""
            raise Stale(f"This item changed meanwhile{who}; look again.")
        if wait is None or wait.kind not in PERSON_WAITS:
            raise IllegalMove(f"The item is {now.status.words.lower()}; there is nothing to resume.")
        _may_answer(wait, actor, reason)
        status_words.refresh(item_id, answer_in_transaction(wait, actor, given, version=version, reason=reason))

    once_and_whole(actor, "resume", form_key, do, item_id)


def answer_in_transaction(
    wait: Wait, actor: Actor, given: dict[str, Any], *, version: int | None, reason: str | None = None
) -> list[Line]:
    """Answer one open wait; the part of `resume` that confirming a whole order shares. What the log is to say of it is
    for `status_words.refresh`, which the caller owes the item."""
    answers = asks.check(asks.thawed(wait.ask), given)
    wait_id, item_id, kind, title, step_key = wait.id, wait.item_id, wait.kind, wait.title, wait.step_key
    account = wait.audience.partition(":")[2]
    user = decisions.answered(actor, account, wait.ask or {}, answers) if kind is WaitKind.MEMBER else None
    facts = {**dict.fromkeys(wait.ask or {}), **answers}  # asked again, what is not said any more is forgotten
    if kind is WaitKind.CONFIRM and wait.audience.startswith("account:"):
        stands_in = on_behalf(wait, actor)
        facts = {**facts, CONSENT: ON_BEHALF if stands_in else GIVEN}
        answers = {**answers, ON_BEHALF: True} if stands_in else answers
    if kind in ADVANCING:
        _step_over(item_id, Move.ANSWER, actor, version, StepState.SUCCEEDED, reason, facts=facts)
    else:
        lifecycle.act(item_id, Move.RECHECK, version=version, by=actor.name, reason=reason)
        _waive(item_id)
    if not lifecycle.close_wait(item_id, "answered", by=actor.name, wait_id=wait_id, answers=answers):
        raise Stale("Somebody else answered this a moment ago.")
    told = f"{title}: resumed by {actor.name}." + (f" {reason}" if reason else "")
    return [Line(user, told, step_key)]


def _may_answer(wait: Wait, actor: Actor, reason: str | None) -> None:
    if not actor.may_answer(wait.audience):
        raise Forbidden("This question is for somebody else to answer.")
    if on_behalf(wait, actor):
        need_reason_on_behalf(reason)
    claimed = wait.claimed_by_id if wait.claim_until and wait.claim_until > clock.now() else None
    theirs = wait.audience.partition(":")[2] in actor.account_ids  # whoever of staff has claimed it meanwhile
    if claimed is not None and claimed != actor.user_id and not actor.trusted and not theirs:
        owner = db.session.get(User, claimed)
        raise Stale(f"{owner.name if owner else 'Somebody else'} has claimed this item. Take it over first.")


def on_behalf(wait: Wait, actor: Actor) -> bool:
    """Whether the actor would answer this wait in another's place."""
    own = db.session.execute(
        select(Order.account_id, Order.sub_account_id)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(OrderItem.id == wait.item_id)
    ).one()
    return actor.on_behalf(wait.audience, tuple(own))


def need_reason_on_behalf(reason: str | None) -> None:
    """`Invalid` unless somebody said why they answer in another's place."""
    if not (reason or "").strip():
        words = "Say why you answer for the account that is asked."
        raise Invalid(words, [Finding("/reason", "required", words)])


def _step_over(
    item_id: uuid.UUID, move: Move, actor: Actor, version: int | None, state: StepState, reason: str | None,
    facts: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """The current step counts as passed: write it, move the cursor, enter the next step's stage."""
    row, following, known = _current_step(item_id)
    if row is None:
        raise IllegalMove("The item has no open step.")
    values: dict[str, Any] = {"cursor": row.position + 1, **_FRESH}
    if following is not None:
        values["stage"] = following
    if facts:
        values["facts"] = {**known, **facts}
    lifecycle.act(item_id, move, version=version, by=actor.name, reason=reason, **values)
    _write_passed(row, state, actor, reason, facts)


def _write_passed(
    row: StepRow, state: StepState, actor: Actor, reason: str | None, facts: dict[str, Any] | None = None
) -> None:
    now = clock.now()
    row.state, row.by, row.reason, row.facts, row.ended_at = state, actor.name, reason, facts or row.facts, now
    row.started_at = row.started_at or now
    row.error = None
    db.session.flush()


def _leave_undoing(item_id: uuid.UUID, row: StepRow, actor: Actor, version: int | None, reason: str) -> None:
    """The item is being cancelled and this step could not be undone: a person says that it counts as undone."""
    lifecycle.act(item_id, Move.STEP_OVER, version=version, by=actor.name, reason=reason, **_FRESH)
    _write_passed(row, StepState.UNDONE, actor, reason)


def _waive(item_id: uuid.UUID) -> None:
    """A person decided that the item goes on without the predecessors that did not complete."""
    broken = select(OrderItem.id).where(OrderItem.state.in_([State.ERROR, State.CANCELLED, State.REJECTED]))
    db.session.execute(
        update(ItemDependency)
        .where(ItemDependency.item_id == item_id, ItemDependency.needs_id.in_(broken))
        .values(waived=True)
        .execution_options(synchronize_session=False)
    )


def retry(
    item_id: uuid.UUID, actor: Actor, *, version: int | None, form_key: str | None = None, reason: str | None = None
) -> None:
    """Try the failed step again, with the same idempotency key: whatever happened already is not done twice."""

    def do() -> None:
        lifecycle.act(item_id, Move.RETRY, version=version, by=actor.name, reason=reason, **_FRESH)
        status_words.refresh(item_id, [Line(debug=f"Retried by {actor.name}." + (f" {reason}" if reason else ""))])

    once_and_whole(actor, "retry", form_key, do, item_id)


def retry_from(
    item_id: uuid.UUID, actor: Actor, step_key: str, *, version: int | None, form_key: str | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Go back to an earlier step and do it and all after it again, under their old keys."""

    def do() -> None:
        now = lifecycle.lock(item_id)
        target = _step(item_id, step_key)
        if now.cancelling:
            raise IllegalMove("The item is being cancelled; it does not go back to a step.")
        if target.position > now.cursor:
            raise IllegalMove("One can only go back to a step that has been reached.")
        lifecycle.act(item_id, Move.RETRY, version=version, by=actor.name, reason=reason, cursor=target.position,
                      stage=target.stage, **_FRESH)  # fmt: skip
        lifecycle.close_wait(item_id, "superseded", by=actor.name)
        db.session.execute(
            update(StepRow)
            .where(StepRow.item_id == item_id, StepRow.position >= target.position)
            .values(state=StepState.PENDING, error=None, ended_at=None)
            .execution_options(synchronize_session=False)
        )
        status_words.refresh(item_id, [Line(debug=f"Retried from “{target.title}” by {actor.name}."
                                           + (f" {reason}" if reason else ""))])  # fmt: skip

    once_and_whole(actor, f"retry from {step_key}", form_key, do, item_id)


def _step(item_id: uuid.UUID, step_key: str) -> StepRow:
    row = db.session.execute(
        select(StepRow).where(StepRow.item_id == item_id, StepRow.key == step_key)
    ).scalar_one_or_none()
    if row is None:
        raise Invalid("No such step.", [Finding("/step", "unknown", f"This item has no step “{step_key}”.")])
    return row


def redo(item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None, form_key: str | None = None) -> None:
    """Do the failed step anew as a new effect: only for a person who knows that the earlier try did nothing."""
    need_reason(reason)

    def do() -> None:
        now = lifecycle.lock(item_id)
        row = _step_at_issue(now)
        lifecycle.act(item_id, Move.RETRY, version=version, by=actor.name, reason=reason, **_FRESH)
        row.generation += 1
        if not now.cancelling:
            row.state = StepState.PENDING
        db.session.flush()
        status_words.refresh(item_id, [Line(None, f"“{row.title}” redone by {actor.name}: {reason}", row.key)])

    once_and_whole(actor, "redo", form_key, do, item_id)


def it_happened(
    item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None, form_key: str | None = None
) -> None:
    """A step whose outcome was unknown did take effect: count it as done and go on."""
    _pass_by_hand(item_id, actor, reason, version, form_key, StepState.SUCCEEDED, "said to have happened")


def done_by_hand(
    item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None, form_key: str | None = None
) -> None:
    """A person did what the step should have done."""
    _pass_by_hand(item_id, actor, reason, version, form_key, StepState.BY_HAND, "done by hand")


def skip(item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None, form_key: str | None = None) -> None:
    """Leave the step out."""
    _pass_by_hand(item_id, actor, reason, version, form_key, StepState.SKIPPED, "skipped")


def _pass_by_hand(
    item_id: uuid.UUID,
    actor: Actor,
    reason: str,
    version: int | None,
    form_key: str | None,
    state: StepState,
    words: str,
) -> None:
    need_reason(reason)

    def do() -> None:
        now = lifecycle.lock(item_id)
        row = _step_at_issue(now)
        if row.kind == WaitKind.CONFIRM.value and not actor.trusted:
            raise Forbidden("Consent cannot be passed over: only who is asked agrees to the order, or declines it.")
        if state is StepState.SUCCEEDED and row.state is not StepState.UNKNOWN:
            raise IllegalMove("Only a step whose outcome is unknown can be said to have happened.")
        if now.cancelling:
            _leave_undoing(item_id, row, actor, version, reason)
        else:
            _step_over(item_id, Move.STEP_OVER, actor, version, state, reason)
        lifecycle.close_wait(item_id, "superseded", by=actor.name)
        status_words.refresh(item_id, [Line(None, f"“{row.title}” {words} by {actor.name}: {reason}", row.key)])

    once_and_whole(actor, words, form_key, do, item_id)


def need_reason(reason: str | None) -> None:
    """`Invalid` unless somebody said why."""
    if not (reason or "").strip():
        raise Invalid("A reason is needed.", [Finding("/reason", "required", "Say why, for those who read it later.")])


def hold(
    item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None = None, form_key: str | None = None
) -> None:
    """Stop before the next step until released. A step that is running finishes first."""
    need_reason(reason)

    def do() -> None:
        lifecycle.mark(item_id, version=version, by=actor.name, what="hold", reason=reason, held=True,
                       held_reason=reason)  # fmt: skip
        number = lifecycle.lock(item_id).item_number
        status_words.refresh(item_id, [Line(decisions.item_held(number), f"Held by {actor.name}: {reason}")])

    once_and_whole(actor, "hold", form_key, do, item_id)


def release(item_id: uuid.UUID, actor: Actor, *, version: int | None = None, form_key: str | None = None) -> None:
    """End a hold."""

    def do() -> None:
        now = lifecycle.lock(item_id)
        if not now.held:
            raise IllegalMove("The item is not held.")
        lifecycle.mark(item_id, version=version, by=actor.name, what="release", held=False, held_reason=None)
        released = decisions.item_released(now.item_number)
        status_words.refresh(item_id, [Line(released, f"Released by {actor.name}.")])
        after_commit.wake(item_id, now.stage)

    once_and_whole(actor, "release", form_key, do, item_id)


def cancel(
    item_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None = None, form_key: str | None = None
) -> None:
    """Cancel the item: what was done is undone by its compensation steps, then it ends as cancelled."""
    need_reason(reason)

    def do() -> None:
        now = lifecycle.lock(item_id)
        cancel_in_transaction(now, actor.name, reason, version, told=decisions.item_cancelled(now.item_number))

    once_and_whole(actor, "cancel", form_key, do, item_id)


def cancel_in_transaction(now: Any, by: str, reason: str, version: int | None = None, told: str | None = None) -> None:
    """The part of `cancel` that an order's cancel shares; `now` is the item's row, locked, `told` what the member
    reads of it."""
    item_id = now.id
    if now.state in ENDED:
        raise IllegalMove(f"The item has already ended: {State(now.state).value}.")
    if now.state is State.IDLE:
        lifecycle.act(item_id, Move.DROP, version=version, by=by, reason=reason)
    elif now.state is State.RUNNING:
        lifecycle.mark(item_id, version=version, by=by, what="cancel", reason=reason, cancelling=True, held=False,
                       held_reason=None)  # fmt: skip
    else:
        lifecycle.act(item_id, Move.CANCEL, version=version, by=by, reason=reason, cancelling=True, held=False,
                      held_reason=None, attempts=0, crashes=0)  # fmt: skip
    lifecycle.close_wait(item_id, "cancelled", by=by)
    if now.state is State.IDLE:
        lifecycle.settle(item_id)
    else:
        words = f"Cancelled by {by}: {reason}" if reason else f"Cancelled by {by}."
        status_words.refresh(item_id, [Line(told, words)])


def add_note(item_id: uuid.UUID, actor: Actor, text: str, *, to_member: bool, form_key: str | None = None) -> None:
    """Write a staff note into the log, or a message that the member reads."""
    text = (text or "").strip()
    if not text:
        raise Invalid("The note is empty.", [Finding("/note", "required", "Write something.")])
    order_id = db.session.execute(select(OrderItem.order_id).where(OrderItem.id == item_id)).scalar_one_or_none()
    if order_id is None:
        raise NotFound("There is no such item.")

    def do() -> None:
        line = Line(user=text) if to_member else Line(debug=text)
        story.log(order_id, line, item_id=item_id, by=actor.name, internal=not to_member)
        after_commit.signal(f"item-{item_id}")
        after_commit.signal(f"order-{order_id}")

    once_and_whole(actor, "note", form_key, do, item_id)
