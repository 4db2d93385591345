"""One order as its member sees it: tracker, items, membership details, questions, what cancelling would do."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import aliased

from app.catalogue import Names, describe, describe_service, item_names
from app.catalogue.describe import Row
from app.domain import clock
from app.domain.models import Account, Contact, ItemDependency, Order, OrderItem, Service, Wait
from app.domain.states import ENDED, ENDED_STATUSES, Icon, Stage, Status
from app.extensions import db
from app.queries import durations, names, order_words, portal, portal_asked, portal_bought, portal_people
from app.queries.durations import Kind
from app.queries.portal_asked import Question
from app.queries.portal_bought import NOTHING, Bought
from app.queries.portal_cancel import Cancelling, cancelling
from app.queries.portal_tracker import BEING_CANCELLED, ItemProgress, Node, OrderProgress, item_nodes, order_nodes
from app.queries.portal_words import Hold, Numbered, Words, item_title, on_hold, status_words
from app.queries.portal_words import delay as delay_sentences
from app.services import named_people
from app.services.access import visible_orders
from app.services.actor import Actor
from app.services.change_words import ROLES

_customer = aliased(Account)


@dataclass(frozen=True)
class ItemPart:
    """One item of the page. `service_id` only where the viewer may open the service."""

    id: uuid.UUID
    number: int
    title: str
    words: Words
    nodes: list[Node]
    rows: list[Row]
    service_number: int | None
    service_id: uuid.UUID | None
    is_open: bool


@dataclass(frozen=True)
class OrderPart:
    """The whole page. `mine`: an account that the viewer acts for has placed it. `delay`: what takes longer than usual,
    why, and when there is news; empty where nothing does."""

    id: uuid.UUID
    number: int
    version: int
    type: str
    status: Status
    words: Words
    nodes: list[Node]
    items: list[ItemPart]
    member: list[Row]
    dates: list[tuple[str, datetime]]
    questions: list[Question]
    requests: list[uuid.UUID]
    cancel: Cancelling
    mine: bool
    delay: list[str]
    bought: Bought

    @property
    def live(self) -> bool:
        return self.status not in ENDED_STATUSES


def order(actor: Actor, own: str, order_id: uuid.UUID) -> OrderPart | None:
    """The order, or None if there is none or it is somebody else's. `own` = the viewer's own account."""
    row = _order_row(actor, order_id)
    if row is None:
        return None
    items = _item_rows(row.id)
    bought = portal_bought.of_order(row.id) if row.package_id and actor.acts_for(row.account_id) else NOTHING
    progress = _progress(row, items, actor)
    holds = [hold for one in progress.items if one.status is row.status for hold in one.holds]
    return OrderPart(
        id=row.id, number=row.number, version=row.version, type=row.type, status=row.status,
        words=_order_words(row, holds, progress), nodes=order_nodes(progress, durations.measured()),
        items=_item_parts(row, items, progress.items, actor, bought), member=_membership(row, own, actor),
        dates=[*_dates(row), *_answers_due(holds)], questions=portal_asked.questions(row, actor),
        requests=_request_ids(row, holds, actor),
        cancel=cancelling(row, items, actor), mine=row.account_id in actor.account_ids,
        delay=delay_words(progress), bought=bought,
    )  # fmt: skip


def _order_row(actor: Actor, order_id: uuid.UUID) -> Any:
    return db.session.execute(
        select(
            Order.id, Order.number, Order.version, Order.type, Order.status, Order.outcome, Order.channel,
            Order.account_id, Order.sub_account_id, Order.package_id, Order.requestor, Order.po_number,
            Order.operator_order_ref, Order.additional_cc, Order.contacts, Order.notes, Order.enni,
            Order.created_at, Order.submission_date, Order.completion_date, Order.cancellation_date,
            Order.rejection_date, Order.requested_start_date, Order.requested_completion_date,
            Order.expected_completion_date, Order.stages_begun, Order.stages_ended,
            Account.organisation.label("organisation"), _customer.organisation.label("customer"),
            Contact.email.label("email"),
        )
        .join(Account, Account.id == Order.account_id)
        .outerjoin(_customer, _customer.id == Order.sub_account_id)
        .outerjoin(Contact, Contact.id == Order.contact_id)
        .where(Order.id == order_id, visible_orders(actor), Order.status != Status.DRAFT)
    ).first()  # fmt: skip


def _item_rows(order_id: uuid.UUID) -> list[Any]:
    """The items with their open wait and their service. What engineers write into an item is not read."""
    return list(
        db.session.execute(
            select(
                OrderItem.id, OrderItem.item_number, OrderItem.service_type, OrderItem.action, OrderItem.details,
                OrderItem.before, OrderItem.service_number, OrderItem.state, OrderItem.status, OrderItem.stage,
                OrderItem.by_hand, OrderItem.cancelling, OrderItem.stages_begun, OrderItem.stages_ended,
                OrderItem.completion_date, OrderItem.requested_start_date, OrderItem.status_since,
                Service.id.label("service_id"), Service.account_id.label("service_account"),
                Service.sub_account_id.label("service_sub_account"), *portal.WAIT_COLUMNS,
            )
            .outerjoin(Service, Service.id == OrderItem.service_id)
            .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, Wait.open))
            .where(OrderItem.order_id == order_id)
            .order_by(OrderItem.item_number)
        )
    )  # fmt: skip


def _progress(row: Any, items: list[Any], actor: Actor) -> OrderProgress:
    now = clock.now()
    needs = _needs(row.id, actor)
    asked = {one.audience.partition(":")[2] for one in items if (one.audience or "").startswith("account:")}
    called = portal.organisations(asked)
    starts = [one.requested_start_date for one in items if one.requested_start_date]
    found = [_item_progress(row, one, portal.hold_of(one, actor, now, called), needs.get(one.id, [])) for one in items]
    return OrderProgress(
        status=row.status, ordered_at=row.submission_date or row.created_at, begun=row.stages_begun,
        ended=row.stages_ended, starts_at=min(starts) if starts else row.requested_start_date,
        ended_at=row.completion_date or row.cancellation_date or row.rejection_date, items=found,
    )  # fmt: skip


def _item_progress(order: Any, row: Any, hold: Hold | None, needs: list[str]) -> ItemProgress:
    return ItemProgress(
        number=row.item_number, kind=Kind(row.service_type, row.action, order.type, row.by_hand), status=row.status,
        stage=row.stage, begun=row.stages_begun, ended=row.stages_ended, completed_at=row.completion_date,
        since=row.status_since, hold=hold, needs=needs, cancelling=row.cancelling,
    )  # fmt: skip


_needed, _needing, _its_order = aliased(OrderItem), aliased(OrderItem), aliased(Order)
_NEEDS = (
    select(
        ItemDependency.item_id, _needed.item_number, _its_order.id, _its_order.number, _its_order.account_id,
        _its_order.sub_account_id,
    )
    .join(_needed, _needed.id == ItemDependency.needs_id)
    .join(_its_order, _its_order.id == _needed.order_id)
    .join(_needing, _needing.id == ItemDependency.item_id)
    .where(
        _needing.order_id == bindparam("order_id"), _needed.state.not_in(ENDED), ItemDependency.waived.is_(False)
    )
    .order_by(_its_order.number, _needed.item_number)
)  # fmt: skip


def _needs(order_id: uuid.UUID, actor: Actor) -> dict[uuid.UUID, list[str]]:
    """What an item still waits for, in words; of another member's order no more than that."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for row in db.session.execute(_NEEDS, {"order_id": order_id}):
        if row.id == order_id:
            found[row.item_id].append(f"item {row.item_number}")
        elif {row.account_id, row.sub_account_id} & actor.account_ids:
            found[row.item_id].append(f"item {row.item_number} of order {row.number}")
        else:
            found[row.item_id].append("an order of another member")
    return {item_id: list(dict.fromkeys(words)) for item_id, words in found.items()}


def _order_words(row: Any, holds: list[Hold], progress: OrderProgress) -> Words:
    words = status_words(row.status, holds)
    done, total = sum(one.status is Status.COMPLETED for one in progress.items), len(progress.items)
    if row.status is Status.COMPLETED and done < total:
        return replace(words, words=f"Completed in part: {done} of {total} items")
    if progress.being_cancelled:
        return BEING_CANCELLED
    return words


def delay_words(progress: OrderProgress) -> list[str]:
    """What a hold means; else of the items that are late, the one that is least advanced."""
    if progress.status is Status.HELD:
        return on_hold()
    late = [one for one in progress.items if one.live and one.words.key == Icon.FAILED]
    if not late:
        return []
    first = min(late, key=lambda one: list(Stage).index(one.stage) if one.stage else -1)
    return delay_sentences(first.stage, first.status)


def _item_parts(
    order: Any, rows: list[Any], progress: list[ItemProgress], actor: Actor, bought: Bought
) -> list[ItemPart]:
    numbered = [Numbered(one.item_number, one.service_type, one.action, one.details) for one in rows]
    called = replace(names.for_items(rows), items=item_names(numbered, "member"))
    to_call = portal_people.of_order(order.id) if actor.acts_for(order.account_id) else {}
    return [
        ItemPart(
            id=row.id, number=row.item_number, title=_title(order, row),
            words=one.words, nodes=item_nodes(one),
            rows=[
                *_details(row, order.type, called, actor), *bought.features.get(row.id, []),
                *(to_call[row.id].rows() if row.id in to_call else []),
            ],
            service_number=row.service_number, service_id=row.service_id if _may_open(row, actor) else None,
            is_open=len(rows) <= 3 or one.words.key in ("waiting", "failed"),
        )
        for row, one in zip(rows, progress, strict=True)
    ]  # fmt: skip


def _may_open(row: Any, actor: Actor) -> bool:
    return row.service_account in actor.account_ids or row.service_sub_account in actor.account_ids


def _details(row: Any, order_type: str, called: Names, actor: Actor) -> list[Row]:
    """Of somebody else's unit, which ends with its private VLAN, nothing is told."""
    if row.action == "cease" and row.service_account is not None and not _may_open(row, actor):
        return []
    return item_details(row, order_type, called)


def item_details(row: Any, order_type: str, called: Names) -> list[Row]:
    """What was ordered, in the catalogue's words for members; a change as “old → new”, a cease what it ends."""
    asked = describe(row.service_type, row.action, row.details, "member", called, order_type)
    before = dict(describe_service(row.service_type, row.before, "member", called)) if row.before else {}
    if row.before and not row.details:
        return list(before.items())
    return [(label, f"{before[label]} → {value}" if label in before else value) for label, value in asked]


def _membership(row: Any, own: str, actor: Actor) -> list[Row]:
    """Who ordered. What a reseller wrote for itself and for us, its customer does not read."""
    requestor = row.requestor or {}
    email = requestor.get("email") or row.email
    rows = [("Order request by", str(requestor.get("full_name") or row.organisation)), ("Member", row.organisation)]
    if row.sub_account_id:
        rows.append(("For customer", row.customer))
    if email and row.account_id == own:
        rows.append(("E-mail", email))
    if not actor.acts_for(row.account_id):
        return rows
    if row.additional_cc:
        rows.append(("Also told by e-mail", ", ".join(row.additional_cc)))
    if row.po_number:
        rows.append(("PO number", row.po_number))
    if row.operator_order_ref:
        rows.append(("Own reference", row.operator_order_ref))
    if row.enni:
        rows.append(("Handed over at", ", VLAN ".join(order_words.handed_over(row.enni))))
    rows += [(ROLES[role], named_people.in_words(one)) for role, one in (row.contacts or {}).items() if one]
    if row.notes and row.channel == "portal":
        rows.append(("Your notes", row.notes))
    return rows


def _dates(row: Any) -> list[tuple[str, datetime]]:
    wanted = (
        ("Start asked for", row.requested_start_date),
        ("Completion asked for", row.requested_completion_date),
        ("Completion expected", row.expected_completion_date if row.status not in ENDED_STATUSES else None),
    )
    return [(label, moment) for label, moment in wanted if moment is not None]


def _answers_due(holds: list[Hold]) -> list[tuple[str, datetime]]:
    """By when whoever else has to agree is asked to answer."""
    return list({f"{one.asked} is asked to answer by": one.until for one in holds if one.asked and one.until
                 and not one.mine}.items())  # fmt: skip


def _request_ids(order: Any, holds: list[Hold], actor: Actor) -> list[uuid.UUID]:
    """Where the order asks another account that the viewer acts for too: the page of that question."""
    if order.status is not Status.AWAITING_ORDER_CONFIRMATION or not any(hold.mine for hold in holds):
        return []
    return [one.wait_id for one in portal_asked.requests(actor) if one.order_id == order.id]


def _title(order: Any, item: Any) -> str:
    return item_title(item.item_number, item.service_type, item.action, order.type)
