"""Tickets of the local ticketing system, read only."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, not_, select, true
from sqlalchemy.orm import selectinload

from app.domain.errors import NotFound
from app.domain.models import Audit, Order, Ticket
from app.domain.permissions import Role
from app.extensions import db
from app.queries import staff_paging, staff_search
from app.queries.staff_paging import Numbered


def condition(view: str, role: Role | None) -> ColumnElement[bool]:
    """`action`: somebody of the viewer's team must act; `info`: for reading only; `all`."""
    acts = and_(Ticket.status == "awaiting_agent", Ticket.read_only.is_(False))
    if role is Role.SALES:
        acts = and_(acts, Ticket.queue == "sales")
    return {"action": acts, "info": not_(acts)}.get(view, true())


def page(view: str, role: Role | None, cursor: str) -> Numbered[Ticket]:
    """Tickets of a view, newest first."""
    return staff_paging.page(select(Ticket).where(condition(view, role)), Ticket.number, cursor)


def counts(role: Role | None) -> dict[str, int]:
    """How many tickets want action."""
    acting = db.session.execute(select(func.count()).where(condition("action", role))).scalar_one()
    return {"action": acting}


@dataclass(frozen=True)
class TicketDetail:
    """One ticket with its messages, its order, the order's other tickets, and the record of what was done."""

    ticket: Ticket
    order: Order | None
    others: list[Ticket]
    record: list[Audit]


def detail(number: int) -> TicketDetail:
    """`NotFound` if there is no such ticket."""
    ticket = (
        None
        if number > staff_search.LARGEST
        else db.session.execute(
            select(Ticket).where(Ticket.number == number).options(selectinload(Ticket.messages))
        ).scalar_one_or_none()
    )
    if ticket is None:
        raise NotFound("There is no such ticket.")
    order = db.session.execute(select(Order).where(Order.number == ticket.order_number)).scalar_one_or_none()
    others = db.session.scalars(
        select(Ticket)
        .where(Ticket.order_number == ticket.order_number, Ticket.number != number)
        .order_by(Ticket.number)
    )
    return TicketDetail(ticket, order, list(others), _record(order) if order else [])


def _record(order: Order) -> list[Audit]:
    return list(
        db.session.scalars(select(Audit).where(Audit.order_id == order.id).order_by(Audit.id.desc()).limit(200))
    )
