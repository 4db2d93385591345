"""A small exchange at work: orders are placed, workers take them as far as they go, people answer.

`Exchange` does what workers, the sweep and the people of the desk do, one thing after the other in this process; the
far systems are real HTTP servers in a process of their own. Time does not pass by itself: where an item waits for a
far system the clock jumps to its next look.
"""

import time
from datetime import timedelta
from typing import Any

from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import Order, OrderItem, OrderLog, Port, Service, StepRow, Wait
from app.domain.permissions import Role
from app.domain.states import ENDED, State, WaitKind
from app.extensions import db
from app.services import items, orders
from app.services.actor import Actor
from app.services.stock import Stock
from tests import cast
from tests.support.far_side import FarSide
from workers import outbox
from workers.pipeline import runner
from workers.pipeline.handler import effect_key
from workers.pipeline.runner import Bench
from workers.southbound import Systems

CRM = Actor("CRM", role=Role.SALES, trusted=True)
ENGINEER = Actor("Nell Patcher", role=Role.ENGINEER)
SALES = Actor("Sam Quote", role=Role.SALES)
MEMBER = Actor("Ada Quayside", role=Role.MEMBER, account_ids=frozenset({cast.HARBOUR}))
MEMBER2 = Actor("Lou Lantern", role=Role.MEMBER, account_ids=frozenset({cast.LIGHTHOUSE}))

LONGEST_S = 20.0


def new(service_type: str, /, depends_on: list[int] | None = None, **details: Any) -> ItemInput:
    return ItemInput(service_type, "new", details, depends_on=depends_on)


def change(service_type: str, action: str, number: Any, /, **details: Any) -> ItemInput:
    return ItemInput(service_type, action, details, service_number=number)


class Exchange:
    def __init__(self, config: Config, far: FarSide, systems: Systems) -> None:
        self.config = config
        self.far = far
        self.systems = systems
        self.bench = Bench(systems, config, Stock(config))

    # Ordering

    def place(self, *wanted: ItemInput, account: str = cast.HARBOUR, actor: Actor = CRM, **more: Any) -> Order:
        """Store an order as a face would; nobody works it yet."""
        requestor = {"account_id": account, "organisation": _ORGANISATIONS[account], "full_name": "Ada Quayside",
                     "email": "ada@harbour-connect.example", "phone": "123456789"}  # fmt: skip
        channel = more.pop("channel", "portal")
        said = orders.OrderInput(account, requestor, wanted, channel, **more)
        order = orders.place(said, actor, self.config)
        db.session.commit()
        return order

    def ordered(self, *wanted: ItemInput, **more: Any) -> Order:
        """Place an order and let the workers take it as far as it goes."""
        order = self.place(*wanted, **more)
        self.work(order)
        return order

    # Working

    def work(self, *worked: Order) -> None:
        """Take the items as far as they go without a person: they end, fail, or wait for somebody or something."""
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            moved = [self._turn(order.id) for order in worked]
            if not any(moved):
                return
        raise AssertionError(f"After {LONGEST_S:g} s there is still something to do: {self.story(worked[0])}")

    def _turn(self, order_id: Any) -> bool:
        """Whether anything was done, or will be by itself."""
        due = self._due(order_id)
        for item_id in due:
            runner.advance(item_id, self.bench)
        return bool(due) or self._jump(order_id)

    def _due(self, order_id: Any) -> list[Any]:
        db.session.rollback()
        rows = db.session.query(OrderItem.id, OrderItem.state, OrderItem.run_after, OrderItem.held)
        found = [
            row.id
            for row in rows.filter_by(order_id=order_id).order_by(OrderItem.item_number)
            if row.state in (State.READY, State.WAITING, State.BACKOFF) and _is_due(row.run_after) and not row.held
        ]
        db.session.rollback()
        return found

    def _jump(self, order_id: Any) -> bool:
        """Let the clock jump to the next look at a far system."""
        rows = (
            db.session.query(OrderItem.run_after)
            .outerjoin(Wait, (Wait.item_id == OrderItem.id) & Wait.open)
            .filter(OrderItem.order_id == order_id, OrderItem.run_after.is_not(None))
            .filter((OrderItem.state == State.BACKOFF) | (Wait.kind == WaitKind.SYSTEM))
        )
        moments = [row.run_after for row in rows]
        db.session.rollback()
        if moments:
            clock.advance(max(min(moments) - clock.now(), timedelta(0)))
        return bool(moments)

    def resume(self, order: Order, number: int = 1, /, by: Actor = ENGINEER, **answers: Any) -> None:
        items.resume(self.item(order, number).id, by, answers, version=None)
        self.work(order)

    def patch(self, order: Order, number: int = 1, light: float = -3.2) -> None:
        """An engineer patches the cross-connect."""
        self.resume(order, number, patch_position="LD8-R12-PP03/17", light_dbm=light)

    def step(self, order: Order, number: int = 1) -> None:
        """One worker does one turn of one item, and no more."""
        runner.advance(self.item(order, number).id, self.bench)

    def pass_time(self, **by: float) -> None:
        clock.advance(timedelta(**by))

    # Looking

    def item(self, order: Order, number: int = 1) -> OrderItem:
        db.session.rollback()
        return db.session.query(OrderItem).filter_by(order_id=order.id, item_number=number).populate_existing().one()

    def order(self, order: Order) -> Order:
        db.session.rollback()
        return db.session.query(Order).filter_by(id=order.id).populate_existing().one()

    def service(self, number: int | None) -> Service:
        db.session.rollback()
        return db.session.query(Service).filter_by(number=number).populate_existing().one()

    def service_of(self, order: Order, number: int = 1) -> Service:
        return self.service(self.item(order, number).service_number)

    def wait_of(self, order: Order, number: int = 1) -> Wait:
        """What the item waits for."""
        item_id = self.item(order, number).id
        return db.session.query(Wait).filter_by(item_id=item_id, open=True).populate_existing().one()

    def free_ports(self, switch: str, capacity: int) -> int:
        db.session.rollback()
        return db.session.query(Port).filter_by(switch_name=switch, capacity=capacity, service_id=None).count()

    def plan(self, order: Order, number: int = 1) -> list[StepRow]:
        item_id = self.item(order, number).id
        rows = db.session.query(StepRow).filter_by(item_id=item_id).order_by(StepRow.position)
        return list(rows.populate_existing())

    def steps(self, order: Order, number: int = 1) -> dict[str, str]:
        """Step key → its state, in the order of the plan."""
        return {row.key: str(row.state.value) for row in self.plan(order, number)}

    def story(self, order: Order) -> list[tuple[str, str | None, str]]:
        """What the member is told: the order's and the item's status as they were, and the words."""
        return [
            (row.status.value, row.item_status.value if row.item_status else None, row.user_message)
            for row in self._log(order)
            if row.user_message
        ]

    def told(self, order: Order) -> list[str]:
        return [words for _, _, words in self.story(order)]

    def debug(self, order: Order) -> list[str]:
        """What the NOC is told."""
        return [row.debug_message for row in self._log(order) if row.debug_message]

    def _log(self, order: Order) -> list[OrderLog]:
        db.session.rollback()
        return list(db.session.query(OrderLog).filter_by(order_id=order.id).order_by(OrderLog.id))

    # What arrived at the far side

    def network(self, order: Order, number: int = 1) -> list[tuple[str, dict[str, Any]]]:
        """The network actions that arrived for the item, each once and under the key of its step or its undoing."""
        service = self.item(order, number).service_number
        mine, known = self._keys(order, number), self._keys_about(service)
        arrived = []
        for effect in self.far.effects():
            if effect["system"] == "network" and effect["parameters"]["service_number"] == service:
                asked = {name: value for name, value in effect["parameters"].items() if value is not None}
                action = asked.pop("action")
                assert effect["key"] in known, f"{action} came under a key that is no step's"
                arrived += [(action, asked)] if effect["key"] in mine else []
        return arrived

    def actions(self, order: Order, number: int = 1) -> list[str]:
        return [action for action, _ in self.network(order, number)]

    def inventory(self, order: Order, number: int = 1) -> list[str]:
        """The changes of the service inventory that arrived under this item's keys."""
        mine = self._keys(order, number)
        return [
            effect["verb"]
            for effect in self.far.effects()
            if effect["system"] == "inventory" and effect["key"].removesuffix("-create") in mine
        ]

    def _keys(self, order: Order, number: int) -> set[str]:
        rows, item_id = self.plan(order, number), self.item(order, number).id
        return {
            effect_key(item_id, f"{way}{row.key}", generation)
            for row in rows
            for way in ("", "undo:")
            for generation in range(row.generation + 1)
        }

    def _keys_about(self, service: int | None) -> set[str]:
        rows = db.session.query(OrderItem.item_number, Order).join(Order, Order.id == OrderItem.order_id)
        found = rows.filter(OrderItem.service_number == service).all()
        return {key for number, order in found for key in self._keys(order, number)}

    def registered(self, number: int | None) -> dict[str, Any]:
        """What the far inventory knows of a service."""
        held = self.systems.inventory.get(int(number or 0))
        assert held is not None, f"service {number} is not in the inventory"
        return held

    # Tickets

    def ticket(self, order: Order) -> dict[str, Any]:
        """The ticket that is being worked, as the help desk has it."""
        self._deliver(order)
        return self._ticket(self.order(order).ticket_number)

    def information(self, order: Order) -> dict[str, Any]:
        """The extra read-only ticket."""
        self._deliver(order)
        return self._ticket(self.order(order).info_ticket_number)

    def _ticket(self, number: int | None) -> dict[str, Any]:
        assert number is not None, "the order has no such ticket"
        return self.systems.ticketing.get(number)

    def notes(self, order: Order, *, internal: bool = False) -> list[str]:
        messages = self.ticket(order)["messages"]
        return [one["body"] for one in messages if one["is_note"] and one["internal"] is internal]

    def tickets_made(self, order: Order) -> int:
        self._deliver(order)
        return sum(effect["system"] == "ticketing" and effect["verb"] == "ensure" for effect in self.far.effects())

    def ticket_statuses(self, order: Order) -> list[str]:
        """The statuses that its ticket was given after it was made, in their order."""
        self._deliver(order)
        number = self.order(order).ticket_number
        told = [effect["parameters"] for effect in self.far.effects() if effect["verb"] == "set_status"]
        return [one["status"] for one in told if one["ticket"] == number]

    def _deliver(self, order: Order) -> None:
        """What the help desk is told waits until somebody looks: it is of no consequence for the items."""
        db.session.rollback()
        outbox.deliver(order.id, self.systems, self.config)

    def has_ended(self, order: Order) -> bool:
        db.session.rollback()
        rows = db.session.query(OrderItem.state).filter_by(order_id=order.id)
        return all(row.state in ENDED for row in rows)


_ORGANISATIONS = {
    cast.HARBOUR: "Harbour Connect",
    cast.LIGHTHOUSE: "Lighthouse Media",
    cast.PARTNER: "Beacon Partners",
    cast.CUSTOMER: "Lamp Studios",
}


def _is_due(run_after: Any) -> bool:
    return run_after is not None and run_after <= clock.now()
