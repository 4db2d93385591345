"""How much the engine moves, and how soon after a click the item is completed."""

import statistics
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select, text

from app import queues
from app.domain.models import OrderItem, WorkerBeat
from app.domain.states import Stage, State
from app.extensions import db
from app.services import items
from app.services.actor import Actor
from app.services.stock import Stock
from bench.house import House, cpu_seconds, megabytes, timed
from tests import cast
from tests.support.waiting import until
from workers.pipeline import runner
from workers.pipeline.runner import Bench

ITEMS, WORKERS, CLICKS = 300, 2, 40


@dataclass
class Nothing:
    """No far system is called here."""


def throughput(house: House) -> dict[str, Any]:
    """Items per second through six steps that do nothing, over three stages; all workers running."""
    workers = [house.worker() for _ in range(WORKERS)]
    pids = [worker.pid for worker in workers]
    until(lambda: _scalar(select(func.count()).select_from(WorkerBeat)) == WORKERS, "all workers live", 60)
    _run(house, 40, first=1)  # warm: connections open, statements prepared
    programs = {"workers": pids, "postgresql": [house.postgres.pid], "redis": [house.redis_pid]}
    before = {name: sum(map(cpu_seconds, these)) for name, these in programs.items()}
    seconds = _run(house, ITEMS, first=1000)
    cpu = {name: sum(map(cpu_seconds, these)) - before[name] for name, these in programs.items()}
    return {
        "items": ITEMS, "workers": WORKERS, "seconds": round(seconds, 2),
        "items_per_second": round(ITEMS / seconds, 1),
        "cpu_ms_per_item": {name: round(used / ITEMS * 1000, 1) for name, used in cpu.items()},
        "worker_megabytes": round(max(map(megabytes, pids)), 1),
    }  # fmt: skip


def _run(house: House, number: int, first: int) -> float:
    ids = house.orders(number, first=first)
    began = time.perf_counter()
    queues.here().wake([(item_id, Stage.INVENTORY) for item_id in ids])
    unfinished = select(func.count()).where(OrderItem.state != State.DONE)
    until(lambda: _scalar(unfinished) == 0, "all items are done", 300)
    return time.perf_counter() - began


def _scalar(query: Any) -> Any:
    found = db.session.execute(query).scalar_one()
    db.session.rollback()
    time.sleep(0.02)  # asked in a loop: what is measured needs the processor more
    return found


def resume_in_process(house: House) -> dict[str, Any]:
    """From the call that answers a manual step until the item is completed, three steps later; in one process."""
    bench = Bench(Nothing(), house.config, Stock(house.config))
    waiting = _paused(house, bench, first=5000)
    engineer = Actor("Nell Patcher", trusted=True)

    def click(item_id: uuid.UUID, version: int) -> None:
        items.resume(item_id, engineer, {}, version=version, form_key=str(uuid.uuid4()))
        runner.advance(item_id, bench)

    times = [timed(lambda one=one: click(*one)) for one in waiting]  # type: ignore[misc]
    return _summary(times)


def resume_over_http(house: House) -> dict[str, Any]:
    """From the POST until the item is completed: the web, Redis and a worker are processes of their own."""
    house.worker()
    client = httpx.Client(base_url=house.web(), timeout=30, trust_env=False)
    client.headers["Authorization"] = f"Bearer {cast.token(cast.ENGINEER)}"
    until(lambda: _scalar(select(func.count()).select_from(WorkerBeat)), "a worker lives", 60)
    bench = Bench(Nothing(), house.config, Stock(house.config))
    waiting = _paused(house, bench, first=7000)
    times, answers = [], []
    for item_id, version in waiting:
        began = time.perf_counter()
        path = f"/oms/order-items/{item_id}/resume"
        client.post(path, json={"answers": {}, "version": version}).raise_for_status()
        answers.append((time.perf_counter() - began) * 1000)
        _until_done(house, item_id)
        times.append((time.perf_counter() - began) * 1000)
    return {**_summary(times), "answer_median_ms": round(statistics.median(answers), 2)}


def _until_done(house: House, item_id: uuid.UUID) -> None:
    """Look about every half millisecond, straight in the database."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        done = text("SELECT state = 'done' FROM order_item WHERE id = :id")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if connection.execute(done, {"id": item_id}).scalar_one():
                return
            time.sleep(0.0005)  # the figure is as fine as this
    raise AssertionError("The item did not complete.")


def _paused(house: House, bench: Bench, first: int) -> list[tuple[uuid.UUID, int]]:
    """Items that wait for a person, with their versions."""
    ids = house.orders(CLICKS, "modify", first)
    for item_id in ids:
        assert runner.advance(item_id, bench) == "waiting"
    found = db.session.execute(select(OrderItem.id, OrderItem.version).where(OrderItem.id.in_(ids))).all()
    db.session.rollback()
    return [(row.id, row.version) for row in found]


def _summary(times: list[float]) -> dict[str, Any]:
    times = times[3:]  # the first ones open connections and prepare statements
    return {
        "clicks": len(times), "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95)], 2),
    }  # fmt: skip
