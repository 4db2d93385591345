"""The start page: what is next, how the views stand, what has failed."""

import uuid

from flask.testing import FlaskClient

from app.domain.models import BatchItem
from app.domain.permissions import Role
from app.domain.states import Stage
from app.extensions import db
from app.services import engine
from app.services.actor import Actor
from tests import cast
from tests.web.desk import Desk, form, later, press, words


def test_members_are_sent_to_their_portal(member: FlaskClient) -> None:
    answer = member.get("/")
    assert (answer.status_code, answer.location) == (303, "/portal/")


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
    assert "Judge the light level The step was refused" in page
    assert "or better is needed" in page
    assert "Retry these 2" in page


def test_a_group_of_failures_is_retried_as_one_batch(desk: Desk, engineer: FlaskClient) -> None:
    failed, other = [desk.failed(), desk.failed()], desk.port()
    sent = form(engineer.get("/"), "/failures/retry")
    answers = [engineer.post("/failures/retry", data=sent) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert answers[0].location == answers[1].location, "the same form is one batch"
    batch_id = answers[0].location.removeprefix("/batches/")
    with desk.app.app_context():
        rows = db.session.query(BatchItem).filter_by(batch_id=uuid.UUID(batch_id)).order_by(BatchItem.position)
        assert [row.item_id for row in rows] == failed
        assert other not in {row.item_id for row in rows}


def test_a_group_that_has_gone_on_meanwhile_is_told_so(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    sent = form(engineer.get("/"), "/failures/retry")
    press(engineer, f"/items/{item_id}", f"/items/{item_id}/done-by-hand", reason="Measured again, it is fine.")
    answer = engineer.post("/failures/retry", data=sent)
    assert answer.status_code == 409
    assert "somebody was faster" in words(answer)


def test_sales_may_not_retry_a_group(desk: Desk, sales: FlaskClient) -> None:
    desk.failed()
    assert "Retry this one" not in words(sales.get("/"))
    assert sales.post("/failures/retry", data={"step": "light_is_good"}).status_code == 403


def test_a_colleague_at_an_item_is_marked_in_the_lists(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    item_id = desk.port()
    colleague.get(f"/items/{item_id}")
    for page in ("/", "/work?view=unclaimed"):
        assert "Ivo Splice looks at it now" in words(engineer.get(page))
        assert "looks at it now" not in words(colleague.get(page))


def test_an_administrator_sees_figures_and_no_work(desk: Desk, admin: FlaskClient) -> None:
    desk.port()
    page = words(admin.get("/"))
    assert "Nothing needs you now" in page
    assert "1 Unclaimed" in page


def test_with_nothing_to_do_each_part_names_the_next_place(
    desk: Desk, engineer: FlaskClient, sales: FlaskClient
) -> None:
    assert "See all open items" in words(engineer.get("/"))
    assert "See all orders" in words(sales.get("/"))


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
    assert "Confirm or reject …" in page
    assert "Manual orders" in page
    assert "Patch the cross-connect" not in page
    assert "1 ticket waits for Sales" in page
