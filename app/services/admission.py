"""The moment at which an order becomes work: services with numbers, dependencies, tickets, and off to the machine."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.catalogue import JOIN_PVLAN, CheckedItem
from app.config import Config
from app.domain import after_commit, clock, lifecycle, notices, prepared, story
from app.domain.models import Account, ItemDependency, Order, OrderItem, Service
from app.domain.models.base import table_of
from app.domain.states import State
from app.domain.story import Line
from app.extensions import db
from app.services import joining, provision, tickets
from app.services.actor import Actor

dependencies = table_of(ItemDependency)


def admit(
    order: Order,
    items: Sequence[CheckedItem],
    needs: Sequence[Sequence[uuid.UUID]],
    stored: dict[int, OrderItem],
    account: Account,
    actor: Actor,
    config: Config,
) -> None:
    """Hand a checked order over. `stored`: its rows by item number; `needs`: ids of items in other orders."""
    questions = joining.questions(items, account.organisation) if order.type == JOIN_PVLAN else {}
    of_sales = _of_sales(items, account, config)
    for one, elsewhere in zip(items, needs, strict=True):
        item = stored[one.number]
        _depend(item, [*(stored[number].id for number in one.depends_on), *elsewhere])
        asked = questions.get(one.number)
        item.confirmations = [*([asked.confirmation] if asked else []), *of_sales]
        if asked and asked.facts:
            item.facts = asked.facts
    for one in _makers_first(items):
        provision.prepare(stored[one.number], one, stored, order)
    lifecycle.submit(stored.values(), clock.now())
    _tell_owners(order, stored)
    tickets.open_for(order, config)
    _hand_over(order, actor)
    after_commit.signal_accounts(order.account_id, order.sub_account_id, account.reseller_id)


def _makers_first(items: Sequence[CheckedItem]) -> list[CheckedItem]:
    """As they stand, but what makes a service before what names it: a unit may stand in front of its port."""
    by_number = {one.number: one for one in items}
    done: dict[int, CheckedItem] = {}
    left = list(reversed(items))
    while left:
        one = left[-1]
        if first := [by_number[number] for number in one.depends_on if number not in done]:
            left += first  # the check found no circles
        else:
            done.setdefault(one.number, one)
            left.pop()
    return list(done.values())


def _depend(item: OrderItem, needs: Sequence[uuid.UUID]) -> None:
    rows = [{"item_id": item.id, "needs_id": item_id, "waived": False} for item_id in dict.fromkeys(needs)]
    prepared.add_all(dependencies, rows)


def _of_sales(items: Sequence[CheckedItem], account: Account, config: Config) -> list[list[str]]:
    """Whether Sales must agree before any item starts: audience, title, what to tell."""
    needed = []
    largest = max((one.details.get("port_capacity") or 0 for one in items if one.action == "new"), default=0)
    if account.flagged or largest >= config.sales_confirm_from_mbps:
        why = "the account is flagged" if account.flagged else f"it asks for a port of {largest // 1000} Gbit/s"
        needed.append(["team:sales", "Sales confirm the order", f"Sales confirm this order because {why}."])
    return needed


def _tell_owners(order: Order, stored: dict[int, OrderItem]) -> None:
    """Whoever has a unit in a private VLAN that this order ends, or has joined it, is told so."""
    ending = [item.service_id for item in stored.values() if item.action == "cease" and item.service_id]
    if not ending:
        return
    vlan = aliased(Service)
    theirs = select(Service.id, Service.number, Service.account_id, vlan.name).join(
        vlan, vlan.id == Service.pvlan_service_id
    )
    own = [order.account_id, order.sub_account_id or ""]
    theirs = theirs.where(Service.id.in_(ending), Service.account_id.not_in(own)).order_by(Service.number)
    for unit in db.session.execute(theirs).all():
        notices.tell_owner(order.id, unit.account_id, unit.id, {"service_number": unit.number, "vlan": unit.name})
        own.append(unit.account_id)
    for row in db.session.execute(_joined(ending).where(Order.account_id.not_in(own))):
        notices.tell_owner(order.id, row.account_id, row.id, {"vlan": row.name, "joined": True})


def _joined(pvlan_ids: Sequence[uuid.UUID]) -> Select[uuid.UUID, str, str]:
    """Which accounts were let into these private VLANs."""
    return (
        select(Service.id, Service.name, Order.account_id)
        .join(OrderItem, OrderItem.service_id == Service.id)
        .join(Order, Order.id == OrderItem.order_id)
        .where(
            Service.id.in_(pvlan_ids), Service.service_type == "pvlan", Order.type == JOIN_PVLAN,
            OrderItem.service_type == "pvlan", OrderItem.action == "new", OrderItem.state == State.DONE,
        )
        .distinct()
    )  # fmt: skip


def _hand_over(order: Order, actor: Actor) -> None:
    """The items start in the inventory queue, after what they must wait for."""
    cause = Line(user="Your order has been received.", debug=f"Ordered by {actor.name} through {order.channel}.")
    story.log(order.id, cause, by=actor.name, order_status=order.status)
    story.audit(actor.name, "order placed", order_id=order.id, subject=order.name, after={"items": len(order.items)})
    notices.tell(order.id, notices.Event.RECEIVED)
    for item in order.items:
        after_commit.wake(item.id, None)
    after_commit.signal("queue")
