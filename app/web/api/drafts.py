"""Drafts: replace, delete, submit. They are created where orders are placed."""

import uuid

from flask import Response

from app.extensions import db
from app.services import drafts
from app.web import guard
from app.web.api import answering, bodies, inputs, reading
from app.web.api.answers import OrderAnswer
from app.web.api.described import described
from app.web.api.filters import NoFilters
from app.web.api.orders import own_order, shown_order

TAG = "Drafts"


@described("Replace a draft", TAG, OrderAnswer, body=bodies.DraftReplacement)
def replace_order(order_id: uuid.UUID) -> Response:
    """Send the whole document: of owner, comment, contacts, options, operator_order_ref, operator_order_name, enni and
    batch_alias, what is absent is removed. The items become those that are sent; an empty list takes all of them out,
    and without `items` they stay as they are. The other fields stay; PATCH changes those. Only while the order is a
    draft."""
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(bodies.DraftReplacement)
    seen = reading.version_seen(wanted.version)
    drafts.replace(order_id, inputs.replacement(wanted), guard.actor(), version=seen)
    db.session.commit()
    return answering.answer(shown_order(order_id))


@described("Delete a draft", TAG, None, status=204, conflicts=True)
def delete_order(order_id: uuid.UUID) -> Response:
    """Only while the order is a draft; one that was submitted is cancelled instead. With `If-Match` a draft that
    changed meanwhile is not deleted."""
    reading.query(NoFilters)
    own_order(order_id)
    drafts.delete(order_id, guard.actor(), version=reading.version_seen(None))
    db.session.commit()
    return Response(status=204)


@described("Submit a draft", TAG, OrderAnswer, body=bodies.Free, keyed=True, bodiless=True)
def submit_order(order_id: uuid.UUID) -> Response:
    """Everything is checked at once: either all problems are answered together, and the draft stays as it was, or it
    becomes an order, with its services in state `pre_active`. That happens exactly once."""
    reading.query(NoFilters)
    own_order(order_id)
    wanted = reading.body(bodies.Free, empty=True)
    seen = reading.version_seen(wanted.version)
    return answering.acting(
        lambda: drafts.submit(order_id, guard.actor(), answering.config(), version=seen),
        lambda: shown_order(order_id),
    )
