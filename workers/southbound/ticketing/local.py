"""Tickets in our own database, shown in the desk. The default: needs no other system."""

from typing import ClassVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.errors import PermanentFailure
from app.domain.models import Counter, LocalEffect, Ticket, TicketMessage
from workers.southbound.database import first_come, transaction
from workers.southbound.protocols import TICKET_STATUSES, Json, TicketStatus

COUNTER = "ticket"
FIRST_NUMBER = 20001


class LocalTicketing:
    """Ticketing in the tables `ticket` and `ticket_message`; deduplicates by their unique keys."""

    system: ClassVar[str] = "ticketing"

    def ensure(
        self,
        key: str,
        *,
        order_number: int,
        subject: str,
        body: str,
        queue: str,
        status: TicketStatus,
        read_only: bool = False,
        as_note: bool = False,
        properties: Json | None = None,
        person: Json | None = None,
        cc: list[str] | None = None,
        labels: list[str] | None = None,
    ) -> int:
        _known_status(status)

        def make(session: Session) -> int:
            found = session.scalar(select(Ticket.number).where(Ticket.key == key))
            if found is not None:
                return found
            ticket = Ticket(
                number=_next_number(session),
                key=key,
                order_number=order_number,
                queue=queue,
                status=status,
                read_only=read_only,
                subject=subject[:300],
                person=person or {},
                cc=cc or [],
                labels=labels or [],
                properties=properties or {},
                resolved_at=clock.now() if status == "resolved" else None,
            )
            session.add(ticket)
            session.flush()
            session.add(TicketMessage(ticket_number=ticket.number, key=key, position=1, body=body, is_note=as_note))
            return ticket.number

        return first_come(make)

    def note(self, key: str, ticket: int, body: str, *, internal: bool = False, as_note: bool = True) -> None:
        def add(session: Session) -> None:
            if session.scalar(select(TicketMessage.id).where(TicketMessage.key == key)) is not None:
                return
            row = _locked(session, ticket)
            last = session.scalar(select(func.max(TicketMessage.position)).where(TicketMessage.ticket_number == ticket))
            session.add(
                TicketMessage(
                    ticket_number=ticket,
                    key=key,
                    position=(last or 0) + 1,
                    body=body,
                    is_note=as_note,
                    internal=internal,
                )
            )
            row.modified_at = clock.now()

        first_come(add)

    def set_status(self, key: str, ticket: int, status: TicketStatus) -> None:
        _known_status(status)

        def change(session: Session) -> None:
            if session.get(LocalEffect, key) is not None:
                return  # a late repetition: a newer status may stand there by now
            row = _locked(session, ticket)
            session.add(LocalEffect(key=key))
            if row.status != status:
                row.status = status
                row.modified_at = clock.now()
                row.resolved_at = clock.now() if status == "resolved" else None

        first_come(change)

    def get(self, ticket: int) -> Json:
        with transaction() as session:
            row = session.get(Ticket, ticket)
            if row is None:
                raise PermanentFailure(f"ticketing: there is no ticket {ticket}.")
            return {
                "number": row.number,
                "subject": row.subject,
                "queue": row.queue,
                "status": row.status,
                "read_only": row.read_only,
                "person": row.person,
                "cc": row.cc,
                "labels": row.labels,
                "properties": row.properties,
                "messages": [
                    {"body": message.body, "is_note": message.is_note, "internal": message.internal}
                    for message in row.messages
                ],
            }


def _known_status(status: str) -> None:
    if status not in TICKET_STATUSES:
        raise PermanentFailure(f"ticketing: there is no status {status}; there are {', '.join(TICKET_STATUSES)}.")


def _locked(session: Session, ticket: int) -> Ticket:
    row = session.get(Ticket, ticket, with_for_update=True)
    if row is None:
        raise PermanentFailure(f"ticketing: there is no ticket {ticket}.")
    return row


def _next_number(session: Session) -> int:
    """From the counter, in this transaction. The first ticket starts it; two firsts at once: one tries again."""
    up = update(Counter).where(Counter.name == COUNTER).values(value=Counter.value + 1).returning(Counter.value)
    number = session.scalar(up)
    if number is None:
        session.execute(insert(Counter).values(name=COUNTER, value=FIRST_NUMBER))
        return FIRST_NUMBER
    return number
