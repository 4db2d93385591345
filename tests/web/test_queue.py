"""The queue: what is in which view, in which order, page by page, narrowed by filters; and acting in a row."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.states import State
from tests import cast
from tests.support.schema import both_databases
from tests.web.desk import CONNEXIONS, PORT, Desk, actions, form, later, press, words


def listed(client: FlaskClient, url: str) -> list[str]:
    """The items of a list, by their ids, in its order."""
    answer = client.get(url)
    assert answer.status_code == 200, words(answer)
    table = answer.text.partition('<tbody id="rows"')[2].partition("</tbody>")[0]
    return re.findall(r'href="/items/([0-9a-f-]{36})[^"]*" data-key="o"', table)


def ids(*items: uuid.UUID) -> list[str]:
    return [str(one) for one in items]


@both_databases
def test_each_view_shows_its_own(desk: Desk, engineer: FlaskClient) -> None:
    free, mine, others = desk.port(), desk.port(), desk.port()
    desk.claim(mine, cast.ENGINEER)
    desk.claim(others, cast.ENGINEER2)
    failed = desk.failed()
    waits = desk.place(("connexions", "new", CONNEXIONS)).items[0]
    confirm = desk.big().items[0]

    assert listed(engineer, "/work?view=unclaimed") == ids(free)
    assert listed(engineer, "/work?view=mine") == ids(mine)
    assert listed(engineer, "/work?view=failed") == ids(failed)
    assert set(listed(engineer, "/work?view=waiting")) == set(ids(waits, confirm))
    assert set(listed(engineer, "/work?view=all")) == set(ids(free, mine, others, failed, waits, confirm))


def test_sales_see_their_own_waits_as_theirs(desk: Desk, sales: FlaskClient) -> None:
    desk.port()
    by_hand, confirm = desk.by_hand(), desk.big().items[0]
    assert set(listed(sales, "/work?view=unclaimed")) == set(ids(by_hand, confirm))


@both_databases
def test_what_is_due_first_comes_first_and_what_has_no_due_time_last(desk: Desk, engineer: FlaskClient) -> None:
    first = desk.port()
    later(minutes=10)
    failed = desk.failed()
    later(minutes=10)
    third = desk.by_hand()
    later(minutes=10)
    both = desk.place(
        ("multiservice_port", "new", PORT),
        ("peering_unit", "new", {"port": {"item": 1}, "fabric": "lon1", "location": "LD8", "service_capacity": 1_000,
                                 "mac_address": "00:00:5e:00:53:20", "asn": 64496}),
    ).items  # fmt: skip
    assert listed(engineer, "/work?view=all") == ids(first, failed, third, *both)


@both_databases
def test_pages_follow_each_other_without_gaps_in_both_directions(
    desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.queries.staff_queue.Queue.page.__defaults__", ("", 2))
    items = []
    for number in range(5):
        items.append(desk.by_hand() if number % 2 else desk.failed())
        later(minutes=1)
    pages, url = [], "/work?view=all"
    while url:
        pages.append(listed(engineer, url))
        forward = re.search(r'rel="next" href="([^"]+)"', engineer.get(url).text)
        url = forward[1].replace("&amp;", "&") if forward else ""
        back = re.search(r'rel="prev" href="([^"]+)"', engineer.get(url).text) if url else None
        assert not url or (back and listed(engineer, back[1].replace("&amp;", "&")) == pages[-1])
    assert pages == [ids(*items[:2]), ids(*items[2:4]), ids(*items[4:])]


def test_due_times_are_told_in_words_and_by_tone(desk: Desk) -> None:
    def look() -> TestResponse:
        return cast.browser(desk.app, cast.ENGINEER).get("/work?view=unclaimed")  # signed in anew: hours pass

    desk.port()
    assert "in 4 h" in words(look())
    later(hours=3, minutes=10)
    soon = look()
    assert "in 50 min" in words(soon)
    assert "due-soon" in soon.text
    later(hours=1)
    over = look()
    assert "10 min over" in words(over)
    assert "due-late" in over.text


@both_databases
def test_filters_narrow_the_list_and_are_chips_that_can_be_taken_away(desk: Desk, engineer: FlaskClient) -> None:
    here = desk.port()
    there = desk.port(fabric="edi2", location="PUL", account=cast.PARTNER)
    url = "/work?view=unclaimed&site=PUL"
    assert listed(engineer, url) == ids(there)
    assert 'href="/work?view=unclaimed"' in engineer.get(url).text
    assert listed(engineer, "/work?view=unclaimed&service=multiservice_port&action=new") == [str(here), str(there)]
    assert listed(engineer, "/work?view=unclaimed&step=patch_cross_connect&site=LD8") == ids(here)
    assert listed(engineer, f"/work?view=unclaimed&member={cast.PARTNER}") == ids(there)
    assert "Beacon Partners" in words(engineer.get(f"/work?view=unclaimed&member={cast.PARTNER}"))


def test_filters_that_fit_nothing_say_so_and_offer_to_be_cleared(desk: Desk, engineer: FlaskClient) -> None:
    desk.port()
    page = words(engineer.get("/work?view=unclaimed&service=pvlan"))
    assert "Nothing matches these filters" in page
    assert "Clear the filters" in page


@pytest.mark.parametrize(
    "query",
    [
        "view=nonsense",
        "view=all&cursor=x",
        "view=all&cursor=a9.1.zz",
        "cursor=b0..",
        "cursor=a0.99999999999999999999.00",
    ],
)
def test_a_nonsense_address_is_answered_in_words(engineer: FlaskClient, query: str) -> None:
    answer = engineer.get(f"/work?{query}")
    assert answer.status_code == 400
    assert "There is no view" in words(answer) or "cannot be read" in words(answer)


def test_an_empty_view_names_the_next_useful_place(engineer: FlaskClient) -> None:
    page = engineer.get("/work?view=mine")
    assert "You have claimed nothing" in words(page)
    assert 'href="/work?view=unclaimed"' in page.text


def test_a_row_resumes_where_nothing_is_asked_and_answers_with_the_list(desk: Desk, engineer: FlaskClient) -> None:
    item_id, other = desk.by_hand(), desk.port()
    url = f"/items/{item_id}/resume"
    page = engineer.get("/work?view=unclaimed")
    assert f"/items/{other}/resume" not in actions(page), "two answers do not fit into a row"
    answer = engineer.post(url, data=form(page, url), headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="queue"')
    assert str(item_id) not in answer.text
    assert "goes on" in words(answer)
    assert desk.step(item_id, "by_hand_inventory")[0] == "succeeded"


def test_without_javascript_a_row_leads_back_to_its_list(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.by_hand()
    answer = press(engineer, "/work?view=unclaimed&site=SEC", f"/items/{item_id}/resume")
    assert (answer.status_code, answer.location) == (303, "/work?view=unclaimed&site=SEC")


def test_a_row_with_one_question_is_answered_in_the_row(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.ask_only(item_id, "patch_position")
    url = f"/items/{item_id}/resume"
    page = engineer.get("/work?view=unclaimed")
    assert "Patch panel position" in words(page)
    sent = {**form(page, url), "patch_position": "x" * 300}
    refused = engineer.post(url, data=sent, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "must be at most 200 characters" in words(refused)
    assert "x" * 300 in refused.text, "what was typed is kept in the row"
    assert (
        engineer.post(url, data={**sent, "patch_position": "LD8-R1"}, headers={"HX-Request": "true"}).status_code == 200
    )
    assert desk.state(item_id) is State.READY


def test_a_conflict_in_a_row_shows_the_list_with_the_reason(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    item_id = desk.by_hand()
    url = f"/items/{item_id}/resume"
    mine = form(engineer.get("/work?view=unclaimed"), url)
    press(colleague, "/work?view=unclaimed", url)
    answer = engineer.post(url, data=mine, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith('<div id="queue"')
    assert "Ivo Splice changed this" in words(answer)


def test_the_rail_counts_and_shows_only_what_the_role_may_see(
    desk: Desk, engineer: FlaskClient, sales: FlaskClient, admin: FlaskClient
) -> None:
    desk.port()
    assert "Unclaimed 1" in words(engineer.get("/rail?at=/work?view=unclaimed"))
    assert "Audit" not in words(engineer.get("/rail"))
    assert "Workers" not in words(sales.get("/rail"))
    assert "Audit" in words(admin.get("/rail"))


def test_every_link_of_the_rail_leads_somewhere(engineer: FlaskClient, sales: FlaskClient, admin: FlaskClient) -> None:
    for client in (engineer, sales, admin):
        for url in re.findall(r'<a href="([^"#]+)', client.get("/rail").text):
            assert client.get(url.replace("&amp;", "&")).status_code == 200, url


def test_the_items_page_knows_its_neighbours_in_the_queue(desk: Desk, engineer: FlaskClient) -> None:
    items = []
    for _ in range(3):
        items.append(desk.port())
        later(minutes=1)
    page = engineer.get(f"/items/{items[1]}?view=unclaimed&site=LD8").text
    assert f'rel="prev" href="/items/{items[0]}?view=unclaimed&amp;site=LD8"' in page
    assert f'rel="next" href="/items/{items[2]}?view=unclaimed&amp;site=LD8"' in page
