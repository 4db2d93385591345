"""Claiming a paused item: it is in one person's hands until they give it back, somebody takes over, or it lapses."""

import uuid
from datetime import timedelta

from sqlalchemy import or_, select, update

from app.domain import clock, status_words, story
from app.domain.errors import Forbidden, IllegalMove, Stale
from app.domain.models import OrderItem, Wait
from app.domain.states import PERSON_WAITS
from app.extensions import db
from app.services.actor import Actor
from app.services.items import need_reason, open_wait_of
from app.services.once import once_and_whole


def claim(item_id: uuid.UUID, actor: Actor, idle_seconds: float, *, form_key: str | None = None) -> None:
    """Take the paused item into one's own queue; it lapses after `idle_seconds` without an action."""
    once_and_whole(actor, "claim", form_key, lambda: _set_claim(item_id, actor, idle_seconds, takeover=False), item_id)


def take_over(
    item_id: uuid.UUID, actor: Actor, idle_seconds: float, reason: str, *, owner: str | None = None,
    form_key: str | None = None,
) -> None:  # fmt: skip
    """Take a claimed item from its owner, who is told so in the log.

    `owner`: the id of whom one believes to hold it; `Stale` if somebody else has it by now.
    """
    need_reason(reason)

    def do() -> None:
        wait = open_wait_of(item_id)
        if owner and wait is not None and str(wait.claimed_by_id) not in (owner, str(actor.user_id)):
            who = f"{wait.claimed_by.name} has it" if wait.claimed_by else "Nobody has it"
            raise Stale(f"{who} now; look again.")
        _set_claim(item_id, actor, idle_seconds, takeover=True, reason=reason)

    once_and_whole(actor, "take over", form_key, do, item_id)


def _set_claim(
    item_id: uuid.UUID, actor: Actor, idle_seconds: float, *, takeover: bool, reason: str | None = None
) -> None:
    wait = open_wait_of(item_id)
    if wait is None or wait.kind not in PERSON_WAITS:
        raise IllegalMove("There is nothing to claim: the item is not waiting for a person.")
    if not actor.may_answer(wait.audience):
        raise Forbidden("This item is another team's.")
    now = clock.now()
    free = or_(Wait.claimed_by_id.is_(None), Wait.claimed_by_id == actor.user_id, Wait.claim_until < now)
    condition = [Wait.id == wait.id, Wait.open] + ([] if takeover else [free])
    won = db.session.execute(
        update(Wait).where(*condition)
        .values(claimed_by_id=actor.user_id, claimed_at=now, claim_until=now + timedelta(seconds=idle_seconds))
        .returning(Wait.id)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    if won is None:
        db.session.rollback()
        wait = open_wait_of(item_id)
        owner = wait.claimed_by.name if wait is not None and wait.claimed_by else "Somebody else"
        raise Stale(f"{owner} claimed this item a moment ago.")
    _told_claim(item_id, actor, "take over" if takeover else "claim", reason)


def unclaim(item_id: uuid.UUID, actor: Actor, *, form_key: str | None = None) -> None:
    """Give a claim back."""
    once_and_whole(actor, "unclaim", form_key, lambda: _give_back(item_id, actor), item_id)


def _give_back(item_id: uuid.UUID, actor: Actor) -> None:
    won = db.session.execute(
        update(Wait)
        .where(Wait.item_id == item_id, Wait.open, Wait.claimed_by_id == actor.user_id)
        .values(claimed_by_id=None, claimed_at=None, claim_until=None)
        .returning(Wait.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        db.session.rollback()
        raise Stale("You have no claim on this item.")
    _told_claim(item_id, actor, "unclaim", None)


def _told_claim(item_id: uuid.UUID, actor: Actor, what: str, reason: str | None) -> None:
    order_id = db.session.execute(select(OrderItem.order_id).where(OrderItem.id == item_id)).scalar_one()
    story.audit(actor.name, what, order_id=order_id, item_id=item_id, reason=reason)
    status_words.refresh(item_id)
