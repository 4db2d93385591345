"""What a browser sends that no page of ours has made: addresses, keys and cookies of somebody else's choosing."""

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from app.domain.models import WebSession
from app.domain.states import State
from app.extensions import db
from tests import cast
from tests.web.desk import Desk

KEY = "0123456789abcdef0123456789abcdef"
ELSEWHERE = ("http://[", "//[x", "//elsewhere.example/", "/\\elsewhere.example", "https://elsewhere.example/")


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_the_sign_in_page_bears_any_next_and_leads_nowhere_else(desk: Desk, wanted: str) -> None:
    page = desk.app.test_client().get("/login", query_string={"next": wanted})

    assert page.status_code == 200 and escape(wanted) not in page.text


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_a_form_leads_back_to_this_site_only(desk: Desk, engineer: FlaskClient, wanted: str) -> None:
    item = desk.port()

    answer = engineer.post(f"/items/{item}/claim", data={"back": wanted})

    assert answer.status_code == 303 and answer.location == f"/items/{item}"


def test_a_form_key_that_a_colleague_used_does_not_swallow_ones_own_action(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    first, second = desk.port(), desk.port()
    engineer.post(f"/items/{first}/hold", data={"reason": "Wait", "form_key": KEY})

    colleague.post(f"/items/{second}/hold", data={"reason": "Wait", "form_key": KEY})

    assert desk.value(first, "held") and desk.value(second, "held")


def test_a_form_key_counts_for_one_action_on_one_item(desk: Desk, engineer: FlaskClient) -> None:
    first, second = desk.port(), desk.port()
    for item in (first, second, second):
        engineer.post(f"/items/{item}/hold", data={"reason": "Wait", "form_key": KEY})
    engineer.post(f"/items/{first}/release", data={"form_key": KEY})

    assert not desk.value(first, "held") and desk.value(second, "held")
    assert desk.deeds(second, "hold") == 1


@pytest.mark.parametrize("verb", ["skip", "done-by-hand"])
def test_an_engineer_cannot_pass_over_the_consent_of_sales(desk: Desk, engineer: FlaskClient, verb: str) -> None:
    item = desk.big().items[0]

    answer = engineer.post(f"/items/{item}/{verb}", data={"reason": "Quicker so", "form_key": KEY})

    assert answer.status_code == 403 and desk.state(item) is State.WAITING
    assert f"/items/{item}/{verb}" not in engineer.get(f"/items/{item}").text


def test_a_refused_request_is_called_what_it_said_it_is_called(desk: Desk) -> None:
    answer = desk.app.test_client().get("/oms/orders", headers={"X-Request-ID": "trace-0123456789"})

    assert answer.status_code == 401
    assert answer.headers["X-Request-ID"] == answer.get_json()["request_id"] == "trace-0123456789"


def test_signing_in_again_ends_the_session_before(desk: Desk) -> None:
    browser = desk.app.test_client()
    for page in ("/login", "/me"):  # both have a form with the token of their session
        token = browser.get(page).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        said = {"email": cast.ENGINEER, "password": cast.PASSWORD, "csrf_token": token}
        assert browser.post("/login", data=said).status_code == 303

    with desk.app.app_context():
        assert db.session.query(WebSession).count() == 1


def test_a_cookie_opens_nothing_of_the_api(member: FlaskClient) -> None:
    assert member.get("/oms/orders").status_code == 401
