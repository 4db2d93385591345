"""What every form of the portal carries, read strictly: its key, the version it was made from, a reason."""

import uuid

from flask import request

from app.domain.errors import Finding, Invalid
from app.domain.models import FormKey
from app.extensions import db
from app.services.once import key_of
from app.web.guard import actor

LONGEST_REASON = 500


def _incomplete(name: str) -> Invalid:
    words = "This form is not complete. Reload the page and try again."
    return Invalid(words, [Finding(f"/{name}", "required", words)])


def version() -> int:
    """The version that the form was made from; a form without one is refused."""
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _incomplete("version")
    return int(text)


def form_key() -> str:
    """The key that makes this form one effect however often it is sent."""
    key = request.form.get("form_key", "")
    if not (16 <= len(key) <= 64 and key.isascii() and key.replace("-", "").isalnum()):
        raise _incomplete("form_key")
    return key


def reason() -> str:
    return request.form.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]


def already(key: str, what: str, about: uuid.UUID) -> bool:
    """Whether this form took effect before: then it is a second click, which changes nothing and is no conflict."""
    return db.session.get(FormKey, key_of(key, actor(), what, about)) is not None
