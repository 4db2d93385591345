"""How far the provisioning of an item has reached outside: from then on only the exchange takes it back."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import and_, or_, select

from app.domain import clock
from app.domain.models import StepRow, Wait
from app.domain.states import Stage, StepState, WaitKind
from app.extensions import db

_BY_A_SYSTEM = and_(
    StepRow.kind == "auto", StepRow.started_at.is_not(None), or_(StepRow.state != StepState.SKIPPED, StepRow.tries > 0)
)
_BY_HAND = and_(
    StepRow.kind == WaitKind.MANUAL.value, StepRow.state.in_([StepState.SUCCEEDED, StepState.BY_HAND])
)  # fmt: skip


def begun_of(items: Iterable[Any]) -> frozenset[uuid.UUID]:
    """The ids of those of `items` (with id and stage) for which that is so; asks only if one is being provisioned."""
    return begun([one.id for one in items if one.stage is Stage.PROVISIONING])


def begun(item_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these items of which a step of provisioning that touches the outside has been begun.

    That is a call to a far system, or work of our staff that is done or that somebody has in hand. Looking, planning,
    waiting for a date or for a person to start is none of it.
    """
    if not item_ids:
        return frozenset()
    touched = select(StepRow.item_id).where(
        StepRow.item_id.in_(item_ids), StepRow.stage == Stage.PROVISIONING, or_(_BY_A_SYSTEM, _BY_HAND)
    )
    in_hand = (
        select(Wait.item_id)
        .join(StepRow, and_(StepRow.item_id == Wait.item_id, StepRow.key == Wait.step_key))
        .where(
            Wait.item_id.in_(item_ids), Wait.open, Wait.kind == WaitKind.MANUAL, Wait.claim_until > clock.now(),
            StepRow.stage == Stage.PROVISIONING,
        )
    )  # fmt: skip
    return frozenset(db.session.scalars(touched.union(in_hand)))
