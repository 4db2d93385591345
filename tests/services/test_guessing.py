"""Guesses are counted before they are looked at, so that many at the same moment get no extra tries."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from app.domain.errors import NotSignedIn
from app.domain.models import LoginFailure
from app.extensions import db
from app.services import guessing

CODE = {"code:somebody": guessing.FREE_FAILURES}
MANY = guessing.FREE_FAILURES * 4


def test_of_many_tries_at_once_no_more_are_looked_at_than_one_after_the_other(app: Flask) -> None:
    together = Barrier(MANY)

    def guess(_number: int) -> bool:
        with app.app_context():
            together.wait(30)
            try:
                guessing.count(CODE)
            except NotSignedIn:
                return False
            return True

    with ThreadPoolExecutor(MANY) as crowd:
        looked_at = sum(crowd.map(guess, range(MANY)))
    assert looked_at == guessing.FREE_FAILURES + 1


def test_right_tries_use_nothing_up_however_many_they_are(app: Flask) -> None:
    with app.app_context():
        for _ in range(MANY):
            guessing.count(CODE)
            guessing.forgive(CODE)
            db.session.commit()
        row = db.session.get(LoginFailure, "code:somebody")
        assert row is not None and (row.failures, row.blocked_until) == (0, None)
