"""`make demo-reset`: forget everything in the database and load the demo anew.

A database that somebody named in DATABASE_URL is only emptied after a question; the one under DATA_DIR without.
"""

import subprocess
import sys
from pathlib import Path

from app.config import Config
from app.settings import ConfigError
from deploy import checks
from deploy.checks import CannotStart

ROOT = Path(__file__).parents[1]


def main() -> int:
    try:
        config = Config.from_env()
        with checks.take_folder(config):
            checks.database_answers(config, ROOT / "migrations")
            return _flask("db", "upgrade") or _flask("demo", "reset", *answered(config))
    except (ConfigError, CannotStart) as why:
        print(f"Nothing was reset. {why}", file=sys.stderr)
        return 1


def answered(config: Config) -> list[str]:
    """The answer to the question, where it need not be asked."""
    own = Config(data_dir=config.data_dir, public_url=config.public_url)
    return ["--yes"] if config.database_url == own.database_url else []


def _flask(*command: str) -> int:
    return subprocess.call([sys.executable, "-m", "flask", "--app", "wsgi", *command], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
