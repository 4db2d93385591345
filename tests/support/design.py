"""The design system on its own: a small application that serves the style guide, the sign-in and the error page.

It knows neither database nor queue, so that what is tested is the templates, styles and scripts alone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, render_template
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.serving import make_server
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

APP = Path(__file__).resolve().parents[2] / "app"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


class SignIn(FlaskForm):
    email = StringField("E-mail", [InputRequired()], description="The one your order confirmations go to.")
    password = PasswordField("Password", [InputRequired()])


@dataclass
class Somebody:
    """Who is signed in, as the frames read it."""

    name: str = "Ana Example"
    timezone: str = "Europe/London"
    theme: str = ""
    density: str = ""
    shortcuts: bool = True
    is_authenticated: bool = True


def design_app() -> Flask:
    app = Flask("design", template_folder=str(APP / "templates"), static_folder=str(APP / "static"))
    app.config.update(SECRET_KEY="for tests only")
    CSRFProtect(app)
    app.jinja_env.filters["localtime"] = lambda at: at.strftime("%d %b %H:%M GMT")
    app.context_processor(lambda: {"current_user": Somebody(), "exchange_name": "Example Exchange"})
    app.jinja_env.globals["icons_url"] = f"{app.static_url_path}/icons.svg"
    app.after_request(_with_headers)
    app.add_url_rule("/styleguide/<face>", view_func=styleguide)
    app.add_url_rule("/login", view_func=login)
    app.add_url_rule("/error", view_func=error)
    app.add_url_rule("/forgot", endpoint="auth.forgot", view_func=login)
    return app


def _with_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


def styleguide(face: str) -> str:
    form = SignIn(email="ana@networks")
    form.email.errors = ["This is not an e-mail address."]
    crumbs = [{"label": "Home", "url": "/"}, {"label": "Orders", "url": "/"}, {"label": "Order details"}]
    return render_template("shared/styleguide.html", face=face, form=form, at=AT, nav=_nav(face), crumbs=crumbs)


def _nav(face: str) -> list[dict[str, object]]:
    if face == "portal":
        labels = ["Home", "Services", "Orders", "Account", "Help"]
        return [
            {
                "label": label,
                "url": f"#{label}",
                "current": label == "Orders",
                "count": 1 if label == "Account" else None,
            }
            for label in labels
        ]
    views: list[tuple[str, int, str]] = [
        ("Mine", 3, ""), ("Unclaimed", 7, "paused"), ("Failed", 2, "failed"), ("Waiting", 4, ""), ("All", 137, ""),
    ]  # fmt: skip
    start: list[dict[str, object]] = [{"label": "Start", "url": "/"}]
    return start + [
        {
            "label": label,
            "url": f"/work?view={label.lower()}",
            "current": label == "Unclaimed",
            "count": n,
            "tone": tone,
        }
        for label, n, tone in views
    ]


def login() -> str:
    return render_template("auth/login.html", form=SignIn(), refused="That e-mail and password do not go together.")


def error() -> tuple[str, int]:
    told = {"status": 404, "title": "Not found", "sentence": "There is no order 20999, or it is not yours."}
    return render_template("errors/error.html", **told, request_id="0190c2f4-7d1e", next=None), 404


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of `app`, served on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # an open stream must not hold up the end
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
