"""One's own password and sessions."""

import re

import pytest
from flask.testing import FlaskClient

from app.domain.models import WebSession
from app.extensions import db
from app.services import access, guessing
from tests import cast
from tests.web.desk import Desk, later, press, words

NEW = "a-longer-password"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is slow to check and to hash, on purpose; here a plain word stands for the hash."""
    monkeypatch.setattr(access, "_verified", lambda user, password: password == cast.PASSWORD)


def change(browser: FlaskClient, current: str = cast.PASSWORD, new: str = NEW, again: str = NEW) -> tuple[int, str]:
    answer = press(browser, "/me", "/me/password", current=current, new=new, again=again)
    return answer.status_code, words(answer)


def test_a_changed_password_ends_all_other_sessions(desk: Desk, engineer: FlaskClient) -> None:
    other = cast.browser(desk.app, cast.ENGINEER)
    assert change(engineer)[0] == 303
    assert engineer.get("/me").status_code == 200
    assert other.get("/me").location.startswith("/login")


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"current": "wrong"}, "This is not your password."), ({"new": "short", "again": "short"}, "Use at least 8"),
     ({"again": "another"}, "The two are not the same.")],
)  # fmt: skip
def test_a_password_that_cannot_be_is_told_at_its_field(
    engineer: FlaskClient, typed: dict[str, str], said: str
) -> None:
    status, told = change(engineer, **typed)
    assert status == 422
    assert said in told


def test_a_browser_that_was_left_open_is_no_place_to_guess(engineer: FlaskClient) -> None:
    for _ in range(guessing.FREE_FAILURES + 1):
        change(engineer, current="wrong")
    status, told = change(engineer)
    assert status == 422
    assert "Too many failed attempts" in told
    later(seconds=5)
    assert change(engineer)[0] == 303


def test_one_ends_ones_other_sessions_but_not_this_one(desk: Desk, member: FlaskClient) -> None:
    others = [cast.browser(desk.app, cast.MEMBER) for _ in range(2)]
    page = member.get("/me")
    marks = re.findall(r'action="/me/sessions/([0-9a-f]+)/end"', page.text)
    assert len(marks) == 2
    assert page.text.count("this browser") == 1
    assert press(member, "/me", f"/me/sessions/{marks[0]}/end").status_code == 303
    assert member.post(f"/me/sessions/{marks[0]}/end").status_code == 303, "a second click"
    assert sorted(one.get("/me").status_code for one in others) == [200, 303]
    assert press(member, "/me", "/me/sessions/end-others").status_code == 303
    assert [one.get("/me").status_code for one in others] == [303, 303]
    with desk.app.app_context():
        (mine,) = db.session.query(WebSession).all()
        mark = access.mark_of(mine)
    answer = member.post(f"/me/sessions/{mark}/end")
    assert answer.status_code == 409
    assert "sign out to end it" in words(answer)


def test_somebody_elses_session_is_not_ones_to_end(desk: Desk, member: FlaskClient, engineer: FlaskClient) -> None:
    with desk.app.app_context():
        marks = [access.mark_of(one) for one in db.session.query(WebSession).all()]
    for mark in marks:
        member.post(f"/me/sessions/{mark}/end")
    assert engineer.get("/me").status_code == 200
