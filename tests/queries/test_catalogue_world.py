"""The database answers what the catalogue's rules ask, for the account that orders and no other."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.catalogue import ItemInput, World, check_order
from app.domain.models import Account, Fabric, Location, Order, OrderItem, PortGroup, Service
from app.domain.states import State
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld

HARBOUR, LIGHTHOUSE = "account-harbour", "account-lighthouse"
PORT, BUNDLE, FOREIGN_PORT, ENDED_PORT = 106001, 106002, 106003, 106004
PVLAN, FOREIGN_PVLAN, UNIT, FOREIGN_UNIT, CONNEXIONS = 106010, 106011, 106012, 106013, 106014
MAC = "00:00:5e:00:53:01"


def service(number: int, kind: str, account: str = HARBOUR, state: str = "active", **more: Any) -> Service:
    made = Service(number=number, service_type=kind, account_id=account, state=state, fabric_code="lon1", **more)
    db.session.add(made)
    db.session.flush()
    return made


def port(number: int, account: str = HARBOUR, state: str = "active", quantity: int = 1) -> Service:
    details = {"port_capacity": 10_000, "quantity": quantity, "encapsulation": "dot1q"}
    return service(number, "multiservice_port", account, state, location_code="LD8", details=details, capacity=10_000)


@pytest.fixture
def exchange(app: Flask) -> Iterator[None]:
    """Two accounts, each with a port, a private VLAN and a unit in it."""
    with app.app_context():
        db.session.add_all([Account(id=HARBOUR, organisation="Harbour"), Account(id=LIGHTHOUSE, organisation="Light")])
        db.session.add_all([Fabric(code="lon1", name="LON1 Lab"), Fabric(code="imn1", name="IMN1", automated=False)])
        db.session.flush()
        db.session.add(Location(fabric_code="lon1", code="LD8", name="Harbour Exchange"))
        db.session.add(
            PortGroup(
                id="group",
                account_id=HARBOUR,
                fabric_code="lon1",
                location_code="LD8",
                port_label="edge1 xe1",
                capacity=9,
            )
        )
        own, foreign = port(PORT), port(FOREIGN_PORT, LIGHTHOUSE)
        port(BUNDLE, quantity=2)
        port(ENDED_PORT, state="ceased")
        pvlan = service(PVLAN, "pvlan", details={"pvlan_type": "p2p", "bandwidth": 50}, capacity=50)
        theirs = service(FOREIGN_PVLAN, "pvlan", LIGHTHOUSE, details={"pvlan_type": "mp2mp"})
        on: dict[str, Any] = {"port_service_id": own.id, "pvlan_service_id": pvlan.id, "carrier": f"port:{own.id}"}
        service(UNIT, "pvlan_unit", vlan_id=444, **on)
        service(106020, "pvlan_unit", state="cancelled", vlan_id=445, **on)
        on = {"port_service_id": foreign.id, "pvlan_service_id": pvlan.id, "carrier": f"port:{foreign.id}"}
        service(FOREIGN_UNIT, "pvlan_unit", LIGHTHOUSE, vlan_id=444, **on)
        service(
            CONNEXIONS,
            "connexions",
            mac_address=MAC,
            vlan_id=7,
            carrier="group:group",
            details={"port_group_id": "group"},
        )
        assert theirs.number == FOREIGN_PVLAN
        db.session.commit()
        yield


@pytest.fixture
def world(exchange: None) -> World:
    return DatabaseWorld({HARBOUR})


def test_fabrics_and_locations_are_data(world: World):
    assert world.fabrics() == {"imn1": "IMN1", "lon1": "LON1 Lab"}
    assert world.locations("lon1") == {"LD8": "Harbour Exchange"}
    assert world.locations("nowhere") == {}
    assert [world.fabric_is_automated(code) for code in ("lon1", "imn1", "nowhere")] == [True, False, False]


def test_ones_own_service_is_known_with_what_it_stands_on(world: World):
    unit = world.service(UNIT)
    assert unit is not None
    assert (unit.port, unit.pvlan, unit.vlan_id, unit.fabric, unit.joined) == (PORT, PVLAN, 444, "lon1", False)


def test_a_bundle_has_the_capacity_of_its_ports(world: World):
    single, bundle = world.service(PORT), world.service(BUNDLE)
    assert single and bundle
    assert (single.capacity, bundle.capacity, single.encapsulation) == (10_000, 20_000, "dot1q")


@pytest.mark.parametrize("number", [FOREIGN_PORT, FOREIGN_PVLAN, 1])
def test_what_is_somebody_elses_is_not_there(world: World, number: int):
    assert world.service(number) is None


def test_somebody_elses_unit_in_ones_private_vlan_is_a_guest(world: World):
    unit, own = world.service(FOREIGN_UNIT), world.service(UNIT)
    assert unit is not None and unit.guest
    assert own is not None and not own.guest


def test_a_port_group_is_known_to_its_partner_only(world: World):
    group = world.port_group("group")
    assert group is not None
    assert (group.capacity, group.ports) == (9, ("edge1 xe1",))
    assert world.port_group("none") is None
    assert DatabaseWorld({LIGHTHOUSE}).port_group("group") is None


def test_everybodys_live_units_count(world: World):
    assert [unit.number for unit in world.units_of_pvlan(PVLAN)] == [UNIT, FOREIGN_UNIT]
    assert [unit.number for unit in world.units_on_port(PORT)] == [UNIT]
    assert world.units_on_port(BUNDLE) == []


def test_a_vlan_and_a_mac_address_have_one_holder(world: World):
    assert (world.vlan_holder(PORT, 444), world.vlan_holder(PORT, 445), world.vlan_holder(BUNDLE, 444)) == (
        UNIT,
        None,
        None,
    )
    assert (world.group_vlan_holder("group", 7), world.group_vlan_holder("group", 8)) == (CONNEXIONS, None)
    assert (world.mac_holder("lon1", MAC), world.mac_holder("imn1", MAC)) == (CONNEXIONS, None)


def test_what_can_be_joined_is_an_active_private_vlan_of_another_account(world: World):
    assert world.may_be_joined(LIGHTHOUSE, None) and world.may_be_joined(LIGHTHOUSE, "lon1")
    assert not world.may_be_joined(LIGHTHOUSE, "imn1")
    assert not world.may_be_joined(HARBOUR, None)
    assert not world.may_be_joined("nobody", None)
    db.session.query(Service).filter_by(number=FOREIGN_PVLAN).one().state = "ceased"
    assert not world.may_be_joined(LIGHTHOUSE, None)


@pytest.mark.parametrize(("state", "known"), [(State.DONE, True), (State.WAITING, False)])
def test_a_private_vlan_is_joined_once_the_join_is_completed(world: World, state: State, known: bool):
    theirs = db.session.query(Service).filter_by(number=FOREIGN_PVLAN).one()
    order = Order(number=100001, type="join_pvlan", account_id=HARBOUR)
    db.session.add(order)
    db.session.flush()
    db.session.add(
        OrderItem(
            order_id=order.id, item_number=1, service_type="pvlan", action="new", state=state, service_id=theirs.id
        )
    )
    db.session.flush()
    joined = world.service(FOREIGN_PVLAN)
    assert (joined is not None and joined.joined) is known


def test_a_whole_order_is_checked_against_the_database(world: World):
    unit = ItemInput("pvlan_unit", "new", {"pvlan": PVLAN, "port": PORT, "vlan_id": 444})
    findings = check_order("normal", [unit], world).findings
    assert [(one.pointer, one.rule) for one in findings] == [
        ("/items/0/details/vlan_id", "unique"),
        ("/items/0/details/pvlan", "units"),
    ]


def test_a_port_that_has_ended_is_refused(world: World):
    cease = ItemInput("multiservice_port", "cease", {}, service_number=ENDED_PORT)
    assert [one.rule for one in check_order("normal", [cease], world).findings] == ["state"]
