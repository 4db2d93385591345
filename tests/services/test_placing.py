"""Placing an order: who orders, for whom, what is stored, and that nothing is stored of what is refused."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.catalogue import ItemInput
from app.domain import clock
from app.domain.errors import Invalid, NotFound
from app.domain.models import Account, Contact, ItemDependency, Order, OrderItem, OutboxMessage, Service
from app.domain.states import State, Status
from app.extensions import db
from app.services.orders import WishedDates
from tests import cast
from tests.services.conftest import MEMBER, ON_SQLITE, join, new_port, new_unit
from tests.support.statements import counted

NOTHING = (0, 0, 0)


def stored() -> tuple[int, int, int]:
    db.session.rollback()
    return db.session.query(Order).count(), db.session.query(OrderItem).count(), db.session.query(OutboxMessage).count()


def refusal(place, *items, **more) -> list[tuple[str, str]]:
    """Where and which rule, of an order that is refused and leaves no trace."""
    services = db.session.query(Service).count()
    with pytest.raises(Invalid) as refused:
        place(*items, **more)
    assert stored() == NOTHING
    assert db.session.query(Service).count() == services
    return [(one.pointer, one.rule) for one in refused.value.errors]


def test_a_new_order_is_numbered_dated_and_handed_to_the_machine(place):
    order = place(new_port(), po_number="PO-1", notes="Soon", description="First port", additional_cc=["a@b.example"])
    assert (order.number, order.name, order.status) == (100_001, "100001", Status.ORDERED)
    assert order.alias == f"O{order.created_at:%y%m%d}_100001"
    assert order.submission_date == order.acknowledged_date == order.created_at
    assert (order.po_number, order.notes, order.description) == ("PO-1", "Soon", "First port")
    (item,) = order.items
    db.session.refresh(item)
    assert (item.state, item.status) == (State.READY, Status.ORDERED)
    assert item.run_after is not None and item.run_after <= clock.now()
    assert [line.user_message for line in order.logs] == ["Your order has been received."]


def test_order_and_service_numbers_go_up_by_one(place):
    first, second = place(new_port()), place(new_port(), new_port())
    assert second.number == first.number + 1
    numbers = [item.service_number for order in (first, second) for item in order.items]
    assert numbers == [106_001, 106_002, 106_003]


def test_a_unit_that_stands_before_its_port_is_on_it(place):
    """Numbers are given as the services are made; whoever names one of the order finds it."""
    unit, port = place(new_unit(port={"item": 2}, fabric="lon2", location="LD8"), new_port()).items
    assert (port.service_number, unit.service_number) == (106_001, 106_002)
    assert unit.service.port_service_id == port.service_id
    assert (unit.service.details["port"], unit.service.carrier) == (106_001, f"port:{port.service_id}")


def test_placing_takes_few_statements(place, exchange):
    place(new_port())
    with counted(db.engine) as sent:
        place(new_port(), new_port(), new_unit(port={"item": 1}, fabric="lon2", location="LD8"))
    written = [statement.split()[2] for statement in sent if statement.startswith("INSERT")]
    assert len(written) == len(set(written)), "each table is written once"
    assert not [statement for statement in sent if statement.startswith("UPDATE") and "counter" not in statement]


def test_a_new_item_gets_a_service_that_is_not_active_yet(place):
    order = place(new_port(port_capacity=10_000, quantity=4))
    service = order.items[0].service
    assert (service.state, service.account_id, service.fabric_code) == ("pre_active", cast.HARBOUR, "lon2")
    assert service.capacity == 40_000  # of all its ports together
    assert service.vlan_reserved is service.mac_reserved is False


@ON_SQLITE
def test_a_change_remembers_how_the_service_stood(place):
    order = place(ItemInput("multiservice_port", "edit_encap", {"encapsulation": "QinQ"}, service_number=cast.PORT))
    (item,) = order.items
    assert (item.service_number, item.details) == (cast.PORT, {"encapsulation": "qinq"})
    assert item.before["encapsulation"] == "dot1q"


def test_an_item_that_names_another_waits_for_it_and_its_service_knows_the_number(place):
    order = place(new_port(), new_unit(port={"item": 1}, fabric="lon2", location="LD8"))
    port, unit = order.items
    assert db.session.query(ItemDependency.item_id, ItemDependency.needs_id).all() == [(unit.id, port.id)]
    assert unit.details["port"] == {"item": 1}
    assert unit.service.details["port"] == port.service_number
    assert unit.service.port_service_id == port.service_id
    assert unit.service.carrier == f"port:{port.service_id}"


@ON_SQLITE
def test_a_join_gets_no_service_of_its_own(place):
    order = place(*join(), type="join_pvlan")
    assert [item.service_number for item in order.items] == [None, cast.PORT]
    assert {item.confirmations[0][0] for item in order.items} == {f"account:{cast.LIGHTHOUSE}"}


def test_a_trusted_program_brings_accounts_and_contacts_that_are_not_known_yet(place):
    said = {"account_id": "crm-77", "organisation": "Quay Radio", "contact_id": "crm-c-1", "full_name": "Io Mast",
            "email": "io@quay-radio.example", "phone": "1"}  # fmt: skip
    order = place(new_port(), account_id="crm-77", requestor=said)
    assert db.session.get_one(Account, "crm-77").organisation == "Quay Radio"
    contact = db.session.get_one(Contact, "crm-c-1")
    assert (contact.account_id, contact.full_name, contact.email) == ("crm-77", "Io Mast", "io@quay-radio.example")
    assert (order.account_id, order.contact_id, order.requestor) == ("crm-77", "crm-c-1", said)


@ON_SQLITE
def test_a_new_account_needs_a_name(place):
    found = refusal(place, new_port(), account_id="crm-77", requestor={"account_id": "crm-77"})
    assert found == [("/requestor/organisation", "required")]
    assert db.session.get(Account, "crm-77") is None


@ON_SQLITE
def test_nobody_else_makes_accounts(place):
    with pytest.raises(NotFound):
        place(new_port(), account_id="crm-77", actor=MEMBER)
    assert stored() == NOTHING


@ON_SQLITE
def test_a_contact_of_another_account_is_refused(place):
    foreign = {"account_id": cast.HARBOUR, "organisation": "Harbour Connect", "contact_id": "4324-efd-432423-23"}
    assert refusal(place, new_port(), requestor=foreign) == [("/requestor/contact_id", "reference")]


def test_an_order_for_a_customer_knows_both(place):
    order = place(
        ItemInput("reseller_peering_unit", "new", new_unit().details),
        sub_customer={"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media"},
    )
    assert (order.account_id, order.sub_account_id) == (cast.HARBOUR, cast.LIGHTHOUSE)
    assert (order.items[0].service.account_id, order.items[0].service.sub_account_id) == (cast.HARBOUR, cast.LIGHTHOUSE)


def test_a_trusted_program_brings_new_customers_as_well(place):
    said = {"account_id": "crm-78", "organisation": "Buoy Bank", "asn": "64510", "handle": "buoy"}
    place(new_port(), sub_customer=said)
    customer = db.session.get_one(Account, "crm-78")
    assert (customer.reseller_id, customer.asn, customer.handle) == (cast.HARBOUR, 64510, "buoy")


@ON_SQLITE
def test_a_handle_that_somebody_has_stays_theirs(place):
    place(new_port(), sub_customer={"account_id": "crm-78", "organisation": "Buoy Bank", "handle": "harbour"})
    assert db.session.get_one(Account, "crm-78").handle is None


@ON_SQLITE
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"organisation": "Whoever"}, ("/sub_customer/account_id", "required")),
        ({"account_id": cast.CUSTOMER}, ("/sub_customer/account_id", "reference")),
        ({"account_id": "crm-79"}, ("/sub_customer/organisation", "required")),
    ],
)
def test_a_customer_that_is_not_the_accounts_own_is_refused(place, said, expected):
    assert refusal(place, new_port(), sub_customer=said) == [expected]


@ON_SQLITE
def test_a_resellers_peering_unit_says_for_which_customer_it_is(place):
    wanted = ItemInput("reseller_peering_unit", "new", new_unit().details)
    assert refusal(place, wanted) == [("/sub_customer", "required")]


@ON_SQLITE
def test_a_resellers_unit_is_changed_without_naming_the_customer_again(place):
    customer = {"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media"}
    first = place(ItemInput("reseller_peering_unit", "new", new_unit().details), sub_customer=customer)
    first.items[0].service.state = "active"
    db.session.commit()
    number = first.items[0].service_number
    order = place(ItemInput("reseller_peering_unit", "modify", {"service_capacity": 10}, service_number=number))
    assert order.items[0].service_number == number


@ON_SQLITE
def test_all_findings_come_together(place):
    found = refusal(
        place, new_port(port_capacity=3, fabric="nowhere"), new_unit(mac_address="11:11:11:11:11:11"),
        parent_order_id=uuid.uuid4(),
    )  # fmt: skip
    assert {pointer for pointer, _ in found} == {
        "/items/0/details/port_capacity", "/items/0/details/fabric", "/items/1/details/mac_address",
        "/parent_order_id",
    }  # fmt: skip


def needs_of(order: Order) -> list[list[uuid.UUID]]:
    rows = db.session.query(ItemDependency).filter(ItemDependency.item_id.in_([item.id for item in order.items])).all()
    return [[row.needs_id for row in rows if row.item_id == item.id] for item in order.items]


@ON_SQLITE
def test_what_names_a_service_that_is_being_set_up_waits_for_it_without_saying_so(place):
    port = place(new_port(encapsulation="dot1q")).items[0]
    order = place(new_unit(port=port.service_number, fabric="lon2", location="LD8"))
    assert needs_of(order) == [[port.id]]
    assert needs_of(place(new_unit(port=cast.PORT, mac_address="00:00:5e:00:53:31"))) == [[]]  # it is there


@ON_SQLITE
@pytest.mark.parametrize("later", ["order_date", "item_date", "service", "order_item"])
def test_a_service_that_is_being_set_up_is_changed_later_or_not_at_all(place, later):
    port = place(new_port()).items[0]
    far = WishedDates(start=datetime(2031, 5, 1, tzinfo=UTC))
    dates: dict[str, Any] = {"order_date": {"dates": far}, "item_date": {"item_dates": [far]}}
    waits = {"service": [{"service": port.service_number}], "order_item": [{"order_item": str(port.id)}]}.get(later)
    cease = ItemInput("multiservice_port", "cease", {}, service_number=port.service_number)
    with pytest.raises(Invalid) as refused:
        place(cease)
    assert [(one.pointer, one.rule) for one in refused.value.errors] == [("/items/0/service_number", "state")]
    db.session.rollback()
    assert needs_of(place(replace(cease, depends_on=waits), **dates.get(later, {}))) == [[port.id]]


@ON_SQLITE
def test_an_order_may_follow_another_of_the_same_account(place):
    parent = place(new_port())
    child = place(new_port(), parent_order_id=parent.id)
    assert child.parent_order_id == parent.id


@ON_SQLITE
def test_an_order_of_somebody_else_is_no_parent(place):
    theirs = place(new_port(), account_id=cast.PARTNER)
    with pytest.raises(Invalid) as refused:
        place(new_port(), parent_order_id=theirs.id)
    assert [one.pointer for one in refused.value.errors] == ["/parent_order_id"]


def test_wished_dates_are_kept_for_the_order_and_for_each_item(place):
    start = datetime(2031, 5, 1, 9, tzinfo=UTC)
    own = WishedDates(start=start + timedelta(days=9))
    order = place(new_port(), new_port(), dates=WishedDates(start=start), item_dates=[WishedDates(), own])
    assert order.requested_start_date == start
    assert [item.requested_start_date for item in order.items] == [None, own.start]


@ON_SQLITE
@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"dates": "swapped"}, "/requested_completion_date"),
        ({"item_dates": "swapped"}, "/items/0/requested_completion_date"),
    ],
)
def test_a_completion_before_the_start_is_refused(place, more, pointer):
    swapped = WishedDates(start=datetime(2031, 5, 2, tzinfo=UTC), completion=datetime(2031, 5, 1, tzinfo=UTC))
    said = {"dates": swapped} if "dates" in more else {"item_dates": [swapped]}
    assert refusal(place, new_port(), **said) == [(pointer, "order")]


@ON_SQLITE
@pytest.mark.parametrize(
    ("capacity", "flagged", "asked"),
    [(10_000, False, []), (100_000, False, ["team:sales"]), (10_000, True, ["team:sales"])],
)
def test_sales_are_asked_for_large_ports_and_for_flagged_accounts(place, capacity, flagged, asked):
    db.session.get_one(Account, cast.HARBOUR).flagged = flagged
    order = place(new_port(port_capacity=capacity))
    assert [audience for audience, *_ in order.items[0].confirmations] == asked


@ON_SQLITE
def test_what_is_on_a_fabric_that_is_not_automated_is_marked_for_people(place):
    by_hand = new_port(fabric="imn1", location="SEC", port_capacity=1_000)
    assert [item.by_hand for item in place(by_hand, new_port()).items] == [True, False]
