"""What orders tell other systems: in order, once, and never in the way of the items."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import story
from app.domain.errors import PermanentFailure, TemporaryFailure
from app.domain.models import OutboxMessage
from app.domain.states import State
from app.extensions import db
from tests.engine.room import Died, Room, notes
from workers import outbox
from workers.pipeline import breaker


@dataclass
class Desk:
    """A ticketing system that deduplicates by key."""

    told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda body: None
    after: Callable[[str], None] = lambda body: None

    def _do(self, key: str, *what: Any) -> None:
        self.calls.append(key)
        self.before(str(what[-1]))
        self.told.setdefault(key, what)
        self.after(str(what[-1]))

    def ensure(self, key: str, **ticket: Any) -> int:
        self._do(key, "ensure", ticket["body"])
        return 31001 if ticket["queue"] == "provisioning" else 31002

    def note(self, key: str, ticket: int, body: str, *, internal: bool = False, as_note: bool = True) -> None:
        self._do(key, "note", ticket, body)

    def set_status(self, key: str, ticket: int, status: str) -> None:
        self._do(key, "status", ticket, status)

    @property
    def bodies(self) -> list[str]:
        return [what[-1] for what in self.told.values()]


@dataclass(frozen=True)
class Systems:
    ticketing: Desk
    notifier: Any = None


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def order(room: Room) -> uuid.UUID:
    """An order with a ticket and three notes to tell."""
    room.plan(inventory=(notes("one"),))
    order_id = room.item(room.order()).order_id
    ticket = {"queue": "provisioning", "body": "Please connect."}
    story.tell(order_id, f"{order_id}:ensure", "ticketing", "ensure", ticket)
    for text in ("first", "second", "third"):
        story.tell(order_id, f"{order_id}:{text}", "ticketing", "note", {"body": text, "internal": False})
    db.session.commit()
    return order_id


def deliver(room: Room, desk: Desk, order_id: uuid.UUID) -> str:
    with room.app.app_context():
        return outbox.deliver(order_id, Systems(desk), room.config)


def states(room: Room) -> list[str]:
    return room.see(select(OutboxMessage.state).order_by(OutboxMessage.id))


def test_messages_go_out_in_order_each_once(room: Room, desk: Desk, order: uuid.UUID) -> None:
    assert deliver(room, desk, order) == "sent 4"
    assert desk.bodies == ["Please connect.", "first", "second", "third"]
    assert [what[1] for what in desk.told.values() if what[0] == "note"] == [31001] * 3, "on the ticket that was made"
    assert deliver(room, desk, order) == "sent 0"


def test_a_delivery_is_asked_for_after_the_commit(room: Room, order: uuid.UUID) -> None:
    assert room.deliveries == [order]


def test_a_ticketing_system_that_is_down_keeps_the_order(room: Room, desk: Desk, order: uuid.UUID) -> None:
    def down(body: str) -> None:
        if body == "second":
            raise TemporaryFailure("ticketing: 503")

    desk.before = down
    assert deliver(room, desk, order) == "later"
    assert deliver(room, desk, order) == "sent 0", "the ones behind it wait for it"
    assert desk.bodies == ["Please connect.", "first"]
    desk.before = lambda body: None
    room.later(60)
    assert deliver(room, desk, order) == "sent 2"
    assert desk.bodies == ["Please connect.", "first", "second", "third"]


def test_a_ticketing_system_that_is_down_does_not_block_items(room: Room, desk: Desk, order: uuid.UUID) -> None:
    def down(body: str) -> None:
        raise TemporaryFailure("ticketing: no connection")

    desk.before = down
    for _ in range(breaker.OPENS_AFTER + 1):
        deliver(room, desk, order)
        room.later(400)
    item = room.order()
    assert (room.work(item), room.state(item)) == ("done", State.DONE)


def test_the_answer_got_lost_and_the_message_goes_out_under_the_same_key(
    room: Room, desk: Desk, order: uuid.UUID
) -> None:
    def lost(body: str) -> None:
        if body == "second":
            raise TemporaryFailure("ticketing: the answer was lost")

    desk.after = lost
    deliver(room, desk, order)
    desk.after = lambda body: None
    room.later(60)
    deliver(room, desk, order)
    assert desk.bodies == ["Please connect.", "first", "second", "third"]
    assert desk.calls.count(f"{order}:second") == 2


def test_a_worker_that_dies_while_sending_loses_and_repeats_nothing(room: Room, desk: Desk, order: uuid.UUID) -> None:
    def dies(body: str) -> None:
        if body == "second":
            raise Died

    desk.after = dies
    with pytest.raises(Died):
        deliver(room, desk, order)
    desk.after = lambda body: None
    assert deliver(room, desk, order) == "sent 0", "it may still live"
    room.lease_runs_out()
    assert deliver(room, desk, order) == "sent 4", "those that nobody wrote down as sent go out again, under their keys"
    assert desk.bodies == ["Please connect.", "first", "second", "third"]


def test_two_workers_do_not_mix_the_order_up(room: Room, desk: Desk, order: uuid.UUID) -> None:
    words: list[str] = []
    desk.before = lambda body: words.append(deliver(room, desk, order))
    assert deliver(room, desk, order) == "sent 4"
    assert words == ["sent 0"] * 4
    assert desk.bodies == ["Please connect.", "first", "second", "third"]


@pytest.mark.parametrize("why", [PermanentFailure("ticketing: 422"), KeyError("department")])
def test_a_refused_message_stays_visibly_failed_and_lets_the_others_pass(
    room: Room, desk: Desk, order: uuid.UUID, why: Exception
) -> None:
    def refuse(body: str) -> None:
        if body == "first":
            raise why

    desk.before = refuse
    assert deliver(room, desk, order) == "failed"
    assert room.deliveries[-1] == order, "somebody is asked to go on"
    assert deliver(room, desk, order) == "sent 2"
    assert states(room) == ["sent", "failed", "sent", "sent"]
    assert desk.bodies == ["Please connect.", "second", "third"]


def test_the_information_ticket_names_the_ticket_being_worked(room: Room, desk: Desk, order: uuid.UUID) -> None:
    info = {"queue": "sales", "informs": True, "body": "No action. Provisioning ticket number: {ticket_number}."}
    story.tell(order, f"{order}:information", "ticketing", "ensure", info)
    db.session.commit()
    deliver(room, desk, order)
    assert desk.bodies[-1] == "No action. Provisioning ticket number: 31001."


def test_what_cannot_be_told_for_want_of_a_ticket_is_seen_as_failed(room: Room, desk: Desk, order: uuid.UUID) -> None:
    """A help desk that refused the ticket must not make the notes that follow vanish as if they had been sent."""

    def refuse(body: str) -> None:
        raise PermanentFailure("The help desk knows no such queue.")

    desk.before = refuse
    for _ in states(room):
        assert deliver(room, desk, order) == "failed"
    assert states(room) == ["failed"] * 4
