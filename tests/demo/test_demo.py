"""The demo: loads on both databases, once; nobody in it is real; its orders can be worked; numbers go on behind it."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import workers.handlers  # noqa: F401  (registers the handlers)
from app.config import Config
from app.database import reading
from app.domain import clock
from app.domain.models import (
    Account,
    Fabric,
    Order,
    OrderLog,
    Port,
    Service,
    Ticket,
    TicketMessage,
    User,
)  # fmt: skip
from app.domain.states import ENDED, ENDED_STATUSES, Stage, Status, StepState, outcome
from app.extensions import db
from app.queries import durations
from app.services import access, demo
from app.services.demo_exchange import CUSTOMER, HARBOUR, LIGHTHOUSE, PARTNER, PEOPLE
from app.services.demo_runbooks import BY_HAND, RUNBOOKS
from app.services.demo_services import CONNEXIONS, PORT, PVLAN
from tests import cast
from tests.ops.conftest import StartWorker
from tests.support.waiting import until
from workers.pipeline import plan
from workers.pipeline.by_hand import by_hand_plan
from workers.pipeline.handler import HANDLERS
from workers.southbound.ticketing import local as local_ticketing


def _everything() -> Iterator[tuple[str, Any]]:
    """Every text in the database, with its column."""
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for name, value in row.items():
                yield f"{table.name}.{name}", value


def _counts() -> dict[str, int]:
    tables = db.metadata.sorted_tables
    return {table.name: db.session.scalars(select(func.count()).select_from(table)).one() for table in tables}


def test_a_second_load_changes_nothing(loaded: Flask, config: Config) -> None:
    before = _counts()
    assert "already" in demo.load(config)
    assert _counts() == before


def test_nothing_in_it_is_real(loaded: Flask) -> None:
    documentation = {*range(64496, 64512), *range(65536, 65552)}
    assert set(db.session.scalars(select(Account.asn))) <= documentation
    for column, value in _everything():
        text = str(value)
        for domain in re.findall(r"@([\w.-]+)", text):
            assert domain.rstrip(".").endswith(".example"), f"{column}: {domain}"
        for mac in re.findall(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", text, re.IGNORECASE):
            assert mac.lower().startswith("00:00:5e:00:53:"), f"{column}: {mac}"
        for asn in re.findall(r"'asn': '?(\d+)", text):
            assert int(asn) in documentation, f"{column}: {asn}"
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
            assert ipaddress.ip_address(address).is_private, f"{column}: {address}"


def test_everybody_can_sign_in(loaded: Flask) -> None:
    for email, (_, role, account) in PEOPLE.items():
        user = access.check_password(email, "handoff-demo", "127.0.0.1")
        assert (user.role, user.account_id) == (role, account)
    owners = {db.session.scalars(select(User.account_id).where(User.email == mail)).one()
              for mail in ("member@handoff.example", "member2@handoff.example")}  # fmt: skip
    assert owners == {HARBOUR, LIGHTHOUSE}


def test_what_the_documentation_names_is_there(loaded: Flask) -> None:
    fabrics = {row.code: row.automated for row in db.session.scalars(select(Fabric))}
    assert fabrics == {"lon1": True, "lon2": True, "edi2": True, "jsp1": True, "imn1": False}
    owners = {row.number: row.account_id for row in db.session.execute(select(Service.number, Service.account_id))}
    assert (owners[PORT], owners[PVLAN], owners[CONNEXIONS]) == (HARBOUR, LIGHTHOUSE, HARBOUR)
    assert db.session.get(Account, CUSTOMER).reseller_id == PARTNER  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", ["connexions_new", "connexions_modify", "join_pvlan", "port_and_peering_unit",
                                  "pvlan_p2p_with_unit"])  # fmt: skip
def test_every_example_order_can_be_placed_beside_it(loaded: Flask, seed: str) -> None:
    last_order = db.session.scalars(select(func.max(Order.number))).one()
    last_service = db.session.scalars(select(func.max(Service.number))).one()
    db.session.rollback()
    answer = cast.program(loaded, "sales@handoff.example").post("/oms/orders", json=cast.order(seed))
    assert answer.status_code == 201, answer.json
    placed = db.session.scalars(select(Order).order_by(Order.number.desc()).limit(1)).one()
    assert placed.number == last_order + 1
    for item in placed.items:
        assert item.action != "new" or item.service_number is None or item.service_number > last_service


def test_the_past_is_whole(loaded: Flask) -> None:
    """Ended orders say the same in every table."""
    now = clock.now()
    past = db.session.scalars(select(Order).where(Order.status.in_(ENDED_STATUSES))).all()
    assert len(past) == 200
    kinds = Counter(order.status for order in past)
    assert kinds[Status.COMPLETED] > 150
    assert kinds[Status.CANCELLED] and kinds[Status.REJECTED]
    for order in past:
        assert order.created_at < order.modified_at < now
        assert order.outcome == outcome(item.status for item in order.items)
        assert order.ticket_number is not None
        for item in order.items:
            assert item.state in ENDED
            if item.status is Status.COMPLETED:
                assert set(item.stages_ended) == set(Stage)
                assert {step.state for step in item.steps} <= {StepState.SUCCEEDED, StepState.SKIPPED}
                ends = [step.ended_at for step in item.steps]
                assert ends == sorted(ends)


def test_past_logs_are_in_order_and_end_with_the_orders_status(loaded: Flask) -> None:
    last: dict[Any, OrderLog] = {}
    for log in db.session.scalars(select(OrderLog).order_by(OrderLog.id)):
        if log.order_id in last:
            assert last[log.order_id].created_at <= log.created_at
        last[log.order_id] = log
    for order in db.session.scalars(select(Order).where(Order.status.in_(ENDED_STATUSES))):
        assert last[order.id].status is order.status, order.name


def test_usual_durations_can_be_told_for_what_is_ordered_most(loaded: Flask) -> None:
    durations.forget()
    kinds = {(kind.service_type, kind.action) for kind, _ in durations.measured()}
    assert kinds >= {("multiservice_port", "new"), ("peering_unit", "new"), ("connexions", "new"), ("pvlan", "new")}


def test_every_worked_order_has_its_tickets(loaded: Flask) -> None:
    tickets = {ticket.number: ticket for ticket in db.session.scalars(select(Ticket))}
    spoken = set(db.session.scalars(select(TicketMessage.ticket_number)))
    for order in db.session.scalars(select(Order).where(Order.status.in_(ENDED_STATUSES))):
        by_hand = any(item.by_hand for item in order.items)
        assert order.ticket_number is not None
        assert tickets[order.ticket_number].queue == ("sales" if by_hand else "provisioning")
        assert tickets[order.ticket_number].order_number == order.number
        assert (order.info_ticket_number is None) == by_hand
    assert set(tickets) == spoken


def test_ports_are_held_by_living_port_services_only(loaded: Flask) -> None:
    held = db.session.execute(
        select(Service.state, Service.service_type, Port.capacity, Service.details).join(
            Port, Port.service_id == Service.id
        )
    ).all()
    assert held
    for state, kind, capacity, details in held:
        assert (state, kind, details["port_capacity"]) == ("active", "multiservice_port", capacity)


def test_past_steps_are_those_of_todays_handlers() -> None:
    """They stand once more in demo_runbooks, as the web side knows no handler code: correct them there. What a person
    was asked is not among them: the demo's past has no open questions."""
    port = SimpleNamespace(service_type="multiservice_port", action="new", order_type="normal", details={})
    for handler, steps in RUNBOOKS.items():
        told = [{"key": one.key, "title": one.title, "stage": one.stage, "kind": one.kind, "team": one.team,
                 "undo": one.undo} for one in steps]  # fmt: skip
        by_hand = [step.published(stage) for stage, step in by_hand_plan(port)]
        published = by_hand if handler == BY_HAND else plan.published(HANDLERS[handler])
        assert told == [{key: step[key] for key in step if key != "asks"} for step in published], handler


def test_the_counter_of_tickets_is_the_local_ticketings() -> None:
    assert (local_ticketing.COUNTER, local_ticketing.FIRST_NUMBER) == ("ticket", demo.FIRST_TICKET_NUMBER)


EXPECTED = {
    Status.AWAITING_AGENT: 8,  # ports to patch
    Status.AWAITING_MEMBER: 4,  # new ConneXions services
    Status.AWAITING_ORDER_CONFIRMATION: 3,  # two for Sales, one for the owner of a private VLAN
    Status.MANUAL_PROCESSING: 2,
    Status.SCHEDULED: 2,  # one starts in three days, one is switched tomorrow
    Status.ERROR: 1,
}
"""Where the orders of today come to rest. The others complete."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_take_the_orders_of_today_through_all_states(
    loaded: Flask,
    start_worker: StartWorker,
) -> None:
    db.session.rollback()
    first = db.session.scalars(select(func.max(Order.number))).one() - 28
    db.session.rollback()
    start_worker("--name", "w1")
    start_worker("--name", "w2")

    def rests() -> Counter[Status]:
        with reading():
            found = Counter(db.session.scalars(select(Order.status).where(Order.number >= first)))
            db.session.rollback()
        return found

    def missing() -> dict[str, int]:
        """What still differs from what is expected."""
        now = rests()
        ended = sum(now.values()) - sum(EXPECTED.values())
        wanted = {**EXPECTED, Status.COMPLETED: ended}
        return {word.value: now[word] - count for word, count in wanted.items() if now[word] != count}

    try:
        until(lambda: not missing(), "the orders rest where they should", seconds=100)
    except AssertionError as late:
        raise AssertionError(f"{late} Too many or too few: {missing()}") from None
