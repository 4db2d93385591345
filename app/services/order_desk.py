"""What the desk does to an order beside deciding about it: notes, and who looks after it."""

import uuid

from sqlalchemy import select, update

from app.domain import after_commit, story
from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import Order, User
from app.domain.permissions import Role
from app.domain.story import Line
from app.extensions import db
from app.services.actor import Actor
from app.services.once import once_and_whole

ASSIGNABLE = (Role.SALES, Role.ENGINEER)


def add_note(order_id: uuid.UUID, actor: Actor, text: str, *, to_member: bool, form_key: str | None = None) -> None:
    """Write a staff note about the order as a whole, or a message that its member reads. One transaction."""
    text = (text or "").replace("\x00", "").strip()
    if not text:
        raise Invalid("The note is empty.", [Finding("/note", "required", "Write something.")])
    _must_be(order_id)

    def do() -> None:
        line = Line(user=text) if to_member else Line(debug=text)
        story.log(order_id, line, by=actor.name, internal=not to_member)
        after_commit.signal(f"order-{order_id}")

    once_and_whole(actor, "order note", form_key, do, order_id)


def assign(order_id: uuid.UUID, actor: Actor, user_id: uuid.UUID | None, *, form_key: str | None = None) -> None:
    """Say who of our staff looks after the order; None: nobody. One transaction, told in the audit."""
    _must_be(order_id)
    name = _assignable(user_id)

    def do() -> None:
        before = db.session.scalar(
            select(User.name).join(Order, Order.assigned_to_id == User.id).where(Order.id == order_id)
        )
        db.session.execute(update(Order).where(Order.id == order_id).values(assigned_to_id=user_id))
        story.audit(actor.name, "order assigned", order_id=order_id, before={"assigned_to": before},
                    after={"assigned_to": name})  # fmt: skip
        after_commit.signal(f"order-{order_id}")

    once_and_whole(actor, "assign order", form_key, do, order_id)


def _must_be(order_id: uuid.UUID) -> None:
    if db.session.scalar(select(Order.id).where(Order.id == order_id)) is None:
        raise NotFound("There is no such order.")


def _assignable(user_id: uuid.UUID | None) -> str | None:
    if user_id is None:
        return None
    name = db.session.scalar(select(User.name).where(User.id == user_id, User.active, User.role.in_(ASSIGNABLE)))
    if name is None:
        words = "There is nobody of this name in Sales or engineering (any more)."
        raise Invalid(words, [Finding("/assigned_to", "reference", words)])
    return name
