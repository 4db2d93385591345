"""Placing orders, and what is decided about an order as a whole afterwards.

Every face parses its own words into `OrderInput` and calls `place`; `drafts` keeps one to be submitted later.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.catalogue import CheckedItem
from app.catalogue.registry import any_cancelled_when_asked
from app.config import Config
from app.domain import after_commit, asks, clock, lifecycle, status_words, story, switching
from app.domain.consent import ON_BEHALF
from app.domain.errors import Forbidden, IllegalMove, Invalid, Stale
from app.domain.lifecycle import Move
from app.domain.models import Account, Order, OrderItem, Wait
from app.domain.states import ENDED, State, Status, WaitKind
from app.domain.story import Line
from app.domain.together import together
from app.extensions import db
from app.services import (
    access_checks,
    admission,
    decisions,
    named_people,
    order_checks,
    order_parties,
    package_items,
    packages,
    service_contacts,
)
from app.services import items as item_verbs
from app.services.actor import Actor
from app.services.once import once_and_whole
from app.services.order_changes import CHANGEABLE, change
from app.services.order_input import OrderInput, WishedDates

__all__ = [
    "CHANGEABLE", "FIRST_ORDER_NUMBER", "OrderInput", "WishedDates", "cancel", "change", "confirm", "hold", "place",
    "reject", "release", "store",
]  # fmt: skip

FIRST_ORDER_NUMBER = 100_001
ASKED = frozenset({Status.AWAITING_MEMBER, Status.AWAITING_ORDER_CONFIRMATION})
IS_DRAFT = "The order is a draft, which is not cancelled but deleted."
ONLY_WHEN_ASKED = "You can cancel this order while it waits for your answer; otherwise please ask us to cancel it."


def place(wanted: OrderInput, actor: Actor, config: Config) -> Order:
    """Check the order as a whole, store it, give its new services numbers, and hand its items to the machine.

    `Invalid` names every finding; nothing is stored then. The caller commits together with its own idempotency.
    """
    with together():
        return _placed(wanted, actor, config)


def _placed(wanted: OrderInput, actor: Actor, config: Config) -> Order:
    account = order_parties.account(wanted, actor)
    sub_account = order_parties.sub_account(wanted, account, actor)
    checked = order_checks.check(wanted, order_parties.ids(account, sub_account, actor))
    product, options, findings = packages.chosen(wanted.product_code, wanted.options)
    findings = [*checked.findings, *findings, *access_checks.nobody(wanted.items, wanted.contacts)]
    if findings:
        raise Invalid("Some values of the order are not right.", findings)
    wanted = checked.wanted
    order = store(wanted, account, sub_account, actor, product=product, options=options)
    stored = {
        one.number: _store_item(order, one, dates) for one, dates in zip(checked.items, wanted.wishes(), strict=True)
    }
    package = packages.by_code(wanted.product_code) if wanted.product_code else None
    if package is not None:
        order.package_id = package.id
        package_items.tie(order, package)
        if wrong := packages.findings(order):
            raise Invalid("Some values of the order are not right.", wrong)
    admission.admit(order, checked.items, checked.needs, stored, account, actor, config)
    packages.subscribe(order, stored)
    _call(wanted, stored)
    return order


def _call(wanted: OrderInput, stored: Mapping[int, OrderItem]) -> None:
    """Whom to call about the new services; `Invalid` for a role that one does not have."""
    for index, (said, item) in enumerate(zip(wanted.item_contacts, stored.values(), strict=False)):
        if said:
            service_contacts.put_for(item, said, f"/items/{index}/contacts")


def store(
    wanted: OrderInput, account: Account, sub_account: Account | None, actor: Actor, *, draft: bool = False,
    product: dict[str, Any] | None = None, options: dict[str, Any] | None = None,
) -> Order:  # fmt: skip
    """The order's own row, without items. A draft has been neither submitted nor acknowledged."""
    now = clock.now()
    submitted = None if draft else now
    order = Order(
        id=uuid.uuid4(),
        number=story.next_number("order", FIRST_ORDER_NUMBER),
        status=Status.DRAFT if draft else Status.ORDERED,
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
        contacts=_people(wanted, account, sub_account),
        owner=wanted.owner,
        comment=wanted.comment,
        batch_alias=wanted.batch_alias,
        enni=wanted.enni,
        product=product,
        options=options,
        items=[],  # known to be none yet, so nobody has to ask
        origin=order_checks.origin(wanted),
        requested_start_date=wanted.dates.start,
        requested_completion_date=wanted.dates.completion,
        created_at=now,
        modified_at=now,
        submission_date=submitted,
        acknowledged_date=submitted,
    )
    order.alias = f"O{now:%y%m%d}_{order.number:05d}"
    db.session.add(order)
    return order


def _people(wanted: OrderInput, account: Account, sub_account: Account | None) -> dict[str, Any] | None:
    """The order's contacts as they are called today."""
    ids = {account.id} | ({sub_account.id} if sub_account else set())
    return named_people.settled(wanted.contacts, ids, "/contacts")[0] if wanted.contacts else None


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


def confirm(
    order_id: uuid.UUID, actor: Actor, *, reason: str | None = None, version: int | None = None,
    only: str | None = None, form_key: str | None = None, given: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Go on: answer all of the order's open questions that are this actor's to answer.

    That is agreement before it starts, with what has to be said together with it (`given`), and what the member is
    asked on the way and a yes answers; `only` those for this audience. One transaction. `Invalid` names what is missing
    in `given`; `Stale` if the order is not in the `version` any more that the actor saw.
    """

    def do() -> None:
        _as_seen(order_id, version)
        accounts = _accounts_of(order_id)
        answered, told = {}, set()
        waits = _confirmable(order_id, actor, reason, only)
        for wait, said in zip(waits, _said_with_it(waits, given or {}), strict=True):
            item_id, is_consent = wait.item_id, wait.kind is WaitKind.CONFIRM
            told.add(decisions.confirmed(actor, wait.audience, accounts) if is_consent else None)
            answered[item_id] = item_verbs.answer_in_transaction(wait, actor, said, version=None, reason=reason)
        status_words.refresh_all(answered)
        for words in sorted(filter(None, told)):
            story.log(order_id, Line(user=words), by=actor.name)

    once_and_whole(actor, "confirm order", form_key, do, order_id)


def _said_with_it(waits: Sequence[Wait], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each of the waits its part of what is said; everything that is wrong with that is told at once."""
    asked = {name: ask for one in waits if one.kind is WaitKind.CONFIRM for name, ask in asks.thawed(one.ask).items()}
    asks.check(asked, dict(given))
    return [{name: given[name] for name in one.ask or {} if name in given} for one in waits]


def reject(
    order_id: uuid.UUID, actor: Actor, reason: str, *, version: int | None = None, form_key: str | None = None
) -> None:
    """Decline: every item that waits for this actor's consent, or that the actor works by hand, ends as rejected; the
    reason is told to the member."""
    item_verbs.need_reason(reason)

    def do() -> None:
        _as_seen(order_id, version)
        in_anothers_place = False
        for wait in _declinable(order_id, actor):
            answers = {"agreed": False, ON_BEHALF: item_verbs.on_behalf(wait, actor)}
            in_anothers_place = in_anothers_place or answers[ON_BEHALF]
            lifecycle.act(wait.item_id, Move.REJECT, version=None, by=actor.name, reason=reason)
            lifecycle.close_wait(wait.item_id, "answered", by=actor.name, answers=answers)
            lifecycle.settle(wait.item_id)
        whose = " on behalf of the private VLAN's owner" if in_anothers_place else ""
        story.log(order_id, Line(user=f"The order was declined{whose}: {reason}"), by=actor.name)

    once_and_whole(actor, "reject order", form_key, do, order_id)


def _accounts_of(order_id: uuid.UUID) -> tuple[str | None, ...]:
    """Whose order it is, and for which customer."""
    return tuple(db.session.execute(select(Order.account_id, Order.sub_account_id).where(Order.id == order_id)).one())


def _as_seen(order_id: uuid.UUID, version: int | None) -> None:
    """`Stale` unless the order is still in the version that somebody saw; nothing changes it while its items are
    locked."""
    if version is None:
        return
    lifecycle.lock_items(order_id)
    now = db.session.scalar(select(Order.version).where(Order.id == order_id))
    if now is not None and now != version:
        raise Stale("The order changed meanwhile; look at it as it is now before you decide.")


def _confirmable(order_id: uuid.UUID, actor: Actor, reason: str | None, only: str | None) -> list[Wait]:
    """This actor's open questions that a yes answers, and for its agreement. In another's place only with why."""
    answerable = [
        wait for wait in _waits(order_id, actor, Wait.kind.in_((WaitKind.CONFIRM, WaitKind.MEMBER)))
        if only in (None, wait.audience) and (wait.kind is WaitKind.CONFIRM or _yes_will_do(wait))
    ]  # fmt: skip
    if not answerable:
        raise IllegalMove("There is nothing to confirm: the order is not waiting for your agreement.")
    if (reason or "").strip():
        return answerable
    mine = [wait for wait in answerable if not item_verbs.on_behalf(wait, actor)]
    if not mine:
        item_verbs.need_reason_on_behalf(reason)
    return mine


def _declinable(order_id: uuid.UUID, actor: Actor) -> list[Wait]:
    """This actor's open questions that a no answers: consent, and whatever is done by hand."""
    by_hand = and_(Wait.kind == WaitKind.MANUAL, OrderItem.by_hand)
    mine = _waits(order_id, actor, or_(Wait.kind == WaitKind.CONFIRM, by_hand))
    if not mine:
        raise IllegalMove("There is nothing to decline: the order is not waiting for your agreement.")
    return mine


def _waits(order_id: uuid.UUID, actor: Actor, which: ColumnElement[bool]) -> list[Wait]:
    """The order's open waits of this kind that are this actor's to answer; the items are locked."""
    lifecycle.lock_items(order_id)
    waits = db.session.scalars(
        select(Wait)
        .join(OrderItem, OrderItem.id == Wait.item_id)
        .where(OrderItem.order_id == order_id, Wait.open, which)
        .order_by(OrderItem.item_number)
        .execution_options(populate_existing=True)
    ).all()
    return [wait for wait in waits if actor.may_answer(wait.audience)]


def _yes_will_do(wait: Wait) -> bool:
    return not any(ask.required for ask in asks.thawed(wait.ask).values())


def cancel(
    order_id: uuid.UUID, actor: Actor, reason: str, *, until_provisioning: bool = False, version: int | None = None,
    form_key: str | None = None,
) -> None:  # fmt: skip
    """Cancel all items that are still alive. A member may do so until something has been switched for an item
    (`switching.begun`); of an order with access lines only while it waits for the member's answer."""
    item_verbs.need_reason(reason)

    def do() -> None:
        _as_seen(order_id, version)
        live = [row for row in lifecycle.lock_items(order_id) if row.state not in ENDED]
        if any(row.state is State.IDLE for row in live) or _is_draft(order_id):
            raise IllegalMove(IS_DRAFT)
        if not live:
            raise IllegalMove("The order has already ended.")
        if until_provisioning:
            _only_when_asked(order_id)
            _none_is_switched(live)
        for row in live:
            item_verbs.cancel_in_transaction(row, actor.name, reason)
        told = decisions.cancelled(actor, str(_accounts_of(order_id)[0]))
        story.log(order_id, Line(user=told), by=actor.name)
        story.audit(actor.name, "order cancelled", order_id=order_id, reason=reason)

    once_and_whole(actor, "cancel order", form_key, do, order_id)


def too_late(item_number: int) -> str:
    """Why a member does not cancel any more."""
    return f"Item {item_number} is being provisioned; please ask us to cancel."


def _none_is_switched(live: list[Any]) -> None:
    begun = switching.begun_of(live)
    for row in live:
        if row.id in begun:
            raise IllegalMove(too_late(row.item_number))


def _only_when_asked(order_id: uuid.UUID) -> None:
    kinds = db.session.scalars(select(OrderItem.service_type).where(OrderItem.order_id == order_id)).all()
    status = db.session.scalar(select(Order.status).where(Order.id == order_id))
    if any_cancelled_when_asked(kinds) and status not in ASKED:
        raise IllegalMove(ONLY_WHEN_ASKED)


def _is_draft(order_id: uuid.UUID) -> bool:
    return db.session.scalar(select(Order.status).where(Order.id == order_id)) is Status.DRAFT


def hold(order_id: uuid.UUID, actor: Actor, reason: str, *, form_key: str | None = None) -> None:
    """All living items stop before their next step until released; for the exchange only."""
    item_verbs.need_reason(reason)
    _exchange_only(actor)

    def stop(row: Any) -> None:
        lifecycle.mark(row.id, version=None, by=actor.name, what="hold", reason=reason, held=True, held_reason=reason)
        status_words.refresh(row.id, [Line(debug=f"Held by {actor.name}: {reason}")])

    def do() -> None:
        _each(order_id, lambda row: not row.held, stop, "The order is held already, or has ended.")
        story.log(order_id, Line(user=decisions.ORDER_HELD), by=actor.name)

    once_and_whole(actor, "hold order", form_key, do, order_id)


def release(order_id: uuid.UUID, actor: Actor, *, form_key: str | None = None) -> None:
    """End the hold of all items that are held."""
    _exchange_only(actor)

    def go_on(row: Any) -> None:
        lifecycle.mark(row.id, version=None, by=actor.name, what="release", held=False, held_reason=None)
        status_words.refresh(row.id, [Line(debug=f"Released by {actor.name}.")])
        after_commit.wake(row.id, row.stage)

    def do() -> None:
        _each(order_id, lambda row: row.held, go_on, "The order is not held.")
        story.log(order_id, Line(user=decisions.ORDER_RELEASED), by=actor.name)

    once_and_whole(actor, "release order", form_key, do, order_id)


def _exchange_only(actor: Actor) -> None:
    if not (actor.trusted or actor.is_staff):
        raise Forbidden("Only the exchange holds and releases orders.")


def _each(order_id: uuid.UUID, which: Callable[[Any], bool], act: Callable[[Any], None], if_none: str) -> None:
    rows = lifecycle.lock_items(order_id)
    if _is_draft(order_id):
        raise IllegalMove("The order is a draft; nothing is done for it yet.")
    chosen = [row for row in rows if row.state not in ENDED and which(row)]
    if not chosen:
        raise IllegalMove(if_none)
    for row in chosen:
        act(row)
