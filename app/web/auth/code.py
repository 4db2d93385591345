"""The second half of signing in: a code of the app, or a recovery code."""

import uuid
from typing import Any

from flask import redirect, render_template, request, session, url_for

from app.domain import clock, story
from app.domain.errors import Conflict, NotSignedIn
from app.domain.models import User
from app.extensions import db
from app.services import access, guessing, second_factor
from app.web.auth.browser import config, enter, safe_next

HALF = "half_signed_in"
HALF_LASTS_S = 300


def ask(user: User, target: str) -> Any:
    """The password was right: remember so for five minutes, signed in the cookie, and ask for the code."""
    session.clear()
    session[HALF] = {
        "user": user.id.hex, "at": clock.now().timestamp(), "of": access.digest(user.password_hash), "next": target,
    }  # fmt: skip
    return redirect(url_for("auth.code_page"), 303)


def _half() -> tuple[User, str] | None:
    """Who is half signed in, and where they want to go; void when the password has changed meanwhile."""
    half = session.get(HALF)
    if not isinstance(half, dict) or clock.now().timestamp() - half["at"] > HALF_LASTS_S:
        return None
    user = db.session.get(User, uuid.UUID(half["user"]))
    if user is None or not user.active or access.digest(user.password_hash) != half["of"]:
        return None
    return user, safe_next(half["next"])


def _needed_half() -> tuple[User, str]:
    half = _half()
    if half is None:
        session.pop(HALF, None)
        raise Conflict("Please begin again: your password was not given, or more than five minutes ago.")
    return half


def code_page() -> Any:
    _needed_half()
    return render_template("auth/code.html", error="")


def check_code() -> Any:
    """POST: after a few wrong codes the person must wait, whichever browser they come from."""
    user, target = _needed_half()
    guesses = f"code:{user.id}"
    try:
        guessing.count({guesses: guessing.FREE_FAILURES})
    except NotSignedIn as why:
        return render_template("auth/code.html", error=why.detail), 401
    if not second_factor.check(user, request.form.get("code", "")[:100], config()):
        story.audit("nobody", "sign-in code failed", subject=user.email)
        db.session.commit()
        return render_template("auth/code.html", error="This code is not right, or it was used already."), 401
    guessing.forget(guesses)
    return enter(user, target, how="password and code")
