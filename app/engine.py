"""The application without faces: database, queues, signals and logs. Workers run in it, and `site` adds the faces."""

from flask import Flask

from app import database as _database  # noqa: F401  (registers how the databases are spoken to)
from app import live, logs, queues
from app.config import Config
from app.domain import models as _models  # noqa: F401  (the schema)
from app.extensions import db


def create_engine_app(config: Config | None = None) -> Flask:
    """What verbs and steps need, and nothing that only a browser needs: a worker is smaller and starts sooner."""
    config = config or Config.from_env()
    app = Flask("app")
    app.config.from_mapping(config.flask_settings())
    logs.configure(config)
    db.init_app(app)
    queues.init_app(app, config.redis_url)
    live.init_app(app, config.redis_url)
    return app
