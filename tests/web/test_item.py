"""The page of one item: how far it is, what went wrong, its story; and who may read what."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain import clock
from app.domain.models import OutboundCall
from app.extensions import db
from tests import cast
from tests.web.desk import CONNEXIONS, PATCHED, PORT, Desk, actions, press, words


def test_it_shows_stages_steps_question_and_facts(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port(po_number="PO-2291")
    page = words(engineer.get(f"/items/{item_id}"))
    assert "Manual step 4 of 13" in page
    assert "Patch edge1-lon1 xe-0/0/0 in LD8" in page, "what to do names the port that was taken"
    assert "Patch panel position" in page
    assert "3 of 13" in page
    assert "Take free ports from stock Done" in page
    assert "PO-2291" in page


def test_a_failed_item_says_what_happened_and_what_can_be_done(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    page = engineer.get(f"/items/{item_id}")
    assert "The step was refused" in words(page)
    assert "-14 dBm or better is needed" in words(page)
    assert "Already done: 4 steps" in words(page)
    assert "They stay done; a retry does not do them again." in words(page)
    assert {f"/items/{item_id}/{verb}" for verb in ("retry", "skip", "done-by-hand", "hold")} <= set(actions(page))


def test_only_those_who_may_read_payloads_see_the_call_that_failed(
    desk: Desk, engineer: FlaskClient, sales: FlaskClient
) -> None:
    item_id = desk.failed()
    with desk.app.app_context():
        call = {"system": "network", "verb": "submit", "request": {"port": "xe-0/0/0"}, "error": "503 from nca"}
        db.session.add(OutboundCall(item_id=item_id, step_key="light_is_good", made_at=clock.now(), **call))
        db.session.add(OutboundCall(item_id=item_id, step_key="assign_ports", system="inventory", verb="create"))
        db.session.commit()
    page = words(engineer.get(f"/items/{item_id}"))
    assert "Last call: network submit · 503 from nca" in page
    assert "inventory create" not in page, "a call of an earlier step did not fail this one"
    assert "Last call" not in words(sales.get(f"/items/{item_id}"))


def test_sales_read_but_are_offered_no_engineers_verb(desk: Desk, sales: FlaskClient) -> None:
    item_id = desk.failed()
    page = sales.get(f"/items/{item_id}")
    assert page.status_code == 200
    assert {action for action in actions(page) if action.startswith("/items/")} <= {f"/items/{item_id}/note"}


def test_the_log_is_shown_in_parts(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    press(engineer, f"/items/{item_id}", f"/items/{item_id}/note", note="Their optics are old.", audience="staff")
    press(engineer, f"/items/{item_id}", f"/items/{item_id}/note", note="We look into it.", audience="member")
    assigned, note, message, failure = "Assigned edge1-lon1", "Their optics are old.", "We look into it.", "or better"
    shown = {
        part: log_of(engineer.get(f"/items/{item_id}?log={part}")) for part in ("", "user", "debug", "failed", "x")
    }
    told = {part: [line in text for line in (assigned, note, message, failure)] for part, text in shown.items()}
    assert told == {
        "": [True, True, True, True], "user": [False, False, True, False], "debug": [True, True, False, True],
        "failed": [False, False, False, True], "x": [True, True, True, True],
    }  # fmt: skip
    assert "Staff note Their optics are old." in shown[""]
    assert "To the member We look into it." in shown[""]
    text = engineer.get(f"/items/{item_id}/log.txt?log=failed").text
    assert failure in text and assigned not in text


def log_of(page: TestResponse) -> str:
    """What stands in the log's list."""
    lists = re.findall(r'<ol class="log" aria-label="Log, newest first">(.*?)</ol>', page.text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", " ".join(lists)))


def test_a_step_leads_to_its_lines_in_the_log(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    page = engineer.get(f"/items/{item_id}?view=failed")
    assert f"/items/{item_id}?view=failed&amp;step=light_is_good#log" in page.text
    only = log_of(engineer.get(f"/items/{item_id}?step=light_is_good"))
    assert "or better" in only
    assert "Assigned" not in only
    assert engineer.get(f"/items/{item_id}?step=no_such_step").status_code == 200


def test_the_whole_log_can_be_had_as_text(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = engineer.get(f"/items/{item_id}/log.txt")
    assert answer.mimetype == "text/plain"
    assert "[debug] Assigned edge1-lon1 xe-0/0/0." in answer.text
    assert answer.text.splitlines()[0][19:20] == "Z", "times are in UTC"


def test_an_item_that_waits_for_another_links_to_it_and_back(desk: Desk, engineer: FlaskClient) -> None:
    unit = {"port": {"item": 1}, "fabric": "lon1", "location": "LD8", "service_capacity": 1_000,
            "mac_address": "00:00:5e:00:53:20", "asn": 64496}  # fmt: skip
    port, peering = desk.place(("multiservice_port", "new", PORT), ("peering_unit", "new", unit)).items
    assert f'href="/items/{port}"' in engineer.get(f"/items/{peering}").text
    assert f'href="/items/{peering}"' in engineer.get(f"/items/{port}").text
    assert "needs this item" in words(engineer.get(f"/items/{port}/cancel"))


def test_a_completed_item_offers_nothing_but_a_note(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.answer(item_id, **PATCHED)
    page = engineer.get(f"/items/{item_id}")
    assert "13 of 13" in words(page)
    assert [action for action in actions(page) if action.startswith("/items/")] == [f"/items/{item_id}/note"]
    assert "cannot be cancelled now" in words(engineer.get(f"/items/{item_id}/cancel"))


def test_a_question_to_the_member_is_shown_and_is_not_the_engineers(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.place(("connexions", "new", CONNEXIONS)).items[0]
    page = engineer.get(f"/items/{item_id}")
    assert "The member answers this." in words(page)
    assert f"/items/{item_id}/resume" not in actions(page)


def test_the_fragment_is_what_htmx_asks_for_and_caches_tell_them_apart(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = engineer.get(f"/items/{item_id}", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="item"')
    assert f'data-live="item-{item_id}"' in answer.text
    assert {"HX-Request", "Cookie"} <= set(answer.vary)
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_holds_it_is_told_by_name(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.claim(item_id, cast.ENGINEER2)
    page = engineer.get(f"/items/{item_id}")
    assert "Ivo Splice has been on it" in words(page)
    assert f"/items/{item_id}/takeover" in page.text
    assert f"/items/{item_id}/resume" not in actions(page)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_fields_stand_in_the_order_of_the_runbook(desk: Desk, engineer: FlaskClient) -> None:
    page = engineer.get(f"/items/{desk.port()}").text
    assert page.index('name="patch_position"') < page.index('name="light_dbm"')
