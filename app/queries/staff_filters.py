"""What the desk's filters offer, and how their values are called."""

from sqlalchemy import select

from app.domain.models import Account, HandlerPlan, Location
from app.extensions import db
from app.queries.staff_queue import Filters


def sites() -> list[tuple[str, str]]:
    """Every building once: code and code, as people on the floor call them."""
    codes = db.session.scalars(select(Location.code).distinct().order_by(Location.code))
    return [(code, code) for code in codes]


def steps() -> list[tuple[str, str]]:
    """The steps that our staff do, of all plans that the workers have published: key and title, by title."""
    found = {
        step["key"]: step["title"]
        for plan in db.session.scalars(select(HandlerPlan.steps))
        for step in plan
        if step.get("team")
    }
    return sorted(found.items(), key=lambda one: one[1])


def names_of(filters: Filters) -> dict[str, str]:
    """The words for filters whose value is a key: a member's organisation, a step's title."""
    found = {}
    if filters.member:
        name = db.session.scalar(select(Account.organisation).where(Account.id == filters.member))
        found["member"] = name or filters.member
    if filters.step:
        found["step"] = dict(steps()).get(filters.step, filters.step.replace("_", " "))
    return found
