"""The jump palette: what it finds for whom, as a page and as the list of its dialog."""

import pytest
from flask.testing import FlaskClient

from app.domain.models import SavedView, User
from app.extensions import db
from tests import cast
from tests.web.desk import BY_HAND, CONNEXIONS, PORT, Desk


def _jumps(client: FlaskClient, text: str, **headers: str) -> str:
    answer = client.get("/palette", query_string={"q": text}, headers=headers)
    assert answer.status_code == 200
    return answer.text.split('id="palette-found"')[1]


def test_without_a_word_it_lists_the_pages_that_the_viewer_has(engineer: FlaskClient, member: FlaskClient) -> None:
    mine, theirs = _jumps(engineer, ""), _jumps(member, "")
    assert 'href="/work?view=failed"' in mine
    assert 'href="/workers"' in mine
    assert 'href="/audit"' not in mine
    assert 'href="/portal/new"' in theirs
    assert "/work" not in theirs


def test_pages_are_found_by_the_beginnings_of_their_words(engineer: FlaskClient) -> None:
    found = _jumps(engineer, "op it")
    assert "All open items" in found
    assert "Unclaimed" not in found


def test_an_orders_number_leads_to_the_order_and_its_items(desk: Desk, engineer: FlaskClient) -> None:
    placed = desk.place(("multiservice_port", "new", PORT), ("multiservice_port", "new", BY_HAND))
    found = _jumps(engineer, str(placed.number))
    assert f'href="/orders/{placed.id}"' in found
    assert all(f'href="/items/{item}"' in found for item in placed.items)
    only = _jumps(engineer, f"{placed.number}/2")
    assert f'href="/items/{placed.items[1]}"' in only
    assert f'href="/items/{placed.items[0]}"' not in only


def test_the_first_digits_of_a_number_are_enough(desk: Desk, engineer: FlaskClient) -> None:
    placed = desk.place(("connexions", "new", CONNEXIONS))
    assert f'href="/orders/{placed.id}"' in _jumps(engineer, str(placed.number)[:3])


def test_members_find_their_own_orders_only(desk: Desk, member: FlaskClient) -> None:
    own = desk.place(("connexions", "new", CONNEXIONS))
    strangers = desk.value(desk.port(account=cast.PARTNER), "order_id")
    assert f"/portal/orders/{own.id}" in _jumps(member, str(own.number))
    assert str(strangers) not in _jumps(member, "1")


def test_saved_views_are_there_by_name(desk: Desk, engineer: FlaskClient, colleague: FlaskClient) -> None:
    with desk.app.app_context():
        owner = db.session.query(User).filter_by(email=cast.ENGINEER).one()
        db.session.add(SavedView(owner_id=owner.id, name="Patching LD8", view="unclaimed", filters={"site": "LD8"}))
        db.session.commit()
    assert 'href="/work?view=unclaimed&amp;site=LD8"' in _jumps(engineer, "patch")
    assert "Patching" not in _jumps(colleague, "patch")


@pytest.mark.parametrize(
    "text", ["%", "'", "9" * 90, "0/0", "\x00", "ж<script>", "100042/99999", "99999999", "2147483647"]
)
def test_nonsense_finds_nothing_and_breaks_nothing(engineer: FlaskClient, text: str) -> None:
    assert "Search for" in _jumps(engineer, text) or text == "\x00"


def test_the_dialog_fetches_the_list_alone(engineer: FlaskClient) -> None:
    answer = engineer.get("/palette?q=harbour", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="palette-found"')
    assert "/orders?q=" in answer.text
