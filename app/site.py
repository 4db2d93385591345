"""The application with all its faces: a table of contents for the program."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli
from app.config import Config
from app.engine import create_engine_app
from app.extensions import db
from app.web import api, auth, errors, guard, hooks, hosts, live, ops, portal, render, staff
from app.web.extensions import csrf, htmx, login, migrate

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def create_app(config: Config | None = None) -> Flask:
    """The web application, also the context of the command line."""
    config = config or Config.from_env()
    app = create_engine_app(config)
    hops = config.trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    migrate.init_app(app, db, directory=str(MIGRATIONS))
    login.init_app(app)
    htmx.init_app(app)

    render.init_app(app)  # names the request, before anything may refuse it
    ops.init_app(app)
    hosts.init_app(app)
    live.init_app(app)
    guard.init_app(app)
    csrf.init_app(app)
    errors.init_app(app)
    for room in (auth, staff, live, portal, api, hooks, ops):
        app.register_blueprint(room.bp)
    cli.init_app(app)
    return app
