"""How fast a file of orders becomes orders, and how much memory that takes: ten thousand orders, one worker's turns."""

import json
import time
import uuid
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psutil
from sqlalchemy import func, insert, select

from app.domain.models import Counter, OrderImport, WorkerBeat
from app.extensions import db
from app.services import access, imports
from app.services.imports import Upload
from app.web import import_files
from bench.house import House, cpu_seconds, megabytes
from tests import cast
from tests.support.waiting import until

ORDERS = 10_000


def drafts(house: House) -> dict[str, Any]:
    """Each line a draft."""
    return _measured(house, "drafts")


def submitted(house: House) -> dict[str, Any]:
    """Each line an order that is placed, with its service, its tickets and its notification."""
    return _measured(house, "submit")


def pairs(house: House) -> dict[str, Any]:
    """From a CSV file of two lines for each order: a port and a peering unit on it, placed at once."""
    return _measured(house, "submit", "csv")


def by_workers(house: House) -> dict[str, Any]:
    """As `submitted`, but by two worker processes, which work the orders' items meanwhile."""
    _prepared()
    workers = [house.worker("--name", name) for name in ("w1", "w2")]
    until(lambda: _read(select(func.count()).select_from(WorkerBeat)) == len(workers), "the workers live", 60)
    began = time.perf_counter()
    import_id = _stored(house, "submit", "json")
    most = 0.0
    while not _read(select(OrderImport.finished_at).where(OrderImport.id == import_id)):
        most = max(most, *(megabytes(one.pid) for one in workers))
        time.sleep(0.5)  # memory is looked at as seldom as that: the workers need the processor
    seconds = time.perf_counter() - began
    used = sum(cpu_seconds(one.pid) for one in workers)
    return {
        "orders": ORDERS, "seconds": round(seconds, 1), "orders_per_second": round(ORDERS / seconds, 1),
        "workers_cpu_seconds_per_1000": round(used / ORDERS * 1000, 2), "megabytes": round(most, 1),
    }  # fmt: skip


def _read(statement: Any) -> Any:
    found = db.session.execute(statement).scalar()
    db.session.rollback()
    return found


def _prepared() -> None:
    """The numbers of new services are beyond those of the cast, and there are ports for all."""
    db.session.execute(insert(Counter).values(name="service", value=300_000))
    db.session.commit()
    cast.more_ports(ORDERS)


def _measured(house: House, mode: str, kind: str = "json") -> dict[str, Any]:
    program = psutil.Process()
    before = program.memory_info().rss
    _prepared()
    began, cpu = time.perf_counter(), _cpu()
    database = _cpu_of(house)
    import_id = _stored(house, mode, kind)
    stored = time.perf_counter() - began
    most = program.memory_info().rss
    while imports.work(import_id, house.config) == "more":
        most = max(most, program.memory_info().rss)
    seconds = time.perf_counter() - began
    used, used_there = _cpu() - cpu, _cpu_of(house) - database
    return {
        "orders": ORDERS, "seconds": round(seconds, 1), "orders_per_second": round(ORDERS / seconds, 1),
        "stored_after_seconds": round(stored, 1), "cpu_seconds_per_1000": round(used / ORDERS * 1000, 2),
        "postgresql_cpu_seconds_per_1000": round(used_there / ORDERS * 1000, 2),
        "megabytes": round(most / 2**20, 1), "megabytes_before": round(before / 2**20, 1),
    }  # fmt: skip


def _stored(house: House, mode: str, kind: str) -> uuid.UUID:
    """As the API does it when the file arrives."""
    sales = cast.user(cast.SALES)
    with house.app.test_request_context():
        file = import_files.arrived(_Sent(_lines() if kind == "csv" else _orders()), kind, mode == "drafts")
        upload = Upload(f"orders.{kind}", kind, mode, "desk", file.digest, file.size, file.columns())
        return imports.start(access.actor_of(sales), upload, file.records())


def _orders() -> Iterator[bytes]:
    details = {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q"}
    for number in range(ORDERS):
        item = {"service_type": "multiservice_port", "item_action": "new", "details": details}
        body = {"requestor": {"account_id": cast.HARBOUR}, "po_number": f"PO-{number}", "items": [item]}
        yield json.dumps(body).encode() + b"\n"


def _lines() -> Iterator[bytes]:
    names = (
        "order,account_id,po_number,service_type,action,fabric,location,port_capacity,port,service_capacity,mac_address"
    )
    yield names.encode() + b"\n"
    for number in range(ORDERS):
        mac = f"02:00:5e:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        port = f"{number},{cast.HARBOUR},PO-{number},multiservice_port,new,lon1,LD8,10000,,,"
        yield f"{port}\n{number},,,peering_unit,new,lon1,LD8,,item:1,1000,{mac}\n".encode()


class _Sent(BytesIO):
    """A request's body that is made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines

    def read(self, _size: int | None = -1) -> bytes:
        return next(self._lines, b"")


def _cpu() -> float:
    used = psutil.Process().cpu_times()
    return float(used.user + used.system)


def _cpu_of(house: House) -> float:
    server = psutil.Process(house.postgres.pid)
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))
