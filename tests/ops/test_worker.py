"""A worker process: works orders, survives Redis, stops when asked, and runs nothing but our two functions."""

import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask
from redis import Redis
from rq import Callback, Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Select, select

from app.config import Config
from app.database import reading
from app.domain.models import Audit, HandlerPlan, Order, OrderItem, WorkerBeat
from app.domain.states import Stage, State, Status
from app.extensions import db
from app.queues import ADVANCE, QUEUES
from tests import cast
from tests.ops.conftest import StartWorker
from tests.support.redis import RedisServer
from tests.support.waiting import until
from workers.handlers import connexions  # noqa: F401  (registers the handlers in this process, to compare with)
from workers.pipeline.handler import HANDLERS
from workers.worker import ItemWorker, Pulse

T = TypeVar("T")
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _look(statement: "Select[T]") -> list[T]:
    """What the database says at this moment, without holding anything."""
    with reading():
        try:
            return list(db.session.scalars(statement))
        finally:
            db.session.rollback()


def _alive(name: str) -> bool:
    return bool(_look(select(WorkerBeat.pid).where(WorkerBeat.name == name)))


def _ordered(app: Flask, **changed: object) -> uuid.UUID:
    answer = cast.program(app).post("/oms/orders", json=cast.order("connexions_new", **changed))
    assert answer.status_code == 201, answer.json
    return _look(select(OrderItem.id).order_by(OrderItem.created_at.desc()))[0]


def _status(item_id: uuid.UUID) -> Status:
    return _look(select(OrderItem.status).where(OrderItem.id == item_id))[0]


def test_an_order_is_taken_to_where_it_waits_for_its_member(exchange: Flask, start_worker: StartWorker) -> None:
    start_worker("--name", "w1")
    item = _ordered(exchange)
    until(lambda: _status(item) is Status.AWAITING_MEMBER, "the item waits for its member")


def test_the_worker_says_that_it_lives_publishes_its_plans_and_seals_the_audit_trail(
    exchange: Flask, start_worker: StartWorker
) -> None:
    start_worker("--name", "w1", "--queues", "inventory,outbox")
    until(lambda: _alive("w1"), "the worker has a sign of life")
    assert _look(select(WorkerBeat.queues)) == [["inventory", "outbox"]]
    until(lambda: set(_look(select(HandlerPlan.handler))) == set(HANDLERS), "every handler's plan is published")
    _ordered(exchange)
    until(lambda: not _look(select(Audit.id).where(Audit.seq.is_(None))), "all audit rows are sealed")


def test_a_worker_of_one_stage_leaves_the_next_to_others(exchange: Flask, start_worker: StartWorker) -> None:
    start_worker("--queues", "inventory")
    item = _ordered(exchange)
    until(lambda: _status(item) is Status.QUALITY_ASSURANCE, "the item has reached the second stage")
    start_worker("--queues", "quality_assurance,provisioning")
    until(lambda: _status(item) is Status.AWAITING_MEMBER, "another worker has taken it on")


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_stops_when_asked_and_takes_back_its_sign_of_life(
    exchange: Flask, start_worker: StartWorker, redis_server: RedisServer, number: signal.Signals
) -> None:
    worker = start_worker("--name", "w1")
    until(lambda: _alive("w1"), "the worker lives")
    until(lambda: b"rq:worker:w1" in redis_server.client().smembers("rq:workers"), "RQ knows the worker")
    worker.send_signal(number)
    assert worker.wait(10) == 0
    assert not _alive("w1")
    assert not redis_server.client().smembers("rq:workers")


class TestRedisGoesAway:
    @pytest.fixture
    def redis_url(self, own_redis: RedisServer) -> str:
        return own_redis.url

    @on_sqlite
    def test_the_worker_goes_on_when_it_is_back_and_nothing_is_lost(
        self, exchange: Flask, start_worker: StartWorker, own_redis: RedisServer, tmp_path: Path
    ) -> None:
        worker = start_worker("--name", "w1")
        first = _ordered(exchange)
        until(lambda: _status(first) is Status.AWAITING_MEMBER, "the worker works")
        own_redis.kill()
        second = _ordered(exchange, items=[_other_vlan()])
        until(lambda: "redis is away" in (tmp_path / "worker.log").read_text(), "the worker has noticed")
        own_redis.start()
        own_redis.flush()
        until(lambda: _status(second) is Status.AWAITING_MEMBER, "the sweep has woken what was ordered meanwhile")
        assert worker.poll() is None
        said = (tmp_path / "worker.log").read_text()
        assert said.count("redis is away; the worker goes on") <= 1, "an outage is said once"

    @on_sqlite
    def test_a_worker_starts_without_redis_and_stops_without_it(
        self, exchange: Flask, start_worker: StartWorker, own_redis: RedisServer
    ) -> None:
        own_redis.kill()
        worker = start_worker("--name", "w1")
        until(lambda: _alive("w1"), "the worker lives")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0


def _other_vlan() -> dict[str, object]:
    item = cast.order("connexions_new")["items"][0]
    return {**item, "details": {**item["details"], "vlan_id": 777, "mac_address": "00:00:5e:00:53:77"}}


@on_sqlite
@pytest.mark.parametrize("patience, order", [
    (0.0, ["outbox", "batches", "outbox", "batches", "inventory", "inventory"]),
    (60.0, ["outbox", "batches", "inventory", "inventory", "outbox", "batches"]),
])  # fmt: skip
def test_messages_and_batches_wait_for_items_but_not_for_long_and_not_for_each_other(
    app: Flask, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, patience: float, order: list[str]
) -> None:
    monkeypatch.setattr("workers.worker.LATER_WAITS_S", patience)
    names = ["inventory", "outbox", "batches"]
    client = redis_server.client()
    for name in names * 2:
        Queue(name, connection=client, serializer=JSONSerializer).enqueue(ADVANCE, str(uuid.uuid4()))
    taken: list[str] = []
    monkeypatch.setattr(ItemWorker, "perform_job", lambda _self, _job, queue: taken.append(queue.name))
    one = ItemWorker(app, names, "w1", client, Pulse())
    for _ in order:
        one._turn()
    assert taken == order


@on_sqlite
def test_a_worker_refuses_every_function_but_its_two(
    exchange: Flask, start_worker: StartWorker, redis_server: RedisServer, tmp_path: Path
) -> None:
    mark = tmp_path / "was-run"
    queue = Queue("outbox", connection=redis_server.client(), serializer=JSONSerializer)
    queue.enqueue("pathlib.Path.touch", str(mark))
    queue.enqueue("os.mkdir", str(mark))
    queue.enqueue(ADVANCE, str(uuid.uuid4()), on_success=Callback("os.abort"))  # a callback's name is a way in as well
    queue.enqueue("workers.jobs.advance", "x", "y")
    start_worker("--name", "w1")
    until(lambda: len(queue) == 0 and not queue.started_job_registry.get_job_ids(), "all wake-ups were looked at")
    until(lambda: (tmp_path / "worker.log").read_text().count("a wake-up failed") == 3, "three were refused")
    assert not mark.exists()
    item = _ordered(exchange)
    until(lambda: _status(item) is Status.AWAITING_MEMBER, "the worker still works")


@on_sqlite
def test_a_wake_up_that_cannot_be_read_does_no_harm(
    exchange: Flask, start_worker: StartWorker, redis_server: RedisServer
) -> None:
    client = redis_server.client()
    client.hset("rq:job:broken", mapping={"data": b"\x80\x04not json", "origin": "inventory", "status": "queued"})
    client.hset("rq:job:odd", mapping={"data": b"[]", "timeout": "soon"})
    client.rpush("rq:queue:inventory", "broken", "odd", "not-there")
    start_worker()
    item = _ordered(exchange)
    until(lambda: _status(item) is Status.AWAITING_MEMBER, "the worker still works")


@on_sqlite
def test_rq_info_shows_the_queues_and_the_workers(exchange: Flask, start_worker: StartWorker, config: Config) -> None:
    start_worker("--name", "w1")
    wakes = Redis.from_url(config.redis_url)
    until(lambda: wakes.exists("rq:worker:w1"), "RQ knows the worker")
    for stage in QUEUES:
        Queue(stage, connection=wakes, serializer=JSONSerializer).enqueue(ADVANCE, str(uuid.uuid4()))
    rq = Path(sys.executable).with_name("rq")
    shown = subprocess.run([rq, "info", "-u", config.redis_url], capture_output=True, text=True, timeout=30).stdout
    assert all(stage.value in shown for stage in Stage), shown
    assert "w1" in shown


@on_sqlite
def test_a_queue_that_does_not_exist_is_refused_in_one_sentence(config: Config) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "workers", "--queues", "inventory,billing"], capture_output=True, text=True, timeout=60
    )
    assert said.returncode == 2
    assert "there is no queue “billing”" in said.stderr


@on_sqlite
def test_an_order_ends_with_all_its_items_although_its_worker_is_killed(
    exchange: Flask, start_worker: StartWorker, redis_server: RedisServer
) -> None:
    worker = start_worker("--name", "w1")
    until(lambda: _alive("w1"), "the worker lives")
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    item = _ordered(exchange)
    redis_server.flush()
    start_worker("--name", "w1")  # the same name again, as a process manager would
    until(lambda: _status(item) is Status.AWAITING_MEMBER, "its successor has done the item")
    assert len(_look(select(Order.id))) == 1


def test_a_worker_that_is_stopped_at_work_leaves_no_item_running(exchange: Flask, start_worker: StartWorker) -> None:
    program = cast.program(exchange)
    for vlan in range(300, 312):
        order = cast.order("connexions_new")
        order["items"][0]["details"] |= {"vlan_id": vlan, "mac_address": f"00:00:5e:00:53:{vlan - 200:02x}"}
        assert program.post("/oms/orders", json=order).status_code == 201
    worker = start_worker()
    until(lambda: _look(select(OrderItem.id).where(OrderItem.cursor > 2)), "the worker is at work")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    left = _look(select(OrderItem.state))
    assert State.RUNNING not in left
    assert State.READY in left, "it was stopped before it had done them all"
