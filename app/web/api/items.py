"""Order items: list, read, and what people and programs do to one in flight."""

import uuid
from collections.abc import Callable

from flask import Response

from app.domain.errors import Finding, Forbidden, Invalid, NotFound
from app.domain.models import OrderItem
from app.extensions import db
from app.queries import api as queries
from app.services import items, order_changes
from app.services.actor import Actor
from app.web import guard
from app.web.api import answering, bodies, inputs, reading
from app.web.api.answers import ItemAnswer, ItemList
from app.web.api.described import described
from app.web.api.filters import ItemFilters, NoFilters

TAG = "Order items"
STAFF_ONLY = "Only the exchange's own programs may do this."


@described("List order items", TAG, ItemList, filters=ItemFilters)
def list_items() -> Response:
    """Those of the newest order first; within an order by their number."""
    asked = reading.query(ItemFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    sort = queries.ITEMS_BY_NUMBER
    found = queries.items(guard.actor(), filters, asked.limit, answering.position(sort, asked.cursor))
    around = queries.around(found.rows)
    shower = answering.shower()
    return answering.page(found, sort, [shower.item(item, item.order, around) for item in found.rows])


@described("Read an order item", TAG, ItemAnswer)
def show_item(item_id: uuid.UUID) -> Response:
    """The item with what it waits for: what is asked, of whom, since when, and the version to send with the answer."""
    reading.query(NoFilters)
    return answering.answer(_shown(item_id))


def _shown(item_id: uuid.UUID) -> ItemAnswer:
    item = _visible(item_id)
    return answering.shower().item(item, item.order, queries.around([item]))


def _visible(item_id: uuid.UUID) -> OrderItem:
    item = queries.item(guard.actor(), item_id)
    if item is None:
        raise NotFound("There is no such item.")
    return item


@described("Change an order item", TAG, ItemAnswer, body=bodies.ItemChange, merge=True)
def change_item(item_id: uuid.UUID) -> Response:
    """A merge patch of what may be changed of an item that is under way: its wished dates until it has begun,
    `bandwidth` (in Mbit/s, whatever the detail is called) until something has been switched for it, and the
    `contacts` of the service that it makes, by their role."""
    reading.query(NoFilters)
    item, actor = _visible(item_id), guard.actor()
    if not actor.acts_for(item.order.account_id):
        raise Forbidden("Only who placed this order may change it.")
    wanted = reading.body(bodies.ItemChange, reading.MERGE_PATCH, reading.JSON)
    changes = wanted.model_dump(exclude_unset=True, exclude={"version", "contacts"})
    if wanted.contacts is not None:
        changes["contacts"] = inputs.people(wanted.contacts)
    order_changes.change_item(item_id, actor, changes, version=reading.version_seen(wanted.version))
    db.session.commit()
    return answering.answer(_shown(item_id))


@described("Answer what an item waits for", TAG, ItemAnswer, body=bodies.Resume, keyed=True, maybe_empty=True)
def resume_item(item_id: uuid.UUID) -> Response:
    """Hands the item back to the machine with the answers to what it asks. The version must be the one at which the
    question was read: an answer to an older question is refused. A token that is bound to an account may answer what
    is asked of that account; for an order that it does not see the answer is then 204."""
    wanted = reading.body(bodies.Resume)
    reading.query(NoFilters)
    actor = guard.actor()
    mine = queries.item(actor, item_id) is not None
    if not mine and not queries.asked_about(actor, item_id):
        raise NotFound("There is no such item.")
    made = answering.acting(
        lambda: items.resume(item_id, actor, wanted.answers, version=wanted.version, reason=wanted.reason),
        lambda: _shown(item_id) if mine else {},
    )
    if not mine:
        made.status_code = 204
        made.set_data(b"")
    return made


@described("Try the failed step again", TAG, ItemAnswer, body=bodies.Retry, keyed=True)
def retry_item(item_id: uuid.UUID) -> Response:
    """With the same key as before, so that what happened already is not done twice. `from` names an earlier step to
    go back to."""
    wanted = reading.body(bodies.Retry)

    def act(actor: Actor) -> None:
        if wanted.from_step is None:
            items.retry(item_id, actor, version=wanted.version, reason=wanted.reason)
        else:
            items.retry_from(item_id, actor, wanted.from_step, version=wanted.version, reason=wanted.reason)

    try:
        return _act(item_id, act)
    except Invalid as refused:
        found = [Finding("/from", one.rule, one.detail) if one.pointer == "/step" else one for one in refused.errors]
        raise Invalid(refused.detail, found) from None


@described("Do the failed step anew", TAG, ItemAnswer, body=bodies.ByHand, keyed=True)
def redo_item(item_id: uuid.UUID) -> Response:
    """As a new effect: only for somebody who knows that the earlier try did nothing."""
    wanted = reading.body(bodies.ByHand)
    return _act(item_id, lambda actor: items.redo(item_id, actor, wanted.reason, version=wanted.version))


@described("Say that a step took effect", TAG, ItemAnswer, body=bodies.ByHand, keyed=True)
def it_happened_item(item_id: uuid.UUID) -> Response:
    """For a step whose outcome is unknown: it is counted as done and the item goes on."""
    wanted = reading.body(bodies.ByHand)
    return _act(item_id, lambda actor: items.it_happened(item_id, actor, wanted.reason, version=wanted.version))


@described("Say that a step was done by hand", TAG, ItemAnswer, body=bodies.ByHand, keyed=True)
def done_by_hand_item(item_id: uuid.UUID) -> Response:
    """A person did what the step should have done."""
    wanted = reading.body(bodies.ByHand)
    return _act(item_id, lambda actor: items.done_by_hand(item_id, actor, wanted.reason, version=wanted.version))


@described("Leave a step out", TAG, ItemAnswer, body=bodies.ByHand, keyed=True)
def skip_item(item_id: uuid.UUID) -> Response:
    """The item goes on without the step."""
    wanted = reading.body(bodies.ByHand)
    return _act(item_id, lambda actor: items.skip(item_id, actor, wanted.reason, version=wanted.version))


@described("Hold an item", TAG, ItemAnswer, body=bodies.Because, keyed=True)
def hold_item(item_id: uuid.UUID) -> Response:
    """It stops before its next step until it is released."""
    wanted = reading.body(bodies.Because)
    seen = reading.version_seen(wanted.version)
    return _act(item_id, lambda actor: items.hold(item_id, actor, wanted.reason, version=seen))


@described("Release an item", TAG, ItemAnswer, body=bodies.Free, keyed=True, bodiless=True)
def release_item(item_id: uuid.UUID) -> Response:
    """Ends a hold."""
    wanted = reading.body(bodies.Free, empty=True)
    seen = reading.version_seen(wanted.version)
    return _act(item_id, lambda actor: items.release(item_id, actor, version=seen))


@described("Cancel an item", TAG, ItemAnswer, body=bodies.Because, keyed=True)
def cancel_item(item_id: uuid.UUID) -> Response:
    """What was done is undone by its compensation steps, then the item ends as cancelled."""
    wanted = reading.body(bodies.Because)
    seen = reading.version_seen(wanted.version)
    return _act(item_id, lambda actor: items.cancel(item_id, actor, wanted.reason, version=seen))


def _act(item_id: uuid.UUID, act: Callable[[Actor], None]) -> Response:
    """A staff action on an item."""
    reading.query(NoFilters)
    _visible(item_id)
    actor = guard.actor()
    if not actor.trusted:
        raise Forbidden(STAFF_ONLY)
    return answering.acting(lambda: act(actor), lambda: _shown(item_id))
