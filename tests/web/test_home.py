"""The start page: what is next, how the views stand, what has failed."""

from flask.testing import FlaskClient

from app.domain.permissions import Role
from app.domain.states import Stage
from app.extensions import db
from app.services import engine
from app.services.actor import Actor
from tests import cast
from tests.web.desk import Desk, form, later, press, words


def test_members_are_sent_to_their_portal(member: FlaskClient) -> None:
    answer = member.get("/")
    assert (answer.status_code, answer.location) == (303, "/portal/orders")


def test_nobody_is_asked_to_sign_in_first(desk: Desk) -> None:
    assert desk.app.test_client().get("/").location.startswith("/login")


def test_ones_own_claims_come_first_then_what_is_due(desk: Desk, engineer: FlaskClient) -> None:
    oldest = desk.port()
    later(minutes=20)
    mine = desk.port()
    desk.claim(mine, cast.ENGINEER)
    page = engineer.get("/").text
    assert page.index(str(mine)) < page.index(str(oldest))


def test_what_asks_nothing_is_resumed_right_there(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.by_hand()
    url = f"/items/{item_id}/resume"
    answer = engineer.post(url, data=form(engineer.get("/"), url), headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="home"')
    assert desk.step(item_id, "by_hand_inventory")[0] == "succeeded"
    desk.work()
    assert press(engineer, "/", url).location == "/"


def test_tiles_count_and_say_what_is_late(desk: Desk) -> None:
    desk.port()
    later(hours=5)
    desk.failed()
    page = words(cast.browser(desk.app, cast.ENGINEER).get("/"))
    assert "1 Unclaimed oldest 5 h · 1 over target" in page
    assert "2 All open items" in page


def test_failures_are_grouped_by_cause(desk: Desk, engineer: FlaskClient) -> None:
    desk.failed()
    desk.failed()
    page = words(engineer.get("/"))
    assert "Judge the light level permanent 2" in page


def test_a_paused_stage_is_told(desk: Desk, engineer: FlaskClient) -> None:
    with desk.app.app_context():
        engine.pause_stage(Stage.PROVISIONING, Actor("Ivo Splice", role=Role.ENGINEER), "Maintenance on the switches.")
        db.session.remove()
    assert "Maintenance on the switches." in words(engineer.get("/"))


def test_sales_see_what_needs_them(desk: Desk, sales: FlaskClient) -> None:
    desk.port()
    desk.by_hand()
    desk.big()
    page = words(sales.get("/"))
    assert "Needs you" in page
    assert "Sales confirm the order" in page
    assert "Patch the cross-connect" not in page
    assert "1 ticket waits for Sales" in page
