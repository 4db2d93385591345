"""Worker processes as they really run."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.extensions import db
from deploy import children
from tests import cast
from tests.support.schema import TEST_KEY

ROOT = Path(__file__).parents[2]
StartWorker = Callable[..., children.Child]


def environment(config: Config) -> dict[str, str]:
    """For a process that is to work with the same database and Redis."""
    return {
        "PATH": os.environ["PATH"], "DATABASE_URL": config.database_url, "REDIS_URL": config.redis_url,
        "DATA_DIR": str(config.data_dir), "SECRET_KEY": TEST_KEY, "DEMO": "off", "LOG_FORMAT": "json",
        "SWEEP_SECONDS": "0.2",
    }  # fmt: skip


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    clock.reset()
    yield
    clock.reset()


@pytest.fixture
def exchange(app: Flask) -> Iterator[Flask]:
    """The app with the fixed cast, inside its context."""
    with app.app_context():
        cast.load()
        yield app
        db.session.remove()


@pytest.fixture
def start_worker(config: Config, tmp_path: Path) -> Iterator[StartWorker]:
    """Start `python -m workers …`, with further settings; what it logs goes to worker.log under tmp_path."""
    started: list[children.Child] = []
    with open(tmp_path / "worker.log", "ab") as output:

        def start(*options: str, **settings: str) -> children.Child:
            command = [sys.executable, "-m", "workers", *options]
            child = children.spawn(command, env={**environment(config), **settings}, cwd=ROOT, output=output)
            started.append(child)
            return child

        yield start
        for child in started:
            children.kill_group(child)
