"""Versions of the terms: made for now or for later, and changed or withdrawn only while they are still to come.

A version that has been in force is never touched again: people have accepted these very words. Each verb is one
transaction, once per form.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound, Stale
from app.domain.models import Terms
from app.extensions import db
from app.services.actor import Actor
from app.services.once import once_and_whole

LONGEST_TEXT = 50_000
_VERSION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,18}[A-Za-z0-9])?", re.ASCII)
RESERVED = "new"  # what the page for a new one is called


@dataclass(frozen=True)
class TermsWish:
    """A version as it was typed. `in_force_from`: None = at once."""

    version: str
    text: str
    in_force_from: datetime | None = None


def version_of(one: Terms) -> str:
    """What a form was made from: changes whenever the version would read differently."""
    return hashlib.sha256(f"{one.in_force_from.isoformat()}\n{one.text}".encode()).hexdigest()[:16]


def publish(wish: TermsWish, actor: Actor, form_key: str | None = None) -> None:
    """A new version. `Invalid` names everything that is wrong."""

    def do() -> None:
        _refuse([*_wrong_version(wish.version), *_findings(wish)])
        made = Terms(version=wish.version, text=_tidy(wish.text), in_force_from=wish.in_force_from or clock.now())
        db.session.add(made)
        db.session.flush()
        story.audit(actor.name, "terms made", subject=wish.version, after=_told(made))

    try:
        once_and_whole(actor, "terms made", _key(form_key, wish), do)
    except IntegrityError:  # two administrators at the same moment
        raise Invalid("The terms are not saved.", list(_wrong_version(wish.version))) from None


def change(wish: TermsWish, actor: Actor, *, seen: str, form_key: str | None = None) -> None:
    """Other words, or another moment, for a version that is still to come. `Stale` if somebody else changed it."""

    def do() -> None:
        one = _to_come(wish.version)
        if seen != version_of(one):
            raise Stale("Somebody else has changed this version since you opened it.")
        _refuse(list(_findings(wish)))
        before = _told(one)
        one.text, one.in_force_from = _tidy(wish.text), wish.in_force_from or clock.now()
        db.session.flush()
        if before != _told(one):
            story.audit(actor.name, "terms changed", subject=wish.version, before=before, after=_told(one))

    once_and_whole(actor, f"terms changed {wish.version}", _key(form_key, wish), do)


def withdraw(version: str, actor: Actor, form_key: str | None = None) -> None:
    """A version that is still to come will not come."""

    def do() -> None:
        one = _to_come(version)
        story.audit(actor.name, "terms withdrawn", subject=version, before=_told(one))
        db.session.delete(one)

    once_and_whole(actor, f"terms withdrawn {version}", form_key, do)


def _to_come(version: str) -> Terms:
    """The version, locked. `Conflict` if it is in force, or has been."""
    found: Any = db.session.execute(
        select(Terms).where(Terms.version == version).with_for_update(of=Terms)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("There are no such terms.")
    one: Terms = found
    if one.in_force_from <= clock.now():
        raise Conflict(f"Version {version} is in force, or has been: its words stay. Make a new version instead.")
    return one


def _wrong_version(version: str) -> Iterator[Finding]:
    if not _VERSION.fullmatch(version) or version.lower() == RESERVED:
        words = "A version has 1 to 20 letters, digits, points and hyphens, such as 2027-1."
        yield Finding("/version", "format", words)
    elif db.session.get(Terms, version) is not None:
        yield Finding("/version", "unique", f"There is a version “{version}” already.")


def _findings(wish: TermsWish) -> Iterator[Finding]:
    text = _tidy(wish.text)
    if not text:
        yield Finding("/text", "required", "Type the terms.")
    elif len(text) > LONGEST_TEXT:
        yield Finding("/text", "range", f"The terms must be at most {LONGEST_TEXT:,} characters.")
    elif not all(line.replace("\t", " ").isprintable() for line in text.split("\n")):
        yield Finding("/text", "type", "The terms must not contain control or unprintable characters.")
    if wish.in_force_from is None:
        return
    if wish.in_force_from <= clock.now():
        words = "This moment has passed. Choose a later one, or leave it empty for at once."
        yield Finding("/in_force_from", "past", words)
    same = select(Terms.version).where(Terms.in_force_from == wish.in_force_from, Terms.version != wish.version)
    if (other := db.session.scalars(same.limit(1)).first()) is not None:
        words = f"Version {other} comes in force at this very moment; choose another."
        yield Finding("/in_force_from", "unique", words)


def _tidy(text: str) -> str:
    """Paragraphs as they were typed, without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))


def _told(one: Terms) -> dict[str, Any]:
    return {"in_force_from": one.in_force_from.isoformat(), "text": one.text}


def _key(form_key: str | None, wish: TermsWish) -> str | None:
    """The same for a second click; another once something else was typed, such as after going back in the browser."""
    return f"{form_key}\n{wish!r}" if form_key else None


def _refuse(wrong: list[Finding]) -> None:
    if wrong:
        raise Invalid("The terms are not saved.", wrong)
