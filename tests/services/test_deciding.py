"""Confirming, declining, cancelling and changing an order."""

import uuid
from datetime import timedelta

import pytest

from app.domain import clock
from app.domain.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound, Stale
from app.domain.models import Audit, Port
from app.domain.states import State, Status
from app.extensions import db
from app.services import claims, items, orders
from app.web.guard import actor_of
from tests import cast
from tests.services.conftest import ENGINEER, MEMBER, MEMBER2, ON_SQLITE, SALES, join, new_port


@pytest.fixture
def asked(place, work):
    """A join order that waits for its owner."""
    order = place(*join(), type="join_pvlan")
    work(order)
    return order


def statuses(order) -> set[Status]:
    db.session.expire_all()
    return {order.status, *(item.status for item in order.items)}


def test_the_owner_agrees_once_for_all_items(asked):
    assert statuses(asked) == {Status.AWAITING_ORDER_CONFIRMATION}
    orders.confirm(asked.id, MEMBER2)
    assert {item.state for item in asked.items} == {State.READY}
    assert statuses(asked) == {Status.INVENTORY}
    with pytest.raises(IllegalMove, match="nothing to confirm"):
        orders.confirm(asked.id, MEMBER2)


@pytest.mark.parametrize("who", [MEMBER, ENGINEER], ids=["who asked", "an engineer"])
@pytest.mark.parametrize("verb", [orders.confirm, lambda order, who: orders.reject(order, who, "No")])
def test_nobody_else_decides(asked, who, verb):
    with pytest.raises(IllegalMove):
        verb(asked.id, who)
    assert statuses(asked) == {Status.AWAITING_ORDER_CONFIRMATION}


def test_one_item_alone_may_be_answered_by_the_owner_and_by_nobody_else(asked):
    with pytest.raises(Forbidden):
        items.resume(asked.items[0].id, MEMBER, {}, version=None)
    items.resume(asked.items[0].id, MEMBER2, {}, version=None)
    assert [item.state for item in asked.items] == [State.READY, State.WAITING]


def test_who_declines_says_why_and_the_member_is_told(asked):
    with pytest.raises(Invalid):
        orders.reject(asked.id, MEMBER2, "  ")
    orders.reject(asked.id, MEMBER2, "We do not know them")
    assert statuses(asked) == {Status.REJECTED}
    assert asked.rejection_date is not None
    assert asked.logs[-1].user_message == "The order was declined: We do not know them"


def test_a_declined_order_frees_its_services(place, work):
    order = place(new_port(port_capacity=100_000))
    work(order)
    orders.reject(order.id, SALES, "No budget")
    db.session.expire_all()
    assert order.items[0].service.state == "cancelled"


def test_cancelling_tells_who_and_why_and_frees_what_was_taken(place, work):
    order = place(new_port())
    work(order)
    taken = order.items[0].service_id
    assert db.session.query(Port).filter_by(service_id=taken).count() == 1
    orders.cancel(order.id, ENGINEER, "Wrong building")
    work(order)
    assert statuses(order) == {Status.CANCELLED}
    assert db.session.query(Port).filter_by(service_id=taken).count() == 0
    assert order.cancellation_date is not None
    rows = db.session.query(Audit).filter_by(order_id=order.id, what="order cancelled").all()
    assert [(row.by, row.reason) for row in rows] == [("Nell Patcher", "Wrong building")]


def test_a_member_cancels_until_an_item_is_being_provisioned(place, work):
    early, waiting, in_hand, patched = (place(new_port()) for _ in range(4))
    for order in (waiting, in_hand, patched):
        work(order)  # each waits for its cross-connect
    claims.claim(in_hand.items[0].id, actor_of(cast.user(cast.ENGINEER)), 3600)
    items.resume(patched.items[0].id, ENGINEER, {"patch_position": "PP03/17", "light_dbm": -3}, version=None)

    for order in (in_hand, patched):
        with pytest.raises(IllegalMove, match="Item 1 is being provisioned"):
            orders.cancel(order.id, MEMBER, "Changed our minds", until_provisioning=True)
        db.session.rollback()
    for order in (early, waiting):
        orders.cancel(order.id, MEMBER, "Changed our minds", until_provisioning=True)
        work(order)
        assert statuses(order) == {Status.CANCELLED}


@ON_SQLITE
def test_a_claim_that_has_lapsed_is_nobodys_work(place, work):
    order = place(new_port())
    work(order)
    claims.claim(order.items[0].id, actor_of(cast.user(cast.ENGINEER)), 3600)
    clock.advance(timedelta(hours=2))
    orders.cancel(order.id, MEMBER, "Changed our minds", until_provisioning=True)
    work(order)
    assert statuses(order) == {Status.CANCELLED}


def test_an_ended_order_is_not_cancelled_again(place, work):
    order = place(new_port())
    orders.cancel(order.id, SALES, "Twice")
    work(order)
    with pytest.raises(IllegalMove, match="already ended"):
        orders.cancel(order.id, SALES, "Twice")


def test_what_may_change_changes_and_is_recorded_with_its_old_value(place):
    order = place(new_port(), po_number="PO-1")
    version = order.version
    orders.change(order.id, SALES, {"po_number": "PO-2", "additional_cc": ["noc@harbour-connect.example"]})
    db.session.commit()
    assert (order.po_number, order.additional_cc, order.version) == (
        "PO-2", ["noc@harbour-connect.example"], version + 1,
    )  # fmt: skip
    row = db.session.query(Audit).filter_by(order_id=order.id, what="order changed").one()
    assert [told["po_number"] for told in (row.before, row.after) if told] == ["PO-1", "PO-2"]


def test_what_may_not_change_is_named_and_nothing_changes(place):
    order = place(new_port(), po_number="PO-1")
    with pytest.raises(Invalid) as refused:
        orders.change(order.id, SALES, {"po_number": "PO-2", "account_id": cast.PARTNER, "status": "completed"})
    db.session.rollback()
    assert {(one.pointer, one.rule) for one in refused.value.errors} == {
        ("/account_id", "read_only"), ("/status", "read_only"),
    }  # fmt: skip
    assert order.po_number == "PO-1"


def test_a_change_of_an_old_page_is_refused(place):
    order = place(new_port())
    with pytest.raises(Stale):
        orders.change(order.id, SALES, {"notes": "Late"}, version=order.version - 1)


def test_an_ended_order_does_not_change(place, work):
    order = place(new_port())
    orders.cancel(order.id, SALES, "Ended")
    work(order)
    with pytest.raises(Conflict, match="has ended"):
        orders.change(order.id, SALES, {"notes": "Late"})


def test_an_order_that_is_not_there_is_not_found(exchange):
    with pytest.raises(NotFound):
        orders.change(uuid.UUID(int=0), SALES, {"notes": "For whom?"})


@ON_SQLITE
def test_sales_agree_on_an_owners_behalf_only_with_a_reason(asked):
    with pytest.raises(Invalid) as refused:
        orders.confirm(asked.id, SALES)
    assert [one.pointer for one in refused.value.errors] == ["/reason"]
    assert statuses(asked) == {Status.AWAITING_ORDER_CONFIRMATION}
    orders.confirm(asked.id, SALES, reason="They said so on the telephone")
    assert statuses(asked) == {Status.INVENTORY}


@ON_SQLITE
def test_an_engineer_does_not_pass_over_the_owners_consent(asked):
    for verb in (items.skip, items.done_by_hand):
        with pytest.raises(Forbidden):
            verb(asked.items[0].id, ENGINEER, "Quicker so", version=None)
    assert statuses(asked) == {Status.AWAITING_ORDER_CONFIRMATION}
