"""The application factory: a table of contents for the program."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, live, logs, queues
from app import database as _database  # noqa: F401  (registers how the databases are spoken to)
from app.config import Config
from app.domain import models as _models  # noqa: F401  (the schema)
from app.extensions import csrf, db, htmx, login, migrate
from app.web import api, auth, errors, guard, hooks, hosts, ops, portal, render, staff
from app.web import live as live_room

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def create_app(config: Config | None = None) -> Flask:
    """The web application, also the context in which workers and the command line run."""
    config = config or Config.from_env()
    app = Flask(__name__)
    app.config.from_mapping(config.flask_settings())
    hops = config.trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    logs.configure(config)

    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    queues.init_app(app, config.redis_url)
    live.init_app(app, config.redis_url)
    login.init_app(app)
    htmx.init_app(app)

    render.init_app(app)  # names the request, before anything may refuse it
    ops.init_app(app)
    hosts.init_app(app)
    live_room.init_app(app)
    guard.init_app(app)
    csrf.init_app(app)
    errors.init_app(app)
    for room in (auth, staff, live_room, portal, api, hooks, ops):
        app.register_blueprint(room.bp)
    cli.init_app(app)
    return app
