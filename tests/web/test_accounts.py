"""Invitations, forgotten passwords, another address, codes of an app: each by its page, each broken on purpose."""

import re
from base64 import b32decode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain import clock
from app.domain.errors import Finding, Invalid
from app.domain.models import Audit, Mail, User
from app.extensions import db
from app.services import access, accounts, guessing, second_factor
from app.services.mails import letters
from app.services.users import NO_PASSWORD
from tests import cast
from tests.web.desk import Desk, later, words

NEW = "a-longer-password"
ADDRESS = "nell@elsewhere.example"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is slow to check and to hash, on purpose; here a plain word stands for the hash."""

    def verified(user: User | None, password: str) -> bool:
        if user is None or user.password_hash == NO_PASSWORD:
            return False
        known = user.password_hash.removeprefix("plain:") if user.password_hash.startswith("plain:") else cast.PASSWORD
        return password == known

    monkeypatch.setattr(access, "_verified", verified)
    monkeypatch.setattr(access, "hashed_password", hashed)


def hashed(password: str) -> str:
    if len(password) < access.SHORTEST_PASSWORD:
        raise Invalid("Too short.", [Finding("/password", "length", "Use more characters.")])
    return f"plain:{password}"


def mailed(desk: Desk, kind: str) -> list[letters.Letter]:
    """The letters of this kind, as they would go out."""
    with desk.app.app_context():
        rows = db.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.created_at)).all()
        return [letters.compose(row, desk.config) for row in rows]


def link(desk: Desk, kind: str) -> str:
    """The path of the link in the newest letter of this kind."""
    found = re.search(rf"{re.escape(desk.config.public_url)}(/\S+)", mailed(desk, kind)[-1].text)
    assert found
    return found[1]


def anybody(desk: Desk) -> FlaskClient:
    client = desk.app.test_client()
    client.environ_base["HTTP_X_CSRFTOKEN"] = ""
    return client


def post(client: FlaskClient, path: str, page: str | None = None, **typed: str) -> tuple[int, str]:
    """Send a form as a browser does, with the CSRF field of its page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page or path).text)
    assert token, f"no form at {page or path}"
    client.environ_base.pop("HTTP_X_CSRFTOKEN", None)
    answer = client.post(path, data={"csrf_token": token[1], **typed})
    return answer.status_code, words(answer) if answer.status_code != 303 else str(answer.location)


def sign_in(desk: Desk, password: str, email: str = cast.ENGINEER) -> tuple[int, str]:
    return post(anybody(desk), "/login", email=email, password=password)


def deeds(desk: Desk) -> list[str]:
    with desk.app.app_context():
        return list(db.session.scalars(select(Audit.what).order_by(Audit.id)))


def test_a_forgotten_password_is_replaced_by_a_mailed_link_once(desk: Desk) -> None:
    open_elsewhere = cast.browser(desk.app, cast.ENGINEER)
    said = post(anybody(desk), "/forgot", email=cast.ENGINEER)
    assert said[0] == 200 and "Look at your mail" in said[1]
    path = link(desk, "reset")

    assert post(anybody(desk), path, new=NEW, again="other")[0] == 422, "the link stays usable"
    assert post(anybody(desk), path, new="short", again="short")[0] == 422
    assert post(anybody(desk), path, new=NEW, again=NEW) == (303, "/login")
    assert sign_in(desk, NEW)[0] == 303
    assert sign_in(desk, cast.PASSWORD)[0] == 401
    assert open_elsewhere.get("/me").location.startswith("/login"), "all sessions have ended"
    assert anybody(desk).get(path).status_code == 409, "a second time it does nothing"
    assert len(mailed(desk, "password_changed")) == 1
    assert "password chosen by link" in deeds(desk)


def test_the_same_is_said_whether_an_address_is_known_or_not(desk: Desk) -> None:
    known = post(anybody(desk), "/forgot", email=cast.ENGINEER)
    unknown = post(anybody(desk), "/forgot", email="nobody@elsewhere.example")
    assert known[1].replace(cast.ENGINEER, "…") == unknown[1].replace("nobody@elsewhere.example", "…")
    assert [one.to for one in mailed(desk, "reset")] == [cast.ENGINEER]


def test_nobody_is_flooded_with_links(desk: Desk) -> None:
    for _ in range(accounts.RESETS_AN_HOUR + 3):
        assert post(anybody(desk), "/forgot", email=cast.ENGINEER)[0] == 200
    assert len(mailed(desk, "reset")) == accounts.RESETS_AN_HOUR


def test_only_the_newest_link_works_and_not_for_long(desk: Desk) -> None:
    post(anybody(desk), "/forgot", email=cast.ENGINEER)
    first = link(desk, "reset")
    post(anybody(desk), "/forgot", email=cast.ENGINEER)
    second = link(desk, "reset")
    assert anybody(desk).get(first).status_code == 409
    assert anybody(desk).get(second).status_code == 200
    later(minutes=61)
    assert anybody(desk).get(second).status_code == 409


@pytest.mark.parametrize("path", ["/reset/x", "/invitation/IjEi.AAAA", "/email/x.y", "/mail/stop/x"])
def test_a_link_that_we_never_signed_does_not_exist(desk: Desk, path: str) -> None:
    assert anybody(desk).get(path).status_code == 404


def test_a_link_of_one_purpose_is_none_of_another(desk: Desk) -> None:
    post(anybody(desk), "/forgot", email=cast.ENGINEER)
    assert anybody(desk).get(link(desk, "reset").replace("/reset/", "/invitation/")).status_code == 404


def test_an_invited_person_chooses_a_password_and_cannot_sign_in_before(desk: Desk) -> None:
    with desk.app.app_context():
        accounts.invite("nia@member.example", "Nia Berth", "member", cast.HARBOUR, by="Ada Keys")
    (letter,) = mailed(desk, "invitation")
    assert "Ada Keys has made a login for you, for Harbour Connect." in letter.text
    assert sign_in(desk, cast.PASSWORD, "nia@member.example")[0] == 401
    assert post(anybody(desk), link(desk, "invitation"), new=NEW, again=NEW)[0] == 303
    assert sign_in(desk, NEW, "nia@member.example") == (303, "/portal/")


def test_an_address_changes_when_the_new_one_is_confirmed_and_the_old_one_is_told(
    desk: Desk, engineer: FlaskClient
) -> None:
    form = {"current": cast.PASSWORD}
    assert post(engineer, "/me/security/address", "/me/security", email=ADDRESS, current="wrong")[0] == 422
    assert post(engineer, "/me/security/address", "/me/security", email="nonsense", **form)[0] == 422
    assert post(engineer, "/me/security/address", "/me/security", email=ADDRESS, **form)[0] == 303
    (letter,) = mailed(desk, "new_address")
    assert letter.to == ADDRESS
    assert sign_in(desk, cast.PASSWORD)[0] == 303, "nothing has changed yet"

    assert post(anybody(desk), link(desk, "new_address"))[0] == 303
    assert sign_in(desk, cast.PASSWORD, ADDRESS)[0] == 303
    assert sign_in(desk, cast.PASSWORD)[0] == 401
    assert [one.to for one in mailed(desk, "address_changed")] == [cast.ENGINEER]


def test_a_new_password_ends_an_address_change_that_somebody_else_asked_for(desk: Desk, engineer: FlaskClient) -> None:
    """Whoever knew the old password may have sent the link to themselves."""
    assert post(engineer, "/me/security/address", "/me/security", email=ADDRESS, current=cast.PASSWORD)[0] == 303
    foreign = link(desk, "new_address")
    assert post(engineer, "/me/password", "/me", current=cast.PASSWORD, new=NEW, again=NEW)[0] == 303
    assert anybody(desk).get(foreign).status_code == 409
    assert sign_in(desk, NEW)[0] == 303, "the address is the old one"


def test_an_address_that_somebody_has_is_answered_alike_and_mailed_nothing(desk: Desk, engineer: FlaskClient) -> None:
    said = post(engineer, "/me/security/address", "/me/security", email=cast.SALES, current=cast.PASSWORD)
    assert said[0] == 303
    assert mailed(desk, "new_address") == []


def app_code(desk: Desk, engineer: FlaskClient, secret: str, ahead: int = 0) -> str:
    with desk.app.app_context():
        step = int(clock.now().timestamp()) // second_factor.PERIOD_S
    return second_factor.code_at(b32decode(secret), step + ahead)


def switch_on(desk: Desk, engineer: FlaskClient) -> tuple[str, list[str]]:
    """The app's secret and the recovery codes."""
    assert post(engineer, "/me/security/code", "/me/security")[0] == 303
    page = engineer.get("/me/security").text
    assert "<svg" in page and "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    found = re.search(r'data-copy="([A-Z2-7]{32})"', page)
    assert found
    wrong = post(engineer, "/me/security/code/confirm", "/me/security", code="000000")
    assert wrong[0] == 422
    status, said = post(engineer, "/me/security/code/confirm", "/me/security", code=app_code(desk, engineer, found[1]))
    assert status == 200
    return found[1], re.findall(r"\b[0-9a-f]{5}-[0-9a-f]{5}\b", said)


def test_a_code_of_the_app_is_asked_for_and_counts_once(desk: Desk, engineer: FlaskClient) -> None:
    secret, recovery = switch_on(desk, engineer)
    assert len(set(recovery)) == second_factor.RECOVERY_CODES

    client = anybody(desk)
    assert post(client, "/login", email=cast.ENGINEER, password=cast.PASSWORD) == (303, "/login/code")
    assert client.get("/me").location.startswith("/login"), "half signed in is not signed in"
    assert post(client, "/login/code", code=app_code(desk, engineer, secret))[0] == 401, "used when it was switched on"
    later(seconds=60)
    code = app_code(desk, engineer, secret)
    assert post(client, "/login/code", code=code) == (303, "/")
    assert client.get("/me").status_code == 200

    again = anybody(desk)
    post(again, "/login", email=cast.ENGINEER, password=cast.PASSWORD)
    assert post(again, "/login/code", code=code)[0] == 401, "a code that was watched is worth nothing"
    assert post(again, "/login/code", code=recovery[0].upper()) == (303, "/")

    third = anybody(desk)
    post(third, "/login", email=cast.ENGINEER, password=cast.PASSWORD)
    assert post(third, "/login/code", code=recovery[0])[0] == 401, "a recovery code works once"


def test_codes_cannot_be_guessed_and_half_a_sign_in_does_not_last(desk: Desk, engineer: FlaskClient) -> None:
    _, recovery = switch_on(desk, engineer)
    client = anybody(desk)
    post(client, "/login", email=cast.ENGINEER, password=cast.PASSWORD)
    for guess in range(guessing.FREE_FAILURES + 1):
        post(client, "/login/code", code=f"{guess:06d}")
    status, said = post(client, "/login/code", code=recovery[0])
    assert status == 401 and "Too many failed attempts" in said
    later(minutes=6)
    assert client.get("/login/code").status_code == 409


def test_codes_are_switched_off_with_the_password_and_the_person_is_told(desk: Desk, engineer: FlaskClient) -> None:
    switch_on(desk, engineer)
    assert post(engineer, "/me/security/code/off", "/me/security", current="wrong")[0] == 422
    assert post(engineer, "/me/security/code/off", "/me/security", current=cast.PASSWORD)[0] == 303
    assert sign_in(desk, cast.PASSWORD) == (303, "/")
    told = [one.subject for one in mailed(desk, "second_factor")]
    assert told == ["Sign-in with a code is on", "Sign-in with a code is off"]
    assert {"second factor on", "second factor off"} <= set(deeds(desk))


def test_the_code_is_the_one_of_the_standard() -> None:
    """RFC 4226, appendix D, and RFC 6238, appendix B (its last six digits)."""
    secret = b"12345678901234567890"
    assert [second_factor.code_at(secret, step) for step in range(4)] == ["755224", "287082", "359152", "969429"]
    assert second_factor.code_at(secret, 59 // 30) == "287082"
    assert second_factor.code_at(secret, 20000000000 // 30) == "353130"
