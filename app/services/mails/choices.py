"""Which mails an address wants. Everything is wanted until somebody says no; all orders of an account only on wish."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.domain import story
from app.domain.models import MailChoice
from app.domain.models.base import table_of
from app.domain.notices import Event
from app.domain.permissions import Role
from app.domain.upsert import insert_for
from app.extensions import db

ALL_ORDERS = "all_orders"
"""Mails of every order of the account, not only of those one has placed oneself."""
MEMBER_EVENTS = (
    Event.RECEIVED, Event.CONFIRM, Event.DELAYED, Event.COMPLETED, Event.CANCELLED, Event.REJECTED, Event.ENDING,
)  # fmt: skip
choice = table_of(MailChoice)


def events_of(role: Role) -> tuple[Event, ...]:
    """The kinds of mail that people of this role may get."""
    if role in (Role.MEMBER, Role.RESELLER):
        return MEMBER_EVENTS
    return (Event.OVERDUE,) if role is Role.SALES else ()


def of(emails: Iterable[str]) -> dict[tuple[str, str], bool]:
    """What these addresses have chosen: (address, kind) → wanted."""
    rows = db.session.execute(
        select(MailChoice.email, MailChoice.event, MailChoice.wanted).where(
            MailChoice.email.in_({email.lower() for email in emails})
        )
    )
    return {(row.email, row.event): row.wanted for row in rows}


def wants(chosen: Mapping[tuple[str, str], bool], email: str, event: str) -> bool:
    return chosen.get((email.lower(), event), event != ALL_ORDERS)


def save(email: str, wanted: Mapping[str, bool], *, by: str) -> None:
    """Set several choices of one address. Commits."""
    before = of([email])
    changed = {kind: value for kind, value in wanted.items() if wants(before, email, kind) is not value}
    for kind, value in changed.items():
        set_one(email, kind, value)
    if changed:
        story.audit(by, "mail choices changed", subject=email[:200], after=dict(changed))
    db.session.commit()


def set_one(email: str, kind: str, wanted: bool) -> None:
    """In the caller's transaction."""
    row = {"email": email.lower()[:254], "event": kind, "wanted": wanted}
    db.session.execute(
        insert_for(choice).values(**row).on_conflict_do_update(
            index_elements=["email", "event"], set_={"wanted": wanted}
        )
    )  # fmt: skip


def stop(email: str, event: Event) -> None:
    """Somebody followed the link of a mail: none of this kind any more. Commits."""
    set_one(email, event.value, False)
    story.audit(email[:254], "mails stopped by link", subject=email[:200], after={"event": event.value})
    db.session.commit()
