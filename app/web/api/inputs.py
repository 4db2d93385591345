"""From the body of a request to what the services take."""

from collections.abc import Mapping
from typing import Any

from flask import g
from pydantic import BaseModel

from app.catalogue import ItemInput
from app.services import requestors
from app.services.actor import Actor
from app.services.drafts import Replacement
from app.services.order_input import OrderInput, WishedDates
from app.web.api import bodies

CHANNEL = "api"


def order(wanted: bodies.Order, actor: Actor) -> OrderInput:
    """`Forbidden` for an account that is not the token's, `Invalid` if it is not said who orders."""
    return requestors.completed(as_said(wanted), actor, g.token.user)


def as_said(wanted: bodies.Order) -> OrderInput:
    """The order with its requestor and sub-customer as they were sent; `requestors.completed` does the rest."""
    return OrderInput(
        account_id="",
        requestor=wanted.requestor.model_dump(),
        items=items(wanted),
        channel=CHANNEL,
        type=wanted.type,
        sub_customer=wanted.sub_customer.model_dump() if wanted.sub_customer else None,
        po_number=wanted.po_number,
        additional_cc=list(wanted.additional_cc or []),
        notes=wanted.notes,
        description=wanted.description,
        dates=dates(wanted),
        item_dates=[dates(one) for one in wanted.items],
        item_contacts=[people(one.contacts) if one.contacts is not None else None for one in wanted.items],
        parent_order_id=wanted.parent_order_id,
        operator_order_ref=wanted.operator_order_ref,
        operator_order_name=wanted.operator_order_name,
        product_code=wanted.product.code if wanted.product else None,
        options=options(wanted),
        contacts=said(wanted.contacts),
        owner=said(wanted.owner),
        comment=wanted.comment,
        batch_alias=wanted.batch_alias,
        enni=said(wanted.enni),
    )


def replacement(wanted: bodies.DraftReplacement) -> Replacement:
    return Replacement(
        items=items(wanted) if "items" in wanted.model_fields_set else None,
        item_dates=[dates(one) for one in wanted.items],
        item_contacts=[people(one.contacts) if one.contacts is not None else None for one in wanted.items],
        owner=said(wanted.owner),
        comment=wanted.comment,
        contacts=said(wanted.contacts),
        options=options(wanted),
        operator_order_ref=wanted.operator_order_ref,
        operator_order_name=wanted.operator_order_name,
        enni=said(wanted.enni),
        batch_alias=wanted.batch_alias,
    )


def items(wanted: bodies.Order) -> list[ItemInput]:
    return [
        ItemInput(
            service_type=one.service_type,
            action=one.item_action,
            details=one.details,
            service_number=one.service_number,
            item_number=one.item_number,
            depends_on=one.depends_on,
        )
        for one in wanted.items
    ]


def dates(one: bodies.Order | bodies.Item) -> WishedDates:
    return WishedDates(one.requested_start_date, one.requested_completion_date)


def options(wanted: bodies.Order) -> dict[str, Any] | None:
    if wanted.options is None:
        return None
    return {code: one.model_dump(include={"value", "enabled"}) for code, one in wanted.options.items()}


def said(one: BaseModel | None) -> dict[str, Any] | None:
    """What was said, without what was left out; nothing at all is None."""
    return one.model_dump(exclude_none=True) or None if one is not None else None


def people(wanted: Mapping[str, BaseModel | None]) -> dict[str, Any]:
    """Role → person as it was said, None for nobody."""
    return {role: one.model_dump(exclude_none=True) if one is not None else None for role, one in wanted.items()}
