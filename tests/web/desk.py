"""A small exchange at work, for tests of the desk's pages: orders are placed, and a worker takes them as they go.

The far systems are the local ones, in this process and on this database.
"""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, select

import workers.handlers  # noqa: F401 - registers them
from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import Order, OrderItem, OutboxMessage, Wait
from app.domain.states import Stage, State
from app.extensions import db
from app.services import items, orders
from app.services.actor import Actor
from app.services.orders import OrderInput
from tests import cast
from workers import jobs
from workers.bench import make_bench

PROGRAM = Actor("CRM", trusted=True)
PORT = {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q"}
CONNEXIONS = {
    "port_group_id": cast.HARBOUR_GROUP, "bandwidth": 1_000, "vlan_id": 710, "mac_address": "00:00:5e:00:53:10",
    "location": "Mon", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/2",
}  # fmt: skip


@dataclass
class Desk:
    """The app with the cast in it, and hands that do a worker's work. Use it inside an app context."""

    app: Flask
    config: Config

    def place(self, *wanted_items: tuple[str, str, dict[str, Any]], account: str = cast.HARBOUR, **more: Any) -> Order:
        """An order of (service type, action, details) as a program places it, worked as far as it goes by itself."""
        wanted = OrderInput(
            account_id=account,
            requestor={"account_id": account, "full_name": "Ada Quayside", "email": "ada@harbour-connect.example",
                       "organisation": "Harbour Connect"},
            items=[ItemInput(kind, action, details) for kind, action, details in wanted_items],
            channel="api", **more,
        )  # fmt: skip
        order = orders.place(wanted, PROGRAM, self.config)
        db.session.commit()
        self.work()
        return order

    def port(self, **more: Any) -> uuid.UUID:
        """An item that is paused on “Patch the cross-connect”."""
        details = {
            key: more.pop(key) for key in tuple(more) if key in ("fabric", "location", "port_capacity", "quantity")
        }
        return self.place(("multiservice_port", "new", {**PORT, **details}), **more).items[0].id

    def by_hand(self, **more: Any) -> uuid.UUID:
        """An item that waits for Sales or engineers, asking nothing: no handler automates its fabric."""
        details = {**PORT, "fabric": "imn1", "location": "SEC", "port_capacity": 1_000}
        return self.place(("multiservice_port", "new", details), **more).items[0].id

    def failed(self) -> uuid.UUID:
        """An item that failed: the light on the port is too weak."""
        item_id = self.port()
        self.answer(item_id, patch_position="LD8-R12-PP03/17", light_dbm="-24")
        return item_id

    def answer(self, item_id: uuid.UUID, **answers: str) -> None:
        items.resume(item_id, Actor("Nell Patcher", trusted=True), answers, version=None)
        self.work()

    def work(self, rounds: int = 40) -> None:
        """A worker works until nothing is due."""
        for _ in range(rounds):
            due = db.session.execute(
                select(OrderItem.id).where(
                    OrderItem.state.in_([State.READY, State.BACKOFF, State.WAITING]), OrderItem.run_after <= clock.now()
                )
            ).scalars().all()  # fmt: skip
            told = db.session.scalars(select(OutboxMessage.order_id).where(OutboxMessage.state == "pending").distinct())
            waiting = list(told)
            db.session.rollback()
            if not due and not waiting:
                return
            for item_id in due:
                jobs.advance(str(item_id))
            for order_id in waiting:
                jobs.deliver(str(order_id))
        raise AssertionError("The items never come to rest.")

    def item(self, item_id: uuid.UUID) -> OrderItem:
        return db.session.get(OrderItem, item_id, populate_existing=True) or _missing(item_id)

    def wait(self, item_id: uuid.UUID) -> Wait:
        return db.session.execute(select(Wait).where(Wait.item_id == item_id, Wait.open)).scalar_one()

    def version(self, item_id: uuid.UUID) -> int:
        return self.item(item_id).version


def _missing(item_id: uuid.UUID) -> OrderItem:
    raise AssertionError(f"There is no item {item_id}.")


def open_desk(app: Flask, config: Config) -> Desk:
    """The cast loaded, and a worker's bench ready. Inside an app context."""
    make_bench(app, config, frozenset(Stage))
    cast.load()
    return Desk(app, config)


@contextlib.contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that were sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def later(hours: float) -> None:
    """Time passes for everybody."""
    clock.advance(timedelta(hours=hours))
