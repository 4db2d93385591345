"""Every reason not to start is one sentence that names the setting and never shows a password."""

import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.config import Config
from deploy import checks, demo_reset
from deploy.checks import CannotStart
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def sentence(refused: pytest.ExceptionInfo[CannotStart]) -> str:
    words = str(refused.value)
    assert words.endswith(".") and "\n" not in words
    return words


def test_a_taken_port_is_named_with_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            checks.take_port(Config(data_dir=tmp_path, port=taken))
    assert f"PORT {taken} on 127.0.0.1 is taken" in sentence(refused)


def test_a_host_of_another_machine_is_named(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, host="192.0.2.1", public_url="https://handoff.example")
    with pytest.raises(CannotStart) as refused:
        checks.take_port(config)
    assert "HOST 192.0.2.1" in sentence(refused)


def test_a_second_handoff_on_the_same_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    with checks.take_folder(config):
        with pytest.raises(CannotStart) as refused:
            checks.take_folder(config)
        assert "already runs" in sentence(refused) and config.public_url in sentence(refused)
    checks.take_folder(config).close()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart) as refused:
        checks.take_folder(Config(data_dir=tmp_path / "file" / "var"))
    assert "DATA_DIR" in sentence(refused)


def test_a_redis_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, redis_url=f"redis://:hidden-word@127.0.0.1:{free_port()}/0")
    with pytest.raises(CannotStart) as refused:
        checks.redis_answers(config)
    assert "REDIS_URL" in sentence(refused) and "hidden-word" not in sentence(refused)


def test_something_that_is_not_a_redis_is_named(tmp_path: Path, postgres: PostgresServer) -> None:
    with pytest.raises(CannotStart) as refused:
        checks.redis_answers(Config(data_dir=tmp_path, redis_url=f"redis://127.0.0.1:{postgres.port}/0"))
    assert "REDIS_URL" in sentence(refused)


def test_a_redis_that_answers_is_fine(tmp_path: Path, redis_server: RedisServer) -> None:
    checks.redis_answers(Config(data_dir=tmp_path, redis_url=redis_server.url))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hidden-word@127.0.0.1:{free}/handoff",
        "postgresql://someone:hidden-word@127.0.0.1:{postgres}/handoff",
        "sqlite:////proc/no-such-folder/handoff.db",
        "sqlite:///{folder}/not-a-database",
    ],
)
def test_a_database_that_cannot_be_used_is_named(tmp_path: Path, postgres: PostgresServer, url: str) -> None:
    (tmp_path / "not-a-database").write_text("this is a letter, not a database\n" * 50)
    address = url.format(free=free_port(), postgres=postgres.port, folder=tmp_path)
    with pytest.raises(CannotStart) as refused:
        checks.database_answers(Config(data_dir=tmp_path, database_url=address), MIGRATIONS)
    assert "DATABASE_URL" in sentence(refused) and "hidden-word" not in sentence(refused)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, database_url: str) -> None:
    config = Config(data_dir=tmp_path, database_url=database_url)
    checks.database_answers(config, MIGRATIONS)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    engine.dispose()
    with pytest.raises(CannotStart) as refused:
        checks.database_answers(config, MIGRATIONS)
    assert "newer version (from_the_future)" in sentence(refused)


def test_only_our_own_database_is_reset_without_a_question(tmp_path: Path) -> None:
    assert demo_reset.answered(Config(data_dir=tmp_path)) == ["--yes"]
    assert demo_reset.answered(Config(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/theirs.db")) == []


def test_the_demo_is_not_reset_while_handoff_runs_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with checks.take_folder(Config(data_dir=tmp_path)):
        assert demo_reset.main() == 1
    assert "Nothing was reset. Handoff already runs" in capsys.readouterr().err
