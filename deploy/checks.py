"""What must be so before Handoff starts; each failure is one sentence that names the cure."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import redis
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.config import Config


class CannotStart(Exception):
    """The message is one sentence."""


def take_folder(config: Config) -> IO[str]:
    """Make DATA_DIR and hold it: one Handoff at a time works on it. Keep the answer open as long as it is needed."""
    path = config.data_dir / "run.lock"
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - held open on purpose
    except OSError as why:
        raise CannotStart(f"DATA_DIR {config.data_dir} cannot be written: {why.strerror}.") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        running = _who(file.read())
        file.close()
        raise CannotStart(
            f"Handoff already runs on {config.data_dir}{running}: stop it first, or set another DATA_DIR."
        ) from None
    file.truncate(0)
    json.dump({"pid": os.getpid(), "url": config.public_url}, file)
    file.flush()
    return file


def _who(told: str) -> str:
    try:
        holder = json.loads(told)
        return f" (process {holder['pid']}, {holder['url']})"
    except (ValueError, KeyError, TypeError):
        return ""


def take_port(config: Config) -> socket.socket:
    """A listening socket. It stays open while the web server is restarted, so nobody meets a closed door."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((config.host, config.port))
        door.listen(1024)
    except OSError as why:
        door.close()
        raise CannotStart(_port_sentence(config, why)) from None
    return door


def _port_sentence(config: Config, why: OSError) -> str:
    if why.errno == errno.EADDRINUSE:
        return f"PORT {config.port} on {config.host} is taken: set PORT to a free one, such as {_another(config)}."
    if why.errno == errno.EACCES:
        return f"PORT {config.port} is not allowed for this user: set PORT to one above 1023."
    return f"HOST {config.host} is not an address of this machine ({why.strerror or why})."


def _another(config: Config) -> int:
    """A free port near the wished one."""
    for port in range(config.port + 1, min(config.port + 50, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
            try:
                probe.bind((config.host, port))
            except OSError:
                continue
            return port
    return 8000


def redis_answers(config: Config) -> None:
    """REDIS_URL is set and somebody answers there."""
    client = redis.Redis.from_url(config.redis_url, socket_connect_timeout=3, socket_timeout=3)
    try:
        client.ping()
    except (redis.RedisError, OSError, ValueError) as why:
        raise CannotStart(f"REDIS_URL {_without_password(config.redis_url)} does not answer: {_short(why)}.") from None
    finally:
        client.close()


def database_answers(config: Config, migrations: Path) -> None:
    """DATABASE_URL leads to a database that this code can bring up to date."""
    with _connected(config) as connection:
        try:
            current = MigrationContext.configure(connection).get_current_heads()
        except DBAPIError as why:
            raise CannotStart(_database_sentence(config, why)) from None
    scripts = ScriptDirectory(str(migrations))
    unknown = set(current) - {script.revision for script in scripts.walk_revisions()}
    if unknown:
        raise CannotStart(
            f"The database is of a newer version ({', '.join(sorted(unknown))}) than this code "
            f"({', '.join(scripts.get_heads()) or 'none'}): update the code, or set DATABASE_URL to another database."
        )


def demo_logins(config: Config) -> list[str]:
    """The demo users that are in the database."""
    with _connected(config) as connection:
        found = connection.execute(
            text("SELECT email FROM user_account WHERE email LIKE '%@handoff.example' ORDER BY email")
        )
        return [row.email for row in found]


@contextmanager
def _connected(config: Config) -> Iterator[Connection]:
    engine = create_engine(config.database_url, **config.engine_options())
    try:
        connection = engine.connect()
        connection.execute(text("SELECT count(*) FROM sqlite_master" if config.on_sqlite else "SELECT 1"))
    except SQLAlchemyError as why:
        engine.dispose()
        raise CannotStart(_database_sentence(config, why)) from None
    try:
        yield connection
    finally:
        connection.close()
        engine.dispose()


def _database_sentence(config: Config, why: SQLAlchemyError) -> str:
    url = make_url(config.database_url).set(drivername="sqlite" if config.on_sqlite else "postgresql")
    cause = why.orig if isinstance(why, DBAPIError) and why.orig else why
    return f"DATABASE_URL {url.render_as_string(hide_password=True)} cannot be used: {_short(cause)}."


def _without_password(url: str) -> str:
    before, at, host = url.rpartition("@")
    return f"{before.split('://')[0]}://***@{host}" if at else url


def _short(why: BaseException) -> str:
    """The first line of an error, without its end stop."""
    lines = str(why).strip().splitlines()
    return (lines[0] if lines else type(why).__name__).rstrip(".: ")
