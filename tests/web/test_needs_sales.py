"""What Sales must deal with, on the start page and as data."""

from flask.testing import FlaskClient

from app.extensions import db
from app.queries.staff_sales import Needs, to_confirm, unanswered
from tests import cast
from tests.support.schema import both_databases
from tests.web.desk import CONNEXIONS, Desk, later, words


def needed(desk: Desk) -> list[tuple[Needs, int]]:
    with desk.app.app_context():
        found = [(task.needs, task.number) for task in [*to_confirm(10), *unanswered(10)]]
        db.session.remove()
        return found


@both_databases
def test_it_is_confirming_and_what_nobody_answers_in_time(desk: Desk) -> None:
    desk.by_hand()  # a manual order stands in the queue itself
    confirm = desk.big()
    waiting = desk.place(("connexions", "new", CONNEXIONS))
    assert needed(desk) == [(Needs.CONFIRMATION, confirm.number)]
    later(days=60)
    assert needed(desk) == [(Needs.CONFIRMATION, confirm.number), (Needs.MEMBER, waiting.number)]


def test_the_start_page_shows_questions_past_their_respond_by(desk: Desk) -> None:
    order = desk.place(("connexions", "new", CONNEXIONS))
    later(days=60)
    sales: FlaskClient = cast.browser(desk.app, cast.SALES)
    told = words(sales.get("/"))
    assert "Past their respond-by" in told and str(order.number) in told
    assert "Past their respond-by" not in words(cast.browser(desk.app, cast.ENGINEER).get("/"))
