"""Versions of the terms: an administrator makes them for now or for later; what was accepted is never touched."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain import clock
from app.domain.models import Audit, Terms
from app.extensions import db
from app.services import demo_packages
from tests import cast
from tests.web.desk import Desk, later, press, words
from tests.web.filled import fields

LIST, NEW = "/admin/terms", "/admin/terms/new"


@pytest.fixture(autouse=True)
def in_force(desk: Desk) -> None:
    with desk.app.app_context():
        demo_packages.enable_terms("2026-1", "1. Be fair.")
        db.session.commit()


def moment(**ahead: float) -> str:
    """So far ahead, as the control for a date and time sends it (the exchange's clock is London's)."""
    at = clock.now() + timedelta(**ahead)
    return at.astimezone(ZoneInfo("Europe/London")).strftime("%Y-%m-%dT%H:%M")


def send(admin: FlaskClient, page: TestResponse, step: str = "save", **typed: str) -> TestResponse:
    return admin.post(page.request.path, data={**fields(page, "terms-form"), **typed, "step": step})


def version(desk: Desk, name: str) -> Terms | None:
    with desk.app.app_context():
        return db.session.get(Terms, name)


def deeds(desk: Desk) -> list[str]:
    with desk.app.app_context():
        return [row.what for row in db.session.query(Audit).filter(Audit.what.like("terms%")).order_by(Audit.id)]


def test_a_version_for_later_comes_in_force_by_itself_and_members_are_asked_then(
    desk: Desk, admin: FlaskClient
) -> None:
    program = cast.program(desk.app, cast.MEMBER, "orders:read", "orders:write")
    draft = program.post("/oms/orders?draft=true", json={}).get_json()["id"]
    here = f"/oms/orders/{draft}"
    assert program.post(f"{here}/terms", json={"version": "2026-1"}).status_code == 200
    typed = {"name": "2027-1", "in_force_from": moment(days=2), "text": "1. Be fair.\n2. Be quick."}
    page = send(admin, admin.get(NEW), "preview", **typed)
    told = words(page)
    assert "1 draft is open now, of which 1 has accepted terms already" in told
    assert "“Version 2026-1 of the terms was accepted, but version 2027-1 is in force now." in told
    assert "2. Be quick." in told.split("As members see it")[1]
    assert version(desk, "2027-1") is None, "a look stores nothing"
    assert send(admin, page).status_code == 303
    assert "Version 2027-1 is to come" in words(admin.get(LIST))
    assert program.get("/oms/terms").get_json()["version"] == "2026-1"
    later(days=3)
    assert program.get("/oms/terms").get_json()["version"] == "2027-1"
    rules = {one["rule"]: one["detail"] for one in program.post(f"{here}/submit").get_json()["errors"]}
    assert rules["outdated"] == (
        "Version 2026-1 of the terms was accepted, but version 2027-1 is in force now. Please read and accept it."
    )


def test_a_version_at_once_is_in_force_at_once(desk: Desk, admin: FlaskClient) -> None:
    page = admin.get(NEW)
    assert fields(page, "terms-form")["text"] == ["1. Be fair."], "one begins with the words that are in force"
    assert send(admin, page, name="2026-2", text="Other words.").status_code == 303
    with desk.app.app_context():
        row = db.session.query(Audit).filter_by(what="terms made").one()
        assert (row.by, row.subject, (row.after or {})["text"]) == ("Ada Keys", "2026-2", "Other words.")
    assert "Other words." in cast.program(desk.app, cast.MEMBER).get("/oms/terms").get_json()["text"]
    again = admin.get(f"{LIST}/2026-2")
    assert "Its words stay for good" in words(again)
    assert 'id="terms-form"' not in again.text
    answer = admin.post(f"{LIST}/2026-2", data={"step": "save", "text": "Quietly other words."})
    assert answer.status_code == 409
    assert "is in force, or has been: its words stay" in words(answer)
    assert "Quietly other words." in words(answer), "what was typed is not lost: it may become a new version"
    assert admin.post(f"{LIST}/2026-2/withdraw").status_code == 409


def test_what_is_still_to_come_may_be_changed_or_withdrawn(desk: Desk, admin: FlaskClient) -> None:
    send(admin, admin.get(NEW), name="2027-1", in_force_from=moment(days=9), text="Draft words.")
    page = admin.get(f"{LIST}/2027-1")
    assert send(admin, page, text="Better words.", in_force_from=moment(days=10)).status_code == 303
    changed = version(desk, "2027-1")
    assert changed is not None
    assert changed.text == "Better words."
    answer = send(admin, page, text="Of somebody slower.")
    assert answer.status_code == 409
    assert "Somebody else has changed this version" in words(answer)
    assert "Of somebody slower." in fields(answer, "terms-form")["text"]
    assert press(admin, LIST, f"{LIST}/2027-1/withdraw").status_code == 303
    assert version(desk, "2027-1") is None
    assert deeds(desk) == ["terms made", "terms changed", "terms withdrawn"]
    assert admin.get(f"{LIST}/2027-1").status_code == 404


def test_the_same_form_sent_twice_makes_one_version(desk: Desk, admin: FlaskClient) -> None:
    sent = {**fields(admin.get(NEW), "terms-form"), "name": "2026-2", "step": "save"}
    assert [admin.post(NEW, data=sent).status_code for _ in range(2)] == [303, 303]
    assert deeds(desk) == ["terms made"]


def test_terms_that_cannot_be_are_told_at_their_field_and_nothing_is_stored(desk: Desk, admin: FlaskClient) -> None:
    page = admin.get(NEW)
    soon = moment(days=1)
    send(admin, page, name="2026-2", in_force_from=soon)
    bad = [
        ({"name": "2026-1"}, "name", "There is a version “2026-1” already."),
        ({"name": "a b"}, "name", "A version has 1 to 20 letters"), ({"name": "new"}, "name", "A version has 1 to 20"),
        ({"text": " "}, "text", "Type the terms."), ({"text": "x\x00"}, "text", "must not contain control"),
        ({"text": "x" * 50_001}, "text", "at most 50,000 characters"),
        ({"in_force_from": "tomorrow"}, "in_force_from", "This is not a date and time."),
        ({"in_force_from": "2020-01-01T00:00"}, "in_force_from", "This moment has passed."),
        ({"in_force_from": soon}, "in_force_from", "Version 2026-2 comes in force at this very moment"),
    ]  # fmt: skip
    wrong = []
    for typed, at, said in bad:
        answer = send(admin, page, **{"name": "2026-3", "form_key": f"another-{at}-{said}", **typed})
        told = said in words(answer) and f'href="#f-{at}"' in answer.text and f'id="f-{at}-error"' in answer.text
        if answer.status_code != 422 or not told or version(desk, "2026-3") is not None:
            wrong.append((typed, answer.status_code))
    assert not wrong


def test_who_accepted_what_is_counted_and_listed(desk: Desk, admin: FlaskClient) -> None:
    program = cast.program(desk.app, cast.MEMBER, "orders:read", "orders:write")
    order = program.post("/oms/orders?draft=true", json={}).get_json()
    program.post(f"/oms/orders/{order['id']}/terms", json={"version": "2026-1"})
    assert "1 order" in words(admin.get(LIST))
    told = words(admin.get(f"{LIST}/2026-1"))
    assert "Accepted for 1 order" in told
    assert order["name"] in told
    with desk.app.app_context():
        db.session.execute(db.metadata.tables["terms_acceptance"].delete())
        db.session.execute(db.metadata.tables["terms"].delete())
        db.session.commit()
    assert "No terms are kept" in words(admin.get(LIST))
    assert "Please read and accept the terms" in words(admin.get(NEW))
