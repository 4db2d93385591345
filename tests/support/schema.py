"""Databases with the tables in them, made once and then copied for every test."""

import shutil
from pathlib import Path
from typing import Any

import flask_migrate
import pytest

from app.config import Config
from app.extensions import db
from app.site import create_app

MIGRATIONS = Path(__file__).parents[2] / "migrations"
DATABASES = ("sqlite", "postgresql")
both_databases = pytest.mark.parametrize("database_url", DATABASES, indirect=True)
"""For a test, where its folder's tests run on one database only, that depends on which one it is."""
TEST_KEY = "only-used-by-the-tests"


def test_config(database_url: str, redis_url: str, data_dir: Path, **more: Any) -> Config:
    """The configuration of an app under test; `more` are settings by their field names."""
    settings = {"secret_key": TEST_KEY, "demo": False, "log_format": "console", "log_level": "WARNING", **more}
    return Config(database_url=database_url, redis_url=redis_url, data_dir=data_dir, **settings)


test_config.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test, in spite of its name


def make_schema(url: str, data_dir: Path) -> None:
    """Run all migrations on an empty database, and let go of it (PostgreSQL copies no database that is in use)."""
    app = create_app(test_config(url, "redis://127.0.0.1:1/0", data_dir))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        db.session.remove()
        db.engine.dispose()


def copy_sqlite(template: Path, target: Path) -> str:
    """A copy of a SQLite file nobody has open; its address."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
