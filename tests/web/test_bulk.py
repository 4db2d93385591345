"""Acting upon many rows, saved views, CSV, sorting and the filters that are nonsense; undo of a claim."""

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.models import Batch, OrderItem, SavedView, User
from app.extensions import db
from tests import cast
from tests.support.schema import both_databases
from tests.web.desk import Desk, actions, form, later, press, words
from tests.web.test_queue import ids, listed
from workers import jobs


def worked(desk: Desk) -> None:
    """A worker takes every batch to its end."""
    with desk.app.app_context():
        for batch_id in db.session.scalars(select(Batch.id)).all():
            while jobs.work_batch(str(batch_id)) == "more":
                pass


def act(client: FlaskClient, url: str, verb: str, *items: uuid.UUID, **typed: Any) -> TestResponse:
    """Select rows of a list and press a button of the bar."""
    sent = {**form(client.get(url), "/batches"), "verb": verb, "item": [str(one) for one in items], **typed}
    return client.post("/batches", data=sent)


@both_databases
def test_what_is_selected_is_acted_upon_and_each_item_has_its_result(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    mine, theirs, other = desk.port(), desk.port(), desk.port()
    url = "/work?view=unclaimed"
    page = engineer.get(url)
    assert f'value="{mine}" form="bulk"' in page.text
    answer = act(engineer, url, "claim", mine, theirs)
    assert answer.status_code == 303
    assert "0 done · 0 failed · 2 left" in words(engineer.get(answer.location))
    press(colleague, url, f"/items/{theirs}/claim")
    worked(desk)
    page = engineer.get(answer.location)
    assert "1 done · 1 failed · 0 left" in words(page)
    assert "Finished with failures" in words(page)
    assert "Ivo Splice claimed this item a moment ago." in words(page)
    assert (desk.owner(mine), desk.owner(theirs), desk.owner(other)) == (cast.ENGINEER, cast.ENGINEER2, None)

    press(colleague, f"/items/{theirs}", f"/items/{theirs}/unclaim")
    press(engineer, answer.location, f"{answer.location}/retry")
    worked(desk)
    assert "2 done · 0 failed · 0 left" in words(engineer.get(answer.location))
    assert "Claim 2 items" in words(engineer.get("/batches"))


def test_all_that_match_are_those_that_stood_there_when_the_page_was_made(desk: Desk, engineer: FlaskClient) -> None:
    there = [desk.port() for _ in range(3)]
    desk.by_hand()
    url = "/work?view=unclaimed&site=LD8"
    sent = form(engineer.get(url), "/batches")
    later(seconds=5)
    came = desk.port()
    answer = engineer.post("/batches", data={**sent, "verb": "hold", "all": "1", "reason": "Maintenance tonight"})
    page = engineer.get(answer.location)
    assert "Hold 3 items" in words(page)
    assert "Unclaimed · Location LD8" in words(page)
    worked(desk)
    assert [desk.value(one, "held") for one in [*there, came]] == [True, True, True, False]


def test_a_hold_without_a_reason_keeps_what_was_selected(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = act(engineer, "/work?view=unclaimed", "hold", item_id)
    assert answer.status_code == 422
    assert "Say why" in words(answer)
    assert re.search(rf'value="{item_id}"[^>]* checked', answer.text)
    sent = {**form(answer, "/batches"), "verb": "claim", "item": str(item_id)}
    for nonsense in ({"item": ""}, {"item": "x"}, {"item": str(uuid.uuid4())}, {"verb": "explode"}):
        refused = engineer.post("/batches", data={**sent, **nonsense})
        assert refused.status_code == 422, nonsense
        assert "Please put this right" in words(refused)


def test_the_same_bar_sent_twice_is_one_batch(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    sent = {**form(engineer.get("/work?view=unclaimed"), "/batches"), "verb": "claim", "item": str(item_id)}
    first, second = (engineer.post("/batches", data=sent) for _ in range(2))
    assert first.location == second.location


def test_sales_claim_many_and_administrators_only_look(desk: Desk, sales: FlaskClient, admin: FlaskClient) -> None:
    item_id = desk.by_hand()
    page = sales.get("/work?view=unclaimed")
    assert "/batches" in actions(page)
    assert 'id="bulk-retry"' not in page.text
    assert "/batches" not in actions(admin.get("/work?view=unclaimed"))
    refused = act(sales, "/work?view=unclaimed", "retry", item_id)
    assert refused.status_code == 403


def test_undo_takes_a_claim_back_and_a_give_back_too(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    press(engineer, "/work?view=unclaimed", f"/items/{item_id}/claim")
    assert desk.owner(item_id) == cast.ENGINEER
    page = engineer.get("/work?view=unclaimed")
    assert "You have claimed" in words(page)
    assert engineer.post(f"/items/{item_id}/unclaim", data=form(page, f"/items/{item_id}/unclaim")).status_code == 303
    assert desk.owner(item_id) is None
    flashed = engineer.get("/work?view=mine")
    engineer.post(f"/items/{item_id}/claim", data=form(flashed, f"/items/{item_id}/claim"))
    assert desk.owner(item_id) == cast.ENGINEER


def test_with_htmx_the_notice_carries_the_undo(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = press(engineer, "/work?view=unclaimed", f"/items/{item_id}/claim", htmx=True)
    assert f"/items/{item_id}/unclaim" in answer.text.partition('hx-swap-oob="innerHTML:#flash"')[2]


@both_databases
def test_other_sortings_page_without_gaps_too(
    desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.queries.staff_queue.Queue.page.__defaults__", ("", 2))
    items = []
    for number in range(5):
        items.append(desk.by_hand() if number % 2 else desk.failed())
        later(minutes=1)
    for sort, wanted in (("age", ids(*items)), ("order", ids(*reversed(items)))):
        assert paged(engineer, f"/work?view=all&sort={sort}") == wanted


def paged(client: FlaskClient, url: str) -> list[str]:
    """What all pages show, one after the other; each page's way back leads to the page before."""
    found: list[str] = []
    before: list[str] = []
    while url:
        now, page = listed(client, url), client.get(url).text
        if back := re.search(r'rel="prev" href="([^"]+)"', page):
            assert listed(client, back[1].replace("&amp;", "&")) == before
        found, before = [*found, *now], now
        forward = re.search(r'rel="next" href="([^"]+)"', page)
        url = forward[1].replace("&amp;", "&") if forward else ""
    return found


@both_databases
def test_filters_by_owner_error_due_fabric_and_text(desk: Desk, engineer: FlaskClient) -> None:
    mine, failed = desk.port(), desk.failed()
    away = desk.port(fabric="edi2", location="PUL", account=cast.PARTNER)
    desk.claim(mine, cast.ENGINEER)
    with desk.app.app_context():
        me = db.session.scalars(select(User.id).where(User.email == cast.ENGINEER)).one()
        number = db.session.get_one(OrderItem, away).order.number
        kind = db.session.get_one(OrderItem, failed).error_class
    for query, wanted in (
        (f"owner={me}", [mine]),
        (f"error={kind}", [failed]),
        ("fabric=edi2", [away]),
        (f"text={number}", [away]),
        (f"text={number}/1", [away]),
        ("text=beacon", [away]),
        ("member=Beacon+Partners", [away]),
        ("due=over", []),
    ):
        assert listed(engineer, f"/work?view=all&{query}") == ids(*wanted), query
    later(hours=3, minutes=30)
    again = cast.browser(desk.app, cast.ENGINEER)
    assert set(listed(again, "/work?view=all&due=soon")) == set(ids(mine, failed, away))
    assert listed(again, "/work?view=all&owner=nobody&fabric=edi2") == ids(away)
    later(hours=1)
    assert len(listed(cast.browser(desk.app, cast.ENGINEER), "/work?view=all&due=over")) == 3


NONSENSE = {
    "service=teleport": "There is no service “teleport”",
    "owner=x": "“x” is nobody",
    f"owner={uuid.UUID(int=7)}": "There is no person “00000000”",
    "due=never": "There is no due “never”",
    "site=ATLANTIS": "There is no location “ATLANTIS”",
    "member=Nobody+Ltd": "There is no member “Nobody Ltd”",
    "colour=red": "There is no filter “colour”",
    "sort=beauty": "cannot be sorted by “beauty”",
}


def test_a_filter_that_is_nothing_is_told_and_left_out(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    for query, said in NONSENSE.items():
        url = f"/work?view=unclaimed&{query}"
        assert said in words(engineer.get(url)), query
        assert listed(engineer, url) == ids(item_id), query


def test_the_csv_holds_the_filtered_list_and_no_formula(desk: Desk, engineer: FlaskClient) -> None:
    desk.port()
    there = desk.port(fabric="edi2", location="PUL", account=cast.PARTNER)
    with desk.app.app_context():
        item = db.session.get_one(OrderItem, there)
        item.order.account.organisation = "=1+1"
        name = f"{item.order.number}/1"
        db.session.commit()
    answer = engineer.get("/work.csv?view=unclaimed&site=PUL")
    assert answer.mimetype == "text/csv"
    lines = answer.text.strip().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{name},")
    assert "'=1+1" in lines[1]


def test_a_view_is_saved_shared_renamed_and_deleted(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient, admin: FlaskClient
) -> None:
    desk.port()
    page = "/views?of=/work?view%3Dunclaimed%26site%3DLD8"
    answer = press(engineer, page, "/views", name="LD8 today", shared="y")
    assert (answer.status_code, answer.location) == (303, "/work?view=unclaimed&site=LD8")
    assert "LD8 today" in words(colleague.get("/work?view=all"))
    with desk.app.app_context():
        view_id = db.session.scalars(select(SavedView.id)).one()
    url = f"/views/{view_id}"
    assert colleague.post(f"{url}/delete").status_code == 403
    refused = press(engineer, "/views", url, name="x" * 70)
    assert refused.status_code == 422
    assert "x" * 70 in refused.text, "what was typed stays"
    assert press(engineer, "/views", url, name="LD8").status_code == 303
    assert "LD8" not in words(colleague.get("/views")), "it is one's own again"
    assert colleague.post(f"{url}/delete").status_code == 404
    press(engineer, "/views", url, name="LD8", shared="y")
    assert press(admin, "/views", f"{url}/delete").status_code == 303


def test_a_name_that_is_taken_is_told_at_its_field(desk: Desk, engineer: FlaskClient) -> None:
    for of, status in (("/work?view=all", 303), ("/work?view=all", 303), ("/work?view=failed", 422)):
        answer = press(engineer, f"/views?of={of.replace('=', '%3D')}", "/views", name="Mine")
        assert answer.status_code == status
    assert "You have another view “Mine” already" in words(answer)


def test_a_saved_view_of_what_exists_no_more_opens_with_the_rest(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    with desk.app.app_context():
        owner = db.session.scalars(select(User.id).where(User.email == cast.ENGINEER)).one()
        filters = {"site": "LD8", "colour": "red", "step": ["x"]}
        db.session.add(SavedView(owner_id=owner, name="Old", view="unclaimed", filters=filters, sort=""))
        db.session.commit()
    page = engineer.get("/work?view=all").text
    url = re.search(r'href="(/work\?[^"]*colour[^"]*)"', page)
    assert url
    address = url[1].replace("&amp;", "&")
    assert listed(engineer, address) == ids(item_id)
    assert "There is no filter “colour”" in words(engineer.get(address))
