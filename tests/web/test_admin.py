"""Users, tokens and the catalogue: what administrators do, and what even they cannot."""

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.models import ApiToken, Audit, Mail, User, WebSession
from app.domain.permissions import Role
from app.extensions import db
from app.services import access
from tests import cast
from tests.web.desk import Desk, form, press, words
from workers.housekeeping import publish_plans


def id_of(desk: Desk, email: str) -> uuid.UUID:
    with desk.app.app_context():
        return db.session.execute(select(User.id).where(User.email == email)).scalar_one()


def find(desk: Desk, email: str) -> User:
    with desk.app.app_context():
        return db.session.execute(select(User).where(User.email == email)).scalar_one()


def deeds(desk: Desk, what: str) -> int:
    with desk.app.app_context():
        return db.session.query(Audit).filter_by(what=what).count()


def do(desk: Desk, admin: FlaskClient, email: str, verb: str, **typed: Any) -> TestResponse:
    url = f"/admin/users/{id_of(desk, email)}"
    return press(admin, url, f"{url}/{verb}", **typed)


NEW: dict[str, Any] = {
    "email": "Nia@handoff.example",
    "name": "Nia Trunk",
    "role": "engineer",
    "account": "",
    "password": "",
    "way": "password",
}


def test_a_user_is_added_with_a_password_that_is_shown_once(desk: Desk, admin: FlaskClient) -> None:
    answer = press(admin, "/admin/users/new", "/admin/users", **NEW)
    assert answer.status_code == 201
    shown = re.search(r'data-copy="([^"]+)"', answer.text)
    assert shown
    with desk.app.app_context():
        user = access.check_password("nia@handoff.example", shown[1], "192.0.2.1")
        assert user.role is Role.ENGINEER
        assert shown[1] not in str(db.session.query(Audit.after).all())
    assert deeds(desk, "user added") == 1


def test_a_user_is_invited_by_mail_and_chooses_a_password(desk: Desk, admin: FlaskClient) -> None:
    page = admin.get("/admin/users/new").text
    assert page.index("Invite by mail") < page.index("Add with a start password")
    answer = press(admin, "/admin/users/new", "/admin/users", **{**NEW, "way": "mail"})
    assert answer.status_code == 303
    with desk.app.app_context():
        mail = db.session.query(Mail).filter_by(kind="invitation").one()
        assert mail.to_address == "nia@handoff.example"
    assert "A link to choose a password is on its way" in words(admin.get(answer.location))


def test_who_is_invited_is_given_no_password(desk: Desk, admin: FlaskClient) -> None:
    answer = press(admin, "/admin/users/new", "/admin/users", **{**NEW, "way": "mail", "password": "a-long-password"})
    assert (answer.status_code, deeds(desk, "user added")) == (422, 0)
    assert "Who is invited chooses a password" in words(answer)


def test_the_same_form_sent_twice_adds_one_user(desk: Desk, admin: FlaskClient) -> None:
    sent = {**form(admin.get("/admin/users/new"), "/admin/users"), **NEW}
    assert [admin.post("/admin/users", data=sent).status_code for _ in range(2)] == [201, 303]
    assert deeds(desk, "user added") == 1


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [({"email": "nonsense"}, 422, "This is not an e-mail address: “nonse"), ({"name": " "}, 422, "A name has 1 to 200"),
     ({"role": "king"}, 422, "The role must be one of"), ({"role": "member"}, 422, "belongs to an account; say which"),
     ({"role": "member", "account": "nowhere"}, 422, "There is no account “nowhere”."),
     ({"account": "harbour"}, 422, "belongs to no account"), ({"password": "short"}, 422, "Use at least 8"),
     ({"email": cast.SALES}, 409, f"There is a user {cast.SALES} already.")],
)  # fmt: skip
def test_a_user_that_cannot_be_is_told_at_the_field_and_what_was_typed_stays(
    desk: Desk, admin: FlaskClient, typed: dict[str, str], status: int, said: str
) -> None:
    answer = press(admin, "/admin/users/new", "/admin/users", **{**NEW, **typed})
    assert answer.status_code == status
    assert said in words(answer)
    assert ({**NEW, **typed}["email"]) in answer.text
    assert deeds(desk, "user added") == 0


def test_an_account_may_be_named_by_its_handle_or_its_name(desk: Desk, admin: FlaskClient) -> None:
    press(admin, "/admin/users/new", "/admin/users", **{**NEW, "role": "member", "account": "lighthouse media"})
    assert find(desk, "nia@handoff.example").account_id == cast.LIGHTHOUSE


def test_a_role_is_changed_and_the_trail_says_from_what(desk: Desk, admin: FlaskClient) -> None:
    answer = do(desk, admin, cast.ENGINEER2, "change", name="Ivo Splice", role="sales", account="")
    assert answer.status_code == 303
    assert find(desk, cast.ENGINEER2).role is Role.SALES
    with desk.app.app_context():
        row = db.session.query(Audit).filter_by(what="user changed").one()
        assert (row.by, (row.before or {})["role"], (row.after or {})["role"]) == ("Ada Keys", "engineer", "sales")


def test_a_user_somebody_else_changed_meanwhile_is_a_conflict_and_nothing_is_lost(
    desk: Desk, admin: FlaskClient
) -> None:
    url = f"/admin/users/{id_of(desk, cast.ENGINEER2)}"
    old = form(admin.get(url), f"{url}/change")
    do(desk, admin, cast.ENGINEER2, "change", name="Ivo Renamed", role="engineer", account="")
    answer = admin.post(f"{url}/change", data={**old, "name": "Typed by me", "role": "sales", "account": ""})
    assert answer.status_code == 409
    assert "changed this user meanwhile" in words(answer)
    assert 'value="Typed by me"' in answer.text
    assert find(desk, cast.ENGINEER2).name == "Ivo Renamed"


def test_tokens_do_not_follow_into_another_house(desk: Desk, admin: FlaskClient) -> None:
    program = cast.program(desk.app, cast.MEMBER)
    assert program.get("/oms/orders").status_code == 200
    do(desk, admin, cast.MEMBER, "change", name="Ada Quayside", role="engineer", account="")
    assert program.get("/oms/orders").status_code == 401, "a member's token must not become a trusted program"


def test_deactivating_ends_sessions_tokens_and_claims(desk: Desk, admin: FlaskClient, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.claim(item_id, cast.ENGINEER)
    program = cast.program(desk.app, cast.ENGINEER)
    assert do(desk, admin, cast.ENGINEER, "deactivate").status_code == 303
    assert engineer.get("/work").location.startswith("/login")
    assert program.get("/oms/orders").status_code == 401
    assert desk.owner(item_id) is None
    assert "Nell Patcher" not in words(admin.get("/admin/users"))
    assert "Nell Patcher" in words(admin.get("/admin/users?show=inactive"))
    assert do(desk, admin, cast.ENGINEER, "reactivate").status_code == 303
    assert find(desk, cast.ENGINEER).active


def test_the_last_active_administrator_stays_one(desk: Desk, admin: FlaskClient) -> None:
    do(desk, admin, cast.SALES, "change", name="Sam Quote", role="admin", account="")
    second = cast.browser(desk.app, cast.SALES)
    own = id_of(desk, cast.SALES)
    assert "cannot deactivate yourself" in words(second.post(f"/admin/users/{own}/deactivate"))
    answer = press(second, f"/admin/users/{own}", f"/admin/users/{own}/change", name="S", role="sales", account="")
    assert answer.status_code == 409
    assert "cannot take the administrator's role from yourself" in words(answer)
    assert do(desk, second, cast.ADMIN, "deactivate").status_code == 303
    answer = press(second, f"/admin/users/{own}", f"/admin/users/{own}/change", name="S", role="sales", account="")
    assert "is the last active administrator" in words(answer)
    assert find(desk, cast.SALES).role is Role.ADMIN


def test_a_new_password_ends_the_sessions_it_was_lost_in(desk: Desk, admin: FlaskClient, sales: FlaskClient) -> None:
    answer = do(desk, admin, cast.SALES, "password", password="")
    assert answer.status_code == 200
    assert "Shown only now" in words(answer)
    assert sales.get("/").location.startswith("/login")
    assert do(desk, admin, cast.SALES, "password", password="short").status_code == 422
    with desk.app.app_context():
        assert not db.session.query(WebSession).join(User).filter(User.email == cast.SALES).count()


def test_users_are_searched_and_paged(desk: Desk, admin: FlaskClient) -> None:
    with desk.app.app_context():
        db.session.add_all(
            User(email=f"w{n:03}@handoff.example", name=f"Walk {n}", role=Role.ENGINEER, password_hash="x")
            for n in range(60)
        )
        db.session.commit()
    first = admin.get("/admin/users?q=walk")
    assert first.text.count("<tr id=") == 50
    second = admin.get("/admin/users?q=walk&cursor=%3Ew049@handoff.example")
    assert second.text.count("<tr id=") == 10
    back = admin.get("/admin/users?q=walk&cursor=%3Cw050@handoff.example")
    assert "w000@handoff.example" in back.text
    assert admin.get("/admin/users?cursor=nonsense").status_code == 400
    assert admin.get("/admin/users?role=king").status_code == 422
    assert "Lighthouse Media" in words(admin.get("/admin/users?q=lighthouse&role=member"))


TOKEN: dict[str, Any] = {"user": cast.SALES, "name": "CRM", "scopes": ["orders:read"], "expires_days": "30"}


def test_a_token_is_made_shown_once_and_revoked(desk: Desk, admin: FlaskClient) -> None:
    answer = press(admin, "/admin/tokens/new", "/admin/tokens", **TOKEN)
    assert answer.status_code == 201
    secret = re.search(r'data-copy="(hnd_[^"]+)"', answer.text)
    assert secret
    headers = {"Authorization": f"Bearer {secret[1]}"}
    assert desk.app.test_client().get("/oms/orders", headers=headers).status_code == 200
    page = admin.get("/admin/tokens")
    assert secret[1] not in page.text
    with desk.app.app_context():
        token_id = db.session.execute(select(ApiToken.id)).scalar_one()
    url = f"/admin/tokens/{token_id}/revoke"
    assert press(admin, "/admin/tokens", url).status_code == 303
    assert desk.app.test_client().get("/oms/orders", headers=headers).status_code == 401
    again = admin.post(url, data={"form_key": "another"})
    assert again.status_code == 409
    assert "was revoked on" in words(again)
    assert "Revoked" in words(admin.get("/admin/tokens?show=ended"))
    assert admin.post(f"/admin/tokens/{uuid.uuid4()}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"user": "nobody@handoff.example"}, "There is no user nobody@handoff.example."),
     ({"name": ""}, "Say what it is for"),
     ({"scopes": []}, "Give one or more of"), ({"scopes": ["everything"]}, "There is no scope everything"),
     ({"expires_days": "soon"}, "Type a number of days"), ({"expires_days": "nan"}, "Type a number of days"),
     ({"expires_days": "-1"}, "Days must be above 0"), ({"expires_days": "99999999"}, "Days must be above 0")],
)  # fmt: skip
def test_a_token_that_cannot_be_is_told_at_the_field(
    desk: Desk, admin: FlaskClient, typed: dict[str, Any], said: str
) -> None:
    answer = press(admin, "/admin/tokens/new", "/admin/tokens", **{**TOKEN, **typed})
    assert answer.status_code == 422
    assert said in words(answer)
    with desk.app.app_context():
        assert not db.session.query(ApiToken).count()


def test_the_catalogue_shows_fields_rules_and_the_plan_of_each_action(desk: Desk, admin: FlaskClient) -> None:
    with desk.app.app_context():
        publish_plans()
    assert "Vlan is free" in words(admin.get("/admin/catalogue"))
    page = words(admin.get("/admin/catalogue/multiservice_port"))
    assert "port_capacity" in page
    assert "Patch the cross-connect" in page
    assert "join_pvlan" in words(admin.get("/admin/catalogue/pvlan"))
    assert admin.get("/admin/catalogue/nonsense").status_code == 404
