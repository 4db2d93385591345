"""Product lines and families, made and changed by an administrator. Each verb is one transaction, once per form.

What an order says of its product stands on the order, so orders keep the names of then.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.catalogue.parsing import Refused, plain_text
from app.domain import story
from app.domain.errors import Conflict, Finding, Invalid, NotFound, Stale
from app.domain.models import Package, ProductFamily, ProductLine
from app.extensions import db
from app.services.actor import Actor
from app.services.once import once_and_whole

_CODE = re.compile(r"[A-Z0-9]{1,10}", re.ASCII)
LONGEST_NAME, LONGEST_DESCRIPTION = 100, 300
Group = ProductLine | ProductFamily


@dataclass(frozen=True)
class GroupWish:
    """A family, or a line of a family, as it was typed. `family_code`: of a line only."""

    code: str
    name: str
    description: str = ""
    family_code: str | None = None


def version_of(one: Group) -> str:
    """Changes whenever its page would show something else: what a form was made from."""
    return hashlib.sha256(repr(sorted(_told(one).items())).encode()).hexdigest()[:16]


def _told(one: Group) -> dict[str, Any]:
    names = ("name", "description", "family_code") if isinstance(one, ProductLine) else ("name", "description")
    return {name: getattr(one, name) for name in names}


def _noun(kind: type[Group]) -> str:
    return "product line" if kind is ProductLine else "product family"


def add(kind: type[Group], wish: GroupWish, actor: Actor, form_key: str | None = None) -> None:
    """`Invalid` names everything that is wrong."""

    def do() -> None:
        wrong = [] if _CODE.fullmatch(wish.code) else [_format()]
        _refuse([*(wrong or _taken(kind, wish.code)), *_findings(kind, wish)])
        made = kind(code=wish.code)
        _write(kind, made, wish)
        db.session.add(made)
        db.session.flush()
        story.audit(actor.name, f"{_noun(kind)} made", subject=wish.code, after=_told(made))

    try:
        once_and_whole(actor, f"{_noun(kind)} made", form_key, do)
    except IntegrityError:  # two administrators at the same moment
        raise Invalid("It is not saved.", _taken(kind, wish.code)) from None


def _format() -> Finding:
    return Finding("/code", "format", "A code has 1 to 10 capital letters and digits, such as PM.")


def _taken(kind: type[Group], code: str) -> list[Finding]:
    there = db.session.get(kind, code) is not None
    return [Finding("/code", "unique", f"There is a {_noun(kind)} “{code}” already.")] if there else []


def change(
    kind: type[Group], code: str, wish: GroupWish, actor: Actor, *, version: str, form_key: str | None = None
) -> None:
    """Another name, description or family. `Stale` if somebody changed it since the form was made."""

    def do() -> None:
        one = _locked(kind, code)
        if version != version_of(one):
            raise Stale(f"Somebody else has changed this {_noun(kind)} since you opened it.")
        _refuse(_findings(kind, wish))
        before = _told(one)
        _write(kind, one, wish)
        db.session.flush()
        if before != _told(one):
            story.audit(actor.name, f"{_noun(kind)} changed", subject=code, before=before, after=_told(one))

    once_and_whole(actor, f"{_noun(kind)} changed {code}", form_key, do)


def delete(kind: type[Group], code: str, actor: Actor, form_key: str | None = None) -> None:
    """`Conflict` while something is in it."""

    def do() -> None:
        one = _locked(kind, code)
        column = Package.line_code if kind is ProductLine else ProductLine.family_code
        if db.session.scalars(select(column).where(column == code).limit(1)).first() is not None:
            what = "packages" if kind is ProductLine else "product lines"
            raise Conflict(f"There are {what} in “{one.name}”, retired ones included; it stays.")
        story.audit(actor.name, f"{_noun(kind)} deleted", subject=code, before=_told(one))
        db.session.delete(one)

    once_and_whole(actor, f"{_noun(kind)} deleted {code}", form_key, do)


def _locked(kind: type[Group], code: str) -> Group:
    found: Any = db.session.execute(
        select(kind).where(kind.code == code).with_for_update(of=kind).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no such {_noun(kind)}.")
    one: Group = found
    return one


def _findings(kind: type[Group], wish: GroupWish) -> list[Finding]:
    found = []
    for name, typed, longest, label in (
        ("name", wish.name, LONGEST_NAME, "The name"),
        ("description", wish.description, LONGEST_DESCRIPTION, "The description"),
    ):
        if typed.strip() or name == "name":
            try:
                plain_text(typed, longest)
            except Refused as wrong:
                found.append(Finding(f"/{name}", wrong.rule, f"{label} {wrong.sentence}"))
    if kind is ProductLine and wish.family_code not in set(db.session.scalars(select(ProductFamily.code))):
        found.append(Finding("/family_code", "reference", "Choose a product family that there is."))
    return found


def _write(kind: type[Group], one: Group, wish: GroupWish) -> None:
    one.name, one.description = wish.name.strip(), wish.description.strip()
    if isinstance(one, ProductLine):
        one.family_code = wish.family_code or ""


def _refuse(wrong: list[Finding]) -> None:
    if wrong:
        raise Invalid("It is not saved.", wrong)
