"""Changing an order that is under way: what may still change, and what it does to items that wait for a date."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select, update

from app.catalogue import action_of
from app.catalogue.check import ItemInput
from app.catalogue.late import bandwidth_name, check_bandwidth
from app.domain import after_commit, clock, lifecycle, story, switching
from app.domain.errors import Conflict, Finding, IllegalMove, Invalid, NotFound, stale
from app.domain.models import Order, OrderItem, Service, StepRow
from app.domain.states import ENDED_STATUSES, PASSED_STEPS, State, Status
from app.domain.story import Line
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services import change_words, named_people, order_dates, service_contacts
from app.services.actor import Actor
from app.services.order_dates import COMPLETION, START

TEXTS = frozenset(
    {"po_number", "additional_cc", "notes", "description", "operator_order_ref", "operator_order_name", "comment"}
)
CHANGEABLE = TEXTS | {"contacts", START, COMPLETION}
"""What may be changed of an order that is under way."""
GATES = {START: "start_date_reached", COMPLETION: "completion_date_reached"}
"""Which step of an item waits for which date."""


def change(order_id: uuid.UUID, actor: Actor, changes: dict[str, Any], *, version: int | None = None) -> Order:
    """Change what may still be changed; the caller commits.

    `Invalid` names every field that may not be; `Conflict` if an item has begun, so that its date is past moving;
    `Stale` if the version moved on.
    """
    rows = lifecycle.lock_items(order_id)
    order = locked(order_id, version)
    if order.status in ENDED_STATUSES:
        raise Conflict(f"The order has ended ({order.status.words.lower()}); it cannot be changed.")
    values = {**changes, **_people(order, changes)}
    before = {name: _plain(getattr(order, name)) for name in changes}
    dates = {name: value for name, value in changes.items() if name in GATES and value != getattr(order, name)}
    for name, value in values.items():
        setattr(order, name, value)
    if order.status is not Status.DRAFT:
        _move_dates([row.id for row in rows], dates)
    order.version += 1
    order.modified_at = clock.now()
    after = {name: _plain(value) for name, value in values.items()}
    story.audit(actor.name, "order changed", order_id=order.id, subject=order.name, before=before, after=after)
    told = change_words.of_order(before, after)
    if told is not None and order.status is not Status.DRAFT:
        story.log(order.id, told, by=actor.name)
    after_commit.signal(f"order-{order.id}")
    return order


def locked(order_id: uuid.UUID, version: int | None) -> Order:
    """The order's row, locked and fresh; `Stale` if it moved on since `version` was read."""
    order = db.session.get(Order, order_id, with_for_update={"key_share": True}, populate_existing=True)
    if order is None:
        raise NotFound("There is no such order.")
    if version is not None and version != order.version:
        raise stale("The order changed meanwhile.", version, order.version)
    return order


def _people(order: Order, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The order's contacts with the changed ones: None takes one away, or all of them. `Invalid` names everything that
    cannot be changed."""
    findings = _faults(order, changes)
    said = changes.get("contacts") or {}
    people, strangers = named_people.settled(said, service_contacts.accounts_of(order), "/contacts")
    if findings or strangers:
        raise Invalid("Some of this cannot be changed.", [*findings, *strangers])
    if "contacts" not in changes:
        return {}
    kept = (order.contacts or {}) if changes["contacts"] is not None else {}
    after = {role: person for role, person in {**kept, **dict.fromkeys(said), **people}.items() if person}
    return {"contacts": after or None}


def _faults(order: Order, changes: Mapping[str, Any]) -> list[Finding]:
    words = order.status.words.lower()
    findings = [
        Finding(f"/{name}", "read_only", f"“{name}” cannot be changed while the order is {words}.")
        for name in changes
        if name not in CHANGEABLE
    ]
    return [*findings, *_wrong_dates(order, {name: changes[name] for name in GATES if name in changes})]


def _wrong_dates(order: Order, changes: dict[str, Any]) -> Iterator[Finding]:
    if not changes:
        return
    dates = order_dates.of(order, changes)
    yield from order_dates.has_passed({name: at for name, at in changes.items() if at != getattr(order, name)})
    if dates.backwards:
        yield Finding(f"/{COMPLETION}", "order", order_dates.WORDS)
    yield from order_dates.against_items(dates, order.items, changes)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _move_dates(item_ids: list[uuid.UUID], dates: dict[str, Any]) -> None:
    """Items without a date of their own follow the order's."""
    for item_id in item_ids if dates else ():
        item = db.session.get(OrderItem, item_id, populate_existing=True)
        assert item is not None  # its row is locked
        follows = [name for name in dates if getattr(item, name) is None]
        if follows and item.status not in ENDED_STATUSES:
            _look_again(item, {name: dates[name] for name in follows})


def _look_again(item: OrderItem, moved: dict[str, Any]) -> None:
    """An item whose dates moved: not begun, it reads them when it begins; waiting for one, it looks again."""
    steps = {
        row.key: row
        for row in db.session.execute(
            select(StepRow.key, StepRow.state, StepRow.position).where(StepRow.item_id == item.id)
        )
    }
    if not steps:
        return
    for name in moved:
        gate = steps.get(GATES[name])
        passed = gate is None or gate.state in PASSED_STEPS or gate.position < item.cursor
        if passed or item.state is State.RUNNING:
            what = "start" if name == START else "completion"
            raise IllegalMove(f"Item {item.item_number} is under way already; its {what} cannot be moved any more.")
    lifecycle.look_again(item.id, {GATES[name]: date for name, date in moved.items()})


def change_item(item_id: uuid.UUID, actor: Actor, changes: dict[str, Any], *, version: int | None = None) -> OrderItem:
    """Change an item that is under way: its wished dates, `bandwidth` (Mbit/s) until it is provisioned, and `contacts`
    (role → person, None = nobody any more) of the service that it makes.

    The caller commits. Errors as of `change`; `Invalid` also if the bandwidth does not fit the port.
    """
    now = lifecycle.lock(item_id)
    if version is not None and version != now.version:
        raise stale("This item changed meanwhile.", version, now.version)
    item = db.session.get(OrderItem, item_id, populate_existing=True)
    assert item is not None  # its row is locked
    if item.status in ENDED_STATUSES or item.cancelling:
        raise Conflict(f"The item is {item.status.words.lower()}; it cannot be changed.")
    if item.state is State.IDLE:
        raise Conflict("The item is one of a draft: replace the draft instead.")
    values = {name: value for name, value in changes.items() if name in GATES}
    if wrong := order_dates.of_changed_item(item, values):
        raise Invalid("Some of this cannot be changed.", wrong)
    moved = {name: value or getattr(item.order, name) for name, value in values.items() if value != getattr(item, name)}
    if moved:
        _look_again(item, moved)
    told: list[Line | None] = []
    if changes.get("bandwidth") is not None:
        told.append(Line(user=_change_bandwidth(item, changes["bandwidth"], values)))
    if changes.get("contacts"):
        told.append(_change_contacts(item, changes["contacts"], actor))
    lifecycle.mark(item_id, version=None, by=actor.name, what="item changed", **values)
    raised = {"version": Order.version + 1, "modified_at": clock.now()}  # who saw the order as it was decides anew
    db.session.execute(update(Order).where(Order.id == item.order_id).values(raised))
    for line in filter(None, told):
        story.log(item.order_id, line, item_id=item_id, by=actor.name)
    after_commit.signal(f"item-{item_id}")
    after_commit.signal(f"order-{item.order_id}")
    return item


def _change_contacts(item: OrderItem, said: Mapping[str, Any], actor: Actor) -> Line | None:
    """Name other people for the service that is being made; answer what to tell."""
    told = service_contacts.put_for(item, said, "/contacts")
    story.audit(actor.name, "service contacts changed", order_id=item.order_id, item_id=item.id,
                subject=str(item.service_number), after=dict(said))  # fmt: skip
    return told


def _change_bandwidth(item: OrderItem, bandwidth: Any, values: dict[str, Any]) -> str:
    """Put the new bandwidth into `values` and into the service that is being set up; answer what to tell."""
    action = action_of(item.service_type, item.action, item.order.type)
    name = bandwidth_name(action)
    if name is None or item.service_number is None:
        words = "This item has no bandwidth that could be changed."
        raise Invalid(words, [Finding("/bandwidth", "read_only", words)])
    if switching.begun_of([item]):
        raise IllegalMove("The item is being provisioned; order a change of the service when it is done.")
    if item.state is State.RUNNING:
        raise IllegalMove("The item is being worked at just now; try again in a moment.")
    order = item.order
    ids = {account for account in (order.account_id, order.sub_account_id) if account}
    wanted = ItemInput(item.service_type, item.action, {name: bandwidth}, service_number=item.service_number)
    checked, findings = check_bandwidth(wanted, item.details, DatabaseWorld(ids))
    if findings:
        raise Invalid("The bandwidth cannot be had.", findings)
    before = item.details.get(name)
    values["details"] = {**item.details, name: checked}
    if item.action == "new" and item.service_id is not None:
        service = db.session.get_one(Service, item.service_id)
        db.session.execute(
            update(Service)
            .where(Service.id == service.id)
            .values(details={**service.details, name: checked}, capacity=checked, modified_at=clock.now())
        )
    return f"The bandwidth was changed from {before} to {checked} Mbit/s."
