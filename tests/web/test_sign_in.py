"""Signing in: guesses are slowed down, and nobody is locked out by somebody else's."""

import pytest
from werkzeug.test import TestResponse

from app.services import access
from app.services.guessing import FREE_FAILURES
from tests import cast
from tests.web.desk import Desk, form, later, words


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking a password is slow on purpose; here it is the counting that matters."""
    monkeypatch.setattr(access, "_verified", lambda user, password: user is not None and password == cast.PASSWORD)


def sign_in(desk: Desk, email: str, password: str, client: str = "192.0.2.1") -> TestResponse:
    browser = desk.app.test_client()
    browser.environ_base["REMOTE_ADDR"] = client
    sent = form(browser.get("/login"), "")
    return browser.post("/login", data={**sent, "email": email, "password": password})


def guess(desk: Desk, times: int, email: str = cast.ENGINEER, client: str = "192.0.2.1") -> TestResponse:
    for _ in range(times):
        answer = sign_in(desk, email, "a-wrong-guess", client)
    return answer


def test_after_a_few_wrong_guesses_a_client_must_wait_even_with_the_right_one(desk: Desk) -> None:
    assert "is not right" in words(guess(desk, FREE_FAILURES + 1))
    answer = sign_in(desk, cast.ENGINEER, cast.PASSWORD)
    assert answer.status_code == 401
    assert "Too many failed attempts. Try again in" in words(answer)
    later(seconds=3)
    assert sign_in(desk, cast.ENGINEER, cast.PASSWORD).status_code == 303


def test_a_stranger_cannot_lock_a_person_out(desk: Desk) -> None:
    assert "Too many" in words(guess(desk, FREE_FAILURES + 3, client="198.51.100.66"))
    assert sign_in(desk, cast.ENGINEER, cast.PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("first", "second", "same"), [("2001:db8::1", "2001:db8::2", True), ("2001:db8::1", "2001:db8:0:1::1", False)]
)
def test_a_network_of_64_bits_is_one_client(desk: Desk, first: str, second: str, same: bool) -> None:
    guess(desk, FREE_FAILURES + 1, client=first)
    assert (sign_in(desk, cast.ENGINEER, cast.PASSWORD, second).status_code == 401) is same


def test_a_client_that_tries_one_address_after_the_other_must_wait_too(desk: Desk) -> None:
    for number in range(FREE_FAILURES * 10 + 1):
        guess(desk, 1, email=f"guess{number}@handoff.example")
    assert "Too many" in words(sign_in(desk, cast.SALES, cast.PASSWORD))
    assert sign_in(desk, cast.SALES, cast.PASSWORD, "192.0.2.2").status_code == 303


def test_waiting_grows_with_each_guess_and_ends_at_a_quarter_of_an_hour(desk: Desk) -> None:
    guess(desk, FREE_FAILURES)
    for _ in range(14):
        guess(desk, 1)
        later(minutes=16)
    assert sign_in(desk, cast.ENGINEER, cast.PASSWORD).status_code == 303
