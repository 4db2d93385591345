"""Search, settings, help, workers and audit."""

import pytest
from flask.testing import FlaskClient
from redis.exceptions import RedisError

from app.domain.models import FarSystem, StagePause, User
from app.domain.states import Stage
from app.extensions import db
from tests import cast
from tests.web.desk import Desk, actions, press, words


def test_a_number_that_fits_one_thing_leads_straight_there(desk: Desk, engineer: FlaskClient) -> None:
    order = desk.place(("multiservice_port", "new", {"fabric": "imn1", "location": "SEC", "port_capacity": 1_000,
                                                     "encapsulation": "none"}))  # fmt: skip
    assert engineer.get("/search?q=100001").location == f"/orders/{order.id}"
    assert engineer.get("/search?q=20001").location == "/tickets/20001"
    assert engineer.get("/search?q=%23100001/1").location == f"/items/{order.items[0]}"
    assert "Nothing fits" in words(engineer.get("/search?q=100001/2"))
    assert 'href="/orders?q=Beacon%20Partners"' in engineer.get("/search?q=beacon").text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("106552", "ConneXions"), ("701", "ConneXions"), ("00:00:5E:00:53:02", "106552"), ("0000.5e00.5302", "106552"),
     ("edge1-edi2 xe-0/0/3", "103127"), ("xe-0/0/3", "103127"), ("connect", "Harbour Connect"),
     ("as64500", "Lighthouse Media")],
)  # fmt: skip
def test_services_and_members_are_found_by_what_one_has(engineer: FlaskClient, text: str, expected: str) -> None:
    answer = engineer.get("/search", query_string={"q": text}, follow_redirects=True)
    assert expected in words(answer)


@pytest.mark.parametrize("text", ["", "zzz", "%", "999999999999999999999", "\x00", "a" * 500, "１２"])
def test_what_fits_nothing_is_told_and_breaks_nothing(engineer: FlaskClient, text: str) -> None:
    answer = engineer.get("/search", query_string={"q": text})
    assert answer.status_code == 200
    assert "Nothing fits" in words(answer) or "Type what you have" in words(answer)


def test_settings_are_kept_and_take_effect(desk: Desk, engineer: FlaskClient) -> None:
    answer = press(engineer, "/me", "/me", timezone="Asia/Tokyo", theme="dark", density="compact")
    assert answer.status_code == 303
    desk.port()
    page = engineer.get("/orders")
    assert "JST" in words(page)
    assert 'data-theme="dark" data-density="compact"' in page.text
    assert 'data-shortcuts="off"' in page.text, "the box was not ticked"


def test_a_setting_that_is_none_is_told_at_its_field(desk: Desk, engineer: FlaskClient) -> None:
    answer = press(engineer, "/me", "/me", timezone="Mars/Olympus", theme="pink")
    assert answer.status_code == 422
    assert "There is no time zone “Mars/Olympus”." in words(answer)
    with desk.app.app_context():
        assert db.session.query(User).filter_by(email=cast.ENGINEER).one().theme == ""


def test_members_have_settings_and_help_in_their_own_frame(member: FlaskClient) -> None:
    for url in ("/me", "/help"):
        page = member.get(url)
        assert page.status_code == 200
        assert 'class="portal"' in page.text
        assert "/work" not in page.text


def test_engineers_pause_and_resume_a_stage_with_a_reason(desk: Desk, engineer: FlaskClient) -> None:
    url = "/workers/provisioning/pause"
    assert press(engineer, "/workers", url).status_code == 422
    assert press(engineer, "/workers", url, reason="Maintenance").status_code == 303
    page = engineer.get("/workers")
    assert "Nell Patcher" in words(page)
    assert "Maintenance" in words(page)
    assert press(engineer, "/workers", "/workers/provisioning/resume").status_code == 303
    with desk.app.app_context():
        assert db.session.query(StagePause).count() == 0


def test_resuming_a_stage_that_is_not_paused_is_told(engineer: FlaskClient) -> None:
    answer = engineer.post("/workers/inventory/resume", data={})
    assert answer.status_code == 409
    assert "is not paused" in words(answer)
    assert engineer.post("/workers/nonsense/pause", data={"reason": "x"}).status_code == 404


def test_administrators_look_at_the_machine_but_do_not_pause_it(desk: Desk, admin: FlaskClient) -> None:
    assert not [action for action in actions(admin.get("/workers")) if action.startswith("/workers/")]
    assert admin.post(f"/workers/{Stage.INVENTORY.value}/pause", data={"reason": "x"}).status_code == 403


def test_a_far_system_that_fails_is_told(desk: Desk, engineer: FlaskClient) -> None:
    with desk.app.app_context():
        db.session.add(FarSystem(name="network", failures=7, last_error="503 Service Unavailable"))
        db.session.commit()
    page = words(engineer.get("/workers"))
    assert "Network built in Failing" in page
    assert "503 Service Unavailable" in page


def test_a_redis_that_is_away_is_told_and_breaks_no_page(
    desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Redis does not answer" not in words(engineer.get("/workers"))

    def away(*_args: object) -> int:
        raise RedisError("connection refused")

    monkeypatch.setattr("app.queues.Wakes.depth", away)
    assert "Redis does not answer" in words(engineer.get("/workers"))
