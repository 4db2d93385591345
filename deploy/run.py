"""`make run`: everything that Handoff needs on one machine, in one terminal.

Checks the settings, brings the database up to date, loads the demo into an empty one, starts Redis (where REDIS_URL is
unset), the web server and the workers, keeps them running, and stops them all on Ctrl-C. Whatever happens to this
process, nothing it started outlives it (deploy/lifeline.py).
"""

import http.client
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from app.config import Config
from app.settings import ConfigError
from deploy import checks, embedded_redis
from deploy.checks import CannotStart
from deploy.embedded_redis import RedisUnavailable
from deploy.supervisor import Program, Supervisor, say

ROOT = Path(__file__).parents[1]
DEMO_PASSWORD = "handoff-demo"
START_SECONDS = 60.0


def main() -> int:
    """0 after a stop that was asked for, 1 with one sentence if it could not start."""
    try:
        config = Config.from_env()
        config.signing_key()
        run(config)
    except (ConfigError, CannotStart, RedisUnavailable) as why:
        say(f"Handoff cannot start. {why}")
        return 1
    return 0


def run(config: Config) -> None:
    """Start everything, stay until asked to stop, stop everything."""
    supervisor = Supervisor(_environment(), str(ROOT))
    supervisor.listen()
    orphaned = _whether_make_is_gone()
    with ExitStack() as held:
        held.enter_context(checks.take_folder(config))
        door = held.enter_context(checks.take_port(config))
        if not config.embedded_redis:
            checks.redis_answers(config)
        checks.database_answers(config, ROOT / "migrations")
        held.callback(supervisor.stop_all)
        if config.embedded_redis:
            _start_redis(supervisor, config)
        _prepare_database(supervisor)
        _start_site(supervisor, config, door.fileno())
        if not supervisor.stopping:
            _welcome(config)
        supervisor.keep_running(orphaned)
        say("Stopping.")
    say("Stopped.")


def _environment() -> dict[str, str]:
    """The children's: ours, and on a terminal logs that a person can read."""
    readable = {"LOG_FORMAT": "console"} if sys.stderr.isatty() else {}
    return {"PYTHONUNBUFFERED": "1", **readable, **os.environ}


def _whether_make_is_gone() -> Callable[[], bool]:
    """Under make, to end with it even if it is killed; else never."""
    parent = os.getppid()
    return lambda: "MAKELEVEL" in os.environ and os.getppid() != parent


def _start_redis(supervisor: Supervisor, config: Config) -> None:
    folder = config.data_dir / "redis"
    server = Program("Redis", embedded_redis.command(folder, socket=config.redis_socket), patience=5, last=True)
    for _try in range(2):
        supervisor.start(server)
        if supervisor.wait_for(lambda: embedded_redis.answers(config.redis_url), server, START_SECONDS):
            return
        if supervisor.stopping:
            return
        supervisor.stop_all()
        embedded_redis.forget(folder)  # what it kept cannot be read: it was only wake-ups
    raise CannotStart(f"The embedded Redis did not start: {embedded_redis.last_words(folder)}.")


def _prepare_database(supervisor: Supervisor) -> None:
    if supervisor.stopping:
        return
    code, output = supervisor.run_once([sys.executable, "-m", "deploy.prepare"])
    if code and not supervisor.stopping:
        lines = [line for line in output.splitlines() if line.strip()] or [f"deploy.prepare ended with code {code}."]
        say("\n".join(lines[:-1]))
        raise CannotStart(lines[-1])


def _start_site(supervisor: Supervisor, config: Config, door: int) -> None:
    if supervisor.stopping:
        return
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"fd://{door}"]
    web = Program("The web server", [*gunicorn, "wsgi:app"], keep=[door], patience=10)
    supervisor.start(web)
    patience = config.call_connect_seconds + config.call_read_seconds + 5  # a step that was begun may end
    for number in range(1, config.workers + 1):
        supervisor.start(Program(f"Worker {number}", [sys.executable, "-m", "workers"], patience=patience))
    if not supervisor.wait_for(lambda: _healthy(config), web, START_SECONDS) and not supervisor.stopping:
        raise CannotStart("The web server did not come up; its last lines above say why.")


def _healthy(config: Config) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(config: Config) -> None:
    say(f"\nHandoff is running at {config.public_url}  (Ctrl-C stops it)")
    logins = checks.demo_logins(config) if config.demo else []
    if logins:
        say(f"Demo logins, all with the password {DEMO_PASSWORD}:")
        say("".join(f"  {email}\n" for email in logins))


if __name__ == "__main__":
    sys.exit(main())
