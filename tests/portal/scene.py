"""The portal at work: members' browsers, orders placed by programs, and a worker that does what is due."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import workers.handlers  # noqa: F401  (registers every handler)
from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import Account, Order, OrderItem, Wait
from app.domain.states import LIVE
from app.extensions import db
from app.queries import durations
from app.services import items, orders
from app.services.actor import Actor
from app.services.orders import OrderInput, WishedDates
from tests import cast
from workers.bench import make_bench
from workers.pipeline import runner

CRM = Actor("CRM", trusted=True)
ENGINEER = Actor("Nell Patcher", trusted=True)
PORT = {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q"}
CONNEXIONS = {
    "port_group_id": cast.HARBOUR_GROUP, "bandwidth": 1_000, "vlan_id": 710, "mac_address": "00:00:5e:00:53:10",
    "location": "Mon", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/2",
}  # fmt: skip
PVLAN = {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "Tide tables", "bandwidth": 50}
MOST_TURNS = 60

Wanted = tuple[str, str, dict[str, Any]]
ONE_PORT: Wanted = ("multiservice_port", "new", PORT)
ONE_CONNEXIONS: Wanted = ("connexions", "new", CONNEXIONS)
JOIN: tuple[Wanted, ...] = (("pvlan", "new", {"pvlan_service_account_id": cast.LIGHTHOUSE}),)


@dataclass
class Scene:
    """One exchange. Its verbs open an app context of their own."""

    app: Flask
    config: Config

    def browser(self, email: str = cast.MEMBER) -> FlaskClient:
        return cast.browser(self.app, email)

    def place(self, *wanted: Wanted, account: str = cast.HARBOUR, **more: Any) -> uuid.UUID:
        """An order as a program places it; not worked yet."""
        with self.app.app_context():
            name = {cast.HARBOUR: "Ada Quayside", cast.PARTNER: "Rae Broker"}.get(account, "Lou Lantern")
            organisation = db.session.get(Account, account)
            assert organisation is not None
            order = orders.place(
                OrderInput(
                    account_id=account,
                    requestor={"account_id": account, "full_name": name, "email": f"{account}@member.example",
                               "organisation": organisation.organisation},
                    items=[ItemInput(kind, action, details, service_number=details.pop("number", None))
                           for kind, action, details in [(one, two, dict(three)) for one, two, three in wanted]],
                    channel="api", **more,
                ),
                CRM, self.config,
            )  # fmt: skip
            placed = order.id
            db.session.commit()
        return placed

    def work(self) -> None:
        """A worker takes every item as far as it goes by itself."""
        with self.app.app_context():
            bench = make_bench(self.app, self.config)
            for _ in range(MOST_TURNS):
                live = list(db.session.scalars(select(OrderItem.id).where(OrderItem.state.in_(LIVE))))
                db.session.rollback()
                if {runner.advance(one, bench) for one in live} <= {"not due"}:
                    return
        raise AssertionError("The items never come to rest.")

    def more_ports(self, count: int) -> None:
        """So many ports more where `PORT` is ordered."""
        with self.app.app_context():
            cast.more_ports(count)

    def placed(self, *wanted: Wanted, **more: Any) -> uuid.UUID:
        """An order that has been worked as far as it goes by itself."""
        order_id = self.place(*wanted, **more)
        self.work()
        return order_id

    def engineer_answers(self, order_id: uuid.UUID, **answers: Any) -> None:
        with self.app.app_context():
            items.resume(self.item(order_id).id, ENGINEER, answers, version=None)
        self.work()

    def order(self, order_id: uuid.UUID) -> Order:
        """Read afresh; inside an app context."""
        found = db.session.get(Order, order_id, populate_existing=True)
        assert found is not None
        return found

    def item(self, order_id: uuid.UUID, number: int = 1) -> OrderItem:
        return db.session.scalars(
            select(OrderItem)
            .where(OrderItem.order_id == order_id, OrderItem.item_number == number)
            .execution_options(populate_existing=True)
        ).one()

    def status(self, order_id: uuid.UUID) -> str:
        with self.app.app_context():
            return self.order(order_id).status.value

    def order_version(self, order_id: uuid.UUID) -> int:
        with self.app.app_context():
            return self.order(order_id).version

    def version(self, order_id: uuid.UUID, number: int = 1) -> int:
        """The version of an item."""
        with self.app.app_context():
            return self.item(order_id, number).version

    @staticmethod
    def dates(**when: datetime) -> WishedDates:
        return WishedDates(**when)

    def wait_id(self, order_id: uuid.UUID, number: int = 1) -> uuid.UUID:
        """The open wait of an item."""
        with self.app.app_context():
            item_id = self.item(order_id, number).id
            return db.session.scalars(select(Wait.id).where(Wait.item_id == item_id, Wait.open)).one()


def open_scene(app: Flask, config: Config) -> Scene:
    durations.forget()
    with app.app_context():
        cast.load()
    return Scene(app, config)


def text_of(answer: TestResponse) -> str:
    """What a reader sees: the page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).replace("&#39;", "'").split())


def hidden(answer: TestResponse, form: str) -> dict[str, str]:
    """The hidden fields of a form on the page, which a browser would send."""
    html = answer.get_data(as_text=True)
    found = re.search(rf'<form[^>]*id="{form}".*?</form>', html, re.S)
    assert found, f"There is no form {form} on the page."
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[0])
    return {name: value for name, value in fields if name != "csrf_token"}


def has_form(answer: TestResponse, form: str) -> bool:
    return f'id="{form}"' in answer.get_data(as_text=True)


def now_is_later(**by: float) -> None:
    """Time passes for everybody."""
    clock.advance(timedelta(**by))
