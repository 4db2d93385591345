"""The command line: users, tokens, the audit trail, the sweep; every refusal is one sentence and an exit code."""

import dataclasses
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from app.config import Config
from app.domain import clock
from app.domain.errors import NotSignedIn
from app.domain.models import AccessLine, Audit, Order, Package, User
from app.extensions import db
from app.services import access, audit
from tests import cast
from tests.support.redis import RedisServer

Run = Callable[..., Result]
both = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask …` on the fixed cast."""
    with app.app_context():
        cast.load()

    def command(*words: str, stdin: str = "") -> Result:
        return app.test_cli_runner().invoke(args=words, input=io.BytesIO(stdin.encode()))

    return command


ADD_USER = ("user", "add", "--email", "New@Harbour-Connect.example", "--name", "New Hand", "--role", "member")


@both
def test_a_user_that_was_added_can_sign_in(run: Run, app: Flask) -> None:
    done = run(*ADD_USER, "--account", cast.HARBOUR, stdin="a-long-password\n")
    assert done.exit_code == 0, done.output
    with app.app_context():
        signed_in = access.check_password("new@harbour-connect.example", "a-long-password", "127.0.0.1")
        assert signed_in.account_id == cast.HARBOUR
    assert "new@harbour-connect.example  member  account-harbour  New Hand" in run("user", "list").output


@on_sqlite
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*ADD_USER, "--password", "long-enough"), "belongs to an account"),
        ((*ADD_USER, "--password", "long-enough", "--account", "nobody"), "There is no account “nobody”."),
        ((*ADD_USER, "--password", "short", "--account", cast.HARBOUR), "at least 8 characters"),
        (("user", "add", "--email", "x", "--name", "X", "--role", "admin", "--password", "long-enough"), "e-mail"),
        (
            ("user", "add", "--email", cast.ADMIN, "--name", "X", "--role", "admin", "--password", "long-enough"),
            "There is a user admin@handoff.example already.",
        ),
        (("token", "add", "--user", "nobody@x.example", "--scope", "orders:read"), "There is no user"),
        (("token", "add", "--user", cast.SALES, "--scope", "orders:burn"), "There is no scope orders:burn"),
        (("token", "add", "--user", cast.SALES, "--scope", "orders:read", "--expires-days", "-1"), "above 0"),
        (("token", "revoke", "nonsense"), "There is no token nonsense."),
        (("demo", "load"), "DEMO is off"),
        (("demo", "reset", "--yes"), "DEMO is off"),
    ],
)
def test_what_cannot_be_done_ends_in_a_sentence(run: Run, words: tuple[str, ...], sentence: str) -> None:
    done = run(*words)
    assert done.exit_code == 1
    assert sentence in done.output
    assert len(done.output.strip().splitlines()) == 1


@on_sqlite
def test_the_secret_of_a_token_is_the_last_word_printed_and_works(run: Run, app: Flask) -> None:
    done = run("token", "add", "--user", cast.SALES, "--scope", "orders:read", "--scope", "items:act", "--name", "CRM")
    secret = done.stdout.split()[-1]
    with app.app_context():
        found = access.token_from(f"Bearer {secret}")
        assert (found.user.email, found.scopes, found.expires_at) == (cast.SALES, ["orders:read", "items:act"], None)


@on_sqlite
def test_scopes_may_follow_one_after_another(run: Run, app: Flask) -> None:
    done = run("token", "add", "--user", cast.SALES, "--scope", "orders:read", "orders:write", "--expires-days", "2")
    assert done.exit_code == 0, done.output
    with app.app_context():
        found = access.token_from(f"Bearer {done.stdout.split()[-1]}")
        assert found.scopes == ["orders:read", "orders:write"]
        assert found.expires_at is not None
        assert timedelta(days=1.9) < found.expires_at - clock.now() <= timedelta(days=2)


@on_sqlite
def test_a_revoked_token_is_refused(run: Run, app: Flask) -> None:
    secret = run("token", "add", "--user", cast.SALES, "--scope", "orders:read").stdout.split()[-1]
    token_id = run("token", "list", "--user", cast.SALES).stdout.split()[0]
    assert run("token", "revoke", token_id).exit_code == 0
    with app.app_context(), pytest.raises(NotSignedIn):
        access.token_from(f"Bearer {secret}")
    again = run("token", "revoke", token_id)
    assert (again.exit_code, "already" in again.output) == (1, True)


@both
def test_the_audit_trail_holds_until_somebody_changes_it(run: Run, app: Flask) -> None:
    run("token", "add", "--user", cast.SALES, "--scope", "orders:read")
    run("token", "add", "--user", cast.SALES, "--scope", "orders:write")
    with app.app_context():
        audit.seal()
    assert run("audit", "verify").output == "The audit trail holds: 2 rows.\n"
    with app.app_context():
        db.session.execute(update(Audit).where(Audit.seq == 1).values(by="somebody else"))
        db.session.commit()
    broken = run("audit", "verify")
    assert broken.exit_code == 1
    assert "Row 1 (token added by somebody else) was changed after it was sealed." in broken.output


@on_sqlite
def test_a_sweep_wakes_what_is_due(run: Run, app: Flask, redis_server: RedisServer) -> None:
    assert cast.program(app).post("/oms/orders", json=cast.order("connexions_new")).status_code == 201
    redis_server.flush()
    assert run("items", "sweep").output == "Woke 1 items and 1 deliveries.\n"
    assert redis_server.client().llen("rq:queue:inventory") == 1


@on_sqlite
def test_a_sweep_without_redis_says_so(run: Run, app: Flask) -> None:
    app.extensions["wakes"].redis.connection_pool.connection_kwargs["port"] = 1
    app.extensions["wakes"].redis.connection_pool.disconnect()
    done = run("items", "sweep")
    assert (done.exit_code, "Redis does not answer" in done.output) == (1, True)


@on_sqlite
def test_a_database_without_tables_is_explained(config: Config, run: Run, app: Flask) -> None:
    with app.app_context():
        db.drop_all()
    done = run("user", "list")
    assert (done.exit_code, "db upgrade" in done.output) == (1, True)


@on_sqlite
def test_the_table_of_settings_names_every_variable(run: Run) -> None:
    table = run("config", "table").output
    for field in dataclasses.fields(Config):
        assert f"| `{field.name.upper()}` |" in table


class TestDemo:
    @pytest.fixture
    def config(self, config: Config) -> Config:
        return dataclasses.replace(config, demo=True)

    @on_sqlite
    def test_a_database_in_use_is_left_alone_if_asked_so(self, run: Run, app: Flask) -> None:
        done = run("demo", "load", "--if-empty")
        assert done.exit_code == 0
        with app.app_context():
            assert not db.session.scalars(select(Order.id)).all()

    @on_sqlite
    def test_a_reset_forgets_everything_but_the_demo(self, run: Run, app: Flask) -> None:
        run(*ADD_USER, "--account", cast.HARBOUR, "--password", "a-long-password")
        done = run("demo", "reset", "--yes")
        assert done.exit_code == 0, done.output
        with app.app_context():
            assert all(email.endswith("@handoff.example") for email in db.session.scalars(select(User.email)))
            access.check_password("engineer@handoff.example", "handoff-demo", "127.0.0.1")

    @on_sqlite
    def test_a_reset_asks_first(self, run: Run, app: Flask) -> None:
        assert run("demo", "reset", stdin="n\n").exit_code == 1
        with app.app_context():
            assert db.session.get(User, cast.user(cast.ADMIN).id) is not None

    @on_sqlite
    def test_a_small_carrier_sells_access_lines_after_one_command(self, run: Run, app: Flask) -> None:
        for _ in range(2):
            done = run("demo", "carrier")
            assert done.exit_code == 0 and "AM01" in done.output
        with app.app_context():
            assert {one.code for one in db.session.scalars(select(Package))} == {"AM01", "SD01", "SM01", "NT01"}


class TestLines:
    """The register of active lines."""

    @staticmethod
    def load(run: Run, tmp_path: Path, table: str | bytes) -> Result:
        file = tmp_path / "lines.csv"
        file.write_bytes(table if isinstance(table, bytes) else table.encode())
        return run("lines", "load", str(file))

    @on_sqlite
    def test_lines_of_others_are_entered_from_a_file(self, run: Run, app: Flask, tmp_path: Path) -> None:
        table = "endpoint_ref,street_number,city\n0143340043,44,COURBEVOIE\n0143340044,,COURBEVOIE\n"
        for _ in range(2):
            done = self.load(run, tmp_path, table)
            assert (done.exit_code, done.output) == (0, "2 lines are in the register.\n")
        with app.app_context():
            assert {one.ref: one.address for one in db.session.scalars(select(AccessLine))} == {
                "0143340043": {"street_number": "44", "city": "COURBEVOIE"}, "0143340044": {"city": "COURBEVOIE"},
            }  # fmt: skip

    @on_sqlite
    @pytest.mark.parametrize(
        ("table", "sentence"),
        [
            ("endpoint_ref,city\n1,X\n,Y\n", "Line 3: Reference (endpoint_ref) is missing."),
            ("endpoint_ref,insee_code\n1,123456\n", "Line 2: INSEE code (insee_code) must be at most 5 characters."),
            ("endpoint_ref,colour\n1,red\n", "There is no detail “colour” here"),
            (b"\xff\xfe", "This is no CSV file in UTF-8."),
        ],
    )
    def test_a_file_with_something_wrong_enters_nothing(
        self, run: Run, app: Flask, tmp_path: Path, table: str | bytes, sentence: str
    ) -> None:
        done = self.load(run, tmp_path, table)
        assert done.exit_code == 1 and sentence in done.output
        with app.app_context():
            assert db.session.scalars(select(AccessLine)).all() == []
