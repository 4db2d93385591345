"""Mails that could not be delivered: an administrator lets them be sent again, under the same Message-ID.

A mail whose link does not work any more is not sent again: it would lead nowhere.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import select, update

from app.domain import after_commit, clock, story
from app.domain.errors import Conflict, NotFound
from app.domain.models import Mail, OneTimeLink
from app.domain.models.base import table_of
from app.extensions import db
from app.services.actor import Actor
from app.services.once import once_and_whole

mail = table_of(Mail)
MOST_AT_ONCE = 1000
GONE = "Its link does not work any more, so it would lead nowhere. Mail a new link from the user's page."


def send_again(mail_id: uuid.UUID, actor: Actor, form_key: str | None = None) -> None:
    """Try a failed mail anew, for as long as a new one. `Conflict` if it is not failed (any more), or leads nowhere."""
    found = db.session.get(Mail, mail_id)
    if found is None:
        raise NotFound("There is no such mail.")
    address, order_id, error = found.to_address, found.order_id, found.error

    def do() -> None:
        if not _again([mail_id]):
            raise Conflict("This mail has been sent, or is on its way again; there is nothing to do.")
        if not _leads_somewhere([mail_id]):
            raise Conflict(GONE)
        story.audit(
            actor.name, "mail sent again", order_id=order_id, subject=address, before={"state": "failed",
            "error": error}, after={"state": "pending"},
        )  # fmt: skip

    once_and_whole(actor, "mail sent again", form_key, do, mail_id)


def send_all_again(mail_ids: Sequence[uuid.UUID], actor: Actor, form_key: str | None = None) -> int | None:
    """Try these failed mails anew; answer how many are on their way, None if this form has been sent before.

    Those that have been sent meanwhile, and those whose links do not work any more, are left as they are.
    """
    sent: list[int] = []

    def do() -> None:
        number = len(_again(_leads_somewhere(mail_ids[:MOST_AT_ONCE])))
        sent.append(number)
        if number:
            story.audit(actor.name, "mails sent again", before={"failed": number}, after={"pending": number})

    once_and_whole(actor, "mails sent again", form_key, do)
    return sent[0] if sent else None


def _again(mail_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of them that were failed, and are due now."""
    now = clock.now()
    again = (
        update(mail)
        .where(mail.c.id.in_(mail_ids), mail.c.state == "failed")
        .values(state="pending", tries=0, run_after=now, again_at=now)
        .returning(mail.c.id, mail.c.batch)
    )
    rows = db.session.execute(again).all()
    for batch in {row.batch for row in rows}:
        after_commit.deliver(batch)
    return [row.id for row in rows]


def _leads_somewhere(mail_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Without those whose link has served, or ended."""
    rows = db.session.execute(
        select(mail.c.id, mail.c.facts["link"].as_string().label("link")).where(mail.c.id.in_(mail_ids))
    ).all()
    links = {uuid.UUID(row.link) for row in rows if row.link}
    alive = set(
        db.session.scalars(
            select(OneTimeLink.id).where(
                OneTimeLink.id.in_(links), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > clock.now()
            )
        )
    )
    return [row.id for row in rows if not row.link or uuid.UUID(row.link) in alive]
