"""An import in real worker processes, which are killed at it: each order is made once, with all its items."""

import signal
from collections import Counter
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.database import reading
from app.domain import models
from app.domain.models import ImportLine, Order, OrderImport, OrderItem
from app.extensions import db
from tests import cast
from tests.ops.conftest import StartWorker
from tests.support.waiting import until

ORDERS, KILLS = 400, 2
QUICK = {"LEASE_SECONDS": "1", "CALL_CONNECT_SECONDS": "0.1", "CALL_READ_SECONDS": "0.1"}
"""The lease of a worker that was killed ends soon."""
HEAD = "order,service_type,action,fabric,location,port_capacity,port,service_capacity,mac_address"


def _file() -> str:
    """A port and a peering unit on it, so many times; every fortieth port is nonsense."""
    lines = [HEAD]
    for number in range(ORDERS):
        speed = "fast" if number % 40 == 7 else "10000"
        lines.append(f"{number},multiservice_port,new,lon1,LD8,{speed},,,")
        mac = f"00:00:5e:00:{0x53 + (number >> 8):02x}:{number & 255:02x}"
        lines.append(f"{number},peering_unit,new,lon1,LD8,,item:1,100,{mac}")
    return "\n".join(lines)


def _done() -> int:
    return _count(select(func.count()).where(ImportLine.state == "done"))


def _more_done(before: int) -> bool:
    return _done() > before


def _count(statement: object) -> int:
    with reading():
        found = db.session.execute(statement).scalar_one()  # type: ignore[call-overload]
        db.session.rollback()
    return int(found)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_that_are_killed_make_each_order_once(exchange: Flask, start_worker: StartWorker) -> None:
    db.session.execute(insert(models.Counter).values(name="service", value=300_000))  # beyond those of the cast
    db.session.commit()
    cast.more_ports(ORDERS)
    member = cast.program(exchange, cast.MEMBER)
    sent = member.post("/oms/imports?mode=submit", data=_file(), content_type="text/csv")
    assert sent.status_code == 201
    for _ in range(KILLS):
        before = _done()
        worker = start_worker("--queues", "batches", **QUICK)
        until(partial(_more_done, before), "it has made some")
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    assert _count(select(func.count()).where(ImportLine.state == "pending")), "they were killed in the middle"
    start_worker("--queues", "batches", **QUICK)
    until(lambda: _count(select(func.count()).where(OrderImport.finished_at.is_not(None))), "it has finished", 60)
    with reading():
        lines = Counter(db.session.scalars(select(ImportLine.state)))
        items = db.session.execute(select(Order.number, func.count()).join(Order.items).group_by(Order.number)).all()
        services = db.session.scalars(select(OrderItem.service_number)).all()
        db.session.rollback()
    good = ORDERS - ORDERS // 40
    assert lines == {"done": 2 * good, "failed": 2 * (ORDERS // 40)}
    assert [of_it for _, of_it in items] == [2] * good
    assert len(set(services)) == len(services) == 2 * good
    numbers = sorted(number for number, _ in items)
    assert numbers == list(range(numbers[0], numbers[0] + good)), "and no number is lost"
