"""Bring the database up to date and, where the demo is on, load it into an empty one. Both in one process: quicker.

What goes wrong is written out in full, and its last line says in one sentence what was tried and why it failed.
"""

import sys
import traceback
from collections.abc import Callable

import flask_migrate

from app.config import Config
from app.services import demo
from wsgi import app


def main() -> int:
    config: Config = app.config["HANDOFF"]
    with app.app_context():
        if not _done("The database could not be brought up to date", flask_migrate.upgrade):
            return 1
        if config.demo and not _done("The demo data could not be loaded", lambda: demo.load(config, if_empty=True)):
            return 1
    return 0


def _done(failure: str, what: Callable[[], object]) -> bool:
    try:
        what()
    except Exception as why:
        traceback.print_exc()
        reason = (str(why).strip().splitlines() or [type(why).__name__])[0].rstrip(". ")
        print(f"{failure}: {reason}.", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
