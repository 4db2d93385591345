"""A small exchange at work, for tests of the desk's pages: orders are placed, and a worker takes them as they go.

The far systems are the local ones, in this process and on this database. Every method of `Desk` stands in an app
context of its own, because a request made inside one would share its `g`, and with it who is signed in.
"""

import contextlib
import functools
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, TypeVar
from typing import cast as cast_type

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import workers.handlers  # noqa: F401 - registers them
from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import Audit, OrderItem, OrderLog, OutboxMessage, StepRow, User, Wait
from app.domain.states import Stage, State
from app.extensions import db
from app.services import claims, items, orders
from app.services.actor import Actor
from app.services.orders import OrderInput
from app.web.guard import actor_of
from tests import cast
from tests.support import statements
from workers import jobs
from workers.bench import make_bench

PROGRAM = Actor("CRM", trusted=True)
PORT = {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q"}
BY_HAND = {"fabric": "imn1", "location": "SEC", "port_capacity": 1_000, "encapsulation": "none"}
CONNEXIONS = {
    "port_group_id": cast.HARBOUR_GROUP, "bandwidth": 1_000, "vlan_id": 710, "mac_address": "00:00:5e:00:53:10",
    "location": "Mon", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/2",
}  # fmt: skip
PATCHED: dict[str, Any] = {"patch_position": "LD8-R12-PP03/17", "light_dbm": "-4.2"}
TOO_DARK: dict[str, Any] = {"patch_position": "LD8-R12-PP03/17", "light_dbm": "-24"}

Act = TypeVar("Act", bound=Callable[..., Any])


def _inside(act: Act) -> Act:
    @functools.wraps(act)
    def inside(desk: "Desk", *args: Any, **more: Any) -> Any:
        with desk.app.app_context():
            try:
                return act(desk, *args, **more)
            finally:
                db.session.remove()

    return cast_type(Act, inside)


@dataclass(frozen=True)
class Placed:
    """An order that was placed, and its items."""

    id: uuid.UUID
    number: int
    items: list[uuid.UUID]


@dataclass
class Desk:
    """The app with the cast in it, and hands that do a worker's work."""

    app: Flask
    config: Config

    @_inside
    def place(self, *wanted: tuple[str, str, dict[str, Any]], account: str = cast.HARBOUR, **more: Any) -> Placed:
        """An order of (service type, action, details) as a program places it, worked as far as it goes by itself."""
        requestor = {
            "account_id": account, "full_name": "Ada Quayside", "email": "ada@harbour-connect.example",
            "organisation": "Harbour Connect",
        }  # fmt: skip
        ordered = [ItemInput(kind, action, details) for kind, action, details in wanted]
        order = orders.place(
            OrderInput(account_id=account, requestor=requestor, items=ordered, channel="api", **more),
            PROGRAM,
            self.config,
        )
        placed = Placed(order.id, order.number, [item.id for item in order.items])
        db.session.commit()
        self.work()
        return placed

    def port(self, **more: Any) -> uuid.UUID:
        """An item that is paused on “Patch the cross-connect”, which asks two things."""
        details = {key: more.pop(key) for key in tuple(more) if key in ("fabric", "location", "port_capacity")}
        return self.place(("multiservice_port", "new", {**PORT, **details}), **more).items[0]

    def by_hand(self, **more: Any) -> uuid.UUID:
        """An item that waits for Sales or engineers and asks nothing: no handler automates its fabric."""
        return self.place(("multiservice_port", "new", BY_HAND), **more).items[0]

    def failed(self) -> uuid.UUID:
        """An item that stopped because the light on its port is too weak."""
        item_id = self.port()
        self.answer(item_id, **TOO_DARK)
        return item_id

    def big(self) -> Placed:
        """An order that Sales must confirm."""
        return self.place(("multiservice_port", "new", {**PORT, "port_capacity": 100_000}))

    @_inside
    def ask_only(self, item_id: uuid.UUID, *names: str) -> None:
        """Let the open question ask no more than this."""
        wait = db.session.execute(select(Wait).where(Wait.item_id == item_id, Wait.open)).scalar_one()
        wait.ask = {name: (wait.ask or {})[name] for name in names}
        db.session.commit()

    @_inside
    def answer(self, item_id: uuid.UUID, **answers: str) -> None:
        items.resume(item_id, Actor("Nell Patcher", trusted=True), answers, version=None)
        self.work()

    @_inside
    def claim(self, item_id: uuid.UUID, email: str) -> None:
        claims.claim(item_id, actor_of(cast.user(email)), self.config.claim_idle_seconds)

    @_inside
    def work(self, rounds: int = 40) -> None:
        """A worker works until nothing is due."""
        for _ in range(rounds):
            looking = (State.READY, State.BACKOFF, State.WAITING)
            due = db.session.scalars(
                select(OrderItem.id).where(OrderItem.state.in_(looking), OrderItem.run_after <= clock.now())
            ).all()
            told = db.session.scalars(
                select(OutboxMessage.order_id)  # what another worker is just sending is not due
                .where(OutboxMessage.state == "pending", OutboxMessage.run_after <= clock.now())
                .distinct()
            ).all()
            db.session.rollback()
            if not due and not told:
                return
            for item_id in due:
                jobs.advance(str(item_id))
            for order_id in told:
                jobs.deliver(str(order_id))
        raise AssertionError("The items never come to rest.")

    @_inside
    def state(self, item_id: uuid.UUID) -> State:
        return db.session.execute(select(OrderItem.state).where(OrderItem.id == item_id)).scalar_one()

    @_inside
    def value(self, item_id: uuid.UUID, column: str) -> Any:
        return db.session.execute(select(getattr(OrderItem, column)).where(OrderItem.id == item_id)).scalar_one()

    @_inside
    def owner(self, item_id: uuid.UUID) -> str | None:
        """Who holds the claim on what the item waits for."""
        statement = (
            select(User.email).join(Wait, Wait.claimed_by_id == User.id).where(Wait.item_id == item_id, Wait.open)
        )
        return db.session.execute(statement).scalar_one_or_none()

    @_inside
    def deeds(self, item_id: uuid.UUID, what: str) -> int:
        """How often the audit trail says that this was done to the item."""
        counting = select(func.count()).where(Audit.item_id == item_id, Audit.what == what)
        return db.session.execute(counting).scalar_one()

    @_inside
    def said(self, item_id: uuid.UUID) -> str:
        """All that the item's log says."""
        rows = db.session.execute(
            select(OrderLog.user_message, OrderLog.debug_message).where(OrderLog.item_id == item_id)
        )
        return "\n".join(line for row in rows for line in row if line)

    @_inside
    def step(self, item_id: uuid.UUID, key: str) -> tuple[str, str | None]:
        """A step's state, and the reason that somebody gave."""
        row = db.session.execute(
            select(StepRow.state, StepRow.reason).where(StepRow.item_id == item_id, StepRow.key == key)
        ).one()
        return row.state.value, row.reason

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that are sent to the database meanwhile."""
        with self.app.app_context():
            engine = db.engine
        with statements.counted(engine) as sent:
            yield sent


def open_desk(app: Flask, config: Config) -> Desk:
    """The cast loaded, and a worker's bench ready."""
    with app.app_context():
        make_bench(app, config, frozenset(Stage))
        cast.load()
        db.session.remove()
    return Desk(app, config)


def later(**length: float) -> None:
    """Time passes for everybody."""
    clock.advance(timedelta(**length))


# Reading pages


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form" and known.get("method") != "dialog":
            self.found.append(Form(known.get("action", "")))
        elif tag == "input" and self.found and known.get("type") == "hidden":
            self.found[-1].fields[known["name"]] = known.get("value", "")


def form(response: TestResponse, action: str) -> dict[str, str]:
    """The hidden fields of the page's first form with this action, as a browser would send them."""
    reader = _Forms()
    reader.feed(response.text)
    found = [one for one in reader.found if one.action == action]
    assert found, f"no form leads to {action}; there are {[one.action for one in reader.found]}"
    return found[0].fields


def actions(response: TestResponse) -> list[str]:
    """Where the page's forms lead."""
    reader = _Forms()
    reader.feed(response.text)
    return [one.action for one in reader.found]


def words(response: TestResponse) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text)).replace("&#39;", "'").replace("&amp;", "&")


def press(client: FlaskClient, page: str, action: str, *, htmx: bool = False, **typed: Any) -> TestResponse:
    """Open a page and send its form that leads to `action`, with what was typed."""
    sent = {**form(client.get(page), action), **typed}
    return client.post(action, data=sent, headers={"HX-Request": "true"} if htmx else {})
