"""The audit trail's page: filters, what changed, CSV, and whether the chain holds."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.domain.models import Audit
from app.extensions import db
from app.queries import staff_audit
from app.services import audit as trail
from tests.web.desk import Desk, press, words


@pytest.fixture
def held(desk: Desk, engineer: FlaskClient) -> Desk:
    """An item that Nell has held."""
    item_id = desk.by_hand()
    press(engineer, f"/items/{item_id}", f"/items/{item_id}/hold", reason="Their rack is not there.")
    return desk


def test_it_is_narrowed_by_who_what_and_about_what(held: Desk, admin: FlaskClient) -> None:
    page = words(admin.get("/audit?what=hold"))
    assert "Nell Patcher hold Their rack is not there." in page
    assert "order placed" not in page.split("Before → after")[1]
    assert "order placed" in words(admin.get("/audit?about=100001"))
    assert "hold" in words(admin.get("/audit?who=Nell+Patcher")).split("Before → after")[1]
    assert "Nothing is recorded here" in words(admin.get("/audit?about=nonsense"))


def test_days_are_those_of_the_viewer_and_both_are_in(held: Desk, admin: FlaskClient) -> None:
    with held.app.app_context():
        day = db.session.query(Audit.at).filter_by(what="hold").scalar().date()
    assert "Nell Patcher" in words(admin.get(f"/audit?from={day}&to={day}&what=hold")).split("after")[1]
    assert "Nothing is recorded here" in words(admin.get(f"/audit?to=2020-01-01&from=2019-01-01&about={day}"))
    answer = admin.get("/audit?from=yesterday")
    assert answer.status_code == 422
    assert "“yesterday” is no day" in words(answer)
    assert admin.get("/audit?to=9999-12-31").status_code in (200, 422)


def test_before_and_after_can_be_read(desk: Desk, admin: FlaskClient) -> None:
    press(admin, "/me", "/me", timezone="Asia/Tokyo", theme="dark", density="", shortcuts="y")
    page = words(admin.get("/audit?what=settings+changed"))
    assert "theme: dark" in page
    assert "timezone: Asia/Tokyo" in page
    assert "shortcuts" not in page.split("Before → after")[1], "only what differs"


def test_the_csv_has_the_rows_of_the_filter(held: Desk, admin: FlaskClient) -> None:
    answer = admin.get("/audit.csv?what=hold")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 2
    assert rows[1][2:7] == ["Nell Patcher", "hold", "100001", "1", ""]


def test_a_chain_that_was_tampered_with_is_told(held: Desk, admin: FlaskClient) -> None:
    with held.app.app_context():
        trail.seal()
    assert "hold: none was changed or is missing." in words(admin.get("/audit?verify=1"))
    with held.app.app_context():
        db.session.query(Audit).filter_by(what="hold").update({"by": "Somebody Else"})
        db.session.commit()
    assert "was changed after it was sealed" in words(admin.get("/audit?verify=1"))


def test_what_lies_beyond_one_look_is_reached_by_looking_further(
    held: Desk, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_audit, "WINDOW", 1)
    monkeypatch.setattr(staff_audit, "SLACK", 0)
    url, seen = "/audit?what=order+placed", 0
    for _ in range(50):
        page = admin.get(url)
        if "Look further back" not in page.text:
            break
        seen += 1
        url = _link(page.text)
    assert seen > 1
    assert "order placed" in words(page).split("Before → after")[1]


def _link(html: str) -> str:
    return html.split('Older rows were not looked at. <a href="')[1].split('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_period_is_found_by_halving_whatever_ids_are_missing(
    desk: Desk, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_audit, "SLACK", 10)
    with desk.app.app_context():
        db.session.query(Audit).delete()
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        db.session.add_all(
            Audit(id=1 + 7 * number, by="Nell", what="deed", at=noon + timedelta(days=number)) for number in range(60)
        )
        db.session.commit()
    rows = list(csv.reader(io.StringIO(admin.get("/audit.csv?who=Nell&from=2026-03-11&to=2026-03-20").text)))
    assert [row[1][:10] for row in rows[1:]] == [f"2026-03-{day}" for day in range(20, 10, -1)]
    assert admin.get("/audit?who=Nell&from=2026-03-11&to=2026-03-20").text.count("<time") == 10
