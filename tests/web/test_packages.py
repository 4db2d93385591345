"""Packages, lines and families: an administrator makes and changes what is sold, without SQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.models import Audit, Package, ProductLine
from app.extensions import db
from app.services import demo_packages
from tests import cast
from tests.web.desk import Desk, press, words
from tests.web.filled import fields

LIST, NEW, LINES = "/admin/packages", "/admin/packages/new", "/admin/packages/lines"
TOLD = ("name", "price_minor", "currency", "revision", "version", "options", "sites")
ABOUT = {"code": "fast-10g", "name": "Fast start", "line_code": "PM", "type": "connect", "description": "Port and unit",
         "details_text": "Ready in a week.", "price": "812.50", "currency": "eur"}  # fmt: skip


@pytest.fixture(autouse=True)
def shop(desk: Desk) -> None:
    with desk.app.app_context():
        demo_packages.build()
        db.session.commit()


def send(admin: FlaskClient, page: TestResponse, step: str, **typed: Any) -> TestResponse:
    """Press a button of the package's form, with what was typed into it."""
    return admin.post(page.request.path, data={**fields(page, "package-form"), **typed, "step": step})


def started(admin: FlaskClient, *kinds: str, **typed: Any) -> TestResponse:
    page = admin.get(NEW)
    for kind in kinds:
        page = send(admin, page, "add:s", kind=kind)
    return send(admin, page, "preview", **{**ABOUT, **typed})


def change(admin: FlaskClient, code: str, **typed: Any) -> TestResponse:
    return send(admin, admin.get(f"{LIST}/{code}"), "save", **typed)


def find(desk: Desk, code: str) -> dict[str, Any]:
    """The package as it is sold, and its services."""
    with desk.app.app_context():
        one = db.session.query(Package).filter_by(code=code, latest=True).one()
        told = {name: getattr(one, name) for name in TOLD}
        return {**told, "services": [(part.service_type, part.defaults, part.fixed, part.features, part.contacts)
                                     for part in one.services]}  # fmt: skip


def audit(desk: Desk, what: str) -> list[Audit]:
    with desk.app.app_context():
        return db.session.query(Audit).filter_by(what=what).order_by(Audit.id).all()


def order_of(page: TestResponse) -> list[str]:
    return [line.split('"')[0] for line in page.text.split('<tr id="package-')[1:]]


def test_a_package_is_made_row_by_row_without_scripts_and_sold_at_once(
    desk: Desk, admin: FlaskClient, member: FlaskClient
) -> None:
    page = started(admin, "multiservice_port", "peering_unit")
    for step in ("add:o", "add:s2-f", "add:s2-c"):
        page = send(admin, page, step)
    typed = {
        "sites": "lon1", "o1-code": "support", "o1-label": "Support", "o1-choices": "day = By day\nnight = All night",
        "o1-default": "day", "o1-required": "y", "s1-value-port_capacity": "10000", "s1-fixed-port_capacity": "y",
        "s2-value-port": "s1", "s2-fixed-port": "y", "s2-value-service_capacity": "5000", "s2-f1-code": "routes",
        "s2-f1-label": "Route server", "s2-c1-role": "technical", "s2-c1-label": "Technical contact",
        "s2-c1-required": "y",
    }  # fmt: skip
    answer = send(admin, page, "save", **typed)
    assert (answer.status_code, answer.location) == (303, f"{LIST}/FAST-10G"), words(answer)
    made = find(desk, "FAST-10G")
    assert (made["price_minor"], made["currency"], made["sites"]) == (81_250, "EUR", ["lon1"])
    assert made["options"]["support"]["choices"][1] == {"value": "night", "label": "All night"}
    route = {"label": "Route server", "help": "", "required": False, "default_value": None, "choices": []}
    assert made["services"] == [
        ("multiservice_port", {"port_capacity": 10_000}, ["port_capacity"], {}, {}),
        ("peering_unit", {"port": {"item": 1}, "service_capacity": 5000}, ["port"], {"routes": route},
         {"technical": {"label": "Technical contact", "required": True}}),
    ]  # fmt: skip
    (row,) = audit(desk, "package made")
    assert (row.by, row.subject, (row.after or {})["price"]) == (
        "Ada Keys",
        "FAST-10G",
        "EUR 812.50 per port and month",
    )
    sold = cast.program(desk.app, cast.MEMBER).get("/oms/packages").get_json()["items"]
    assert sold[-1]["code"] == "FAST-10G"
    assert sold[-1]["price"] == {"amount_minor": 81_250, "currency": "EUR", "period": "month", "per": "port"}
    again = fields(admin.get(f"{LIST}/FAST-10G"), "package-form")
    assert {name: again[name][-1] for name in typed} == typed, "the form shows again what was saved"


def test_what_is_typed_stays_when_rows_come_and_go_and_is_shown_as_members_see_it(admin: FlaskClient) -> None:
    page = send(admin, started(admin, "pvlan", "pvlan_unit"), "add:o", **{"s2-value-pvlan": "s1"})
    assert "Fast start" in words(page).split("As members see it")[1]
    assert "CUG and CUG Unit. Ready in a week." in words(page)
    assert "EUR 812.50 per month" in words(page)
    page = send(admin, page, "remove:s1")
    left = fields(page, "package-form")
    assert left["row"] == ["o1", "s2=pvlan_unit"]
    assert left["s2-value-pvlan"] == [""], "what it referred to is gone"
    assert left["name"] == ["Fast start"]
    assert "Choose the service to add" in words(send(admin, page, "add:s"))
    assert fields(send(admin, page, "add:nonsense"), "package-form")["row"] == ["o1", "s2=pvlan_unit"]


CHOSEN = ("line_code", "type", "price_period", "sites", "s1-value-port_capacity")
"""What is chosen from a list cannot show a value that the list does not have."""
BAD: list[tuple[dict[str, str], str, str]] = [
    ({"code": "PORT-1G"}, "code", "There is a package “PORT-1G” already."),
    ({"code": "no blanks"}, "code", "A code has 1 to 20 capital letters"),
    ({"name": " "}, "name", "The name must not be empty."),
    ({"name": "bad\x00"}, "name", "The name must not contain control"),
    ({"line_code": "ZZ"}, "line_code", "Choose a product line that there is."),
    ({"type": "gift"}, "type", "The type must be one of connect, peering, private, partner, access."),
    ({"currency": "XYZ"}, "currency", "There is no currency “XYZ”"),
    ({"currency": ""}, "currency", "A price needs its currency"),
    ({"price": "12,50"}, "price", "Type an amount such as 12.50"),
    ({"price": "12.505"}, "price", "EUR has 2 decimals"),
    ({"price": "12.5", "currency": "JPY"}, "price", "JPY has no decimals"),
    ({"sites": "atlantis"}, "sites", "There is no fabric “atlantis”."),
    ({"price_period": "week"}, "price_period", "The period must be one of month, once."),
    ({"o1-code": "Bad Code"}, "o1-code", "Option 1: A code has 1 to 40 small letters"),
    ({"o2-code": "support"}, "o2-code", "Option 2: “support” is there already."),
    ({"o1-label": ""}, "o1-label", "Option 1: The label must not be empty."),
    ({"o1-default": "never"}, "o1-default", "Option 1: The default must be one of the choices: day, night."),
    ({"o1-default": ""}, "o1-default", "needs a default among its choices"),
    ({"o1-choices": ""}, "o1-default", "Without choices there is no default"),
    ({"o1-choices": "day = One\nday = Two"}, "o1-choices", "Choice 2: “day” is there already."),
    ({"s1-value-port_capacity": "10"}, "s1-value-port_capacity", "Item 1: Port Capacity must be one of 1000"),
    ({"s1-value-quantity": "many"}, "s1-value-quantity", "Item 1: Quantity must be a whole number."),
    ({"s1-value-quantity": "2", "s1-value-encapsulation": "qinq"}, "s1-value-encapsulation", "A bundle of 2 ports"),
    ({"s2-value-service_capacity": "20000"}, "s2-value-service_capacity", "20000 Mbit/s do not fit"),
    ({"s1-fixed-presentation_type": "y"}, "s1-value-presentation_type", "cannot change needs a value"),
    ({"s2-f1-code": "1st"}, "s2-f1-code", "Item 2, feature 1: A code has"),
    ({"s2-c1-role": ""}, "s2-c1-role", "Item 2, contact 1: A role has"),
    ({"s2-c1-label": ""}, "s2-c1-label", "Item 2, contact 1: The label must not be empty."),
]


def test_what_cannot_be_sold_is_told_at_its_field_and_nothing_is_stored(desk: Desk, admin: FlaskClient) -> None:
    page = started(admin, "multiservice_port", "peering_unit")
    for step in ("add:o", "add:o", "add:s2-f", "add:s2-c"):
        page = send(admin, page, step)
    good = {
        "o1-code": "support", "o1-label": "Support", "o1-choices": "day\nnight", "o1-default": "day",
        "o1-required": "y", "o2-code": "other", "o2-label": "Other", "s1-value-port_capacity": "10000",
        "s2-value-port": "s1", "s2-f1-code": "routes", "s2-f1-label": "Routes", "s2-c1-role": "noc",
        "s2-c1-label": "NOC",
    }  # fmt: skip
    wrong = []
    for typed, at, said in BAD:
        answer = send(admin, page, "save", **{**good, **typed})
        kept = fields(answer, "package-form")
        shown = {name: value for name, value in typed.items() if name not in CHOSEN and "\x00" not in value}
        told = said in words(answer) and f'href="#f-{at}"' in answer.text and f'id="f-{at}-error"' in answer.text
        if not (answer.status_code == 422 and told and {name: kept[name][-1] for name in shown} == shown):
            wrong.append((typed, answer.status_code, words(answer).split("Please put this right")[-1][:200]))
    assert not wrong
    assert len(order_of(admin.get(f"{LIST}?show=all"))) == 10
    assert not audit(desk, "package made")


def test_a_package_without_services_is_none(admin: FlaskClient) -> None:
    answer = send(admin, started(admin), "save")
    assert answer.status_code == 422
    assert "A package needs at least one service." in words(answer)
    assert 'href="#f-services"' in answer.text


def test_the_same_form_sent_twice_makes_one_package(desk: Desk, admin: FlaskClient) -> None:
    page = started(admin, "pvlan", price="")
    sent = {**fields(page, "package-form"), "step": "save"}
    assert [admin.post(NEW, data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(audit(desk, "package made")) == 1
    assert find(desk, "FAST-10G")["price_minor"] is None
    assert admin.post(NEW, data={**sent, "name": "Back in the browser"}).status_code == 422, "no silent success"


def test_another_text_shows_at_once_and_another_price_makes_a_revision(desk: Desk, admin: FlaskClient) -> None:
    assert change(admin, "PORT-10G", name="10 Gbit/s port, single", sites="lon1").status_code == 303
    texts = find(desk, "PORT-10G")
    assert (texts["name"], texts["sites"], texts["revision"], texts["version"]) == (
        "10 Gbit/s port, single", ["lon1"], 1, 2,
    )  # fmt: skip
    assert change(admin, "PORT-10G", price="650").status_code == 303
    priced = find(desk, "PORT-10G")
    assert (priced["price_minor"], priced["revision"], priced["version"]) == (65_000, 2, 3)
    assert priced["services"] == texts["services"]
    first, second = audit(desk, "package changed")
    assert first.before == {"name": "10 Gbit/s port", "sites": []}
    assert (second.before, second.after) == (
        {"price": "GBP 600.00 per port and month", "revision": 1},
        {"price": "GBP 650.00 per port and month", "revision": 2},
    )  # fmt: skip
    (sold,) = [one for one in cast.program(desk.app, cast.MEMBER).get("/oms/packages").get_json()["items"]
               if one["code"] == "PORT-10G"]  # fmt: skip
    assert (sold["name"], sold["price"]["amount_minor"]) == ("10 Gbit/s port, single", 65_000)
    assert change(admin, "PORT-10G").status_code == 303
    assert find(desk, "PORT-10G") == priced, "saved as it is, nothing changes"
    assert len(audit(desk, "package changed")) == 2


def test_two_administrators_on_one_package_the_second_is_told_and_loses_nothing(desk: Desk, admin: FlaskClient) -> None:
    page = admin.get(f"{LIST}/PEER")
    assert change(admin, "PEER", price="90").status_code == 303
    answer = send(admin, page, "save", name="Peering for all", price="95")
    assert answer.status_code == 409
    assert "Somebody else has changed this package" in words(answer)
    kept = fields(answer, "package-form")
    assert (kept["name"], kept["price"]) == (["Peering for all"], ["95"])
    assert find(desk, "PEER")["price_minor"] == 9_000
    assert send(admin, answer, "save").status_code == 303, "knowing it, one may replace it"
    assert (find(desk, "PEER")["name"], find(desk, "PEER")["price_minor"]) == ("Peering for all", 9_500)


def test_a_package_is_retired_and_sold_again(desk: Desk, admin: FlaskClient) -> None:
    program = cast.program(desk.app, cast.MEMBER)
    assert press(admin, LIST, f"{LIST}/CUG/retire").status_code == 303
    assert "CUG" not in order_of(admin.get(LIST))
    assert order_of(admin.get(f"{LIST}?show=retired")) == ["CUG"]
    assert "CUG" not in [one["code"] for one in program.get("/oms/packages").get_json()["items"]]
    again = admin.post(f"{LIST}/CUG/retire", data={"form_key": "another"})
    assert again.status_code == 409
    assert "is retired already" in words(again)
    assert press(admin, f"{LIST}/CUG", f"{LIST}/CUG/sell").status_code == 303
    assert "CUG" in [one["code"] for one in program.get("/oms/packages").get_json()["items"]]
    assert [audit(desk, what)[0].after for what in ("package retired", "package sold again")] == [
        {"active": False}, {"active": True},
    ]  # fmt: skip
    assert admin.post(f"{LIST}/NONE/retire").status_code == 404
    assert admin.get(f"{LIST}/NONE").status_code == 404
    assert admin.get(f"{LIST}?show=gone").status_code == 422


def test_members_and_programs_see_packages_in_the_order_that_is_chosen(desk: Desk, admin: FlaskClient) -> None:
    assert order_of(admin.get(LIST))[:3] == ["PORT-1G", "PORT-10G", "PORT-100G"]
    press(admin, LIST, f"{LIST}/PORT-100G/up")
    press(admin, LIST, f"{LIST}/PORT-1G/down")
    expected = ["PORT-100G", "PORT-1G", "PORT-10G"]
    assert order_of(admin.get(LIST))[:3] == expected
    sold = cast.program(desk.app, cast.MEMBER).get("/oms/packages").get_json()["items"]
    assert [one["code"] for one in sold][:3] == expected
    assert audit(desk, "package moved")[0].before == {"place": 3}
    admin.post(f"{LIST}/PORT-100G/up")
    assert order_of(admin.get(LIST))[:3] == expected, "the first cannot go further"


LINE: dict[str, Any] = {"code": "lx", "name": "Leased lines", "family_code": "P", "description": "From A to B"}


def test_lines_and_families_are_made_changed_and_deleted(desk: Desk, admin: FlaskClient) -> None:
    family: dict[str, Any] = {"code": "L", "name": "Leased", "description": ""}
    assert press(admin, f"{LIST}/families/new", f"{LIST}/families/new", **family).status_code == 303
    assert press(admin, f"{LINES}/new", f"{LINES}/new", **{**LINE, "family_code": "L"}).status_code == 303
    assert "Leased › Leased lines (LX)" in words(admin.get(NEW)), "packages can be put into it"
    changed: dict[str, Any] = {"name": "Leased circuits", "family_code": "C", "description": ""}
    assert press(admin, f"{LINES}/LX", f"{LINES}/LX", **changed).status_code == 303
    (row,) = audit(desk, "product line changed")
    assert ((row.before or {})["name"], (row.after or {})["family_code"]) == ("Leased lines", "C")
    assert press(admin, LINES, f"{LINES}/LX/delete").status_code == 303
    assert press(admin, LINES, f"{LIST}/families/L/delete").status_code == 303
    refused = admin.post(f"{LINES}/PM/delete")
    assert refused.status_code == 409
    assert "There are packages in “Multiservice port”" in words(refused)
    assert admin.post(f"{LIST}/families/P/delete").status_code == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"code": "PM"}, "There is a product line “PM” already."), ({"code": "x-1"}, "A code has 1 to 10"),
     ({"name": ""}, "The name must not be empty."), ({"family_code": "Z"}, "Choose a product family that there is.")],
)  # fmt: skip
def test_a_line_that_cannot_be_is_told_at_its_field(
    desk: Desk, admin: FlaskClient, typed: dict[str, str], said: str
) -> None:
    answer = press(admin, f"{LINES}/new", f"{LINES}/new", **{**LINE, **typed})
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'id="f-{next(iter(typed))}-error"' in answer.text
    with desk.app.app_context():
        assert db.session.query(ProductLine).count() == len(demo_packages.LINES)


def test_a_line_somebody_else_changed_meanwhile_is_a_conflict(admin: FlaskClient) -> None:
    page = admin.get(f"{LINES}/PM")
    press(admin, f"{LINES}/PM", f"{LINES}/PM", name="Ports", family_code="P", description="")
    answer = admin.post(f"{LINES}/PM", data={**fields(page, "group-form"), "name": "Typed by me"})
    assert answer.status_code == 409
    assert 'value="Typed by me"' in answer.text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_administrators_at_the_very_same_moment_one_is_first_and_nobody_sees_a_bug(
    desk: Desk, admin: FlaskClient
) -> None:
    browsers = [cast.browser(desk.app, cast.ADMIN) for _ in range(4)]
    edits = [{**fields(admin.get(f"{LIST}/PEER"), "package-form"), "step": "save", "price": str(70 + number)}
             for number in range(4)]  # fmt: skip
    made = {**fields(started(admin, "pvlan"), "package-form"), "step": "save"}
    news = [{**made, "form_key": f"{made['form_key'][0]}{number}"} for number in range(4)]
    for url, forms, loses in ((f"{LIST}/PEER", edits, 409), (NEW, news, 422)):
        with ThreadPoolExecutor(4) as pool:
            posts = [pool.submit(one.post, url, data=typed) for one, typed in zip(browsers, forms, strict=True)]
        assert sorted(one.result().status_code for one in posts) == [303, *[loses] * 3]
    assert (find(desk, "PEER")["revision"], find(desk, "FAST-10G")["revision"]) == (2, 1)
    assert len(audit(desk, "package changed")) == len(audit(desk, "package made")) == 1


def test_the_palette_and_the_rail_lead_there(admin: FlaskClient, sales: FlaskClient) -> None:
    for address in (LIST, "/admin/terms", "/admin/mails"):
        assert f'href="{address}"' in admin.get("/palette?q=").text
        assert f'href="{address}"' not in sales.get("/palette?q=").text


def test_an_exchange_that_sells_nothing_yet_is_led_to_the_first_step(desk: Desk, admin: FlaskClient) -> None:
    with desk.app.app_context():
        for table in ("package_service", "package", "product_line", "product_family"):
            db.session.execute(db.metadata.tables[table].delete())
        db.session.commit()
    assert "Nothing is sold yet" in words(admin.get(LIST))
    assert "There is no product line yet" in words(admin.get(NEW))
    assert "No product line yet" in words(admin.get(LINES))
    assert "There is no product family yet" in words(admin.get(f"{LINES}/new"))
    assert "No package is retired" in words(admin.get(f"{LIST}?show=retired"))


def test_a_row_with_an_absurd_number_breaks_nothing(admin: FlaskClient) -> None:
    answer = press(admin, NEW, NEW, step="add:o", row="o" + "9" * 5000)
    assert answer.status_code in (200, 422)
