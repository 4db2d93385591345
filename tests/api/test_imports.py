"""Orders by the file through the API: sent, worked, read back; and everything that can be wrong with a file."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.domain.models import ApiToken, Order
from app.extensions import db
from app.services import import_chunk
from tests import cast
from tests.support.schema import both_databases
from workers import jobs
from workers.bench import make_bench

PORT = {"service_type": "multiservice_port", "action": "new", "fabric": "lon1", "location": "LD8",
        "port_capacity": "10000"}  # fmt: skip
BODY = {"items": [{"service_type": "multiservice_port", "item_action": "new",
                   "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 10000}}]}  # fmt: skip
TWICE = '{"po_number": "1", "items": [], "po_number": "2"}'
CSV, JSON, LINES = "text/csv", "application/json", "application/x-ndjson"


def table(*rows: dict[str, str]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def send(client: Any, text: str | bytes, media: str = CSV, query: str = "", **headers: str) -> Any:
    return client.post(f"/oms/imports{query}", data=text, content_type=media, headers=headers)


@pytest.fixture
def worked(app: Flask, config: Config) -> Callable[[Any, Any], tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Let a worker take the import of this answer to its end; the import and its lines."""
    make_bench(app, config)

    def do(client: Any, sent: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        assert sent.status_code == 201, sent.get_data(as_text=True)
        with app.app_context():
            while jobs.work_batch(sent.json["id"]) == "more":
                pass
        one = client.get(f"/oms/imports/{sent.json['id']}").json
        assert one["status"] == "finished"
        return one, client.get(f"/oms/imports/{one['id']}/lines?limit=200").json["items"]

    return do


@both_databases
def test_each_line_becomes_an_order_or_says_why_not(member: Any, worked: Any) -> None:
    sent = send(member, table(
        {**PORT, "po_number": "PO-1", "additional_cc": "noc@harbour.example;ops@harbour.example"},
        {**PORT, "fabric": "moon", "vlan_id": "7"},
        {**PORT, "port_capacity": "fast"},
        {**PORT, "requested_start_date": "tomorrow"},
        {**PORT, "po_number": "PO-5"},
    ), query="?mode=submit")  # fmt: skip
    assert (sent.json["status"], sent.json["total"]) == ("working", 5)
    one, lines = worked(member, sent)
    assert (one["done"], one["failed"], one["pending"], one["skipped"]) == (2, 3, 0, 0)
    assert [(line["line"], line["status"]) for line in lines] == [
        (2, "done"), (3, "failed"), (4, "failed"), (5, "failed"), (6, "done")
    ]  # fmt: skip
    assert {error["pointer"] for error in lines[1]["errors"]} == {
        "/items/0/details/fabric", "/items/0/details/vlan_id"
    }  # fmt: skip
    assert lines[2]["errors"][0]["pointer"] == "/items/0/details/port_capacity"
    assert lines[3]["errors"][0]["pointer"] == "/requested_start_date"
    first = member.get(f"/oms/orders/{lines[0]['order_id']}").json
    assert (first["batch_alias"], first["origin"], first["po_number"]) == (one["alias"], "mass_migration", "PO-1")
    assert first["additional_cc"] == ["noc@harbour.example", "ops@harbour.example"]
    assert first["status"] == "ordered"
    assert first["items"][0]["service_number"]


@pytest.mark.parametrize("media, text", [
    (LINES, "\n".join(["", json.dumps(BODY), '{"items": [', "[1]", json.dumps({**BODY, "moon": 1}), TWICE, ""])),
    (JSON, json.dumps([BODY, 7, {**BODY, "moon": 1}], indent=2)[:-1] + "," + TWICE + "]"),
])  # fmt: skip
def test_json_by_line_or_as_an_array(member: Any, worked: Any, media: str, text: str) -> None:
    one, lines = worked(member, send(member, text, media))
    assert one["alias"][0] == "B"
    assert one["done"] == 1
    done = next(line for line in lines if line["status"] == "done")
    assert done["line"] == (2 if media == LINES else 1)
    assert member.get(f"/oms/orders/{done['order_id']}").json["status"] == "draft"
    found = [(error["pointer"], error["rule"]) for line in lines for error in line["errors"]]
    assert ("/moon", "unknown") in found
    assert ("/po_number", "repeated") in found


def test_the_same_file_is_imported_twice_only_if_that_is_meant(member: Any, crm: Any) -> None:
    text = table(PORT)
    first = send(member, text, **{"Idempotency-Key": "a"})
    assert send(member, text, **{"Idempotency-Key": "a"}).json["id"] == first.json["id"]
    refused = send(member, text)
    assert (refused.status_code, first.json["alias"] in refused.json["detail"]) == (409, True)
    assert send(member, table(PORT, PORT), **{"Idempotency-Key": "a"}).status_code == 409
    assert send(member, text, query="?again=true").json["alias"] != first.json["alias"]
    assert send(crm, text).status_code == 201, "what another account sends is none of theirs"
    assert [row["id"] for row in member.get("/oms/imports?limit=1").json["items"]] != [first.json["id"]]
    assert len(member.get("/oms/imports").json["items"]) == 2


UNIT = {"service_type": "peering_unit", "action": "new", "fabric": "lon1", "location": "LD8", "service_capacity": "100",
        "mac_address": "00:00:5e:00:53:e1", "port": "item:1"}  # fmt: skip


@both_databases
def test_lines_with_the_same_order_are_one_order(member: Any, worked: Any) -> None:
    one, lines = worked(member, send(member, table(
        {"order": "A", "item": "1", "po_number": "PO-1", **PORT},
        {"order": "A", "item": "2", **UNIT},
        {"order": "", "po_number": "PO-2", **PORT},
        {"order": "", "po_number": "PO-3", **PORT},
        {"order": "B", "po_number": "PO-4", **PORT},
        {"order": "B", "po_number": "PO-4", **UNIT, "mac_address": "00:00:5e:00:53:e2"},
    ), query="?mode=submit"))  # fmt: skip
    assert (one["orders"], one["total"], one["done"]) == (4, 6, 6), lines
    assert [(line["line"], line["begins"]) for line in lines] == [(2, 2), (3, 2), (4, 4), (5, 5), (6, 6), (7, 6)]
    assert lines[0]["order_id"] == lines[1]["order_id"]
    assert len({line["order_id"] for line in lines}) == 4
    order = member.get(f"/oms/orders/{lines[1]['order_id']}").json
    port, unit = order["items"]
    assert (order["po_number"], unit["details"]["port"]) == ("PO-1", {"item": 1})
    assert unit["item_number"] == 2
    service = member.get(f"/oms/services?service_number={unit['service_number']}").json["items"]
    assert [row["details"]["port"] for row in service] == [port["service_number"]]


def test_a_line_that_is_wrong_takes_its_own_order_with_it_and_no_other(member: Any, worked: Any) -> None:
    one, lines = worked(member, send(member, table(
        {"order": "A", **PORT}, {"order": "A", **UNIT, "service_capacity": "fast"},
        {"order": "B", **PORT}, {"order": "B", **UNIT, "port": "item:7"}, {"order": "B", **PORT, "location": "moon"},
        {"order": "C", **PORT}, {"order": "C", **UNIT},
    ), query="?mode=submit"))  # fmt: skip
    assert (one["orders"], one["done"], one["failed"]) == (3, 2, 5)
    assert [[error["pointer"] for error in line["errors"]] for line in lines] == [
        [], ["/items/1/details/service_capacity"],
        [], ["/items/1/details/port"], ["/items/2/details/location"], [], [],
    ]  # fmt: skip
    assert [line["sentence"] for line in lines[:3]] == [
        "Nothing is wrong here, but with line 3 of the same order.", "Some values of the order are not right.",
        "Nothing is wrong here, but with line 5 of the same order.",
    ]  # fmt: skip
    shown = member.get(f"/oms/imports/{one['id']}/lines?status=failed").json["items"]
    assert [line["line"] for line in shown] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("rows, line, pointer, said", [
    ([{"po_number": "1"}, {"po_number": "2"}], 3, "/po_number", "“2” is not what line 2, where the order begins, says"),
    ([{}, {"phone": "+44 20"}], 3, "/requestor/phone", "write it on line 2, where the order begins, too"),
    ([{"item": "1"}, {"item": "1"}], 3, "/items/1/item_number", "Item 1 stands above already."),
    ([{"item": "1"}, {}], 3, "/items/1/item_number", "Number each item of the order, or none."),
    ([{"item": "first"}, {"item": "2"}], 2, "/items/0/item_number", "must be a whole number, such as 1."),
    ([{}, {"order": "B"}, {}], 2, "/order", "this one begins on each of the lines 2, 4."),
    ([{}, {"depends_on": "9"}], 3, "/items/1/depends_on", "This order has no item 9."),
    ([{}, {"depends_on": "the port"}], 3, "/items/1/depends_on", "must be a list of item numbers"),
])  # fmt: skip
def test_lines_that_do_not_agree_say_so(
    member: Any, worked: Any, rows: list[dict[str, str]], line: int, pointer: str, said: str
) -> None:
    lines = [{"order": "A", "item": "", "depends_on": "", **PORT, **row} for row in rows]
    _, found = worked(member, send(member, table(*lines), query="?mode=submit"))
    assert {row["status"] for row in found if row["begins"] == 2} == {"failed"}
    errors = {row["line"]: row["errors"] for row in found}[line]
    assert [error["pointer"] for error in errors] == [pointer]
    assert said in errors[0]["detail"]


def test_a_sheet_can_say_what_the_api_can_of_items(member: Any, worked: Any) -> None:
    """On now and off on the tenth; one item after another; a change of what another item makes."""
    one, lines = worked(member, send(member, table(
        {"order": "roaming", "item": "10", **PORT, "item_start_date": "2030-05-01"},
        {"order": "roaming", "item": "20", **PORT, "depends_on": f"10; service:{cast.PORT}"},
        {"order": "roaming", "item": "30", "service_type": "multiservice_port", "action": "cease",
         "service_number": "item:10", "item_start_date": "2030-05-10"},
    ), query="?mode=submit"))  # fmt: skip
    assert one["done"] == 3, lines
    first, second, third = member.get(f"/oms/orders/{lines[0]['order_id']}").json["items"]
    assert [item["requested_start_date"][:10] for item in (first, third)] == ["2030-05-01", "2030-05-10"]
    assert second["depends_on"] == [10]
    assert (third["item_number"], third["service_number"]) == (30, first["service_number"])


def test_an_order_of_too_many_lines_is_refused_line_by_line(member: Any, worked: Any) -> None:
    rows = [{"order": "A", **PORT}] * 401 + [{"order": "B", **PORT}]
    one, _ = worked(member, send(member, table(*rows)))
    assert (one["total"], one["done"], one["failed"]) == (402, 1, 401)
    shown = member.get(f"/oms/imports/{one['id']}/lines?status=failed&limit=200").json["items"]
    assert shown[0]["errors"][0]["detail"] == "An order can have at most 200 items."
    assert {line["sentence"] for line in shown[1:]} == {"Nothing is wrong here, but with line 2 of the same order."}


def test_an_import_can_be_stopped(member: Any, crm: Any, app: Flask, config: Config) -> None:
    sent = send(member, table(PORT, PORT))
    stranger: Any = cast.program(app, cast.MEMBER2)
    stop = f"/oms/imports/{sent.json['id']}/stop"
    assert stranger.post(stop).status_code == 404
    assert cast.program(app, cast.MEMBER, "orders:read").post(stop).status_code == 403
    stopped = member.post(stop).json
    assert (stopped["status"], stopped["stopped"], stopped["done"]) == ("finished", 2, 0)
    assert member.post(stop).status_code == 409
    shown = member.get(f"/oms/imports/{sent.json['id']}/lines?status=stopped").json["items"]
    assert [line["line"] for line in shown] == [2, 3]


def test_a_corrected_file_makes_only_what_failed(member: Any, worked: Any) -> None:
    good, bad = {**PORT, "po_number": "1"}, {**PORT, "po_number": "2", "location": "moon"}
    one, lines = worked(member, send(member, table(good, good, bad), query="?mode=submit"))
    assert (one["done"], one["failed"]) == (2, 1)
    whole = table(good, good, good, {**bad, "location": "THN"})
    mended = send(member, whole, query=f"?mode=submit&corrects={one['id']}")
    two, again = worked(member, mended)
    assert two["alias"] == one["alias"]
    assert [line["status"] for line in again] == ["skipped", "skipped", "done", "done"]
    assert {line["order_id"] for line in again[:2]} == {line["order_id"] for line in lines[:2]}


def test_an_import_is_its_own_accounts(app: Flask, member: Any, crm: Any, worked: Any) -> None:
    one, lines = worked(member, send(member, table({**PORT, "account_id": cast.PARTNER})))
    assert lines[0]["sentence"] == (
        "This token can order as its own account only; a customer of yours is the sub_customer."
    )
    stranger: Any = cast.program(app, cast.MEMBER2)
    for path in (one["id"], f"{one['id']}/lines"):
        assert stranger.get(f"/oms/imports/{path}").status_code == 404
        assert crm.get(f"/oms/imports/{path}").status_code == 200
    assert stranger.get("/oms/imports").json["items"] == []
    assert send(stranger, table(PORT), query=f"?corrects={one['id']}").status_code == 422
    reader = cast.program(app, cast.MEMBER, "orders:read")
    assert send(reader, table(PORT)).status_code == 403


def test_a_revoked_token_orders_nothing_more(app: Flask, member: Any, worked: Any) -> None:
    sent = send(member, table(PORT))
    with app.app_context():
        for token in db.session.query(ApiToken):
            token.revoked_at = clock.now()
        db.session.commit()
    _, lines = worked(cast.program(app, cast.MEMBER), sent)
    assert [line["sentence"] for line in lines] == [import_chunk.NOT_ANY_MORE]


@pytest.mark.parametrize("text, media, status, said", [
    ("", CSV, 422, "the first line must hold"),
    ("moon,service_type,service_type\n1,2,3\n", CSV, 422, "There is no column"),
    ("service_type,Service_Type\n1,2\n", CSV, 422, "is there more than once"),
    ("po_number\n1\n", CSV, 422, "no column service_type"),
    ("service_type,order\n" + "\n".join(f"multiservice_port,{n}" for n in range(20_001)), CSV, 422, "20,000 lines"),
    ("service_type,order\n" + "\n" * 20_002, CSV, 422, "20,000 lines"),
    ("\n" * 20_002, "application/x-ndjson", 422, "20,000 lines"),
    ("[" + " " * 900_000 + "]", "application/json", 422, "no order"),
    ("service_type\n" * 20_002, CSV, 422, "20,000 lines"),
    ("service_type\nmultiservice_port\n".encode("utf-16"), CSV, 422, "not UTF-8"),
    ('service_type\n"' + "x" * 150_000, CSV, 422, "a cell is longer than"),
    ("service_type,action\n", CSV, 422, "no order in the file"),
    (b"service_type\n\xff\xfe\n", CSV, 422, "not UTF-8"),
    (b"service_type\n\x00\n", CSV, 422, "NUL"),
    ('service_type\n"open\n', CSV, 422, "quote"),
    ("service_type\n" + "x" * 300_000, CSV, 422, "longer than"),
    ("[{}, {]", JSON, 422, "Line 1: the array is not JSON"),
    ("[]", JSON, 422, "no order in the file"),
    ("[{}] 1", JSON, 422, "behind the end"),
    ("[{}\n{}]", JSON, 422, "Line 2: the array is not JSON"),
    (b"[\xff]", JSON, 422, "not UTF-8"),
    ("", LINES, 422, "no order in the file"),
    ("<order/>", "text/xml", 415, "text/csv"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_whole(
    member: Any, text: str | bytes, media: str, status: int, said: str
) -> None:
    refused = send(member, text, media)
    assert (refused.status_code, said in refused.get_data(as_text=True)) == (status, True), refused.json
    assert member.get("/oms/imports").json["items"] == []


def test_a_file_that_is_too_large_says_how_large_one_may_be(app: Flask, config: Config, member: Any) -> None:
    object.__setattr__(config, "max_import_bytes", 1024)
    try:
        refused = send(member, "x" * 40_000)
    finally:
        object.__setattr__(config, "max_import_bytes", 20_000_000)
    assert refused.status_code == 413
    assert "At most 0.021 MB are taken here." in refused.json["detail"]


def test_cells_are_read_as_the_catalogue_means_them(member: Any, worked: Any, app: Flask) -> None:
    """Semicolons, a mark in front of a sign, a change of a service, the lines that blank ones leave."""
    text = (
        "\ufeffService_Type;action;service_number;encapsulation;phone;line;problem\r\n"
        f"\r\nmultiservice_port;edit_encap;{cast.PORT};qinq;'+44 20 7946 0000;9;was wrong\r\n"
    )
    one, lines = worked(member, send(member, text))
    assert (one["done"], lines[0]["line"]) == (1, 3), lines
    order = member.get(f"/oms/orders/{lines[0]['order_id']}").json
    assert order["items"][0]["service_number"] == cast.PORT
    assert order["items"][0]["details"] == {"encapsulation": "qinq"}
    with app.app_context():
        assert db.session.query(Order).one().requestor["phone"] == "+44 20 7946 0000"
