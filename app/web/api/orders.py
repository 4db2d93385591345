"""Orders: list, place, read, change; agree to, decline, cancel."""

import uuid
from typing import Any

from flask import Response, url_for

from app.domain.errors import Finding, Forbidden, Invalid, NotFound, stale
from app.domain.models import Order
from app.domain.states import Status
from app.extensions import db
from app.queries import api as queries
from app.queries import portal_cancel
from app.services import drafts, orders
from app.services.actor import Actor
from app.web import guard
from app.web.api import answering, bodies, inputs, reading
from app.web.api.answers import OrderAnswer, OrderList
from app.web.api.described import described
from app.web.api.filters import DraftOrNot, NoFilters, OrderFilters
from app.web.api.life_answers import CancellationAnswer, EndingAnswer

TAG = "Orders"


@described("List orders", TAG, OrderList, filters=OrderFilters)
def list_orders() -> Response:
    """Newest first; with `created_since` or `created_before` by the time they were placed; with `modified_since`
    from the earliest change to the latest, so that a program can follow what happens."""
    asked = reading.query(OrderFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    sort = queries.order_sort(filters)
    found = queries.orders(guard.actor(), filters, asked.limit, answering.position(sort, asked.cursor))
    around = queries.around_orders(found.rows)
    shower = answering.shower()
    return answering.page(found, sort, [shower.order(order, around) for order in found.rows])


@described("Place an order", TAG, OrderAnswer, status=201, body=bodies.NewOrder, filters=DraftOrNot, keyed=True)
def create_order() -> Response:
    """The order is checked as a whole and either placed or refused with every finding. An account that is not known
    yet is made from what the order says, if the token is a trusted program's. A token that is bound to an account
    orders for it, or for one of its customers. With `?draft=true`, or the status `draft`, it is kept as a draft, which
    need not be complete and is submitted later."""
    asked = reading.query(DraftOrNot)
    raw = reading.json_object()
    if asked.draft if asked.draft is not None else raw.get("status") == "draft":
        sketch = reading.parse(bodies.Draft, raw)
        return answering.creating(lambda: _keep(sketch))
    wanted = reading.parse(bodies.Order, raw)
    return answering.creating(lambda: _place(wanted))


def _place(wanted: bodies.Order) -> tuple[OrderAnswer, str]:
    actor = guard.actor()
    return _made(orders.place(inputs.order(wanted, actor), actor, answering.config()))


def _keep(wanted: bodies.Draft) -> tuple[OrderAnswer, str]:
    actor = guard.actor()
    return _made(drafts.create(inputs.order(wanted, actor), actor, answering.config()))


def _made(order: Order) -> tuple[OrderAnswer, str]:
    db.session.flush()
    return shown_order(order.id), url_for("api.show_order", order_id=order.id)


@described("Read an order", TAG, OrderAnswer)
def show_order(order_id: uuid.UUID) -> Response:
    """The order with its items, and what each of them waits for."""
    reading.query(NoFilters)
    return answering.answer(shown_order(order_id))


def shown_order(order_id: uuid.UUID) -> OrderAnswer:
    order = visible_order(order_id)
    return answering.shower().order(order, queries.around_orders([order]))


def visible_order(order_id: uuid.UUID) -> Order:
    order = queries.order(guard.actor(), order_id)
    if order is None:
        raise NotFound("There is no such order.")
    return order


def own_order(order_id: uuid.UUID) -> Order:
    """The order, to be changed, or read as its owner: a sub-customer only sees what its reseller ordered for it."""
    order = visible_order(order_id)
    if not guard.actor().acts_for(order.account_id):
        raise Forbidden("That is for who placed this order.")
    return order


@described("Change an order", TAG, OrderAnswer, body=bodies.OrderChange, merge=True)
def change_order(order_id: uuid.UUID) -> Response:
    """A merge patch of what may be changed while the order is under way; anything else is refused by name. A wished
    date can be moved until the item that waits for it has begun. A contact that is named stays as it is called now,
    whatever becomes of the address book. With a `version`, or an `If-Match` header, a change
    that was made meanwhile is not overwritten."""
    reading.query(NoFilters)
    draft = own_order(order_id).status is Status.DRAFT
    wanted = _change(draft)
    changes = wanted.model_dump(exclude_unset=True, exclude={"version", "contacts"})
    if "additional_cc" in changes:
        changes["additional_cc"] = changes["additional_cc"] or []
    if "contacts" in wanted.model_fields_set:
        changes["contacts"] = _people(wanted.contacts)
    orders.change(order_id, guard.actor(), changes, version=reading.version_seen(wanted.version))
    db.session.commit()
    return answering.answer(shown_order(order_id))


def _people(said: bodies.Contacts | None) -> dict[str, Any] | None:
    """The roles that are another now; None for all of them."""
    return inputs.people({role: getattr(said, role) for role in said.model_fields_set}) if said is not None else None


def _change(draft: bool) -> bodies.OrderChange:
    """The patch; a field that orders have but that cannot be changed so is told from one that they do not have."""
    try:
        return reading.body(bodies.OrderChange, reading.MERGE_PATCH, reading.JSON)
    except Invalid as refused:
        raise Invalid(refused.detail, [_read_only(finding, draft) for finding in refused.errors]) from None


def _read_only(finding: Finding, draft: bool) -> Finding:
    name = finding.pointer.removeprefix("/")
    if finding.rule == "unknown" and name in bodies.Order.model_fields:
        once = "by PATCH; send the whole draft by PUT" if draft else "once the order is placed"
        return Finding(finding.pointer, "read_only", f"{name} cannot be changed {once}.")
    return finding


@described("Agree to an order", TAG, OrderAnswer, body=bodies.Consent, keyed=True, maybe_empty=True, bodiless=True)
def confirm_order(order_id: uuid.UUID) -> Response:
    """Answers all confirmations of the order that are this program's to give, at once. The owner of a private VLAN
    that the order asks to join may agree without seeing the order; the answer is then 204."""
    wanted = reading.body(bodies.Consent, empty=True)
    return _decide(
        order_id,
        wanted.version,
        lambda actor: orders.confirm(order_id, actor, reason=wanted.reason, given=wanted.answers),
    )


@described("Decline an order", TAG, OrderAnswer, body=bodies.Because, keyed=True, maybe_empty=True)
def reject_order(order_id: uuid.UUID) -> Response:
    """Every item that waits for this program's agreement ends as rejected, and for the exchange's own programs also
    every item that is worked by hand just now. The reason is told to the member."""
    wanted = reading.body(bodies.Because)
    return _decide(order_id, wanted.version, lambda actor: orders.reject(order_id, actor, wanted.reason))


def _decide(order_id: uuid.UUID, version: int | None, act: Any) -> Response:
    reading.query(NoFilters)
    actor = guard.actor()
    order = queries.order(actor, order_id)
    if order is None and not queries.asked(actor, order_id):
        raise NotFound("There is no such order.")
    _check_version(order, version)
    made = answering.acting(lambda: act(actor), lambda: shown_order(order_id) if order is not None else {})
    if order is None:
        made.status_code = 204
        made.set_data(b"")
    return made


@described("Cancel an order", TAG, OrderAnswer, body=bodies.Because, keyed=True)
def cancel_order(order_id: uuid.UUID) -> Response:
    """Cancels all items that are still alive; what was done for them is undone. A token that is bound to an account
    may do so until something has been switched for an item; `/cancellation` tells the effect beforehand."""
    wanted = reading.body(bodies.Because)
    reading.query(NoFilters)
    actor: Actor = guard.actor()
    _check_version(own_order(order_id), wanted.version)
    return answering.acting(
        lambda: orders.cancel(order_id, actor, wanted.reason, until_provisioning=not actor.trusted),
        lambda: shown_order(order_id),
    )


@described("Read what cancelling would do", TAG, CancellationAnswer)
def show_cancellation(order_id: uuid.UUID) -> Response:
    """Whether this program may cancel the order now, or else why not; who may at all; and what would become of each
    item: whether it ends, what is undone for it and what stays. Nothing is done. Send the `version` along with the
    cancel, so that it does what you read here."""
    reading.query(NoFilters)
    order = visible_order(order_id)
    return answering.answer(_cancellation(order, portal_cancel.cancelling(order, order.items, guard.actor())))


def _cancellation(order: Order, found: portal_cancel.Cancelling) -> CancellationAnswer:
    return CancellationAnswer(
        order_id=str(order.id), order_name=order.name, possible=found.possible, why_not=found.why_not or None,
        by=list(found.by), items=[_ending(one) for one in found.effects], version=order.version,
    )  # fmt: skip


def _ending(one: portal_cancel.Effect) -> EndingAnswer:
    return EndingAnswer(
        item_id=str(one.item.id), item_number=one.item.item_number, service_number=one.item.service_number,
        ends=one.ends, detail=one.words, undone=list(one.undone), stays=list(one.stays),
    )  # fmt: skip


@described("Hold an order", TAG, OrderAnswer, body=bodies.Because, keyed=True)
def hold_order(order_id: uuid.UUID) -> Response:
    """All living items stop before their next step until the order is released. For the exchange's own programs."""
    wanted = reading.body(bodies.Because)
    reading.query(NoFilters)
    _check_version(own_order(order_id), wanted.version)
    return answering.acting(lambda: orders.hold(order_id, guard.actor(), wanted.reason), lambda: shown_order(order_id))


@described("Release an order", TAG, OrderAnswer, body=bodies.Free, keyed=True, bodiless=True)
def release_order(order_id: uuid.UUID) -> Response:
    """Ends the hold of all items that are held. For the exchange's own programs."""
    wanted = reading.body(bodies.Free, empty=True)
    reading.query(NoFilters)
    _check_version(own_order(order_id), wanted.version)
    return answering.acting(lambda: orders.release(order_id, guard.actor()), lambda: shown_order(order_id))


def _check_version(order: Order | None, in_body: int | None) -> None:
    seen = reading.version_seen(in_body)
    if order is not None and seen is not None and seen != order.version:
        raise stale("The order changed meanwhile.", seen, order.version)
