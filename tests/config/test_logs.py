"""Log lines are structured, carry what they are about, and never a secret."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app import logs
from app.config import Config


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator["Lines"]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield Lines(capsys)
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Lines:
    """What was written to standard error so far."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured, self._text = captured, ""

    @property
    def text(self) -> str:
        self._text += self._captured.readouterr().err
        return self._text

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


def test_a_line_carries_request_order_and_item(lines: Lines) -> None:
    logs.configure(Config())
    logs.begin(request_id="r-1")
    with logs.about(order="1042", item=3):
        logs.get("engine").info("step succeeded", step="reserve_vlan")
    line = lines.last
    assert (line["request_id"], line["order"], line["item"], line["step"]) == ("r-1", "1042", 3, "reserve_vlan")
    assert (line["event"], line["level"], line["logger"]) == ("step succeeded", "info", "engine")


def test_the_next_request_starts_with_a_clean_context(lines: Lines) -> None:
    logs.configure(Config())
    logs.begin(request_id="r-1", order="1042")
    logs.begin(request_id="r-2")
    logs.get().info("hello")
    assert lines.last["request_id"] == "r-2" and "order" not in lines.last


def test_records_of_other_libraries_come_out_in_the_same_form(lines: Lines) -> None:
    logs.configure(Config())
    with logs.about(item=7):
        logging.getLogger("rq.worker").warning("worker %s is late", "w1")
    assert (lines.last["event"], lines.last["item"], lines.last["logger"]) == ("worker w1 is late", 7, "rq.worker")


def test_an_exception_is_written_into_its_own_line(lines: Lines) -> None:
    logs.configure(Config())
    try:
        raise ValueError("connect to redis://:hidden-word@cache.example failed")
    except ValueError:
        logs.get().exception("boom")
    assert "ValueError" in lines.last["exception"]
    assert "hidden-word" not in lines.text


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_are_masked_wherever_they_stand(lines: Lines, form: str) -> None:
    logs.configure(Config(log_format=form))
    logs.get().info(
        "sent postgresql://u:hidden-word@db.example/x",
        password="hidden-word",
        headers={"Authorization": "Bearer hidden-word-and-more", "X-Other": "shown"},
        payload=[{"api_key": "hidden-word"}],
        note="Authorization: Bearer hidden-word-and-more",
    )
    assert "hidden-word" not in lines.text
    assert "shown" in lines.text


def test_lines_below_the_level_are_not_written(lines: Lines) -> None:
    logs.configure(Config(log_level="WARNING"))
    logs.get().info("quiet")
    logs.get().warning("loud")
    assert "quiet" not in lines.text and "loud" in lines.text


def test_what_is_not_secret_stays_as_it_is() -> None:
    assert logs.redact({"token": 4, "vlan_id": 100, "key": "reserve_vlan"}) == {
        "token": 4,
        "vlan_id": 100,
        "key": "reserve_vlan",
    }
