"""The names that the site answers under."""

from pathlib import Path

import pytest

from app.config import Config
from app.settings import ConfigError
from app.web.hosts import known, name_of
from tests.web.desk import Desk, words


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 303), ("localhost", 303), ("[::1]:8000", 303), ("127.8.9.1", 303), ("rebound.example", 400),
     ("localhost.rebound.example", 400), ("127.0.0.1.rebound.example:8000", 400), ("", 400), ("0.0.0.0", 400)],
)  # fmt: skip
def test_a_foreign_name_is_refused_on_every_page(desk: Desk, host: str, status: int) -> None:
    answer = desk.app.test_client().get("/work", headers={"Host": host})
    assert answer.status_code == status
    if status == 400:
        assert "does not answer under this name" in words(answer)


@pytest.mark.parametrize("path", ["/oms/orders", "/static/handoff.js", "/login", "/events", "/nowhere"])
def test_nothing_is_served_under_a_foreign_name(desk: Desk, path: str) -> None:
    assert desk.app.test_client().get(path, headers={"Host": "rebound.example"}).status_code == 400


def test_probes_ask_by_address(desk: Desk) -> None:
    assert desk.app.test_client().get("/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_the_public_name_and_those_that_are_added_are_known(tmp_path: Path) -> None:
    config = Config(
        data_dir=tmp_path, public_url="https://desk.exchange.example",
        trusted_hosts="intern.exchange.example, .lab.example, [2001:db8::1]",
    )  # fmt: skip
    asked = (
        "desk.exchange.example",
        "Intern.Exchange.Example:443",
        "a.lab.example",
        "[2001:db8::1]:8000",
        "lab.example",
    )
    assert [known(name_of(host), config.hosts) for host in asked] == [True, True, True, True, False]


@pytest.mark.parametrize("text", ["https://desk.example", "*", "desk example", "a/b"])
def test_a_host_that_is_no_name_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="TRUSTED_HOSTS"):
        Config(data_dir=tmp_path, trusted_hosts=text)
