"""A creating request that is sent twice under one Idempotency-Key is one request."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain import clock
from app.domain.models import Order, StoredAnswer
from app.extensions import db
from app.services import sweep
from tests import cast
from tests.support.schema import both_databases

BODY = cast.order("connexions_new")


def post(client, key, body=BODY, path="/oms/orders"):
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def how_many(app):
    with app.app_context():
        return db.session.query(Order).count()


@both_databases
def test_the_second_one_gets_the_first_ones_answer(app, crm):
    first, second = post(crm, "key-1"), post(crm, "key-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert how_many(app) == 1


def test_the_answer_stays_what_it_was_although_the_order_moves_on(crm, work):
    first = post(crm, "key-1")
    work()
    assert post(crm, "key-1").json == first.json


def test_the_spelling_of_the_body_does_not_matter(app, crm):
    post(crm, "key-1")
    turned = dict(reversed(BODY.items()))
    assert post(crm, "key-1", turned).headers["Idempotency-Replayed"] == "true"


@both_databases
def test_another_body_under_the_same_key_is_refused(app, crm):
    post(crm, "key-1")
    answer = post(crm, "key-1", BODY | {"notes": "something else"})
    assert (answer.status_code, answer.json["errors"][0]["rule"]) == (422, "reused")
    assert how_many(app) == 1


def test_the_key_is_one_tokens_own(app, crm):
    order = cast.order("port_and_peering_unit", items=cast.order("port_and_peering_unit")["items"][:1])
    for client in (crm, cast.program(app)):
        assert "Idempotency-Replayed" not in post(client, "key-1", order).headers
    assert how_many(app) == 2


def test_a_refused_request_does_not_use_the_key_up(app, crm):
    assert post(crm, "key-1", BODY | {"type": "odd"}).status_code == 422
    assert post(crm, "key-1").status_code == 201


def test_a_refusal_by_the_catalogue_does_not_use_the_key_up_either(app, crm):
    assert post(crm, "key-1", BODY | {"items": [{"service_type": "odd"}]}).status_code == 422
    assert post(crm, "key-1").status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é"])
def test_a_key_has_to_be_usable(app, crm, key):
    answer = crm.post("/oms/orders", json=BODY, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert how_many(app) == 0


@both_databases
def test_many_at_once_make_one_order(app):
    clients = [cast.program(app)]
    for _ in range(3):
        client = app.test_client()
        client.environ_base.update(clients[0].environ_base)
        clients.append(client)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda client: post(client, "key-1"), clients))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json["id"] for answer in answers}) == 1
    assert how_many(app) == 1


def test_a_log_line_is_written_once_as_well(crm):
    order = post(crm, "key-1").json
    line = {"order_id": order["id"], "user_message": "Hello."}
    first, second = (post(crm, "key-2", line, "/oms/order-logs") for _ in range(2))
    assert first.json == second.json
    assert len(crm.get("/oms/order-logs").json["items"]) == 2


@both_databases
def test_a_key_is_forgotten_after_a_day(app, crm):
    order = cast.order("port_and_peering_unit", items=cast.order("port_and_peering_unit")["items"][:1])
    post(crm, "key-1", order)
    post(crm, "key-2", order)
    clock.advance(timedelta(hours=25))
    assert "Idempotency-Replayed" not in post(crm, "key-1", order).headers
    with app.app_context():
        sweep.forget_old()
        assert db.session.query(StoredAnswer).count() == 1
