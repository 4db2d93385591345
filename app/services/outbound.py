"""Messages to other systems that were refused for good: a person lets them be sent again."""

from sqlalchemy import update

from app.domain import after_commit, clock, story
from app.domain.errors import Conflict, NotFound
from app.domain.models import OutboxMessage
from app.domain.models.base import table_of
from app.extensions import db
from app.services.actor import Actor
from app.services.once import once_and_whole

messages = table_of(OutboxMessage)


def send_again(message_id: int, actor: Actor, form_key: str | None = None) -> None:
    """Try a failed message anew, under the same key, so that it cannot be told twice.

    It goes before later messages of its order that still wait. `Conflict` if it is not failed (any more).
    """
    found = db.session.get(OutboxMessage, message_id) if message_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such message.")
    order_id, item_id, said = found.order_id, found.item_id, f"{found.system} {found.verb}"

    def do() -> None:
        again = (
            update(messages)
            .where(messages.c.id == message_id, messages.c.state == "failed")
            .values(state="pending", tries=0, run_after=clock.now())
            .returning(messages.c.error)
        )
        row = db.session.execute(again).first()
        if row is None:
            raise Conflict("The message has been sent, or is on its way again; there is nothing to do.")
        story.audit(
            actor.name, "message sent again", order_id=order_id, item_id=item_id, subject=said,
            before={"state": "failed", "error": row.error}, after={"state": "pending"},
        )  # fmt: skip
        after_commit.deliver(order_id)
        after_commit.signal("queue")

    once_and_whole(actor, "message sent again", form_key, do, order_id)
