"""Every test of the portal starts with the cast's exchange, and the clock as it is."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.config import Config
from app.domain import clock
from tests.portal.scene import Scene, open_scene


@pytest.fixture
def scene(app: Flask, config: Config) -> Iterator[Scene]:
    yield open_scene(app, config)
    clock.reset()
