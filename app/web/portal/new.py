"""Beginning an order: choose a service, which makes a draft; take a draft up again; discard it."""

import uuid
from typing import Any

from flask import current_app, flash, redirect, request, url_for

from app.catalogue import ItemInput
from app.domain.errors import Conflict, Finding
from app.domain.models import Order
from app.extensions import db
from app.queries import portal_choices, portal_draft
from app.queries.portal_choices import Choices
from app.services import customers, draft_steps, requestors
from app.services.order_input import OrderInput
from app.web.guard import actor
from app.web.portal import sent, wizard
from app.web.portal.frame import orders_crumb, own_account, page, viewer
from app.web.portal.offer import new_offer, new_offers

NEEDS_CUSTOMER = "reseller-peering-unit"


def choose() -> Any:
    """`customer` in the address is chosen already, if it is one of the viewer's."""
    return _choose(_choices(), customer=request.args.get("customer", ""))


def _choices() -> Choices:
    return portal_choices.for_accounts(own_account(), actor().account_ids)


def _choose(choices: Choices, status: int = 200, **more: Any) -> Any:
    return page(
        "portal/new.html", status, (orders_crumb(), ("New service", "")), offers=list(new_offers(choices)),
        customers=choices.customers, adds_customers=customers.may_add(viewer()), drafts=portal_draft.rows(actor()),
        **more,
    )  # fmt: skip


def start() -> Any:
    """Make the draft, with one item of the chosen service that says nothing yet."""
    choices = _choices()
    offer = new_offer(request.form.get("what", ""), choices)
    customer = request.form.get("customer", "")
    error = _customer_error(offer.slug, customer, choices)
    if error:
        return _choose(choices, 422, findings=[Finding("/customer", "reference", error)], customer=customer)
    made = draft_steps.start(
        new_draft([ItemInput(offer.kind.key, "new", {}, None, 1)], customer or None, offer.order_type),
        actor(), current_app.config["HANDOFF"], sent.form_key(),
    )  # fmt: skip
    return redirect(url_for("portal.take_up", draft_id=made), 303)


def _customer_error(slug: str, customer: str, choices: Choices) -> str:
    if customer and customer not in {key for key, _ in choices.customers}:
        return "There is no such customer."
    if not customer and slug == NEEDS_CUSTOMER:
        return "Say for which of your customers."
    return ""


def new_draft(items: list[ItemInput], customer: str | None, order_type: str) -> OrderInput:
    """An order of the viewer, for itself or for a customer, to be kept as a draft."""
    own = own_account()
    return OrderInput(
        account_id=own, requestor=requestors.requestor({}, actor(), viewer()), items=items, channel="portal",
        type=order_type,
        sub_customer=requestors.sub_customer({"account_id": customer} if customer else None, own, actor()),
    )  # fmt: skip


def take_up(draft_id: uuid.UUID) -> Any:
    """Go on with a draft where it was left."""

    def shown(order: Order) -> Any:
        return redirect(wizard.next_url(order), 303)

    return wizard.opened(draft_id, shown)


def ask_discard(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, _discard_page)


def _discard_page(order: Order, status: int = 200, **more: Any) -> Any:
    crumbs = (orders_crumb(), (f"Draft {order.number}", wizard.next_url(order)), ("Discard", ""))
    return page("portal/discard.html", status, crumbs, order=order, **more)


def discard(draft_id: uuid.UUID) -> Any:
    """Forget the draft; nothing was ordered, so nothing else happens."""
    seen = wizard.seen(draft_id)
    try:
        draft_steps.discard(seen, actor())
    except Conflict as refused:
        db.session.rollback()
        status, words = refused.status, refused.detail
        return wizard.opened(draft_id, lambda order: _discard_page(order, status, conflict=words))
    flash("The draft has been discarded.", "success")
    return redirect(url_for("portal.orders", show="drafts"), 303)
