"""What an administrator does for somebody who cannot get in: mail a link, switch off the code of a lost app."""

import uuid
from typing import Any

from flask import flash, redirect, url_for

from app.domain.errors import Conflict, NotFound
from app.domain.models import User
from app.extensions import db
from app.services import accounts, second_factor
from app.web.guard import actor


def _user(user_id: uuid.UUID) -> User:
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _back(user_id: uuid.UUID, said: str) -> Any:
    flash(said, "success")
    return redirect(url_for("staff.user", user_id=user_id), 303)


def invite(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/invite: a mailed link to choose a password with; an older one ends."""
    user = _user(user_id)
    if not user.active:
        raise Conflict("They have no access; reactivate them first.")
    accounts.send_invitation(user, by=actor().name)
    return _back(user_id, f"A link to choose a password is on its way to {user.email}.")


def code_off(user_id: uuid.UUID) -> Any:
    """POST /admin/users/<id>/code-off: they sign in with their password alone until they set up an app again."""
    user = _user(user_id)
    second_factor.taken_off(user, by=actor().name)
    return _back(user_id, f"{user.name} is not asked for a code any more, and has been told by mail.")
