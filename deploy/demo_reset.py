"""`make demo-reset`: forget everything in the SQLite database under DATA_DIR; the next start loads the demo again."""

import sys

from sqlalchemy.engine import make_url

from app.config import Config
from app.settings import ConfigError
from deploy import checks, embedded_redis
from deploy.checks import CannotStart


def main() -> int:
    try:
        config = Config.from_env()
        reset(config)
    except (ConfigError, CannotStart) as why:
        print(f"Nothing was reset. {why}", file=sys.stderr)
        return 1
    print(f"The data in {config.data_dir} is gone; “make run” loads the demo again.")
    return 0


def reset(config: Config) -> None:
    """Only the database that Handoff made itself: one somebody named in DATABASE_URL is not ours to empty."""
    own = Config(data_dir=config.data_dir).database_url
    if config.database_url != own:
        raise CannotStart("DATABASE_URL is set, and this only resets the database that is kept under DATA_DIR.")
    with checks.take_folder(config):
        name = make_url(own).database or ""
        for end in ("", "-wal", "-shm", "-journal"):
            (config.data_dir / f"{name}{end}").unlink(missing_ok=True)
        embedded_redis.forget(config.data_dir / "redis")


if __name__ == "__main__":
    sys.exit(main())
