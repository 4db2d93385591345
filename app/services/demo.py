"""The demo: a small exchange in the middle of its working day. Loaded once, in one transaction."""

from sqlalchemy import delete, select

from app.config import Config
from app.domain.models import Account, HandlerPlan, User, WorkerBeat
from app.domain.models.base import table_of
from app.extensions import db
from app.services import demo_exchange


def load(config: Config, *, if_empty: bool = False) -> str:
    """Load the demo exchange unless it is there; answer in a sentence what was done."""
    if db.session.get(Account, demo_exchange.HARBOUR) is not None:
        return "The demo exchange is there already."
    if if_empty and _holds_anything():
        return "The database holds accounts or users already; nothing was loaded."
    demo_exchange.build()
    db.session.commit()
    return f"The demo exchange is loaded; its logins have the password {demo_exchange.PASSWORD}."


def _holds_anything() -> bool:
    return any(db.session.scalars(select(column).limit(1)).first() for column in (Account.id, User.id))


def reset(config: Config) -> str:
    """Forget everything in the database and load the demo exchange anew."""
    kept = {table_of(HandlerPlan), table_of(WorkerBeat)}  # what running workers have said about themselves
    for table in reversed(db.metadata.sorted_tables):
        if table not in kept:
            db.session.execute(delete(table))
    db.session.flush()
    return load(config)
