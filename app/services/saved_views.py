"""Views of the queue under names of one's own: kept, shared, renamed, deleted. Only the owner or an administrator
changes one; what is shared everybody on the staff may open."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.domain import clock
from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound
from app.domain.models import SavedView
from app.domain.permissions import Role
from app.extensions import db
from app.services.actor import Actor

LONGEST, MOST = 60, 50
"""Characters of a name; views of one person."""


def save(actor: Actor, name: str, view: str, filters: dict[str, Any], sort: str, *, shared: bool) -> uuid.UUID:
    """Keep a view; its id. The same name with the same filters again is the same view; `Invalid` if the name is
    taken by another of one's own, missing or too long."""
    name = _name(name)
    mine = db.session.scalars(select(SavedView).where(SavedView.owner_id == actor.user_id)).all()
    there = next((one for one in mine if one.name.lower() == name.lower()), None)
    if there is not None:
        if (there.view, there.filters, there.sort, there.shared) != (view, filters, sort, shared):
            raise _taken(name)
        db.session.rollback()
        return there.id
    if len(mine) >= MOST:
        raise Invalid(
            "Too many views.", [Finding("/name", "most", f"You keep {MOST} views already: delete one first.")]
        )
    made = SavedView(owner_id=actor.user_id, name=name, view=view, filters=filters, sort=sort, shared=shared)
    made.id = uuid.uuid4()
    found = made.id
    db.session.add(made)
    _commit(name)
    return found


def change(view_id: uuid.UUID, actor: Actor, name: str, *, shared: bool) -> None:
    """Rename it, share it or keep it to oneself."""
    name = _name(name)
    row = _own(view_id, actor)
    others = select(SavedView.name).where(SavedView.owner_id == row.owner_id, SavedView.id != view_id)
    if name.lower() in {one.lower() for one in db.session.scalars(others)}:
        raise _taken(name)
    row.name, row.shared, row.modified_at = name, shared, clock.now()
    _commit(name)


def delete(view_id: uuid.UUID, actor: Actor) -> str:
    """Take it away for everybody; its name."""
    row = _own(view_id, actor)
    name = row.name
    db.session.delete(row)
    db.session.commit()
    return name


def may_change(row: SavedView, actor: Actor) -> bool:
    return row.owner_id == actor.user_id or (row.shared and actor.role is Role.ADMIN)


def _own(view_id: uuid.UUID, actor: Actor) -> SavedView:
    """The row, locked. `NotFound` also for what somebody else keeps to themselves."""
    row = db.session.get(SavedView, view_id, with_for_update=True)
    if row is None or not (row.shared or row.owner_id == actor.user_id):
        raise NotFound("There is no such view; it may have been deleted.")
    if not may_change(row, actor):
        raise Forbidden("Only its owner or an administrator changes a shared view.")
    return row


def _name(text: str) -> str:
    name = " ".join("".join(sign for sign in text if sign.isprintable()).split())
    if not name:
        raise Invalid("The view needs a name.", [Finding("/name", "required", "Give the view a name.")])
    if len(name) > LONGEST:
        raise Invalid(
            "The name is too long.", [Finding("/name", "length", f"A name has {LONGEST} characters at most.")]
        )
    return name


def _taken(name: str) -> Invalid:
    return Invalid("The name is taken.", [Finding("/name", "unique", f"You have another view “{name}” already.")])


def _commit(name: str) -> None:
    try:
        db.session.commit()
    except IntegrityError:  # somebody else's click, or one's own second one, was faster
        db.session.rollback()
        raise Conflict(f"There is a view “{name}” already; look again.") from None
