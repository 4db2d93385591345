"""The words of mails about one's login: invitation, reset, a changed address, a changed password."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.config import Config
from app.services.mails import signing

When = Callable[[datetime], str]
Worded = tuple[str, list[str], str, str]
"""Subject, sentences, the link's label and its address ("" = no link)."""


def worded(kind: str, facts: dict[str, Any], config: Config, when: When) -> Worded:
    """The words of an account's mail."""
    return _WORDS[kind](facts, config, when)


def _link(facts: dict[str, Any], config: Config, purpose: str, path: str) -> str:
    return f"{config.public_url}/{path}/{signing.link_token(config, purpose, uuid.UUID(facts['link']))}"


def _until(facts: dict[str, Any], when: When) -> str:
    return f"The link works once, until {when(datetime.fromisoformat(facts['expires']))}."


def _invitation(facts: dict[str, Any], config: Config, when: When) -> Worded:
    place = facts.get("organisation") or config.exchange_name
    said = [f"{facts['by']} has made a login for you, for {place}. Choose a password to begin.", _until(facts, when)]
    return (f"Your login at {config.exchange_name}", said, "Choose a password",
            _link(facts, config, "invitation", "invitation"))  # fmt: skip


def _reset(facts: dict[str, Any], config: Config, when: When) -> Worded:
    said = [
        "Somebody, probably you, asked for a new password for this address.",
        _until(facts, when),
        "If it was not you, you need not do anything: your password stays as it is.",
    ]
    return "Choose a new password", said, "Choose a new password", _link(facts, config, "reset", "reset")


def _new_address(facts: dict[str, Any], config: Config, when: When) -> Worded:
    said = ["Please confirm that you want to sign in with this address from now on.", _until(facts, when)]
    return "Confirm your new e-mail address", said, "Confirm address", _link(facts, config, "email", "email")


def _address_changed(facts: dict[str, Any], config: Config, when: When) -> Worded:
    said = [
        f"Your login now has the address {facts['email']}; this one is not used any more.",
        "If it was not you who changed it, please tell us at once.",
    ]
    return "Your e-mail address was changed", said, "", ""


def _password_changed(facts: dict[str, Any], config: Config, when: When) -> Worded:
    said = [
        f"The password of your login was changed on {when(datetime.fromisoformat(facts['at']))}.",
        "If it was not you, choose a new one at once and tell us.",
    ]
    return "Your password was changed", said, "Sign in", f"{config.public_url}/login"


def _second_factor(facts: dict[str, Any], config: Config, when: When) -> Worded:
    word = "on" if facts["on"] else "off"
    said = [
        f"Sign-in with a code was switched {word} for your login on {when(datetime.fromisoformat(facts['at']))}.",
        "If it was not you, choose a new password at once and tell us.",
    ]
    return f"Sign-in with a code is {word}", said, "Your sign-in", f"{config.public_url}/me/security"


_WORDS: dict[str, Callable[[dict[str, Any], Config, When], Worded]] = {
    "invitation": _invitation,
    "reset": _reset,
    "new_address": _new_address,
    "address_changed": _address_changed,
    "password_changed": _password_changed,
    "second_factor": _second_factor,
}
