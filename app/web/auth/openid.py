"""Signing in through an OpenID provider: out to it, and back."""

import hmac
from typing import Any

from flask import flash, redirect, request, session, url_for

from app.config import Config
from app.database import set_reading
from app.domain import clock
from app.domain.errors import HandoffError, NotFound, NotSignedIn
from app.extensions import db
from app.services import openid, second_factor
from app.services.openid import Provider
from app.web.auth import code
from app.web.auth.browser import config, enter, safe_next

BEGUN = "openid"
LASTS_S = 600


def offered(settings: Config) -> list[Provider]:
    """What the sign-in page offers beside the password."""
    return openid.providers(settings)


def _provider(which: str) -> Provider:
    for one in openid.providers(config()):
        if one.which == which:
            return one
    raise NotFound("There is no such way to sign in.")


def _back(which: str) -> str:
    return config().public_url + url_for("auth.come_back", which=which)


def go(which: str) -> Any:
    """A link, not a form: the page's policy lets forms lead only to this site."""
    provider = _provider(which)
    try:
        begun = openid.begin(provider, _back(which))
    except HandoffError as why:
        return _refused(why)
    session[BEGUN] = {
        "which": which, "state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier,
        "next": safe_next(), "at": clock.now().timestamp(),
    }  # fmt: skip
    return redirect(begun.url, 303)


def come_back(which: str) -> Any:
    """The provider sends the browser here with GET, the one time that such a request writes: it signs somebody in.

    What it brings must answer to what this very browser set out with.
    """
    set_reading(False)
    provider, begun = _provider(which), session.pop(BEGUN, None)
    try:
        if not isinstance(begun, dict) or begun["which"] != which or clock.now().timestamp() - begun["at"] > LASTS_S:
            raise NotSignedIn("This sign-in took too long or was begun in another browser. Please try again.")
        if not hmac.compare_digest(request.args.get("state", "").encode(), begun["state"].encode()):
            raise NotSignedIn("This sign-in was begun in another browser. Please try again.")
        if request.args.get("error") or not request.args.get("code"):
            raise NotSignedIn(f"{provider.name} did not confirm who you are. Please try again.")
        given = request.args["code"][:4000]
        user = openid.finish(provider, _back(which), given, begun["verifier"], begun["nonce"])
    except HandoffError as why:
        return _refused(why)
    target = safe_next(begun["next"])
    if second_factor.is_on(user.id):
        return code.ask(user, target)
    return enter(user, target, how=provider.which)


def _refused(why: HandoffError) -> Any:
    db.session.rollback()
    flash(why.detail, "error")
    return redirect(url_for("auth.login"), 303)
