"""Order logs: what is told, to whom, and what programs add."""

import pytest

from app.domain.models import OutboxMessage
from app.extensions import db
from tests import cast

FIELDS = [
    "id", "name", "order_id", "order_item_id", "order_item_name", "account", "status", "order_item_status",
    "user_message", "debug_message", "created_at",
]  # fmt: skip


@pytest.fixture
def order(placed):
    return placed("join_pvlan")


def lines(client, **filters):
    return client.get("/oms/order-logs", query_string=filters).json["items"]


def test_a_line_has_the_fields_of_the_crm(crm, order):
    [line] = lines(crm, order_id=order["id"])
    assert list(line) == FIELDS
    assert line["name"] == f"{order['name']} - Ordered"
    assert line["account"] == "Harbour Connect"
    assert line["user_message"] == "Your order has been received."
    assert "api" in line["debug_message"]


def test_a_member_reads_neither_debug_messages_nor_staff_notes(crm, member, order):
    crm.post("/oms/order-logs", json={"order_id": order["id"], "debug_message": "PE router says no"})
    crm.post("/oms/order-logs", json={"order_id": order["id"], "user_message": "Soon.", "debug_message": "Ticket 7"})
    seen = lines(member)
    assert [line["user_message"] for line in seen] == ["Soon.", "Your order has been received."]
    assert {line["debug_message"] for line in seen} == {None}
    assert len(lines(crm)) == 3


def test_nobody_reads_somebody_elses_lines(app, order):
    stranger = cast.program(app, cast.RESELLER)
    assert lines(stranger) == []
    assert lines(stranger, order_id=order["id"]) == []


def test_a_line_about_an_item_carries_both_statuses_as_they_are_now(app, crm, order):
    item = order["items"][1]
    answer = crm.post(
        "/oms/order-logs", json={"order_id": order["id"], "order_item_id": item["id"], "user_message": "Half way."}
    )
    assert answer.status_code == 201
    line = answer.json
    assert (line["status"], line["order_item_status"]) == ("ordered", "ordered")
    assert line["order_item_name"] == f"multiservice_port - {cast.PORT}"
    assert lines(crm, order_item_id=item["id"]) == [line]
    assert crm.get(answer.headers["Location"]).json["items"][0] == line
    with app.app_context():
        told = [row.payload["body"] for row in db.session.query(OutboxMessage).filter_by(verb="note")]
    assert "Half way." in told


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/order_id"),
        ({"order_id": "7", "user_message": "x"}, "/order_id"),
        ({"order_id": "be5b3224-bb1d-11ec-945b-005056beff67", "user_message": "x"}, "/order_id"),
        ({"order_id": ..., "user_message": " "}, "/user_message"),
        ({"order_id": ..., "user_message": 7}, "/user_message"),
        ({"order_id": ..., "user_message": "x", "level": "high"}, "/level"),
        ({"order_id": ..., "user_message": "x", "order_item_id": "be5b3224-bb1d-11ec-945b-005056beff67"},
         "/order_item_id"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_right_is_refused_by_name(crm, order, body, pointer):
    said = {name: order["id"] if value is ... else value for name, value in body.items()}
    answer = crm.post("/oms/order-logs", json=said)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert len(lines(crm)) == 1


def test_what_the_server_owns_is_ignored(crm, order):
    [read] = lines(crm)
    answer = crm.post("/oms/order-logs", json=read | {"user_message": "Again."})
    assert answer.status_code == 201
    assert answer.json["id"] != read["id"]


def test_a_member_may_write_to_members_only_and_about_its_own_orders(member, app, order):
    said = {"order_id": order["id"], "user_message": "We moved our router."}
    assert member.post("/oms/order-logs", json=said).status_code == 201
    assert member.post("/oms/order-logs", json=said | {"debug_message": "psst"}).status_code == 403
    assert cast.program(app, cast.RESELLER).post("/oms/order-logs", json=said).status_code == 422


def test_a_feed_of_new_lines_goes_forward(crm, order):
    first = lines(crm)[0]
    for text in ("one", "two"):
        crm.post("/oms/order-logs", json={"order_id": order["id"], "user_message": text})
    assert [line["user_message"] for line in lines(crm)] == ["two", "one", first["user_message"]]
    assert [line["user_message"] for line in lines(crm, since=first["created_at"])][-2:] == ["one", "two"]
