"""What the desk's filters offer, how their values are called, and which values exist no more."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, or_, select

from app.domain.models import Account, Fabric, HandlerPlan, Location, User
from app.domain.permissions import Role
from app.extensions import db
from app.queries.staff_narrow import NOBODY, Filters

WORKING = (Role.ENGINEER, Role.SALES)
NAMED = 5
"""So many members are named when a name fits several."""


@dataclass(frozen=True)
class Choices:
    """The filters whose choices stand in the database, each as (value, words)."""

    fabric: list[tuple[str, str]]
    site: list[tuple[str, str]]
    step: list[tuple[str, str]]
    owner: list[tuple[str, str]]

    def of(self, name: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = getattr(self, name)
        return found


def choices() -> Choices:
    """Three queries, however much there is."""
    codes = db.session.scalars(select(Location.code).distinct().order_by(Location.code)).all()
    fabrics = db.session.execute(select(Fabric.code, Fabric.name).order_by(Fabric.name)).all()
    people = db.session.execute(select(User.id, User.name).where(User.role.in_(WORKING)).order_by(User.name)).all()
    return Choices(
        fabric=[(row.code, row.name) for row in fabrics],
        site=[(code, code) for code in codes],
        step=steps(),
        owner=[(NOBODY, "Nobody"), *((str(row.id), row.name) for row in people)],
    )


def steps() -> list[tuple[str, str]]:
    """The steps that our staff do, of all plans that the workers have published: key and title, by title."""
    plans = db.session.scalars(select(HandlerPlan.steps)).all()
    found = {step["key"]: step["title"] for plan in plans for step in plan if step.get("team")}
    return sorted(found.items(), key=lambda one: one[1])


def checked(filters: Filters, offered: Choices) -> tuple[Filters, list[str]]:
    """The filters whose values exist, and a sentence about each other one, which is left out.

    A member may be given by id, handle or name; it becomes the id.
    """
    kept, gone = filters, []
    for name, what in (("fabric", "fabric"), ("site", "location"), ("step", "step"), ("owner", "person")):
        value, known = getattr(filters, name), offered.of(name)
        if value and known and value not in dict(known):
            gone.append(f"There is no {what} “{_shown(name, value)}” any more: the list is shown without this filter.")
            kept = replace(kept, **{name: ""})
    if filters.member:
        member, sentence = _member(filters.member)
        kept = replace(kept, member=member)
        gone += [sentence] if sentence else []
    return kept, gone


def _shown(name: str, value: str) -> str:
    return value[:8] if name == "owner" else value[:60]


def _member(said: str) -> tuple[str, str]:
    """The account's id; empty, with a sentence, if none or several fit."""
    exact = or_(Account.id == said, Account.handle == said.lower(), func.lower(Account.organisation) == said.lower())
    found = db.session.execute(select(Account.id, Account.organisation).where(exact).limit(2)).all()
    if not found:
        some = select(Account.id, Account.organisation).where(Account.organisation.icontains(said, autoescape=True))
        found = db.session.execute(some.order_by(Account.organisation).limit(NAMED)).all()
    if len(found) == 1:
        return found[0].id, ""
    if not found:
        return "", f"There is no member “{said[:60]}”: the list is shown without this filter."
    names = ", ".join(row.organisation for row in found)
    return "", f"Several members fit “{said[:60]}” ({names} …): the list is shown without this filter."


def names_of(filters: Filters, offered: Choices) -> dict[str, Any]:
    """The words for filters whose value is a key: a member's organisation, a step's title, a person's name."""
    found: dict[str, Any] = {}
    for name in ("fabric", "site", "step", "owner"):
        if value := getattr(filters, name):
            found[name] = dict(offered.of(name)).get(value, value.replace("_", " "))
    if filters.member:
        member = db.session.scalar(select(Account.organisation).where(Account.id == filters.member))
        found["member"] = member or filters.member
    return found


def is_person(value: str) -> bool:
    """Whether an owner's value can be read at all."""
    try:
        return value == NOBODY or bool(uuid.UUID(value))
    except ValueError:
        return False
