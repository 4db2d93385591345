"""Drafts: filled in bit by bit, replaced, deleted, submitted exactly once."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from app.catalogue import ItemInput
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.models import ItemDependency, ItemSetup, Order, OrderItem, OutboxMessage, Service
from app.domain.states import State, Status
from app.extensions import db
from app.services import drafts, sweep
from app.services.drafts import Replacement
from app.services.order_input import OrderInput, WishedDates
from tests import cast
from tests.services.conftest import CRM, MEMBER, MEMBER2, ON_SQLITE, new_port, new_unit

PORT = ItemInput("multiservice_port", "new", {"fabric": "lon1"})
UNIT = ItemInput("peering_unit", "new", {"port": {"item": 1}})


@pytest.fixture
def draft(exchange, config):
    def made(*items: ItemInput, **more: Any) -> Order:
        said = {"account_id": cast.HARBOUR, "channel": "portal", **more}
        said.setdefault("requestor", {"account_id": said["account_id"], "organisation": "Harbour Connect"})
        order = drafts.create(OrderInput(items=items, **said), MEMBER, config)
        db.session.commit()
        return order

    return made


def places(refused) -> list[tuple[str, str]]:
    return [(one.pointer, one.rule) for one in refused.value.errors]


def test_a_draft_is_kept_as_it_is_and_nobody_works_on_it(draft, exchange):
    order = draft(PORT, UNIT, po_number="PO-1")
    assert (order.status, order.submission_date, order.acknowledged_date) == (Status.DRAFT, None, None)
    assert [(item.state, item.status, item.details) for item in order.items] == [
        (State.IDLE, Status.DRAFT, {"fabric": "lon1"}),
        (State.IDLE, Status.DRAFT, {"port": {"item": 1}}),
    ]
    assert db.session.query(Service).filter_by(state="pre_active").count() == 0
    assert db.session.query(OutboxMessage).count() == 0
    assert sweep.sweep() == (0, 0)


@ON_SQLITE
def test_an_order_may_be_started_without_any_item(draft):
    assert draft().items == []


@ON_SQLITE
def test_what_a_draft_says_must_be_right_even_if_it_is_not_complete(draft):
    with pytest.raises(Invalid) as refused:
        draft(ItemInput("peering_unit", "new", {"mac_address": "11:11:11:11:11:11", "wheels": 4}), new_port(fabric=3))
    assert places(refused) == [
        ("/items/0/details/wheels", "unknown"), ("/items/0/details/mac_address", "multicast"),
        ("/items/1/details/fabric", "type"),
    ]  # fmt: skip
    db.session.rollback()
    assert db.session.query(Order).count() == 0


def test_replacing_takes_away_what_is_not_said_and_keeps_the_rest(draft):
    order = draft(PORT, UNIT, po_number="PO-1", comment="Second floor", operator_order_ref="R-1")
    first = order.items[0].id
    wanted = Replacement(items=(new_port(fabric="lon1"),), operator_order_name="Main site")
    drafts.replace(order.id, wanted, MEMBER, version=order.version)
    db.session.commit()
    order = db.session.get_one(Order, order.id)
    assert (order.comment, order.operator_order_ref, order.operator_order_name) == (None, None, "Main site")
    assert order.po_number == "PO-1"
    assert [item.id for item in order.items] == [first]
    assert order.items[0].details["port_capacity"] == 10_000
    assert db.session.query(ItemSetup).count() == 1


@ON_SQLITE
def test_single_fields_can_be_set_and_a_stale_version_is_refused(draft):
    order = draft(PORT)
    seen = order.version
    drafts.amend(order.id, {"comment": "Ring first"}, MEMBER, version=seen)
    db.session.commit()
    with pytest.raises(Conflict, match="changed meanwhile"):
        drafts.amend(order.id, {"comment": "No"}, MEMBER, version=seen)
    db.session.rollback()
    assert db.session.get_one(Order, order.id).comment == "Ring first"


@ON_SQLITE
def test_a_draft_of_somebody_else_is_not_there(draft, config):
    order = draft(PORT)
    for act in (
        lambda: drafts.replace(order.id, Replacement(), MEMBER2),
        lambda: drafts.delete(order.id, MEMBER2),
        lambda: drafts.submit(order.id, MEMBER2, config),
        lambda: drafts.problems(order.id, MEMBER2),
    ):
        with pytest.raises(NotFound):
            act()
        db.session.rollback()


def test_a_deleted_draft_leaves_nothing_behind(draft):
    order_id = draft(PORT, UNIT).id
    drafts.delete(order_id, MEMBER)
    db.session.commit()
    assert [db.session.query(kind).count() for kind in (Order, OrderItem, ItemSetup)] == [0, 0, 0]


def test_submitting_answers_all_problems_together_and_changes_nothing(draft, config):
    order = draft(PORT, ItemInput("peering_unit", "new", {"port": 999}))
    with pytest.raises(Invalid) as refused:
        drafts.submit(order.id, MEMBER, config)
    found = places(refused)
    assert ("/items/0/details/location", "required") in found
    assert ("/items/0/details/port_capacity", "required") in found
    assert ("/items/1/details/mac_address", "required") in found
    assert found == [(one.pointer, one.rule) for one in drafts.problems(order.id, MEMBER)]
    db.session.rollback()
    assert db.session.get_one(Order, order.id).status is Status.DRAFT


def test_a_submitted_draft_is_an_order_like_any_other(draft, config):
    order = draft(
        new_port(fabric="lon1"), new_unit(port={"item": 1}, fabric="lon1", location="LD8"),
        item_dates=(WishedDates(), WishedDates(start=datetime(2031, 5, 1, tzinfo=UTC))),
    )  # fmt: skip
    ids = [item.id for item in order.items]
    drafts.submit(order.id, MEMBER, config, version=order.version)
    db.session.expire_all()
    order = db.session.get_one(Order, order.id)
    assert order.status is Status.ORDERED
    assert order.submission_date == order.acknowledged_date is not None
    assert [item.id for item in order.items] == ids
    assert [(item.state, item.status) for item in order.items] == [(State.READY, Status.ORDERED)] * 2
    assert [item.service.state for item in order.items] == ["pre_active", "pre_active"]
    assert order.items[0].details["encapsulation"] == "none"  # defaults are filled in now
    need = db.session.query(ItemDependency).one()
    assert (need.item_id, need.needs_id) == (ids[1], ids[0])
    assert order.items[1].requested_start_date == datetime(2031, 5, 1, tzinfo=UTC)


def test_submitted_twice_it_is_one_order_and_no_draft_any_more(draft, config):
    order_id = draft(new_port()).id
    drafts.submit(order_id, MEMBER, config, form_key="k" * 20)
    drafts.submit(order_id, MEMBER, config, form_key="k" * 20)
    for act in (
        lambda: drafts.submit(order_id, MEMBER, config),
        lambda: drafts.replace(order_id, Replacement(), MEMBER),
        lambda: drafts.delete(order_id, MEMBER),
    ):
        with pytest.raises(Conflict, match="no draft any more"):
            act()
        db.session.rollback()
    assert db.session.query(Service).filter_by(state="pre_active").count() == 1


@ON_SQLITE
def test_an_item_may_need_a_service_or_an_item_of_another_order(draft, place, config):
    other = place(new_port(fabric="lon1")).items[0]
    needs = [{"order_item": str(other.id)}, {"service": other.service_number}, {"service": cast.PORT}]
    order = draft(ItemInput("multiservice_port", "new", new_port().details, depends_on=needs))
    drafts.submit(order.id, MEMBER, config)
    need = db.session.query(ItemDependency).one()  # the active service holds nothing up
    assert need.needs_id == other.id


@ON_SQLITE
def test_an_item_cannot_need_what_is_not_the_accounts(place):
    strange = [{"order_item": str(uuid.uuid4())}, {"service": cast.PVLAN}, {"order_item": "x"}, {"service": 2**40}]
    with pytest.raises(Invalid) as refused:
        place(ItemInput("multiservice_port", "new", new_port().details, depends_on=strange), actor=CRM)
    assert places(refused) == [("/items/0/depends_on", "reference")] * 4


@ON_SQLITE
def test_an_end_before_its_beginning_is_refused(place):
    on = ItemInput("multiservice_port", "new", new_port().details)
    off = ItemInput("multiservice_port", "cease", {}, service_number={"item": 1})
    may = [WishedDates(start=datetime(2031, 5, day, tzinfo=UTC)) for day in (1, 10)]
    with pytest.raises(Invalid) as refused:
        place(on, off, item_dates=may[::-1])
    assert places(refused) == [("/items/1/requested_start_date", "order")]
    order = place(on, off, item_dates=may)
    assert order.items[1].service_number == order.items[0].service_number


@ON_SQLITE
def test_origin_is_computed(draft):
    cease = ItemInput("connexions", "cease", {}, service_number=cast.CONNEXIONS)
    moved = draft(cease, ItemInput("connexions", "new", {}))
    assert draft(PORT).origin == "standard"
    assert moved.origin == "unit_migration"
    assert draft(PORT, batch_alias="B261120_00001").origin == "mass_migration"
