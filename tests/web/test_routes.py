"""Every route × everybody who may knock: what is answered is what the grants table says.

A route that is missing here cannot exist: the test walks the app's own map.
"""

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.domain.permissions import Permission, Role, Scope, may, token_may
from app.web import guard
from tests import cast
from tests.web.desk import Desk

SAMPLES = {
    "UUIDConverter": lambda: str(uuid.uuid4()),
    "IntegerConverter": lambda: "999999",
    "UnicodeConverter": lambda: "provisioning",
}
"""By kind of placeholder: something that fits, and that does not exist where it would matter."""
PEOPLE = {
    Role.MEMBER: cast.MEMBER,
    Role.RESELLER: cast.RESELLER,
    Role.SALES: cast.SALES,
    Role.ENGINEER: cast.ENGINEER,
    Role.ADMIN: cast.ADMIN,
}


@dataclass(frozen=True)
class Route:
    method: str
    url: str
    endpoint: str
    required: Permission
    by_token: bool

    def __str__(self) -> str:
        return f"{self.method} {self.url} ({self.required.value})"


def routes(app: Flask) -> list[Route]:
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            required = guard.REQUIRED.get(rule.endpoint)
            assert required is not None, f"{rule} stands in no route table: add it with app.web.guard.routes"
            by_token = rule.endpoint in guard._BY_TOKEN
            found.append(Route(method, _url(rule), rule.endpoint, required, by_token))
    return sorted(found, key=str)


def _url(rule: Rule) -> str:
    url = str(rule.rule)
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        for spelt in (f"<{name}>", f"<uuid:{name}>", f"<int:{name}>", f"<string:{name}>", f"<path:{name}>"):
            url = url.replace(spelt, SAMPLES.get(kind, SAMPLES["UnicodeConverter"])())
    assert "<" not in url, f"say in SAMPLES what fits {rule}"
    return url


def knock(client: FlaskClient, route: Route) -> TestResponse:
    answer = client.open(route.url, method=route.method, data={} if route.method == "POST" else None, buffered=False)
    answer.close()
    return answer


def turned_away(answer: TestResponse) -> str:
    """How the door says no; empty if it let the caller in (whatever the room behind it then answers)."""
    if answer.status_code == 303 and answer.location.startswith("/login"):
        return "sign in"
    if answer.status_code == 401:
        return "sign in"
    if answer.status_code == 403 and ("Your role does not allow this." in answer.text or "has no scope" in answer.text):
        return "no permission"
    if answer.status_code == 404 and "There is no such page." in answer.text:
        return "no permission"
    return ""


def test_there_are_routes_for_everybody(desk: Desk) -> None:
    found = routes(desk.app)
    assert len(found) > 40
    assert {route.required for route in found} >= {Permission.OPEN, Permission.ITEM_ACT, Permission.PORTAL}


def test_nobody_in_particular_meets_the_door(desk: Desk) -> None:
    wrong = []
    for route in routes(desk.app):
        said = turned_away(knock(desk.app.test_client(), route))
        if said != ("" if route.required is Permission.OPEN else "sign in"):
            wrong.append(f"{route}: {said or 'let in'}")
    assert not wrong


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_every_route_answers_a_person_as_the_grants_say(desk: Desk, role: Role) -> None:
    wrong = []
    person = cast.browser(desk.app, PEOPLE[role])
    for route in routes(desk.app):
        if route.endpoint == "auth.sign_out_post":
            continue  # leads to the sign-in page, as the door does: see below
        answer = knock(person, route)
        said = turned_away(answer)
        if route.by_token:
            expected = "sign in"  # a cookie is no token
        else:
            expected = "" if may(role, route.required) else "no permission"
        if said != expected or answer.status_code == 500:
            wrong.append(f"{route}: {answer.status_code} {said or 'let in'}, expected {expected or 'let in'}")
    assert not wrong


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_everybody_may_sign_out(desk: Desk, role: Role) -> None:
    person = cast.browser(desk.app, PEOPLE[role])
    assert person.get("/me").status_code == 200
    assert person.post("/logout").status_code == 303
    assert person.get("/me").location.startswith("/login")


@pytest.mark.parametrize("scope", list(Scope), ids=lambda scope: scope.value)
def test_every_route_answers_a_program_as_its_scope_says(desk: Desk, scope: Scope) -> None:
    wrong = []
    program = cast.program(desk.app, cast.SALES, scope.value)
    for route in routes(desk.app):
        answer = knock(program, route)
        said = turned_away(answer)
        if route.by_token:
            expected = "" if token_may([scope.value], route.required) else "no permission"
        else:
            expected = "" if route.required is Permission.OPEN else "sign in"  # a token opens no page for people
        if said != expected or answer.status_code == 500:
            wrong.append(f"{route}: {answer.status_code} {said or 'let in'}, expected {expected or 'let in'}")
    assert not wrong


def test_a_view_that_is_in_no_table_is_not_served(desk: Desk) -> None:
    desk.app.view_functions["forgotten"] = lambda: "secret"
    desk.app.url_map.add(Rule("/forgotten", endpoint="forgotten"))
    answer = cast.browser(desk.app, cast.ADMIN).get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text
