"""The audit trail, newest first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.domain.models import Audit, Order
from app.extensions import db
from app.queries import staff_paging

PAGE = 100


@dataclass(frozen=True)
class AuditPage:
    """`orders`: the numbers of the orders that the rows are about."""

    rows: Sequence[Audit]
    orders: dict[uuid.UUID, int]
    newer: str | None
    older: str | None


def page(text: str, cursor: str) -> AuditPage:
    """Rows whose person, deed or subject fits exactly, or whose order has this number. `cursor` as for orders."""
    statement = select(Audit)
    if text:
        about = [Audit.by == text, Audit.what == text, Audit.subject == text]
        if text.isdecimal() and len(text) < 10:
            about.append(Audit.order_id == select(Order.id).where(Order.number == int(text)).scalar_subquery())
        statement = statement.where(or_(*about))
    rows, newer, older = staff_paging.page(statement, Audit.id, cursor, PAGE)
    numbers = dict(
        db.session.execute(
            select(Order.id, Order.number).where(Order.id.in_({row.order_id for row in rows if row.order_id}))
        ).all()
    )
    return AuditPage(rows, numbers, newer, older)
