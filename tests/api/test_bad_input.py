"""Whatever is wrong with a request: the right status, the field and the rule by name, and nothing is stored."""

import copy
import io
import json
from typing import Any

import pytest

from app.domain.models import Account, Order
from app.extensions import db
from tests import cast

# What these tests are about does not depend on the database; one is enough.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

CONNEXIONS = cast.order("connexions_new")


def changed(path: str, value: Any, seed: str = "connexions_new") -> dict[str, Any]:
    """A seed order with one value replaced, or taken out (…)."""
    order = copy.deepcopy(cast.order(seed))
    *way, last = path.split("/")
    there: Any = order
    for part in way:
        there = there[int(part)] if isinstance(there, list) else there[part]
    key = int(last) if isinstance(there, list) else last
    if value is ...:
        del there[key]
    else:
        there[key] = value
    return order


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED: list[tuple[str, Any, str, str]] = [
    # where, what is put there (… = nothing), the rule it breaks, the finding's place if that is another
    ("items/0/service_type", "teleport", "choice", ""),
    ("items/0/service_type", ["connexions"], "choice", ""),
    ("items/0/item_action", "explode", "choice", ""),
    ("items/0/item_action", None, "choice", ""),
    ("items/0/details/vlan_id", ..., "required", ""),
    ("items/0/details/colour", "red", "unknown", ""),
    ("items/0/details/bandwidth", "fast", "type", ""),
    ("items/0/details/bandwidth", True, "type", ""),
    ("items/0/details/bandwidth", 1.5, "type", ""),
    ("items/0/details/bandwidth", 20_000, "capacity", ""),
    ("items/0/details/vlan_id", 0, "range", ""),
    ("items/0/details/vlan_id", 4095, "range", ""),
    ("items/0/details/mac_address", "11:11:11:11:11:11", "multicast", ""),
    ("items/0/details/mac_address", "00:00:00:00:00:00", "zero", ""),
    ("items/0/details", "everything", "type", ""),
    ("items/0/surprise", 1, "unknown", ""),
    ("items/0", "an item", "type", ""),
    ("items", [], "required", ""),
    ("items", {}, "type", ""),
    ("items", ..., "required", ""),
    ("items", [{}] * 201, "range", ""),
    ("surprise", 1, "unknown", ""),
    ("requestor/nickname", "Ed", "unknown", ""),
    ("requestor/account_id", 7, "type", ""),
    ("requestor/account_id", "", "required", ""),
    ("requestor/account_id", "x" * 65, "range", ""),
    ("requestor/email", "not an address", "text", ""),
    ("requestor/full_name", "two\nlines", "text", ""),
    ("sub_customer/asn", 64500, "type", ""),
    ("sub_customer/asn", "4294967296", "range", ""),
    ("sub_customer/account_id", ..., "required", ""),
    ("type", "abnormal", "choice", ""),
    ("type", 1, "type", ""),
    ("additional_cc", "cc@mail.example", "type", ""),
    ("additional_cc", ["cc@mail.example", "nobody"], "text", "/additional_cc/1"),
    ("notes", "a\x00b", "text", ""),
    ("description", "half of a pair \ud800", "text", ""),
    ("po_number", "x" * 101, "range", ""),
    ("po_number", 12, "type", ""),
    ("po_number", 10**30, "range", ""),
    ("requested_start_date", "tomorrow", "time", ""),
    ("requested_start_date", "2031-02-30", "time", ""),
    ("requested_start_date", "2031-02-03T10:00:00", "time", ""),
    ("requested_start_date", "0001-01-01T00:00:00+14:00", "range", ""),
    ("requested_start_date", "1066-10-14", "range", ""),
    ("requested_start_date", 20310203, "type", ""),
    ("parent_order_id", "17", "type", ""),
    ("parent_order_id", "be5b3224-bb1d-11ec-945b-005056beff67", "reference", ""),
    ("notes", deep(40), "depth", "/notes" + "/0" * 32),
]


@pytest.mark.parametrize(("path", "value", "rule", "pointer"), REFUSED)
def test_a_bad_value_is_named_with_its_rule(app, crm, path, value, rule, pointer):
    answer = crm.post("/oms/orders", data=json.dumps(changed(path, value)), content_type="application/json")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json"), answer.get_data(as_text=True)
    findings = [(one["pointer"], one["rule"]) for one in answer.json["errors"]]
    assert (pointer or f"/{path}", rule) in findings
    assert all(one["detail"] for one in answer.json["errors"])
    nothing_is_stored(app)


def nothing_is_stored(app):
    with app.app_context():
        assert db.session.query(Order).count() == 0
        assert db.session.query(Account).count() == 4


def test_two_ports_cannot_be_tagged(app, crm):
    order = changed("items/0/details/quantity", 2, "port_and_peering_unit")
    order["items"] = order["items"][:1]
    order["items"][0]["details"]["encapsulation"] = "dot1q"
    answer = crm.post("/oms/orders", json=order)
    assert (answer.status_code, answer.json["errors"][0]["rule"]) == (422, "quantity")
    nothing_is_stored(app)


def test_all_findings_come_at_once(crm):
    order = changed("items/0/details/vlan_id", 0)
    order["items"][0]["details"]["mac_address"] = "zz"
    assert len(crm.post("/oms/orders", json=order).json["errors"]) == 2


UNREADABLE = [
    b"", b"{", b"{}{}", b"[1, 2", b"nonsense", b"\xff\xfe\x00", b'{"a": NaN}', b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"null", b'"order"', b"7",
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:20]))
def test_what_is_no_json_object_cannot_be_read(app, crm, body):
    answer = crm.post("/oms/orders", data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    nothing_is_stored(app)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None, "json"])
def test_only_json_is_taken(app, crm, media):
    answer = crm.post("/oms/orders", data=json.dumps(CONNEXIONS), content_type=media)
    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")
    nothing_is_stored(app)


def test_a_body_over_a_megabyte_is_too_large(app, crm):
    answer = crm.post("/oms/orders", json=CONNEXIONS | {"notes": "x" * 1_000_000})
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    nothing_is_stored(app)


def test_a_name_that_is_given_twice_is_refused_as_nobody_knows_which_is_meant(crm):
    body = json.dumps(CONNEXIONS)[:-1] + ', "notes": "first", "notes": "last"}'
    answer = crm.post("/oms/orders", data=body, content_type="application/json; charset=utf-8")
    assert answer.status_code == 422
    assert [(one["pointer"], one["rule"]) for one in answer.json["errors"]] == [("/notes", "repeated")]


UNKNOWN = "be5b3224-bb1d-11ec-945b-005056beff67"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/oms/orders/{UNKNOWN}"),
        ("PATCH", f"/oms/orders/{UNKNOWN}"),
        ("GET", f"/oms/order-items/{UNKNOWN}"),
        ("GET", "/oms/orders/17"),
        ("GET", "/oms/order-items/not-an-id"),
        ("GET", "/oms/unheard-of"),
        ("POST", f"/oms/order-items/{UNKNOWN}/resume"),
        ("POST", f"/oms/order-items/{UNKNOWN}/skip"),
        ("POST", f"/oms/orders/{UNKNOWN}/cancel"),
        ("POST", f"/oms/orders/{UNKNOWN}/confirm"),
    ],
)
def test_what_does_not_exist_is_not_found(crm, method, path):
    body = {"version": 1, "reason": "a test"} if method == "POST" and "resume" not in path else {"version": 1}
    answer = crm.open(path, method=method, json=body if method != "GET" else None)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_what_is_somebody_elses_is_not_found_either(app, placed, crm):
    order = placed("port_and_peering_unit")
    stranger = cast.program(app, cast.RESELLER)
    answers = [
        stranger.get(f"/oms/orders/{order['id']}"),
        stranger.patch(f"/oms/orders/{order['id']}", json={"notes": "mine now"}),
        stranger.post(f"/oms/orders/{order['id']}/cancel", json={"reason": "because"}),
        stranger.get(f"/oms/order-items/{order['items'][0]['id']}"),
        stranger.post(f"/oms/order-items/{order['items'][0]['id']}/resume", json={"version": 1}),
    ]
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert {one.get_json()["detail"] for one in answers} <= {"There is no such order.", "There is no such item."}
    assert crm.get(f"/oms/orders/{order['id']}").get_json()["notes"] != "mine now"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer hnd_guessed", "Basic Zm9vOmJhcg=="])
def test_without_a_token_that_is_known_nothing_is_open(app, header):
    client = app.test_client()
    answer = client.get("/oms/orders", headers={"Authorization": header} if header is not None else {})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("orders:read", "POST", "/oms/orders"),
        ("orders:write", "GET", "/oms/orders"),
        ("orders:read", "PATCH", f"/oms/orders/{UNKNOWN}"),
        ("orders:write", "POST", f"/oms/order-items/{UNKNOWN}/skip"),
        ("orders:write", "POST", "/oms/order-logs"),
    ],
)
def test_a_token_without_the_scope_is_refused(app, scope, method, path):
    answer = cast.program(app, cast.SALES, scope).open(path, method=method, json={})
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")


def test_a_wrong_method_is_answered_with_the_right_ones(crm):
    answer = crm.delete("/oms/orders")
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert "POST" in answer.headers["Allow"]


def test_the_database_never_sees_what_it_cannot_hold(crm):
    for query in ("account_id=%00", "channel=%00x", "cursor=%00", "account_id=%ED%A0%80"):
        assert crm.get(f"/oms/orders?{query}").status_code in (200, 400, 422), query


@pytest.mark.parametrize(
    ("address", "sent", "pointer", "sentence"),
    [
        ("/oms/orders?status=nope", None, "?status", "status must be one of draft, ordered, "),
        ("/oms/orders?draft=maybe", {}, "?draft", "draft must be true or false."),
        ("/oms/imports?mode=draft", {}, "?mode", "mode must be one of drafts, submit."),
        ("/oms/orders", {"additional_cc": ["bad"]}, "/additional_cc/0", "Entry 1 of additional_cc must be an e-mail"),
        ("/oms/orders", {"items": [None]}, "/items/0", "Entry 1 of items must be an object."),
        ("/oms/orders", {"items": [{"depends_on": [{"foo": 1}]}]}, "/items/0/depends_on", '{"service": number}'),
        ("/oms/orders", {"options": {"grt": {"enabled": "yes"}}}, "/options/grt/enabled", "enabled must be true or"),
    ],
)
def test_sentences_are_ours_and_name_what_they_are_about(crm, address, sent, pointer, sentence):
    if sent is None:
        answer = crm.get(address)
    elif "imports" in address:
        answer = crm.post(address, data="a", content_type="text/csv")
    else:
        answer = crm.post(address, json={**CONNEXIONS, **sent})
    assert answer.status_code == 422, answer.get_json()
    said = [one["detail"] for one in answer.get_json()["errors"] if one["pointer"] == pointer]
    assert said and sentence in said[0], answer.get_json()["errors"]


def test_who_is_told_that_a_body_is_too_large_has_been_heard_to_the_end(crm):
    """Otherwise the connection is cut while they are still sending, and they never read why."""
    sent = io.BytesIO(b"x" * 3_000_000)
    answer = crm.post("/oms/orders", input_stream=sent, content_length=3_000_000, content_type="application/json")
    assert (answer.status_code, sent.tell()) == (413, 3_000_000)
