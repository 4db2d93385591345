"""What the macros of the design system say, and what they keep to themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string

from app.domain import asks
from tests.support.design import design_app

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def design() -> Iterator[Flask]:
    app = design_app()
    with app.test_request_context():
        yield app


def render(call: str, **known: object) -> str:
    return render_template_string('{% import "shared/macros.html" as ui %}{{ ui.' + call + " }}", **known)


def entry(**more: object) -> SimpleNamespace:
    told = {
        "created_at": AT,
        "user_message": None,
        "debug_message": None,
        "internal": False,
        "by": "",
        "item_name": None,
    }
    return SimpleNamespace(**{**told, **more})


def test_a_members_log_has_neither_debug_lines_nor_staff_notes_nor_names() -> None:
    entries = [
        entry(user_message="Reserved.", debug_message="POST /x", by="worker-2"),
        entry(debug_message="only debug"),
        entry(user_message="a staff note", internal=True),
    ]
    html = render("log(entries)", entries=entries)
    assert "Reserved." in html
    for hidden in ("POST /x", "only debug", "a staff note", "worker-2"):
        assert hidden not in html
        assert hidden in render("log(entries, true)", entries=entries)


def test_a_moment_is_words_for_people_and_utc_for_programs() -> None:
    assert 'datetime="2026-11-20T14:02:00Z">20 Nov 14:02 GMT<' in render("when(at)", at=AT)


def test_what_people_type_is_shown_as_text_not_as_markup() -> None:
    evil = "<b onclick=x>"
    for call in (
        "copyable(x)",
        "facts([(x, x)])",
        "ticket_body(x)",
        "notice(x)",
        "raw(x, x, 'r')",
        "status('done', x)",
    ):
        assert evil not in render(call, x=evil)


@pytest.mark.parametrize(
    ("ask", "value", "expected"),
    [
        (asks.number("Light", unit="dBm", minimum=-40), "", "dBm"),
        (asks.number("VLAN", minimum=1), 1420, 'inputmode="decimal"'),
        (asks.number("Level", minimum=0), 0, 'value="0"'),
        (asks.text("Position", max_length=30), "PP03", 'maxlength="30"'),
        (asks.choice("Verdict", "Apply", "Refuse"), "Apply", 'value="Apply" checked'),
        (asks.choice("Site", "A", "B", "C", "D", "E"), "B", '<option value="B" selected>B'),
        (asks.flag("Cleaned"), True, "checked"),
    ],
)
def test_each_kind_of_ask_has_its_control(ask: asks.Ask, value: object, expected: str) -> None:
    html = render("field('x', ask, value)", ask=ask, value=value)
    assert expected in html
    assert html == render("field('x', ask, value)", ask=asks.frozen({"x": ask})["x"], value=value), (
        "frozen reads the same"
    )


def test_an_error_is_tied_to_its_field() -> None:
    html = render("field('x', ask, '', 'please fill this in.')", ask=asks.text("Position"))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="f-x-error"' in html
    assert 'href="#f-x"' in render("error_summary(found)", found=[{"pointer": "/answers/x", "detail": "Position: …"}])


def test_an_empty_place_names_the_next_one() -> None:
    assert '<a class="btn" href="/all">See all</a>' in render("empty('None', '', {'label': 'See all', 'url': '/all'})")
