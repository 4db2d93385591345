"""Versions of the terms as an administrator sees them: when each is in force, and who accepted it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import exists, func, select

from app.domain import clock
from app.domain.errors import NotFound
from app.domain.models import Order, Terms, TermsAcceptance
from app.domain.states import Status
from app.extensions import db

State = Literal["coming", "in force", "earlier"]
MOST = 50


@dataclass(frozen=True)
class VersionRow:
    """`until`: when the next version comes in force; None while none is known. `accepted`: for how many orders."""

    terms: Terms
    state: State
    until: datetime | None
    accepted: int


def versions() -> list[VersionRow]:
    """The last to come in force first."""
    now = clock.now()
    rows = db.session.scalars(select(Terms).order_by(Terms.in_force_from.desc(), Terms.version.desc())).all()
    counts = {
        row.version: row.number
        for row in db.session.execute(
            select(TermsAcceptance.version, func.count().label("number")).group_by(TermsAcceptance.version)
        )
    }
    found, until, is_current = [], None, True
    for one in rows:
        state: State = "coming" if one.in_force_from > now else "in force" if is_current else "earlier"
        is_current = is_current and state == "coming"
        found.append(VersionRow(one, state, until, counts.get(one.version, 0)))
        until = one.in_force_from
    return found


def version(name: str) -> VersionRow:
    """`NotFound` if there is none of this name."""
    found = next((row for row in versions() if row.terms.version == name), None)
    if found is None:
        raise NotFound("There are no such terms.")
    return found


@dataclass(frozen=True)
class Accepted:
    order: Order
    by: str
    at: datetime


def accepted(name: str) -> Sequence[Accepted]:
    """Who accepted this version for which order, the latest first; no more than `MOST`."""
    rows = db.session.execute(
        select(Order, TermsAcceptance.accepted_by, TermsAcceptance.accepted_at)
        .join(TermsAcceptance, TermsAcceptance.order_id == Order.id)
        .where(TermsAcceptance.version == name)
        .order_by(TermsAcceptance.accepted_at.desc())
        .limit(MOST)
    )
    return [Accepted(order, by, at) for order, by, at in rows]


@dataclass(frozen=True)
class OpenDrafts:
    """How many drafts there are, and how many of them have accepted some version already."""

    number: int
    accepted: int


def drafts() -> OpenDrafts:
    """Whoever writes one of these meets the version that is in force when they submit it."""
    has_accepted = exists().where(TermsAcceptance.order_id == Order.id)
    row = db.session.execute(
        select(func.count().label("number"), func.count().filter(has_accepted).label("accepted"))
        .select_from(Order)
        .where(Order.status == Status.DRAFT)
    ).one()
    return OpenDrafts(row.number, row.accepted)
