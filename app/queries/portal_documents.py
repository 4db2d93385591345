"""The confirmation of an order: what was ordered on which terms and at which price, as it was when it was submitted."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.domain.models import Payment, TermsAcceptance
from app.extensions import db
from app.queries import portal_draft
from app.services.actor import Actor


@dataclass(frozen=True)
class Confirmation:
    """What the confirmation says beside the order itself."""

    terms: str
    terms_by: str
    terms_at: datetime | None
    payments: list[str]


def confirmation(actor: Actor, order_id: uuid.UUID) -> Confirmation | None:
    """Of an order that the viewer's account placed; None for everybody else's."""
    order = portal_draft.find(actor, order_id)
    if order is None:
        return None
    accepted = db.session.scalars(
        select(TermsAcceptance)
        .where(TermsAcceptance.order_id == order_id)
        .order_by(TermsAcceptance.accepted_at.desc())
        .limit(1)
    ).one_or_none()
    paid = db.session.scalars(
        select(Payment.reference).where(Payment.order_id == order_id, Payment.reference.is_not(None))
    )
    return Confirmation(
        terms=accepted.version if accepted else "",
        terms_by=accepted.accepted_by if accepted else "", terms_at=accepted.accepted_at if accepted else None,
        payments=[one for one in paid if one],
    )  # fmt: skip
