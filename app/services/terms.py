"""Terms and conditions: the version of the day, and its acceptance for an order.

Where no terms are kept nobody is asked. A version that was accepted while it was the latest does not count any more
once a newer one is in force: it is asked again.
"""

import uuid

from sqlalchemy import select

from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import Order, Terms, TermsAcceptance
from app.domain.states import Status
from app.extensions import db
from app.services.actor import Actor


def current() -> Terms | None:
    """The version that is in force now; None where no terms are kept."""
    return db.session.scalars(
        select(Terms).where(Terms.in_force_from <= clock.now()).order_by(Terms.in_force_from.desc()).limit(1)
    ).one_or_none()


def accept(order: Order, version: str, actor: Actor) -> TermsAcceptance:
    """Accept the terms for a draft, which is locked; the caller commits. Doing so twice is one acceptance.

    `Conflict` if a newer version is in force; `Invalid` if there is no such version.
    """
    if order.status is not Status.DRAFT:
        raise Conflict("The order has been submitted already; it is no draft any more.")
    latest = current()
    if latest is None:
        raise Invalid("No terms are in force.", [Finding("/version", "reference", "No terms are in force.")])
    if version != latest.version:
        if db.session.get(Terms, version) is None:
            words = f"There are no terms of version “{version}”."
            raise Invalid(words, [Finding("/version", "reference", words)])
        raise Conflict(f"Version {version} is not in force; please read and accept version {latest.version}.")
    made = of_order(order.id)
    if made is None or made.version != version:
        made = TermsAcceptance(
            id=uuid.uuid4(), order_id=order.id, version=version, accepted_by=actor.name, accepted_at=clock.now()
        )
        db.session.add(made)
        story.audit(actor.name, "terms accepted", order_id=order.id, subject=order.name, after={"version": version})
        db.session.flush()
    return made


def of_order(order_id: uuid.UUID) -> TermsAcceptance | None:
    """The latest acceptance for this order."""
    return db.session.scalars(
        select(TermsAcceptance)
        .where(TermsAcceptance.order_id == order_id)
        .order_by(TermsAcceptance.accepted_at.desc())
        .limit(1)
    ).one_or_none()


def findings(order: Order) -> list[Finding]:
    """What is missing when the order is to be submitted."""
    latest = current()
    if latest is None:
        return []
    accepted = of_order(order.id)
    if accepted is None:
        words = f"Please read and accept the terms, version {latest.version}."
        return [Finding("/terms", "required", words)]
    if accepted.version != latest.version:
        words = (
            f"Version {accepted.version} of the terms was accepted, but version {latest.version} is in force now. "
            "Please read and accept it."
        )
        return [Finding("/terms", "outdated", words)]
    return []
