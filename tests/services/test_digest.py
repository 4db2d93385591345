"""One mail a day about what is over its target, to those whose it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.domain.models import Mail
from app.extensions import db
from app.services import digest
from app.services.mails import choices, letters
from tests import cast
from tests.web.desk import Desk, open_desk


@pytest.fixture
def desk(app: Flask, config: Config) -> Iterator[Desk]:
    """A port that waits for an engineer, at eight in the morning."""
    clock.reset()
    desk = open_desk(app, config)
    now = datetime.now(config.timezone)
    clock.advance(now.replace(hour=8, minute=1) + timedelta(days=1) - now)
    desk.port()
    yield desk
    app.extensions["hub"].stop()
    clock.reset()


def next_day(hour: int = 9) -> None:
    now = clock.now().astimezone(Config().timezone)
    clock.advance((now + timedelta(days=1)).replace(hour=hour) - now)


def written(app: Flask) -> list[tuple[str, str]]:
    mails = db.session.query(Mail).filter_by(kind="digest").order_by(Mail.created_at, Mail.to_address)
    return [(mail.to_address, mail.facts["items"][0]["what"]) for mail in mails]


def test_engineers_are_told_once_a_day_however_many_workers_ask(desk: Desk) -> None:
    with desk.app.app_context():
        clock.advance(timedelta(hours=5))
        assert [digest.compose(desk.config) for _ in range(3)] == [2, 0, 0]
        told = {(cast.ENGINEER, "Patch the cross-connect"), (cast.ENGINEER2, "Patch the cross-connect")}
        assert set(written(desk.app)) == told
        next_day()
        assert digest.compose(desk.config) == 2


def test_a_morning_on_which_nothing_is_late_has_no_mail_all_day(desk: Desk) -> None:
    with desk.app.app_context():
        assert digest.compose(desk.config) == 0
        clock.advance(timedelta(hours=5))
        assert digest.compose(desk.config) == 0
        next_day()
        assert digest.compose(desk.config) == 2


def test_before_its_hour_and_when_switched_off_nothing_is_composed(desk: Desk) -> None:
    with desk.app.app_context():
        next_day(hour=7)
        assert digest.compose(desk.config) == 0
        assert digest.compose(replace(desk.config, digest_hour=-1)) == 0
        assert digest.compose(replace(desk.config, digest_hour=7)) == 2


def test_who_does_not_want_it_or_may_not_sign_in_is_left_out(desk: Desk) -> None:
    with desk.app.app_context():
        choices.save(cast.ENGINEER, {digest.KIND: False}, by="Nell Patcher")
        cast.user(cast.ENGINEER2).active = False
        db.session.commit()
        next_day()
        assert digest.compose(desk.config) == 0


def test_the_letter_names_what_is_late_and_since_when(desk: Desk) -> None:
    failed = desk.failed()
    with desk.app.app_context():
        next_day()
        digest.compose(desk.config)
        mail = db.session.query(Mail).filter_by(kind="digest", to_address=cast.ENGINEER).one()
        letter = letters.compose(mail, desk.config)
    assert letter.subject == "2 items over target"
    assert "Harbour Connect: Patch the cross-connect, due " in letter.text
    assert "Harbour Connect: failed: Judge the light level, due " in letter.text
    assert str(failed) not in letter.text
    assert f"{desk.config.public_url}/" in letter.text


def test_it_is_switched_off_in_ones_own_settings(desk: Desk) -> None:
    engineer = cast.browser(desk.app, cast.ENGINEER)
    shown = engineer.get("/me").text
    assert "Daily mail" in shown
    answer = engineer.post("/me", data={"timezone": "", "theme": "", "density": "", "shortcuts": "y"})
    assert answer.status_code == 303
    with desk.app.app_context():
        assert choices.of([cast.ENGINEER]) == {(cast.ENGINEER, digest.KIND): False}
    assert "Daily mail" not in cast.browser(desk.app, cast.MEMBER).get("/me").text
