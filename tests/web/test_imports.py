"""Orders by the file at the desk: sent, followed, corrected; and what is said to a file that will not do."""

import io
import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.models import OrderImport
from app.extensions import db
from tests import cast
from tests.web.desk import Desk, form, words
from workers import jobs

HEAD = "account_id,service_type,action,fabric,location,port_capacity,phone\n"
GOOD = f"{cast.HARBOUR},multiservice_port,new,lon1,LD8,10000,+44 20 7946 0000\n"
BAD = f"{cast.HARBOUR},multiservice_port,new,lon1,LD8,fast,+44 20 7946 0001\n"


def send(client: FlaskClient, text: str, name: str = "orders.csv", **typed: Any) -> TestResponse:
    page = form(client.get("/imports"), "/imports")
    return client.post("/imports", data={**page, "mode": "submit", **typed, "file": (io.BytesIO(text.encode()), name)})


def worked(desk: Desk) -> None:
    with desk.app.app_context():
        for import_id in db.session.scalars(select(OrderImport.id)).all():
            while jobs.work_batch(str(import_id)) == "more":
                pass


def test_a_file_is_worked_corrected_and_sent_again(desk: Desk, sales: FlaskClient) -> None:
    sent = send(sales, HEAD + GOOD + BAD)
    assert sent.status_code == 303
    assert "0 done · 0 failed · 2 left" in words(sales.get(sent.location))
    worked(desk)
    page = sales.get(sent.location)
    said = words(page)
    assert "1 done · 1 failed · 0 left" in said
    assert "Finished with failures" in said
    assert "port_capacity : " in said or "port_capacity: " in said
    assert '<a class="mono" href="/orders/' in page.text
    assert "Failed 1" in said
    assert "No line is in this state" in words(sales.get(f"{sent.location}?state=pending"))
    failed = sales.get(f"{sent.location}/failed")
    assert failed.headers["Content-Disposition"].endswith("-failed.csv")
    lines = failed.get_data(as_text=True).splitlines()
    assert lines[0] == "\ufeff" + HEAD.strip() + ",line,problem"
    assert lines[1].startswith(f"{cast.HARBOUR},multiservice_port,new,lon1,LD8,fast,'+44 20 7946 0001,3,")
    corrects = sent.location.rpartition("/")[2]
    assert "corrected lines" in words(sales.get(f"/imports?corrects={corrects}"))
    mended = failed.get_data(as_text=True).replace("fast", "1000")
    again = send(sales, mended, corrects=corrects)
    assert again.status_code == 303, words(again)
    worked(desk)
    assert "1 done · 0 failed · 0 left" in words(sales.get(again.location))


def test_an_order_of_several_lines_is_shown_line_by_line(desk: Desk, sales: FlaskClient) -> None:
    head = "order,account_id,service_type,action,fabric,location,port_capacity,port,service_capacity,mac_address\n"
    unit = "{0},,peering_unit,new,lon1,LD8,,item:1,{1},00:00:5e:00:53:e1\n"
    port = f"{{0}},{cast.HARBOUR},multiservice_port,new,lon1,LD8,10000,,,\n"
    sent = send(sales, head + port.format("A") + unit.format("A", 100) + port.format("B") + unit.format("B", "fast"))
    worked(desk)
    page = sales.get(sent.location)
    said = words(page)
    assert "4 lines, 2 orders" in said
    assert "2 done · 2 failed · 0 left (lines)" in said
    assert page.text.count('<a class="mono" href="/orders/') == 2
    batch = re.search(r'href="(/orders\?q=B\d{6}_\d{5})"', page.text)
    assert batch is not None
    assert "1 order" in words(sales.get(batch[1]))
    assert "Nothing is wrong here, but with line 5 of the same order." in said
    assert "service_capacity : " in said
    failed = sales.get(f"{sent.location}/failed").get_data(as_text=True)
    assert [line.partition(",")[0] for line in failed.splitlines()[1:]] == ["B", "B"]
    corrects = sent.location.rpartition("/")[2]
    again = send(sales, failed.replace("fast", "200").replace("53:e1", "53:e2"), corrects=corrects)
    worked(desk)
    assert "2 lines, 1 order" in words(sales.get(again.location))
    assert "2 done · 0 failed · 0 left" in words(sales.get(again.location))


def test_the_example_can_be_imported_as_it_is(desk: Desk, sales: FlaskClient) -> None:
    example = sales.get("/imports/example.csv")
    assert example.headers["Content-Disposition"].endswith("handoff-orders-example.csv")
    for mode in ("drafts", "submit"):
        sent = send(sales, example.get_data(as_text=True), mode=mode, again="1")
        worked(desk)
        assert "3 done · 0 failed · 0 left" in words(sales.get(sent.location)), words(sales.get(sent.location))


def test_a_running_import_can_be_stopped_and_go_on(desk: Desk, sales: FlaskClient) -> None:
    sent = send(sales, HEAD + GOOD * 2)
    page = sales.get(sent.location)
    assert f'data-live="import-{sent.location.rpartition("/")[2]}"' in page.text, "it follows the workers by itself"
    said = words(page)
    assert "The 2 lines that are left will not be ordered, unless you let them go on later." in said
    assert "have become stays: orders, which are worked and can be cancelled one by one" in said
    stopped = sales.post(f"{sent.location}/stop", data=form(page, f"{sent.location}/stop"), follow_redirects=True)
    assert "0 done · 0 failed · 0 left · 2 stopped" in words(stopped)
    worked(desk)
    assert "2 stopped" in words(sales.get(sent.location))
    twice = sales.post(f"{sent.location}/stop", data=form(page, f"{sent.location}/stop"))
    assert (twice.status_code, "has finished already" in words(twice)) == (409, True)
    sales.post(f"{sent.location}/go-on", data=form(stopped, f"{sent.location}/go-on"))
    worked(desk)
    assert "2 done · 0 failed · 0 left" in words(sales.get(sent.location))


def test_what_is_wrong_with_a_file_stands_at_its_field(desk: Desk, sales: FlaskClient) -> None:
    for text, name, status, said in (
        ("", "", 422, "Choose a file."),
        (HEAD + GOOD, "orders.xlsx", 422, "must end in .csv"),
        (HEAD, "orders.csv", 422, "There is no order in the file."),
        ("moon\n1\n", "orders.csv", 422, "There is no column “moon”."),
        ("[{]", "orders.json", 422, "Line 1: the array is not JSON"),
    ):
        refused = send(sales, text, name, mode="drafts")
        assert (refused.status_code, said in words(refused)) == (status, True), words(refused)
        assert 'value="drafts" checked' in refused.text
    assert send(sales, HEAD + GOOD, corrects="moon").status_code == 422
    assert send(sales, HEAD + GOOD, mode="guess").status_code == 422


def test_a_file_that_was_imported_before_is_told_and_can_be_meant(desk: Desk, sales: FlaskClient) -> None:
    first = send(sales, HEAD + GOOD)
    told = send(sales, HEAD + GOOD)
    assert told.status_code == 409
    assert f'href="{first.location}"' in told.text
    assert send(sales, HEAD + GOOD, again="1").status_code == 303


def test_json_lines_come_back_as_json_lines(desk: Desk, admin: FlaskClient) -> None:
    sent = send(admin, '{"items": [], "moon": 1}\n', "orders.jsonl", mode="drafts")
    worked(desk)
    failed = admin.get(f"{sent.location}/failed")
    assert failed.get_data(as_text=True) == '{"items": [], "moon": 1}\n'
    retried = admin.post(f"{sent.location}/retry", data=form(admin.get(sent.location), f"{sent.location}/retry"))
    assert (retried.status_code, "No line can be tried again" in words(retried)) == (409, True)


def test_engineers_and_members_do_not_find_it(desk: Desk, engineer: FlaskClient, member: FlaskClient) -> None:
    assert (engineer.get("/imports").status_code, member.get("/imports").status_code) == (403, 404)
    assert "/imports" not in engineer.get("/orders").text


def test_the_queries_do_not_grow_with_the_lines(desk: Desk, sales: FlaskClient) -> None:
    few = send(sales, HEAD + GOOD)
    many = send(sales, HEAD + GOOD * 40)
    worked(desk)
    counted = []
    for at in (few, many):
        with desk.counted() as statements:
            sales.get(at.location)
        counted.append(len(statements))
    assert counted[0] == counted[1]
    assert "40 orders" in words(sales.get(many.location))
    assert sales.get("/imports/columns.csv").text.startswith("\ufefforder,item,service_type,action,")
