"""Settings are read once, typed once, and refuse nonsense in one sentence that names the variable."""

import re
import stat
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.config import Config, table
from app.settings import ConfigError

NONSENSE = {
    "PORT": ["abc", "0", "65536", "80.5"],
    "WORKERS": ["0", "-1", "two"],
    "DATABASE_URL": ["mysql://somewhere/x", "just words", "postgresql://u:p@host:port/x"],
    "REDIS_URL": ["localhost:6379", "http://localhost", "redis://", "unix://"],
    "EXCHANGE_TIMEZONE": ["Mars/Olympus", "../../etc/passwd"],
    "PUBLIC_URL": ["handoff.example", "http://handoff.example", "ftp://127.0.0.1"],
    "NETWORK": ["carrier-pigeon"],
    "DEMO": ["perhaps"],
    "LEASE_SECONDS": ["nan", "inf", "-3"],
    "LOG_LEVEL": ["LOUD"],
    "SECRET_KEY": ["short"],
    "HOST": [],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NONSENSE.items() for text in texts])
def test_nonsense_is_refused_in_one_sentence_that_names_the_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Config.from_env({name: text})
    sentence = str(refused.value)
    assert name in sentence
    assert sentence.endswith(".") and "\n" not in sentence


def test_nothing_set_means_sqlite_and_an_embedded_redis_under_the_data_folder(tmp_path: Path) -> None:
    config = Config.from_env({"DATA_DIR": str(tmp_path)})
    assert make_url(config.database_url).database == str(tmp_path / "handoff.db")
    assert config.on_sqlite
    assert config.embedded_redis
    assert config.redis_url.startswith("unix://")


def test_a_deep_data_folder_still_gives_a_socket_path_that_the_kernel_allows(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / ("deep" * 30))
    assert len(str(config.redis_socket)) < 104
    assert config.embedded_redis


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_always_goes_through_psycopg_3_and_keeps_its_password(scheme: str) -> None:
    config = Config.from_env({"DATABASE_URL": f"{scheme}://u:p%40ss@db.example/handoff"})
    url = make_url(config.database_url)
    assert (url.drivername, url.password) == ("postgresql+psycopg", "p@ss")


def test_postgresql_never_waits_for_ever() -> None:
    options = Config(database_url="postgresql://db.example/handoff").engine_options()["connect_args"]["options"]
    for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        assert limit in options


def test_the_longest_call_must_end_before_half_the_lease() -> None:
    Config(lease_seconds=30, call_connect_seconds=3, call_read_seconds=11.9)
    with pytest.raises(ConfigError, match="LEASE_SECONDS"):
        Config(lease_seconds=30, call_connect_seconds=3, call_read_seconds=12)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"NETWORK": "http"}, "NETWORK_URL"),
        ({"NETWORK": "http", "NETWORK_URL": "https://nca.example"}, "CALLBACK_SECRET"),
        ({"INVENTORY": "http"}, "INVENTORY_URL"),
        ({"TICKETING": "deskpro", "TICKETING_URL": "https://desk.example"}, "TICKETING_KEY"),
        ({"HOST": "0.0.0.0"}, "PUBLIC_URL"),
    ],
)
def test_a_choice_that_needs_another_setting_names_it(environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Config.from_env(environ)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-secret-of-enough-length\n")
    config = Config.from_env({"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert config.signing_key() == "a-secret-of-enough-length"


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe\xfa"])
def test_a_secret_file_that_is_missing_empty_or_not_text_is_refused(
    tmp_path: Path, content: str | bytes | None
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE"):
        Config.from_env({"SECRET_KEY_FILE": str(path)})


def test_the_same_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must not both be set"):
        Config.from_env({"SECRET_KEY": "x" * 20, "SECRET_KEY_FILE": str(tmp_path / "key")})


def test_without_a_secret_key_one_is_made_kept_and_closed_to_others(tmp_path: Path) -> None:
    first = Config(data_dir=tmp_path / "var").signing_key()
    assert Config(data_dir=tmp_path / "var").signing_key() == first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_secrets_do_not_show_when_the_configuration_is_printed() -> None:
    config = Config(secret_key="not-for-your-eyes", database_url="postgresql://u:hidden-word@db.example/x")
    assert "not-for-your-eyes" not in repr(config)
    assert "hidden-word" not in repr(config)


def test_under_https_the_cookie_is_host_bound_and_secure() -> None:
    safe = Config(public_url="https://handoff.example", secret_key="x" * 20).flask_settings()
    assert safe["SESSION_COOKIE_NAME"].startswith("__Host-") and safe["SESSION_COOKIE_SECURE"]
    plain = Config(secret_key="x" * 20).flask_settings()
    assert plain["SESSION_COOKIE_NAME"] == "handoff" and not plain["SESSION_COOKIE_SECURE"]


def test_demo_logins_are_not_loaded_unasked_where_others_reach_the_site() -> None:
    public = {"PUBLIC_URL": "https://handoff.example"}
    assert not Config.from_env(public).demo
    assert Config.from_env({**public, "DEMO": "on"}).demo
    assert not Config.from_env({"HOST": "0.0.0.0", "PUBLIC_URL": "http://localhost:8000"}).demo
    assert Config.from_env({}).demo


def test_the_table_names_every_setting_once_with_a_sentence_of_help() -> None:
    rows = table()
    assert [row.name for row in rows] == [field.name.upper() for field in fields(Config)]
    assert all(row.help.endswith(".") and row.type and row.default for row in rows)


def test_nothing_else_reads_the_environment() -> None:
    """A setting read elsewhere would escape the table, the types and the checks. The simulator plays other systems."""
    root = Path(__file__).parents[2]
    readers = [
        str(path.relative_to(root))
        for folder in ("app", "workers")
        for path in sorted((root / folder).rglob("*.py"))
        if "simulator" not in path.parts and re.search(r"os\.environ|getenv\(", path.read_text(encoding="utf-8"))
    ]
    assert readers == ["app/config.py"], "read it through app.config.Config instead"
