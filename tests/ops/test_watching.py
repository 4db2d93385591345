"""/healthz, /readyz and /metrics: they say what is missing, cost little, and never fail themselves."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, insert

from app.domain import clock
from app.domain.models import Audit, FarSystem, OrderItem, OutboundCall, OutboxMessage, StepRow, WorkerBeat
from app.domain.states import State, StepState
from app.extensions import db
from tests import cast
from tests.support.redis import RedisServer

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def exchange(app: Flask) -> Flask:
    with app.app_context():
        cast.load()
    return app


def _beat(app: Flask, age: timedelta = timedelta(0)) -> None:
    with app.app_context():
        db.session.add(WorkerBeat(name="w1", host="h", pid=1, queues=[], beat_at=clock.now() - age))
        db.session.commit()


def _measured(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """(name, label values in the order of their labels' names …) → value"""
    client.application.extensions.pop("engine_metrics", None)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_ready_when_database_redis_and_a_worker_are_there(app: Flask, client: FlaskClient) -> None:
    _beat(app)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok"},
    )


def test_not_ready_without_a_living_worker(app: Flask, client: FlaskClient) -> None:
    _beat(app, age=timedelta(minutes=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "missing: worker"


class TestRedisIsAway:
    @pytest.fixture
    def redis_url(self, own_redis: RedisServer) -> Iterator[str]:
        own_redis.kill()
        yield own_redis.url
        own_redis.start()

    @on_sqlite
    def test_not_ready_and_the_metrics_say_so(self, app: Flask, client: FlaskClient) -> None:
        _beat(app)
        assert client.get("/readyz").json == {
            "status": "missing: redis", "database": "ok", "redis": "does not answer", "worker": "ok",
        }  # fmt: skip
        assert _measured(client)["handoff_up", "redis"] == 0


class TestDatabaseIsAway:
    @pytest.fixture
    def database_url(self) -> str:
        return "postgresql+psycopg://nobody@127.0.0.1:1/none"

    def test_alive_but_not_ready_and_the_metrics_say_so(self, client: FlaskClient) -> None:
        assert client.get("/healthz").json == {"status": "ok"}
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["status"] == "missing: database, worker"
        assert _measured(client)["handoff_up", "database"] == 0


def test_requests_are_counted_by_endpoint_and_strangers_make_no_labels(exchange: Flask, client: FlaskClient) -> None:
    client.get("/healthz")
    client.get("/wp-admin/setup.php")
    client.open("/nowhere", method="BREW")
    measured = _measured(client)
    assert measured["handoff_http_request_seconds_count", "ops.healthz", "GET", "200"] == 1
    assert measured["handoff_http_request_seconds_count", "none", "any", "404"] == 2


def test_orders_show_as_items_and_as_a_queue(exchange: Flask, client: FlaskClient) -> None:
    answer = cast.program(exchange).post("/oms/orders", json=cast.order("connexions_new"))
    assert answer.status_code == 201
    clock.advance(timedelta(seconds=90))
    try:
        measured = _measured(client)
    finally:
        clock.reset()
    assert measured["handoff_items", "none", "ordered"] == 1
    assert measured["handoff_queue_depth", "inventory"] == 1
    assert 90 <= measured["handoff_queue_oldest_seconds", "inventory"] < 120
    assert measured["handoff_wakeups", "inventory"] == 1
    assert measured["handoff_outbox_messages", "pending", "ticketing"] >= 1
    assert measured["handoff_outbox_oldest_seconds",] >= 90
    assert measured["handoff_workers_alive",] == 0


def test_what_steps_and_calls_took_is_read_from_the_last_minutes(exchange: Flask, client: FlaskClient) -> None:
    cast.program(exchange).post("/oms/orders", json=cast.order("connexions_new"))
    with exchange.app_context():
        item = db.session.query(OrderItem).one().id
        now = clock.now()
        for position, (key, seconds, ago) in enumerate([("a", 2, 1), ("b", 4, 1), ("old", 8, 10)]):
            ended = now - timedelta(minutes=ago)
            _step(item, position, key, seconds, ended)
        db.session.add_all(
            OutboundCall(system="network", verb="submit", milliseconds=took, error=error)
            for took, error in ((100, None), (300, "503"), (200, None))
        )
        db.session.add(FarSystem(name="network", failures=3, open_until=now + timedelta(minutes=1)))
        db.session.commit()
    measured = _measured(client)
    assert measured["handoff_step_seconds", "0.5", "a"] == pytest.approx(2)
    assert measured["handoff_step_seconds", "0.95", "b"] == pytest.approx(4)
    assert ("handoff_step_count", "old") not in measured
    assert measured["handoff_call_seconds", "0.5", "network"] == pytest.approx(0.2)
    assert measured["handoff_call_errors", "network"] == 1
    assert measured["handoff_breaker_open", "network"] == 1


def _step(item: uuid.UUID, position: int, key: str, seconds: float, ended: object) -> None:
    started = ended - timedelta(seconds=seconds)  # type: ignore[operator]
    db.session.add(
        StepRow(item_id=item, position=position, key=key, title=key, kind="local", state=StepState.SUCCEEDED,
                started_at=started, ended_at=ended)
    )  # fmt: skip
    db.session.add(Audit(at=ended, by="worker", what="step succeeded", item_id=item, subject=key))


def test_the_number_of_queries_does_not_grow_with_the_rows(exchange: Flask, client: FlaskClient) -> None:
    def asked() -> int:
        said: list[str] = []
        with exchange.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
        _measured(client)
        return len(said)

    few = asked()
    program = cast.program(exchange)
    for vlan in range(200, 206):
        order = cast.order("connexions_new")
        order["items"][0]["details"] |= {"vlan_id": vlan, "mac_address": f"00:00:5e:00:53:{vlan - 100:02x}"}
        assert program.post("/oms/orders", json=order).status_code == 201
    assert asked() <= few + 1  # the database's clock may be read afresh


def test_the_engines_figures_are_kept_for_a_moment(exchange: Flask, client: FlaskClient) -> None:
    before = _measured(client)
    _beat(exchange)
    assert "handoff_workers_alive 0.0" in client.get("/metrics").text
    assert before["handoff_workers_alive",] == 0
    assert _measured(client)["handoff_workers_alive",] == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_ended_items_are_not_looked_at(exchange: Flask, client: FlaskClient) -> None:
    """The planner of a large database must be able to use the index over what is alive."""
    with exchange.app_context():
        cast_order = cast.program(exchange).post("/oms/orders", json=cast.order("connexions_new")).json
        assert cast_order is not None
        order_id = uuid.UUID(cast_order["id"])
        rows = [
            {"id": uuid.uuid4(), "order_id": order_id, "item_number": number, "service_type": "connexions",
             "action": "new", "state": State.DONE, "status": "completed"}
            for number in range(2, 5000)
        ]  # fmt: skip
        db.session.execute(insert(OrderItem), rows)
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE order_item")
            plan = connection.exec_driver_sql(
                "EXPLAIN SELECT status, stage, count(*) FROM order_item "
                "WHERE state not in ('idle', 'done', 'cancelled', 'rejected') GROUP BY status, stage"
            ).fetchall()
    assert "ix_order_item_open" in str(plan)
    assert "Seq Scan" not in str(plan)


def test_nothing_about_orders_or_people_is_told(exchange: Flask, client: FlaskClient) -> None:
    cast.program(exchange).post("/oms/orders", json=cast.order("connexions_new"))
    with exchange.app_context():
        assert db.session.query(OutboxMessage).count() > 0
    for told in (client.get("/metrics").text, client.get("/readyz").text):
        assert "harbour" not in told.lower()
        assert "100001" not in told
