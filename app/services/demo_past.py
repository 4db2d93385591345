"""Orders of the past: walks their items through the steps and leaves the rows that the engine would have left."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.domain.models import Audit, ItemDependency, Order, OrderItem, OutboundCall, StepRow, Wait
from app.domain.states import ENDED_STATUSES, Stage, State, Status, StepState, WaitKind, order_status, outcome
from app.services import demo_story
from app.services.demo_exchange import Organisation
from app.services.demo_rows import SALES_PERSON, Line, Past, PastItem, Row
from app.services.demo_runbooks import CONSENT, PREDECESSORS, RUNBOOKS, PastStep

ENGINEERS = ("Nell Patcher", "Ivo Splice")
STATES = {Status.COMPLETED: State.DONE, Status.CANCELLED: State.CANCELLED, Status.REJECTED: State.REJECTED}
ENDED_ON = {Status.COMPLETED: "completion_date", Status.CANCELLED: "cancellation_date",
            Status.REJECTED: "rejection_date"}  # fmt: skip
CALLED = {"create_service": ("inventory", "create"), "register": ("inventory", "update"),
          "measure_": ("network", "measure")}  # fmt: skip
SAYS = {
    "create_service": ("New service created for order item {item}. Service number {number}.",
                       "Service {number} registered in the service inventory."),
    "checks_done": ("All service checks completed for service {number}.", None),
    "connect_service_done": ("Service {number} is connected now.", "connect_service done."),
    "modify_service_done": ("Service {number} is connected now.", "modify_service done."),
    "enable_port_done": ("Service {number} is connected now.", "enable_port done."),
    "activate_service": ("Service {number} is active.", None),
    "change_service": ("Service {number} has been changed.", None),
    "cease_service": ("Service {number} has been ceased.", None),
    "record_by_hand": ("Service {number} has been completed by our staff.", None),
}  # fmt: skip


def order(
    past: Past,
    at: datetime,
    who: Organisation,
    items: Sequence[PastItem],
    *,
    reseller: Organisation | None = None,
    channel: str = "portal",
    reason: str | None = None,
) -> datetime:
    """Tell an order that was placed at this moment, to its end; answer when that was."""
    row = _order_row(past, at, who, items, reseller, channel)
    before: PastItem | None = None
    for number, item in enumerate(items, 1):
        begins = before.ended if before is not None and item.needs else at
        _item(past, row, item, number, before, begins, reason)
        if item.action == "new":
            item.service.since = item.service.row["billing_start"] = item.ended
        before = item
    _end(row, items)
    demo_story.tell(past, row, items, reason)
    return max(item.ended for item in items)


def _order_row(past: Past, at: datetime, who: Organisation, items: Sequence[PastItem], reseller: Organisation | None,
               channel: str) -> Row:  # fmt: skip
    orderer, number = reseller or who, past.order_numbers.pop(0)
    by_hand = any(item.by_hand for item in items)
    return past.add(
        Order, id=uuid.uuid4(), number=number, type="normal", channel=channel, account_id=orderer.id,
        contact_id=orderer.contact_id, requestor=orderer.requestor, sub_account_id=who.id if reseller else None,
        sub_customer=who.as_customer if reseller else None, created_by=orderer.person,
        alias=f"O{at:%y%m%d}_{number:05d}", created_at=at, submission_date=at, acknowledged_date=at,
        ticket_number=past.ticket_numbers.pop(0), info_ticket_number=None if by_hand else past.ticket_numbers.pop(0),
    )  # fmt: skip


def _item(past: Past, order_row: Row, item: PastItem, number: int, before: PastItem | None, begins: datetime,
          reason: str | None) -> None:  # fmt: skip
    item.row = past.add(
        OrderItem, id=uuid.uuid4(), order_id=order_row["id"], item_number=number, service_type=item.kind,
        action=item.action, details=item.details, before=item.before, service_id=item.service.id,
        service_number=item.service.number, by_hand=item.by_hand, handler=item.handler, run_after=None,
        created_at=order_row["created_at"], facts={"ports": item.service.ports} if item.service.ports else {},
    )  # fmt: skip
    item.timeline = [(order_row["created_at"], Status.ORDERED)]
    gates: tuple[PastStep, ...] = (CONSENT,) if item.ends is Status.REJECTED else ()
    if item.needs and before is not None:
        gates = (*gates, PREDECESSORS)
        past.add(ItemDependency, item_id=item.row["id"], needs_id=before.row["id"])
    steps = (*gates, *RUNBOOKS[item.handler])
    _walk(past, item, steps, begins)
    begun, left = _stages(item)
    done = item.ends is Status.COMPLETED
    item.row |= {
        "state": STATES[item.ends], "status": item.ends, "status_since": item.ended, "modified_at": item.ended,
        "stages_begun": begun, "stages_ended": left, "stage": Stage(list(begun)[-1]) if begun else None,
        "completion_date": item.ended if done else None, "cursor": len(steps) if done else 0, "version": 4,
        "token": 3, "changed_by": "" if done else SALES_PERSON, "cancelling": item.ends is Status.CANCELLED,
    }  # fmt: skip


def _walk(past: Past, item: PastItem, steps: Sequence[PastStep], begins: datetime) -> None:
    """Do the steps one after another, until the end or where it was stopped."""
    now, stage, stopped = begins + timedelta(milliseconds=120), None, False
    for position, step in enumerate(steps):
        stopped = stopped or step is CONSENT or step.key == item.stops_at
        if stopped:
            _step(past, item, position, step, StepState.PENDING)
            continue
        if step.stage is not stage and step.stage is not None:
            stage = step.stage
            item.timeline.append((now, Status.MANUAL_PROCESSING if item.by_hand else Status(stage.value)))
        skipped = step.key == "measure_lacp" and item.details.get("quantity", 1) == 1
        ended = now if skipped else now + _took(past, step)
        by = _actor(past, step)
        if step.kind in (WaitKind.MANUAL, WaitKind.MEMBER):
            _waited(past, item, step, now, ended, by)
        undone = item.ends is Status.CANCELLED and step.undo
        state = StepState.SKIPPED if skipped else StepState.UNDONE if undone else StepState.SUCCEEDED
        _step(past, item, position, step, state, now, ended, by)
        _called_and_said(past, item, step, now, ended)
        now = ended
    thought_over = timedelta(hours=past.dice.uniform(2, 30)) if stopped else timedelta(0)
    item.timeline.append((now + thought_over, item.ends))


def _took(past: Past, step: PastStep) -> timedelta:
    """Like the real ones: milliseconds here, seconds at a far system, hours where people are asked."""
    dice = past.dice
    hours: dict[str, Callable[[], float]] = {
        "by_hand": lambda: min(20, dice.lognormvariate(1.6, 0.6)),
        WaitKind.MANUAL: lambda: min(48, dice.lognormvariate(1.2, 0.8)),
        WaitKind.MEMBER: lambda: min(72, dice.lognormvariate(2.4, 0.9)),
    }
    if step.key.startswith("by_hand") or step.kind in hours:
        return timedelta(hours=hours.get("by_hand" if step.key.startswith("by_hand") else step.kind, lambda: 1)())
    if step.key.endswith("_done") and step.kind == "until":
        return timedelta(seconds=dice.lognormvariate(3.2, 0.6))
    return timedelta(seconds=dice.uniform(0.3, 2.5) if step.kind in ("auto", "until") else dice.uniform(0.01, 0.06))


def _actor(past: Past, step: PastStep) -> str:
    if step.team == "sales":
        return SALES_PERSON
    return past.dice.choice(ENGINEERS) if step.kind == WaitKind.MANUAL else "worker"


def _step(past: Past, item: PastItem, position: int, step: PastStep, state: StepState, started: datetime | None = None,
          ended: datetime | None = None, by: str = "") -> None:  # fmt: skip
    past.add(
        StepRow, item_id=item.row["id"], position=position, key=step.key, title=step.title, stage=step.stage,
        kind=step.kind, team=step.team, undo_key=step.key if step.undo else None, state=state,
        tries=0 if started is None else 1, token=0 if started is None else 3, by=by, started_at=started,
        ended_at=ended, reason="not needed here" if state is StepState.SKIPPED else None,
    )  # fmt: skip


def _waited(past: Past, item: PastItem, step: PastStep, opened: datetime, closed: datetime, by: str) -> None:
    dice, member = past.dice, step.kind == WaitKind.MEMBER
    person = item.service.owner.person if member else by
    place = f"R{dice.randint(1, 20):02d}-PP{dice.randint(1, 8):02d}/{dice.randint(1, 24)}"
    patched = {"patch_position": place, "light_dbm": round(dice.uniform(-7, -2), 1)}
    past.add(
        Wait, id=uuid.uuid4(), item_id=item.row["id"], step_key=step.key, kind=WaitKind(step.kind),
        audience=f"account:{item.service.owner.id}" if member else f"team:{step.team}", title=step.title, open=False,
        opened_at=opened, due_at=opened + timedelta(hours=4), closed_at=closed, closed_how="answered",
        answered_by=person, answers=patched if step.key == "patch_cross_connect" else {},
    )  # fmt: skip
    if not item.by_hand:
        item.timeline.append((opened, Status.AWAITING_MEMBER if member else Status.AWAITING_AGENT))
        item.timeline.append((closed, Status.PROVISIONING))
    past.add(Audit, at=closed, by=person, what="answer", order_id=item.row["order_id"], item_id=item.row["id"],
             subject=step.key)  # fmt: skip


def _called_and_said(past: Past, item: PastItem, step: PastStep, started: datetime, ended: datetime) -> None:
    if step.kind == "auto":
        system, verb = next((call for key, call in CALLED.items() if step.key.startswith(key)), ("network", "submit"))
        past.add(OutboundCall, item_id=item.row["id"], step_key=step.key, system=system, verb=verb, made_at=started,
                 milliseconds=round((ended - started).total_seconds() * 1000))  # fmt: skip
    user, debug = SAYS.get(step.key, (None, None))
    if user:
        known = {"item": item.row["item_number"], "number": item.service.number}
        item.lines.append(Line(ended, user.format(**known), debug.format(**known) if debug else None))


def _stages(item: PastItem) -> tuple[dict[str, str], dict[str, str]]:
    """When each stage was entered and left: left when the next one began, or the item completed."""
    begun: dict[str, str] = {}
    by_hand = iter(Stage)
    for moment, status in item.timeline[1:]:
        if status is Status.MANUAL_PROCESSING:
            begun[next(by_hand).value] = moment.isoformat()
        elif status not in ENDED_STATUSES and status.value in set(Stage):
            begun.setdefault(status.value, moment.isoformat())
    left = dict(zip(begun, [*list(begun.values())[1:], item.ended.isoformat()], strict=False))
    if item.ends is not Status.COMPLETED and left:
        left.popitem()
    return begun, left


def _end(row: Row, items: Sequence[PastItem]) -> None:
    """What the order's row says in the end."""
    ended = max(item.ended for item in items)
    word = order_status(item.ends for item in items)
    begun, left = _over(items, "stages_begun", min), _over(items, "stages_ended", max)
    row |= {
        "status": word, "outcome": outcome(item.ends for item in items), "modified_at": ended, "version": 5,
        "stages_begun": {stage: moment.isoformat() for stage, moment in begun.items()},
        "stages_ended": {stage: moment.isoformat() for stage, moment in left.items()},
        "processing_date": min(begun.values(), default=None),
        **{name: ended if word is status else None for status, name in ENDED_ON.items()},
    }  # fmt: skip


def _over(items: Sequence[PastItem], name: str, pick: Callable[[list[datetime]], datetime]) -> dict[str, datetime]:
    """The first (or last) moment of each stage, of all items that got so far."""
    told = {stage: [item.row[name][stage] for item in items if stage in item.row[name]] for stage in Stage}
    return {stage.value: pick([datetime.fromisoformat(one) for one in told[stage]]) for stage in Stage if told[stage]}
