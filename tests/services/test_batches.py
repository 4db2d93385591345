"""Batches: frozen lists of items, each acted upon once, whatever happens to the worker."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.errors import Conflict, Forbidden, Invalid
from app.domain.models import Audit, Batch, BatchItem, Order, User, Wait
from app.extensions import db
from app.services import batch_verbs, batches, claims, turns
from app.services.actor import Actor
from app.web.guard import actor_of
from tests import cast
from tests.services.conftest import ON_SQLITE, Place
from tests.web.desk import BY_HAND, later


@pytest.fixture
def engineer(exchange: Flask) -> Actor:
    return actor_of(cast.user(cast.ENGINEER))


@pytest.fixture
def paused(place: Place, work: Callable[[Order], None]) -> list[uuid.UUID]:
    """Three items that wait for somebody."""
    ids = []
    for _ in range(3):
        order = place(ItemInput("multiservice_port", "new", BY_HAND))
        ids += [item.id for item in order.items]
        work(order)
    db.session.rollback()
    return ids


def results(batch_id: uuid.UUID) -> list[tuple[str, str | None]]:
    rows = db.session.execute(
        select(BatchItem.state, BatchItem.sentence).where(BatchItem.batch_id == batch_id).order_by(BatchItem.position)
    ).all()
    db.session.rollback()
    return [(row.state, row.sentence) for row in rows]


def owners(ids: list[uuid.UUID]) -> list[str | None]:
    found = db.session.execute(
        select(Wait.item_id, User.email).outerjoin(User, User.id == Wait.claimed_by_id).where(Wait.open)
    ).all()
    db.session.rollback()
    return [{row.item_id: row.email for row in found}[one] for one in ids]


def deeds(what: str) -> int:
    counted = db.session.execute(select(func.count()).select_from(Audit).where(Audit.what == what)).scalar_one()
    db.session.rollback()
    return counted


def test_each_item_has_its_own_result(config: Config, paused: list[uuid.UUID], engineer: Actor) -> None:
    claims.claim(paused[1], actor_of(cast.user(cast.ENGINEER2)), 3600)
    batch_id = batches.start(engineer, "claim", paused)
    assert batches.work(batch_id, config) == "finished"
    assert results(batch_id) == [
        ("done", None), ("failed", "Ivo Splice claimed this item a moment ago."), ("done", None)
    ]  # fmt: skip
    assert owners(paused) == [cast.ENGINEER, cast.ENGINEER2, cast.ENGINEER]


def test_those_that_failed_are_tried_again_and_no_others(
    config: Config, paused: list[uuid.UUID], engineer: Actor
) -> None:
    colleague = actor_of(cast.user(cast.ENGINEER2))
    claims.claim(paused[1], colleague, 3600)
    batch_id = batches.start(engineer, "claim", paused)
    batches.work(batch_id, config)
    claims.unclaim(paused[1], colleague)
    batches.again(batch_id, engineer)
    assert batches.work(batch_id, config) == "finished"
    assert [state for state, _ in results(batch_id)] == ["done"] * 3
    assert deeds("claim") == 4
    with pytest.raises(Conflict, match="Nothing in this batch has failed"):
        batches.again(batch_id, engineer)


def test_a_worker_that_dies_between_effect_and_note_leaves_nothing_done_twice(
    config: Config, paused: list[uuid.UUID], engineer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = batches.start(engineer, "unclaim", paused)
    for one in paused:
        claims.claim(one, engineer, 3600)

    def dies(*_anything: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(batches, "_write", dies)
        with pytest.raises(SystemExit):
            batches.work(batch_id, config)
    db.session.rollback()
    assert batches.work(batch_id, config) == "not due", "its lease still lasts"
    later(seconds=config.lease_seconds + 1)
    assert turns.orphans(batches.batches, clock.now(), 10) == [batch_id]
    assert batches.work(batch_id, config) == "finished"
    assert [state for state, _ in results(batch_id)] == ["done"] * 3
    assert deeds("unclaim") == 3


@ON_SQLITE
def test_a_fault_of_ours_at_one_item_does_not_stop_the_others(
    config: Config, paused: list[uuid.UUID], engineer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = batch_verbs._ACTS["hold"]

    def sometimes(item_id: uuid.UUID, *more: object) -> None:
        if item_id == paused[0]:
            raise ZeroDivisionError
        real(item_id, *more)  # type: ignore[arg-type]

    monkeypatch.setitem(batch_verbs._ACTS, "hold", sometimes)
    batch_id = batches.start(engineer, "hold", paused, reason="Maintenance tonight")
    batches.work(batch_id, config)
    assert [state for state, _ in results(batch_id)] == ["failed", "done", "done"]
    assert "on our side" in (results(batch_id)[0][1] or "")


@ON_SQLITE
def test_a_long_batch_is_worked_in_turns(
    config: Config, paused: list[uuid.UUID], engineer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 2)
    batch_id = batches.start(engineer, "hold", paused, reason="Maintenance tonight")
    assert batches.work(batch_id, config) == "more"
    assert [state for state, _ in results(batch_id)] == ["done", "done", "pending"]
    with pytest.raises(Conflict, match="still at work"):
        batches.again(batch_id, engineer)
    assert batches.work(batch_id, config) == "finished"


def test_the_same_form_twice_is_one_batch(paused: list[uuid.UUID], engineer: Actor) -> None:
    first = batches.start(engineer, "claim", paused, form_key="one")
    assert batches.start(engineer, "claim", paused[:1], form_key="one") == first
    assert db.session.execute(select(func.count()).select_from(Batch)).scalar_one() == 1


@ON_SQLITE
def test_what_cannot_be_started_is_refused_in_words(paused: list[uuid.UUID], engineer: Actor) -> None:
    sales = actor_of(cast.user(cast.SALES))
    with pytest.raises(Forbidden):
        batches.start(sales, "retry", paused)
    for verb, ids, words in (
        ("explode", paused, "no such action"),
        ("hold", paused, "A reason is needed"),
        ("claim", [uuid.uuid4()], "No item is selected"),
        ("claim", [], "No item is selected"),
        ("claim", [uuid.uuid4() for _ in range(batches.MOST + 1)], "Too many items"),
    ):
        with pytest.raises(Invalid, match=words):
            batches.start(engineer, verb, ids)
    assert not db.session.execute(select(Batch)).first()


@ON_SQLITE
def test_whoever_has_left_acts_no_more(config: Config, paused: list[uuid.UUID], engineer: Actor) -> None:
    batch_id = batches.start(engineer, "claim", paused)
    cast.user(cast.ENGINEER).active = False
    db.session.commit()
    batches.work(batch_id, config)
    assert {state for state, _ in results(batch_id)} == {"failed"}
    assert owners(paused) == [None] * 3
