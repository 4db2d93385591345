"""`python -m workers`: one worker process. Start as many as you like, on any number of machines."""

import argparse
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import structlog

import workers.handlers  # registers the handlers
import workers.jobs  # noqa: F401  (a worker that cannot do its jobs must not start)
from app import logs
from app.config import Config
from app.domain.states import Stage
from app.engine import create_engine_app
from app.extensions import db
from app.queues import QUEUES
from app.settings import ConfigError
from workers.bench import make_bench
from workers.housekeeping import Housekeeping
from workers.worker import Pulse, keep_serving

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a stop that was asked for; 1 with one sentence if the settings are wrong."""
    options = _options(arguments)
    try:
        config = Config.from_env()
        app = create_engine_app(config)
    except ConfigError as why:
        sys.stderr.write(f"The worker cannot start. {why}\n")
        return 1
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    logs.begin(worker=options.name)
    pulse = Pulse()
    _listen(pulse)
    stages = frozenset(Stage(queue) for queue in options.queues if queue in set(Stage))
    bench = make_bench(app, config, stages, stopping=pulse.stopping)
    housekeeping = Housekeeping(app, config, options.name, options.queues, pulse)
    housekeeping.start()
    log.info("worker started", queues=options.queues)
    keep_serving(app, config.redis_url, options.queues, options.name, pulse)
    housekeeping.stop()
    bench.systems.close()
    with app.app_context():
        db.engine.dispose()
    log.info("worker stopped")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers", description="Works items and delivers messages.")
    parser.add_argument(
        "--queues", type=_queues, default=list(QUEUES), help=f"which to serve, with commas; all: {','.join(QUEUES)}"
    )
    parser.add_argument("--name", default=_own_name(), help="how this worker is called in lists and logs")
    return parser.parse_args(arguments)


def _queues(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in QUEUES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"there is no queue “{''.join(unknown[:1])}”; there are {', '.join(QUEUES)}")
    return names


def _own_name() -> str:
    """Unlike any other's, also where containers share one host name and process id."""
    return f"{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(2)}"


def _listen(pulse: Pulse) -> None:
    """From now on SIGTERM and SIGINT let the worker finish its step, give its item back, and end."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        pulse.asked_to_stop = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked)


if __name__ == "__main__":
    sys.exit(main())
