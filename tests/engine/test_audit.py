"""The audit trail tells what was done, and when somebody has tampered with it."""

import uuid

import pytest
from sqlalchemy import delete, func, select, update

from app.domain.models import Audit
from app.extensions import db
from app.services import audit, items
from tests.engine.room import ENGINEER, Room, notes


@pytest.fixture
def item(room: Room) -> uuid.UUID:
    """An item with a history, sealed."""
    room.plan(inventory=(notes("one"), notes("two")))
    item = room.order()
    items.hold(item, ENGINEER, "moment")
    items.release(item, ENGINEER)
    room.work(item)
    assert audit.seal() == 4
    return item


def test_every_change_is_recorded_with_who_did_it(room: Room, item: uuid.UUID) -> None:
    assert room.audit(item) == ["hold", "release", "step succeeded", "step succeeded"]
    assert room.see(select(Audit.by).where(Audit.item_id == item).order_by(Audit.id))[:2] == ["Nell Patcher"] * 2


def test_an_untouched_trail_verifies(room: Room, item: uuid.UUID) -> None:
    assert audit.verify() == (4, None)
    assert audit.seal() == 0


def test_rows_are_sealed_in_batches(room: Room, item: uuid.UUID) -> None:
    room.work(room.order())
    assert [audit.seal(limit=1), audit.seal(limit=1), audit.seal(limit=1)] == [1, 1, 0]
    assert audit.verify() == (6, None)


@pytest.mark.parametrize(
    "change", [{"by": "Somebody Else"}, {"reason": None}, {"what": "nothing"}, {"after": {"held": False}}]
)
def test_a_changed_row_is_found(room: Room, item: uuid.UUID, change: dict[str, object]) -> None:
    db.session.execute(update(Audit).where(Audit.seq == 1).values(**change))
    db.session.commit()
    held, sentence = audit.verify()
    assert held == 0
    assert sentence is not None
    assert "Row 1" in sentence
    assert "was changed after it was sealed" in sentence


def test_a_row_taken_out_is_found(room: Room, item: uuid.UUID) -> None:
    db.session.execute(delete(Audit).where(Audit.seq == 2))
    db.session.commit()
    assert audit.verify() == (1, "Row 2 is missing: the next one has number 3.")


def test_a_failed_change_leaves_no_trace(room: Room, item: uuid.UUID) -> None:
    other = room.order()
    with room.death_at(1), room.app.app_context():
        items.hold(other, ENGINEER, "moment")
    assert room.see(select(func.count()).select_from(Audit)) == [4]
