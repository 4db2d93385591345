"""The items of a draft: written from what was sent, and read back as a face would hand them in."""

import uuid
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from sqlalchemy import delete as deletion
from sqlalchemy import select

from app.catalogue import ItemInput, partial
from app.catalogue.access_rules import other_address, shared_address, with_address
from app.domain import clock
from app.domain.errors import Finding
from app.domain.models import ItemSetup, Order, OrderItem
from app.domain.states import State, Status
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services.order_input import OrderInput, WishedDates


def stored_input(order: Order) -> OrderInput:
    """The draft as a face would hand it in, to be checked as any other order."""
    setups = setups_of(order)
    items = [item_input(item, setups.get(item.id)) for item in order.items]
    dates = [WishedDates(item.requested_start_date, item.requested_completion_date) for item in order.items]
    return envelope(order, items, dates)


def item_input(item: OrderItem, setup: ItemSetup | None) -> ItemInput:
    ref = setup.service_ref if setup and setup.service_ref is not None else item.service_number
    return ItemInput(
        item.service_type, item.action, dict(item.details), service_number=ref, item_number=item.item_number,
        depends_on=setup.depends_on if setup else None,
    )  # fmt: skip


def setups_of(order: Order) -> dict[uuid.UUID, ItemSetup]:
    ids = [item.id for item in order.items]
    rows = db.session.scalars(select(ItemSetup).where(ItemSetup.item_id.in_(ids))) if ids else ()
    return {row.item_id: row for row in rows}


def envelope(order: Order, items: Sequence[ItemInput], dates: Sequence[WishedDates]) -> OrderInput:
    """What the order's row says, around these items; not its contacts, who stay as they were called when they were
    named."""
    return OrderInput(
        account_id=order.account_id, requestor=order.requestor, items=items, channel=order.channel, type=order.type,
        sub_customer=order.sub_customer, dates=WishedDates(order.requested_start_date, order.requested_completion_date),
        item_dates=dates, parent_order_id=order.parent_order_id, batch_alias=order.batch_alias,
        product_code=order.product["code"] if order.product else None, enni=order.enni,
    )  # fmt: skip


def read(
    order_type: str, items: Sequence[ItemInput], account_ids: AbstractSet[str]
) -> tuple[list[partial.PartialItem], list[Finding]]:
    """The items that were sent, with the addresses that follow from what they say; and what is wrong with them."""
    found, findings = partial.read(order_type, items)
    if findings:
        return found, findings
    world = DatabaseWorld(account_ids)
    filled = []
    for index, one in enumerate(found):
        shared = shared_address(one.service_type, one.action, one.details, world)
        findings += other_address(one.details, shared, f"/items/{index}/details")
        filled.append(replace(one, details=with_address(one.details, shared)))
    return filled, findings


def write(
    order: Order, read: Sequence[partial.PartialItem], said: Sequence[ItemInput], dates: Sequence[WishedDates]
) -> None:
    """Make the draft's items those of `read`; one that keeps number, service type and action keeps its id."""
    setups = setups_of(order)
    there = {(item.item_number, item.service_type, item.action): item for item in order.items}
    kept = {(one.number, one.service_type, one.action) for one in read}
    gone = [item.id for key, item in there.items() if key not in kept]
    if gone:
        db.session.flush()
        db.session.execute(deletion(ItemSetup).where(ItemSetup.item_id.in_(gone)))
        db.session.execute(deletion(OrderItem).where(OrderItem.id.in_(gone)))
        db.session.expire(order, ["items"])
    for one, raw, wished in zip(read, said, dates, strict=True):
        kept_item = there.get((one.number, one.service_type, one.action))
        item = kept_item or _new_item(order, one)
        item.details = one.details
        item.service_number = one.service_number if isinstance(one.service_number, int) else None
        item.requested_start_date, item.requested_completion_date = wished.start, wished.completion
        item.modified_at = clock.now()
        setup = setups.get(item.id)
        if setup is None:
            setup = ItemSetup(item=item, features={}, contacts={})
            db.session.add(setup)
        setup.service_ref = one.service_number
        setup.made_for = setup.made_for if setup.made_for in {other.number for other in read} else None
        setup.depends_on = list(raw.depends_on) if raw.depends_on else None


def _new_item(order: Order, one: partial.PartialItem) -> OrderItem:
    item = OrderItem(
        id=uuid.uuid4(), order=order, item_number=one.number, service_type=one.service_type, action=one.action,
        state=State.IDLE, status=Status.DRAFT,
    )  # fmt: skip
    db.session.add(item)
    return item
