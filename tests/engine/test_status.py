"""The public words of items and orders, and the log rows that carry them."""

import uuid

import pytest

from app.domain.errors import PermanentFailure
from app.domain.permissions import Team
from app.domain.states import Outcome, Stage, State, Status, WaitKind, item_status, order_status, outcome
from tests.engine.room import Room, does, notes
from workers.pipeline.handler import manual

S = Status
patch = manual("patch", "Patch it", team=Team.ENGINEERING, tell="Patch the port.")


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ([S.COMPLETED, S.HELD, S.ERROR], S.HELD),
        ([S.AWAITING_AGENT, S.ERROR, S.PROVISIONING], S.ERROR),
        ([S.AWAITING_AGENT, S.AWAITING_MEMBER, S.INVENTORY], S.AWAITING_AGENT),
        ([S.AWAITING_MEMBER, S.AWAITING_ORDER_CONFIRMATION], S.AWAITING_MEMBER),
        ([S.AWAITING_ORDER_CONFIRMATION, S.MANUAL_PROCESSING], S.AWAITING_ORDER_CONFIRMATION),
        ([S.MANUAL_PROCESSING, S.INVENTORY], S.MANUAL_PROCESSING),
        ([S.PROVISIONING, S.QUALITY_ASSURANCE], S.QUALITY_ASSURANCE),
        ([S.PROVISIONING, S.INVENTORY, S.ORDERED], S.INVENTORY),
        ([S.SCHEDULED, S.PROVISIONING], S.PROVISIONING),
        ([S.SCHEDULED, S.ORDERED], S.SCHEDULED),
        ([S.COMPLETED, S.ORDERED], S.ORDERED),
        ([S.COMPLETED, S.COMPLETED], S.COMPLETED),
        ([S.COMPLETED, S.CANCELLED], S.COMPLETED),
        ([S.CANCELLED, S.REJECTED], S.CANCELLED),
        ([S.REJECTED, S.REJECTED], S.REJECTED),
        ([S.DRAFT], S.DRAFT),
    ],
)
def test_an_orders_status_follows_from_its_items(items: list[Status], word: Status) -> None:
    assert order_status(items) is order_status(reversed(items)) is word


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ([S.COMPLETED, S.COMPLETED], Outcome.FULL),
        ([S.COMPLETED, S.CANCELLED], Outcome.PARTIAL),
        ([S.REJECTED], Outcome.NONE),
    ],
)
def test_an_ended_order_says_how_it_ended(items: list[Status], word: Outcome) -> None:
    assert outcome(items) is word


@pytest.mark.parametrize(
    ("word", "state", "stage", "wait", "flags"),
    [
        (S.DRAFT, State.IDLE, None, None, {}),
        (S.ORDERED, State.READY, None, None, {}),
        (S.ORDERED, State.WAITING, None, WaitKind.DEPENDENCY, {}),
        (S.SCHEDULED, State.WAITING, None, WaitKind.TIME, {}),
        (S.SCHEDULED, State.WAITING, Stage.PROVISIONING, WaitKind.TIME, {}),
        (S.PROVISIONING, State.RUNNING, Stage.PROVISIONING, None, {}),
        (S.PROVISIONING, State.WAITING, Stage.PROVISIONING, WaitKind.SYSTEM, {}),
        (S.INVENTORY, State.BACKOFF, Stage.INVENTORY, None, {}),
        (S.AWAITING_AGENT, State.WAITING, Stage.PROVISIONING, WaitKind.REVIEW, {}),
        (S.AWAITING_AGENT, State.WAITING, None, WaitKind.PREDECESSOR, {"by_hand": True}),
        (S.MANUAL_PROCESSING, State.WAITING, Stage.INVENTORY, WaitKind.MANUAL, {"by_hand": True}),
        (S.AWAITING_ORDER_CONFIRMATION, State.WAITING, None, WaitKind.CONFIRM, {}),
        (S.AWAITING_MEMBER, State.WAITING, Stage.PROVISIONING, WaitKind.MEMBER, {}),
        (S.HELD, State.WAITING, Stage.PROVISIONING, WaitKind.MEMBER, {"held": True}),
        (S.HELD, State.ERROR, Stage.PROVISIONING, None, {"held": True}),
        (S.ERROR, State.ERROR, Stage.PROVISIONING, None, {}),
        (S.COMPLETED, State.DONE, Stage.PROVISIONING, None, {"held": True}),
        (S.CANCELLED, State.CANCELLED, Stage.INVENTORY, None, {}),
        (S.REJECTED, State.REJECTED, None, None, {}),
    ],
)
def test_an_items_status_follows_from_what_the_engine_knows(word, state, stage, wait, flags) -> None:
    assert item_status(state, stage, wait, **flags) is word


def rows(room: Room, item: uuid.UUID) -> list[tuple[str, str | None, str | None, str | None]]:
    return [
        (row.status.value, row.item_status.value if row.item_status else None, row.user_message, row.debug_message)
        for row in room.logs(item)
    ]


def test_log_rows_carry_the_statuses_as_they_were(room: Room) -> None:
    room.plan(inventory=(notes("reserve"),), provisioning=(patch, does("connect")))
    item = room.order()
    room.work(item)
    room.resume(item)
    room.work(item)
    assert rows(room, item) == [
        ("inventory", None, "Creating services for order items.", None),
        ("provisioning", None, "Starting quality assurance check for the order.", None),
        ("provisioning", None, "Provisioning items", None),
        ("provisioning", "awaiting_agent", None, "Paused: Patch it."),
        ("awaiting_agent", "provisioning", None, "Patch it: resumed by Nell Patcher."),
    ]
    assert room.status(item) is S.COMPLETED


def test_an_orders_dates_tell_its_way(room: Room) -> None:
    room.plan(inventory=(notes("reserve"),), provisioning=(patch,))
    item = room.order(confirmations=[["team:sales", "Sales confirm", "Large."]])
    room.work(item)
    assert room.order_of(item).pending_date is not None
    assert room.order_of(item).processing_date is None
    room.resume(item)
    room.work(item)
    assert room.order_of(item).processing_date is not None
    room.resume(item)
    room.work(item)
    order = room.order_of(item)
    assert order.completion_date is not None
    assert order.outcome is Outcome.FULL
    assert room.item(item).completion_date is not None


def test_an_orders_version_rises_with_its_status_only(room: Room) -> None:
    room.plan(inventory=(notes("a"), notes("b"), notes("c")))
    item = room.order()
    before = room.order_of(item).version
    room.work(item)
    assert room.order_of(item).version == before + 2  # inventory, completed


def test_the_stages_of_an_order_are_told_once(room: Room) -> None:
    room.plan(inventory=(notes("a"),), quality_assurance=(notes("b"),), provisioning=(notes("c"),))
    first, second = room.orders({}, {})
    room.work(first)
    assert room.order_of(first).status is S.ORDERED, "the second item has not begun"
    room.work(second)
    said = [row.user_message for row in room.logs(first)]
    assert said == [
        "Creating services for order items.",
        "Starting quality assurance check for the order.",
        "Provisioning items",
    ]
    bodies = [m.payload.get("body") for m in room.messages(first) if m.verb == "note"]
    assert bodies.count("Services for all order items validated.") == 1
    assert bodies.count("Services for all order items provisioned.") == 1
    assert room.order_of(first).status is S.COMPLETED


def test_an_error_of_one_item_shows_on_the_order(room: Room) -> None:
    room.plan(provisioning=(does("connect"),))
    first, second = room.orders({}, {})

    def fail(what: str) -> None:
        raise PermanentFailure("no")

    room.far.before = fail
    room.work(first)
    assert room.order_of(first).status is S.ERROR
    room.far.before = lambda what: None
    room.work(second)
    assert room.order_of(first).status is S.ERROR
