"""The engine's rules are tried in a room of their own, on both databases."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from app.extensions import db
from tests.engine.room import TRIAL, Room
from tests.support.schema import test_config
from workers.pipeline import breaker
from workers.pipeline.handler import HANDLERS


@pytest.fixture
def redis_url() -> str:
    """Nothing here needs Redis: the room catches the wake-ups itself."""
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def config(database_url: str, redis_url: str, tmp_path) -> Config:
    return test_config(database_url, redis_url, tmp_path / "var", max_attempts=3, max_crashes=3)


@pytest.fixture
def room(app: Flask, config: Config) -> Iterator[Room]:
    clock.reset()
    breaker.forget()
    with app.app_context():
        yield Room(app, config)
        db.session.remove()
    HANDLERS.pop(f"{TRIAL}:new", None)
    clock.reset()
    breaker.forget()
