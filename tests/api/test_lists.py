"""Lists: filters, pages by cursor, and a cost that does not grow with the rows."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from app.domain import clock
from app.queries import api as queries
from app.web.api import filters
from tests import cast
from tests.support.schema import both_databases
from tests.support.statements import counted

MACS = (f"00:00:5e:00:53:{number:02x}" for number in range(10, 250))


@pytest.fixture
def orders(crm):
    """Five orders of Harbour and one of the reseller, oldest first."""

    def port(number):
        details = {"fabric": "imn1", "location": "SEC", "port_capacity": 1000}
        item = {"service_type": "multiservice_port", "item_action": "new", "details": details}
        made = crm.post("/oms/orders", json=cast.order("port_and_peering_unit", items=[item] * number))
        clock.advance(timedelta(minutes=1))
        return made.json

    made = [port(number) for number in (1, 2, 1, 1)]
    made.append(crm.post("/oms/orders", json=cast.order("join_pvlan")).json)
    clock.advance(timedelta(minutes=1))
    made.append(crm.post("/oms/orders", json=cast.order("connexions_new")).json)
    return made


def names(client, path="/oms/orders", **asked):
    answer = client.get(path, query_string=asked)
    assert answer.status_code == 200, answer.json
    return [row["name"] for row in answer.json["items"]]


def walk(client, path, **asked):
    """All pages, following the Link header; the names of each."""
    pages, answer = [], client.get(path, query_string=asked)
    while True:
        pages.append([row["name"] for row in answer.json["items"]])
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json["next"] is None)
        if link is None:
            return pages
        assert link.endswith('>; rel="next"')
        answer = client.get(link[1:].split(">")[0])
        assert answer.status_code == 200, answer.json


@both_databases
def test_orders_come_newest_first_and_whole(crm, orders):
    answer = crm.get("/oms/orders").json
    assert answer == {"items": list(reversed(orders)), "next": None}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_join_without_gap_or_repetition(crm, orders, limit):
    pages = walk(crm, "/oms/orders", limit=limit)
    assert [name for page in pages for name in page] == [order["name"] for order in reversed(orders)]
    assert {len(page) for page in pages[:-1]} <= {limit}


@both_databases
def test_an_order_that_comes_meanwhile_does_not_shift_the_pages(crm, orders, placed):
    first = crm.get("/oms/orders?limit=3").json
    placed("port_and_peering_unit")
    second = crm.get("/oms/orders", query_string={"limit": 3, "cursor": first["next"]}).json
    assert [order["name"] for order in second["items"]] == [order["name"] for order in reversed(orders[:3])]


@both_databases
def test_items_are_paged_by_order_and_number(crm, orders):
    every = [f"{order['name']}/{item['item_number']}" for order in reversed(orders) for item in order["items"]]
    assert [name for page in walk(crm, "/oms/order-items", limit=2) for name in page] == every


@both_databases
def test_logs_are_paged(crm, orders):
    every = names(crm, "/oms/order-logs")
    assert [name for page in walk(crm, "/oms/order-logs", limit=2) for name in page] == every
    since = orders[2]["created_at"]
    forward = [name for page in walk(crm, "/oms/order-logs", limit=1, since=since) for name in page]
    assert forward == [f"{order['name']} - Ordered" for order in orders[2:]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "join_pvlan"}, [4]),
        ({"account_id": cast.PARTNER}, [5]),
        ({"sub_account_id": cast.CUSTOMER}, [5]),
        ({"account_id": "nobody"}, []),
        ({"channel": "api"}, [5, 4, 3, 2, 1, 0]),
        ({"channel": "portal"}, []),
        ({"status": "ordered"}, [5, 4, 3, 2, 1, 0]),
        ({"status": ["held", "error"]}, []),
        ({"service_type": "pvlan"}, [4]),
        ({"service_type": "multiservice_port", "account_id": cast.HARBOUR}, [4, 3, 2, 1, 0]),
    ],
)
def test_orders_are_filtered(crm, orders, asked, expected):
    assert names(crm, **asked) == [orders[at]["name"] for at in expected]


@both_databases
def test_orders_are_found_by_number_and_by_name(crm, orders):
    assert names(crm, number=orders[2]["name"]) == names(crm, name=orders[2]["name"]) == [orders[2]["name"]]
    assert names(crm, name="9999999999") == []


def test_orders_are_found_by_the_handles_that_their_owner_and_the_exchange_gave_them(crm, placed):
    placed("port_and_peering_unit")
    order = placed(operator_order_ref="UNTEL02-1", batch_alias="B261120_00001")
    for name in ("alias", "batch_alias", "operator_order_ref"):
        assert names(crm, **{name: order[name]}) == [order["name"]]
        assert names(crm, **{name: "unknown"}) == []


@both_databases
def test_orders_are_filtered_by_when_they_were_placed(crm, orders):
    bounds = {"created_since": orders[1]["created_at"], "created_before": orders[4]["created_at"]}
    assert names(crm, **bounds) == [orders[at]["name"] for at in (3, 2, 1)]
    assert [name for page in walk(crm, "/oms/orders", limit=2, **bounds) for name in page] == names(crm, **bounds)
    assert names(crm, created_before="2020-01-01") == []


@both_databases
def test_what_changed_comes_in_the_order_of_the_changes(crm, orders):
    clock.advance(timedelta(minutes=5))
    now = crm.patch(f"/oms/orders/{orders[3]['id']}", json={"notes": "x"}).json["modified_at"]
    clock.advance(timedelta(minutes=5))
    crm.patch(f"/oms/orders/{orders[0]['id']}", json={"notes": "x"})
    assert names(crm, modified_since=now) == [orders[3]["name"], orders[0]["name"]]
    assert walk(crm, "/oms/orders", limit=1, modified_since=now) == [[orders[3]["name"]], [orders[0]["name"]]]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"service_type": "pvlan"}, 1),
        ({"item_action": "edit_encap"}, 1),
        ({"service_number": cast.PORT}, 1),
        ({"account_id": cast.HARBOUR}, 7),
        ({"status": "ordered"}, 8),
        ({"status": "error"}, 0),
    ],
)
def test_items_are_filtered(crm, orders, asked, count):
    assert len(names(crm, "/oms/order-items", **asked)) == count


def test_items_of_one_order(crm, orders):
    assert names(crm, "/oms/order-items", order_id=orders[1]["id"]) == [f"{orders[1]['name']}/{n}" for n in (1, 2)]


def test_a_member_lists_its_own_only(app, member, orders):
    assert names(member) == [order["name"] for order in reversed(orders[:5])]
    assert len(names(member, "/oms/order-items")) == 7
    reseller = cast.program(app, cast.RESELLER)
    assert names(reseller) == [orders[5]["name"]]
    assert names(member, account_id=cast.PARTNER) == []


BAD = [
    ("/oms/orders", "colour=red", "?colour", "unknown"),
    ("/oms/orders", "status=lost", "?status", "choice"),
    ("/oms/orders", "status=ordered&status=lost", "?status", "choice"),
    ("/oms/orders", "type=odd", "?type", "choice"),
    ("/oms/orders", "limit=0", "?limit", "range"),
    ("/oms/orders", "limit=201", "?limit", "range"),
    ("/oms/orders", "limit=many", "?limit", "type"),
    ("/oms/orders", "limit=1&limit=2", "?limit", "repeated"),
    ("/oms/orders", "created_since=yesterday", "?created_since", "time"),
    ("/oms/orders", "modified_since=2026-01-01T00:00:00+01:00", "?modified_since", "time"),  # + is a blank in a query
    ("/oms/orders", "number=-1", "?number", "range"),
    ("/oms/orders", "number=99999999999999999999999999", "?number", "range"),
    ("/oms/orders", "name=12a", "?name", "text"),
    ("/oms/order-items", "order_id=17", "?order_id", "type"),
    ("/oms/order-items", "service_number=x", "?service_number", "type"),
    ("/oms/order-logs", "since=never", "?since", "time"),
    ("/oms/order-logs", "status=ordered", "?status", "unknown"),
]


@pytest.mark.parametrize(("path", "query", "pointer", "rule"), BAD)
def test_a_filter_that_is_unknown_or_wrong_is_refused_by_name(crm, path, query, pointer, rule):
    answer = crm.get(f"{path}?{query}")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert (pointer, rule) in [(one["pointer"], one["rule"]) for one in answer.json["errors"]]


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10.abc", "é", "x" * 400])
def test_a_cursor_that_is_not_ours_cannot_be_read(crm, orders, cursor):
    answer = crm.get("/oms/orders", query_string={"cursor": cursor})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_a_cursor_is_good_for_its_own_list_only(crm, orders):
    cursor = crm.get("/oms/orders?limit=1").json["next"]
    assert crm.get("/oms/order-items", query_string={"cursor": cursor}).status_code == 400
    assert crm.get("/oms/orders", query_string={"cursor": cursor[:-1] + "!"}).status_code == 400
    changed = {"cursor": cursor, "modified_since": "2020-01-01"}
    assert crm.get("/oms/orders", query_string=changed).status_code == 400


def test_every_filter_that_is_taken_has_its_condition():
    for model, table in (
        (filters.OrderFilters, queries.ORDER_CONDITIONS),
        (filters.ItemFilters, queries.ITEM_CONDITIONS),
        (filters.LogFilters, queries.LOG_CONDITIONS),
    ):
        assert set(model.model_fields) - {"limit", "cursor"} == set(table)


@pytest.mark.parametrize("path", ["/oms/orders", "/oms/order-items", "/oms/order-logs"])
def test_more_rows_need_no_more_queries(crm, orders, work, path):
    work()  # so that there are waits and many log lines
    counts = []
    for limit in (1, 6):
        with counted(Engine) as statements:
            assert len(crm.get(f"{path}?limit={limit}").json["items"]) == limit
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 9
