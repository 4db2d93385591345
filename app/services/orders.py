"""Placing and changing orders. Every face parses its own words into `OrderInput` and calls `place`."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.catalogue import JOIN_PVLAN, CheckedItem, ItemInput, check_order
from app.catalogue.check import Checked
from app.config import Config
from app.domain import after_commit, clock, lifecycle, notices, story
from app.domain.errors import Conflict, Finding, IllegalMove, Invalid, NotFound, Stale
from app.domain.lifecycle import Move
from app.domain.models import Account, Contact, ItemDependency, Order, OrderItem, Wait
from app.domain.states import ENDED, Stage, State, Status, WaitKind
from app.domain.story import Line
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services import items as item_verbs
from app.services import provision, tickets
from app.services.actor import Actor

FIRST_ORDER_NUMBER = 100_001


@dataclass(frozen=True)
class WishedDates:
    """When the orderer would like it; aware UTC times."""

    start: datetime | None = None
    completion: datetime | None = None


@dataclass(frozen=True)
class OrderInput:
    """An order as a face hands it in. The item inputs are unchecked; all else has the right types.

    `requestor` and `sub_customer` carry the keys of the OMS API. `account_id` decides who orders.
    """

    account_id: str
    requestor: dict[str, Any]
    items: Sequence[ItemInput]
    channel: str
    type: str = "normal"
    sub_customer: dict[str, Any] | None = None
    po_number: str | None = None
    additional_cc: list[str] = field(default_factory=list)
    notes: str | None = None
    description: str | None = None
    dates: WishedDates = WishedDates()
    item_dates: Sequence[WishedDates] = ()
    parent_order_id: uuid.UUID | None = None
    operator_order_ref: str | None = None
    operator_order_name: str | None = None


def place(wanted: OrderInput, actor: Actor, config: Config) -> Order:
    """Check the order as a whole, store it, give its new services numbers, and hand its items to the machine.

    `Invalid` names every finding; nothing is stored then. The caller commits together with its own idempotency.
    """
    account = _account(wanted, actor)
    sub_account = _sub_account(wanted, account, actor)
    theirs = sub_account is not None and (actor.trusted or sub_account.id in actor.account_ids)
    ids = {account.id} | ({sub_account.id} if sub_account and theirs else set())
    checked = check_order(wanted.type, wanted.items, DatabaseWorld(ids))
    items = _with_parent_checked(wanted, checked, ids)
    order = _store(wanted, account, sub_account, actor)
    confirmations = _confirmations(wanted, items, account, config)
    stored = {
        one.number: _store_item(order, one, dates) for one, dates in zip(items, _dates(wanted, items), strict=True)
    }
    for one in items:
        _depend(one, stored)
        stored[one.number].confirmations = confirmations
        provision.prepare(stored[one.number], one, stored, order)
    db.session.flush()
    tickets.open_for(order, config)
    _submit(order, actor)
    return order


def _account(wanted: OrderInput, actor: Actor) -> Account:
    """The ordering account. A trusted program may name one that is not known yet; it is made from what it says."""
    account = db.session.get(Account, wanted.account_id)
    if account is None:
        if not actor.trusted:
            raise NotFound("There is no such account.")
        account = _make_account(wanted.account_id, wanted.requestor, "/requestor")
    _contact(wanted.requestor, account)
    return account


def _make_account(account_id: str, said: dict[str, Any], pointer: str, **more: Any) -> Account:
    organisation = str(said.get("organisation") or "").strip()
    if not organisation:
        raise Invalid(
            "This account is not known yet.",
            [Finding(f"{pointer}/organisation", "required", "A new account needs the organisation's name.")],
        )
    account = Account(id=account_id, organisation=organisation, **more)
    db.session.add(account)
    db.session.flush()
    return account


def _contact(said: dict[str, Any], account: Account) -> Contact | None:
    contact_id = said.get("contact_id")
    if not contact_id:
        return None
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        contact = Contact(
            id=contact_id, account_id=account.id, full_name=said.get("full_name") or said.get("email") or contact_id,
            email=said.get("email") or "", phone=said.get("phone") or "",
        )  # fmt: skip
        db.session.add(contact)
        db.session.flush()
    elif contact.account_id != account.id:
        raise Invalid(
            "The contact belongs to another account.",
            [Finding("/requestor/contact_id", "reference", "There is no such contact at this account.")],
        )
    return contact


def _sub_account(wanted: OrderInput, account: Account, actor: Actor) -> Account | None:
    """The reseller's customer for whom it orders, if there is one."""
    said = wanted.sub_customer
    if said is None:
        return None
    missing = Finding("/sub_customer/account_id", "required", "Say which customer the order is for.")
    if not said.get("account_id"):
        raise Invalid("The sub-customer has no account.", [missing])
    known = db.session.get(Account, said["account_id"])
    if known is None and actor.trusted:
        asn = int(said["asn"]) if str(said.get("asn") or "").isdigit() else None
        handle = said.get("handle")
        taken = handle and db.session.execute(select(Account.id).where(Account.handle == handle)).first()
        known = _make_account(
            said["account_id"], said, "/sub_customer", asn=asn, handle=None if taken else handle, reseller_id=account.id
        )
    if known is None or known.reseller_id != account.id:
        raise Invalid(
            "The sub-customer is not one of this account's.",
            [Finding("/sub_customer/account_id", "reference", "There is no such customer of this account.")],
        )
    return known


def _with_parent_checked(wanted: OrderInput, checked: Checked, account_ids: set[str]) -> list[CheckedItem]:
    """The checked items; findings of the catalogue and of the order's own links are answered together."""
    findings = [*checked.findings, *_customer_is_missing(wanted)]
    if wanted.parent_order_id is not None:
        parent = db.session.get(Order, wanted.parent_order_id)
        if parent is None or parent.account_id not in account_ids:
            findings.append(Finding("/parent_order_id", "reference", "There is no such order of this account."))
    for pointer, dates in [("", wanted.dates), *((f"/items/{n}", d) for n, d in enumerate(wanted.item_dates))]:
        if dates.start and dates.completion and dates.completion < dates.start:
            findings.append(
                Finding(f"{pointer}/requested_completion_date", "order", "The completion lies before the start.")
            )
    if findings:
        raise Invalid("Some values of the order are not right.", findings)
    return checked.items


def _customer_is_missing(wanted: OrderInput) -> list[Finding]:
    """A reseller's peering unit is for one of its customers, so the order has to say for which."""
    asked = any(one.service_type == "reseller_peering_unit" and one.action == "new" for one in wanted.items)
    if not asked or wanted.sub_customer is not None:
        return []
    return [Finding("/sub_customer", "required", "Say for which of your customers the reseller peering unit is.")]


def _store(wanted: OrderInput, account: Account, sub_account: Account | None, actor: Actor) -> Order:
    now = clock.now()
    order = Order(
        id=uuid.uuid4(),
        number=story.next_number("order", FIRST_ORDER_NUMBER),
        status=Status.ORDERED,
        type=wanted.type,
        channel=wanted.channel,
        account_id=account.id,
        contact_id=wanted.requestor.get("contact_id") or None,
        requestor=wanted.requestor,
        sub_account_id=sub_account.id if sub_account else None,
        sub_customer=wanted.sub_customer,
        parent_order_id=wanted.parent_order_id,
        created_by=actor.name,
        po_number=wanted.po_number,
        additional_cc=wanted.additional_cc,
        notes=wanted.notes,
        description=wanted.description,
        operator_order_ref=wanted.operator_order_ref,
        operator_order_name=wanted.operator_order_name,
        requested_start_date=wanted.dates.start,
        requested_completion_date=wanted.dates.completion,
        created_at=now,
        modified_at=now,
        submission_date=now,
        acknowledged_date=now,
    )
    order.alias = f"O{now:%y%m%d}_{order.number:05d}"
    db.session.add(order)
    db.session.flush()
    return order


def _dates(wanted: OrderInput, items: Sequence[CheckedItem]) -> list[WishedDates]:
    return list(wanted.item_dates) or [WishedDates()] * len(items)


def _store_item(order: Order, one: CheckedItem, dates: WishedDates) -> OrderItem:
    item = OrderItem(
        id=uuid.uuid4(),
        order=order,
        item_number=one.number,
        service_type=one.service_type,
        action=one.action,
        details=one.details,
        by_hand=not one.automated,
        state=State.IDLE,
        status=Status.ORDERED,
        requested_start_date=dates.start,
        requested_completion_date=dates.completion,
    )
    db.session.add(item)
    return item


def _depend(one: CheckedItem, stored: dict[int, OrderItem]) -> None:
    db.session.flush()
    for number in one.depends_on:
        db.session.add(ItemDependency(item_id=stored[one.number].id, needs_id=stored[number].id))


def _confirmations(
    wanted: OrderInput, items: Sequence[CheckedItem], account: Account, config: Config
) -> list[list[str]]:
    """Who must agree before any item starts: audience, title, what to tell."""
    needed = []
    if wanted.type == JOIN_PVLAN:
        owner = next(one.details["pvlan_service_account_id"] for one in items if one.is_join)
        joiner = account.organisation
        needed.append(
            [f"account:{owner}", "The private VLAN's owner agrees", f"{joiner} asks to join your private VLAN."]
        )
    largest = max((one.details.get("port_capacity") or 0 for one in items if one.action == "new"), default=0)
    if account.flagged or largest >= config.sales_confirm_from_mbps:
        why = "the account is flagged" if account.flagged else f"it asks for a port of {largest // 1000} Gbit/s"
        needed.append(["team:sales", "Sales confirm the order", f"Sales confirm this order because {why}."])
    return needed


def _submit(order: Order, actor: Actor) -> None:
    """Hand the items to the machine. They start in the inventory queue, after what they must wait for."""
    now = clock.now()
    db.session.execute(
        update(OrderItem)
        .where(OrderItem.order_id == order.id)
        .values(**lifecycle.submitted(now))
        .execution_options(synchronize_session=False)
    )
    cause = Line(user="Your order has been received.", debug=f"Ordered by {actor.name} through {order.channel}.")
    story.log(order.id, cause, by=actor.name)
    story.audit(actor.name, "order placed", order_id=order.id, subject=order.name, after={"items": len(order.items)})
    notices.tell(order.id, notices.Event.RECEIVED)
    for item in order.items:
        after_commit.wake(item.id, None)
    after_commit.signal(f"order-{order.id}")
    after_commit.signal("queue")


def confirm(order_id: uuid.UUID, actor: Actor, *, reason: str | None = None, form_key: str | None = None) -> None:
    """Answer all open confirmation waits of an order that are this actor's, in one transaction."""

    def do() -> None:
        for wait in _confirmable(order_id, actor, reason):
            item_verbs.answer_in_transaction(wait, actor, {}, version=None, reason=reason)

    item_verbs.once_and_whole(actor, "confirm order", form_key, do, order_id)


def reject(order_id: uuid.UUID, actor: Actor, reason: str, *, form_key: str | None = None) -> None:
    """Decline: every item that waits for this actor's consent ends as rejected; the reason is told to the member."""
    item_verbs.need_reason(reason)

    def do() -> None:
        for wait in _confirmable(order_id, actor, reason):
            lifecycle.act(wait.item_id, Move.REJECT, version=None, by=actor.name, reason=reason)
            lifecycle.close_wait(wait.item_id, "answered", by=actor.name, answers={"agreed": False})
            lifecycle.settle(wait.item_id)
        story.log(order_id, Line(user=f"The order was declined: {reason}"), by=actor.name)

    item_verbs.once_and_whole(actor, "reject order", form_key, do, order_id)


def _confirmable(order_id: uuid.UUID, actor: Actor, reason: str | None) -> list[Wait]:
    """This actor's open confirmation waits of the order; its items are locked. On a member's behalf only with why."""
    lifecycle.lock_items(order_id)
    waits = db.session.scalars(
        select(Wait)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .where(OrderItem.order_id == order_id, Wait.open, Wait.kind == WaitKind.CONFIRM)
        .order_by(OrderItem.item_number)
        .execution_options(populate_existing=True)
    ).all()
    said_why = bool((reason or "").strip())
    mine = [
        wait for wait in waits
        if actor.may_answer(wait.audience) and (said_why or not actor.on_behalf(wait.audience))
    ]  # fmt: skip
    if not mine:
        raise IllegalMove("There is nothing to confirm: the order is not waiting for your agreement.")
    return mine


def cancel(
    order_id: uuid.UUID, actor: Actor, reason: str, *, until_provisioning: bool = False, form_key: str | None = None
) -> None:
    """Cancel all items that are still alive. A member may do so until an item is being provisioned."""

    def do() -> None:
        live = [row for row in lifecycle.lock_items(order_id) if row.state not in ENDED]
        if not live:
            raise IllegalMove("The order has already ended.")
        late = [row.item_number for row in live if row.stage is Stage.PROVISIONING]
        if until_provisioning and late:
            raise IllegalMove(f"Item {late[0]} is being provisioned; please ask us to cancel.")
        for row in live:
            item_verbs.cancel_in_transaction(row, actor.name, reason)
        story.audit(actor.name, "order cancelled", order_id=order_id, reason=reason)

    item_verbs.once_and_whole(actor, "cancel order", form_key, do, order_id)


CHANGEABLE = frozenset(
    {"po_number", "additional_cc", "notes", "description", "operator_order_ref", "operator_order_name"}
)
"""What may be changed of an order that is under way."""


def change(order_id: uuid.UUID, actor: Actor, changes: dict[str, Any], *, version: int | None = None) -> Order:
    """Change what may still be changed; `Invalid` names every field that may not, `Stale` a version that moved on."""
    order = db.session.get(Order, order_id, with_for_update={"key_share": True}, populate_existing=True)
    if order is None:
        raise NotFound("There is no such order.")
    if version is not None and version != order.version:
        raise Stale(f"The order changed meanwhile; you saw version {version}, it is at {order.version}.")
    if order.status in (Status.COMPLETED, Status.CANCELLED, Status.REJECTED):
        raise Conflict(f"The order has ended ({order.status.words.lower()}); it cannot be changed.")
    refused = [
        Finding(f"/{name}", "read_only", f"“{name}” cannot be changed while the order is {order.status.words.lower()}.")
        for name in changes
        if name not in CHANGEABLE
    ]
    if refused:
        raise Invalid("Some of this cannot be changed.", refused)
    before = {name: getattr(order, name) for name in changes}
    for name, value in changes.items():
        setattr(order, name, value)
    order.version += 1
    order.modified_at = clock.now()
    story.audit(actor.name, "order changed", order_id=order.id, subject=order.name, before=before, after=changes)
    after_commit.signal(f"order-{order.id}")
    return order
