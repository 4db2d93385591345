"""One form takes effect once: its key is noted by a unique row in the transaction of the effect itself."""

import hashlib
import uuid
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from app.domain import clock
from app.domain.errors import Conflict
from app.domain.models import FormKey
from app.domain.models.base import table_of
from app.domain.upsert import insert_for
from app.extensions import db
from app.services.actor import Actor

form_keys = table_of(FormKey)


def key_of(form_key: str, actor: Actor, what: str, about: uuid.UUID | None = None) -> str:
    """The row's key: a key that somebody else sent, or that was sent for something else, never meets this one."""
    said = "\n".join((str(actor.user_id or actor.name), what, str(about or ""), form_key))
    return hashlib.sha256(said.encode()).hexdigest()


def once(form_key: str | None, actor: Actor, what: str, about: uuid.UUID | None = None) -> bool:
    """Note that this form takes effect now; False if it already has, so that a second click changes nothing."""
    if not form_key:
        return True
    row = {"key": key_of(form_key, actor, what, about), "by": actor.name, "what": what[:60], "at": clock.now()}
    noted = insert_for(form_keys).values(**row).on_conflict_do_nothing().returning(form_keys.c.key)
    return db.session.execute(noted).first() is not None  # while the first click is at work this waits for its end


def once_and_whole(
    actor: Actor, what: str, form_key: str | None, do: Callable[[], None], about: uuid.UUID | None = None
) -> None:
    """Run `do` as one transaction. A repetition of a form that already took effect succeeds without effect."""
    try:
        if not once(form_key, actor, what, about):
            db.session.rollback()
            return
        do()
        db.session.commit()
    except (Conflict, IntegrityError):
        db.session.rollback()
        # Two clicks of one form race to this line: the slower one lost to itself, which is a success.
        if form_key and db.session.get(FormKey, key_of(form_key, actor, what, about)) is not None:
            return
        raise
    except Exception:
        db.session.rollback()
        raise
