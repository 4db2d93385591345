"""Private VLANs: made with their units, joined with their owner's consent, ended."""

from typing import Any

import pytest

from app.domain.errors import IllegalMove, Invalid
from app.domain.models import Order
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services import items, orders
from tests import cast
from tests.handlers.exchange import CRM, ENGINEER, MEMBER, MEMBER2, SALES, Exchange, change, new

PORT = "edge1-edi2 xe-0/0/3"
P2P: dict[str, Any] = {
    "fabric": "edi2", "pvlan_type": "p2p", "service_name": "test-p2p-ecl-ec2", "bandwidth": 50,
    "mac_acl_protected": False,
}  # fmt: skip


def unit(vlan: int, pvlan: Any, **more: Any) -> Any:
    return new("pvlan_unit", pvlan=pvlan, port=cast.PORT, vlan_id=vlan, **more)


def with_unit(exchange: Exchange, **more: Any) -> Order:
    """The seed's order: a private VLAN and a unit in it."""
    return exchange.ordered(new("pvlan", **{**P2P, **more}), unit(444, {"item": 1}))


def join(exchange: Exchange, *more: Any, **details: Any) -> Order:
    """The seed's join: Harbour joins what Lighthouse owns, and has its port tagged."""
    wanted = new("pvlan", pvlan_service_account_id=cast.LIGHTHOUSE, **details)
    edit = change("multiservice_port", "edit_encap", cast.PORT, encapsulation="DOT1Q")
    return exchange.ordered(wanted, edit, *more, type="join_pvlan")


def test_a_private_vlan_is_made_before_its_unit_goes_in(exchange):
    order = with_unit(exchange)
    pvlan, inside = (exchange.item(order, number).service_number for number in (1, 2))
    assert exchange.network(order, 1) == [
        ("create_pvlan", {
            "service_number": pvlan, "account": cast.HARBOUR, "fabric": "edi2", "pvlan_type": "p2p",
            "service_name": "test-p2p-ecl-ec2", "bandwidth_mbps": 50, "mac_acl_protected": False,
        })
    ]  # fmt: skip
    assert exchange.network(order, 2) == [
        ("attach_pvlan_unit", {
            "service_number": inside, "service_type": "pvlan_unit", "account": cast.HARBOUR, "port": PORT,
            "vlan_id": 444, "fabric": "edi2", "pvlan": pvlan,
        })
    ]  # fmt: skip
    assert (exchange.order(order).status, exchange.order(order).outcome) == ("completed", "full")


def test_what_is_recorded_of_both(exchange):
    order = with_unit(exchange)
    pvlan, inside = exchange.service_of(order, 1), exchange.service_of(order, 2)
    assert (pvlan.state, pvlan.name, pvlan.capacity) == ("active", "test-p2p-ecl-ec2", 50)
    assert (inside.state, inside.vlan_id, inside.vlan_reserved) == ("active", 444, True)
    assert inside.details == {"pvlan": pvlan.number, "port": cast.PORT, "vlan_id": 444}
    assert exchange.item(order, 2).details["pvlan"] == {"item": 1}  # as it was sent
    assert exchange.registered(inside.number)["details"]["pvlan"] == pvlan.number
    assert exchange.told(order).count("Creating services for order items.") == 1
    assert exchange.notes(order)[-1] == "Services for all order items provisioned."


def test_cancelling_a_unit_that_is_not_connected_yet_frees_its_vlan(exchange, far):
    far.pretend(PORT, "port_up", "down")
    order = with_unit(exchange)
    assert exchange.item(order, 2).last_error == f"{PORT} is down. (simulated)"
    orders.cancel(order.id, MEMBER, "Another port")
    exchange.work(order)
    assert (exchange.item(order, 1).status, exchange.item(order, 2).status) == ("completed", "cancelled")
    assert exchange.order(order).outcome == "partial"
    assert (exchange.actions(order, 2), exchange.service_of(order, 2).vlan_reserved) == ([], False)


def test_cancelling_in_provisioning_takes_the_port_out_again(exchange, far):
    order = exchange.place(unit(444, cast.PVLAN), sub_customer=LIGHTHOUSE)
    stop_before_registering(exchange, far, order)
    orders.cancel(order.id, ENGINEER, "Wrong port")
    exchange.work(order)
    assert exchange.actions(order) == ["attach_pvlan_unit", "detach_pvlan_unit"]
    assert exchange.service_of(order).vlan_reserved is False


LIGHTHOUSE = {"account_id": cast.LIGHTHOUSE, "organisation": "Lighthouse Media", "handle": "lighthouse"}


def stop_before_registering(exchange: Exchange, far: Any, order: Order) -> None:
    """The inventory fails once the network is changed."""
    far.fault("inventory", "unavailable", verb="update")
    exchange.work(order)
    assert exchange.item(order).status == "error"
    far.clear()


def test_cancelling_a_new_private_vlan_removes_it(exchange, far):
    order = exchange.place(new("pvlan", **P2P))
    stop_before_registering(exchange, far, order)
    orders.cancel(order.id, ENGINEER, "Not needed")
    exchange.work(order)
    assert exchange.actions(order) == ["create_pvlan", "remove_pvlan"]
    assert exchange.registered(exchange.item(order).service_number)["state"] == "cancelled"


def test_a_point_to_point_private_vlan_has_two_ends_also_for_those_who_order_at_the_same_time(exchange, monkeypatch):
    first = with_unit(exchange)
    pvlan = exchange.item(first).service_number
    monkeypatch.setattr(DatabaseWorld, "units_of_pvlan", lambda *_: [])  # checked at the same time
    second, third = (exchange.place(unit(vlan, pvlan)) for vlan in (445, 446))
    exchange.work(third)
    exchange.work(second)
    assert exchange.order(second).status == "completed"
    assert exchange.item(third).last_error == f"Private VLAN {pvlan} is point to point and already has 2 units."
    assert exchange.actions(third) == []


def test_a_unit_moves_to_another_vlan(exchange):
    first = with_unit(exchange)
    number = exchange.item(first, 2).service_number
    order = exchange.ordered(change("pvlan_unit", "modify", number, vlan_id=450))
    ((action, asked),) = exchange.network(order)
    assert (action, asked["vlan_id"], asked["pvlan"], asked["port"]) == (
        "modify_service", 450, exchange.item(first, 1).service_number, PORT,
    )  # fmt: skip
    assert exchange.service(number).vlan_id == 450
    assert exchange.registered(number)["details"]["vlan_id"] == 450


def test_a_cancelled_move_goes_back_to_the_old_vlan(exchange, far):
    number = exchange.item(with_unit(exchange), 2).service_number
    order = exchange.place(change("pvlan_unit", "modify", number, vlan_id=450))
    stop_before_registering(exchange, far, order)
    orders.cancel(order.id, ENGINEER, "Wrong number")
    exchange.work(order)
    assert [asked["vlan_id"] for _, asked in exchange.network(order)] == [450, 444]
    assert (exchange.service(number).vlan_id, exchange.service(number).state) == (444, "active")


def test_a_private_vlan_ends_after_its_units(exchange):
    first = with_unit(exchange)
    pvlan, inside = (exchange.item(first, number).service_number for number in (1, 2))
    order = exchange.ordered(change("pvlan", "cease", pvlan), change("pvlan_unit", "cease", inside))
    assert exchange.order(order).outcome == "full"
    removed = [effect["parameters"]["action"] for effect in exchange.far.effects() if effect["verb"] == "submit"]
    assert removed[-2:] == ["detach_pvlan_unit", "remove_pvlan"]
    assert (exchange.service(inside).vlan_reserved, exchange.service(pvlan).state) == (False, "ceased")


def test_a_cancelled_end_puts_the_port_and_the_private_vlan_back(exchange, far):
    first = with_unit(exchange)
    pvlan, inside = (exchange.item(first, number).service_number for number in (1, 2))
    order = exchange.place(change("pvlan_unit", "cease", inside))
    stop_before_registering(exchange, far, order)
    orders.cancel(order.id, ENGINEER, "They stay")
    exchange.work(order)
    back = exchange.network(order)[-1]
    assert (back[0], back[1]["pvlan"], back[1]["vlan_id"]) == ("attach_pvlan_unit", pvlan, 444)

    gone = exchange.ordered(change("pvlan_unit", "cease", inside))
    assert exchange.order(gone).status == "completed"
    last = exchange.place(change("pvlan", "cease", pvlan))
    stop_before_registering(exchange, far, last)
    orders.cancel(last.id, ENGINEER, "They stay")
    exchange.work(last)
    assert exchange.actions(last) == ["remove_pvlan", "create_pvlan"]


def test_a_private_vlan_that_got_a_unit_meanwhile_is_not_ended(exchange):
    first = exchange.ordered(new("pvlan", **P2P))
    pvlan = exchange.item(first).service_number
    cease, late = exchange.place(change("pvlan", "cease", pvlan)), exchange.place(unit(447, pvlan))
    exchange.work(cease)
    number = exchange.item(late).service_number
    assert exchange.item(cease).last_error == f"The private VLAN still has units {number}; cease them first."


def test_a_join_waits_whole_for_the_owner(exchange):
    order = join(exchange)
    statuses = {exchange.order(order).status, exchange.item(order, 1).status, exchange.item(order, 2).status}
    assert statuses == {"awaiting_order_confirmation"}
    for number in (1, 2):
        wait = exchange.wait_of(order, number)
        assert (wait.audience, wait.tell) == (
            f"account:{cast.LIGHTHOUSE}", "Harbour Connect asks to join your private VLAN Film rushes (104001).",
        )  # fmt: skip
    assert exchange.far.effects() == []
    assert exchange.ticket(order)["status"] == "awaiting_user"


def test_when_the_owner_agrees_both_items_go(exchange):
    order = join(exchange)
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    assert exchange.order(order).outcome == "full"
    assert exchange.actions(order, 2) == ["edit_encapsulation"]
    assert exchange.item(order, 1).service_number == cast.PVLAN
    there = exchange.registered(cast.PVLAN)
    assert there[f"member {cast.HARBOUR}"] == {"order_number": order.number}
    assert f"You have joined private VLAN {cast.PVLAN}." in exchange.told(order)
    assert exchange.service(cast.PVLAN).account_id == cast.LIGHTHOUSE


@pytest.mark.parametrize("who", [MEMBER, ENGINEER])
def test_nobody_but_the_owner_agrees(exchange, who):
    order = join(exchange)
    with pytest.raises(IllegalMove):
        orders.confirm(order.id, who)


def test_sales_may_agree_for_the_owner_and_says_why(exchange):
    order = join(exchange)
    orders.confirm(order.id, SALES, reason="Agreed on the phone")
    exchange.work(order)
    assert exchange.order(order).status == "completed"
    assert any("Agreed on the phone" in words for words in exchange.debug(order))


def test_when_the_owner_declines_both_items_end_as_rejected(exchange):
    order = join(exchange)
    orders.reject(order.id, MEMBER2, "We do not know them")
    exchange.work(order)
    assert {exchange.item(order, number).status for number in (1, 2)} == {"rejected"}
    assert exchange.order(order).status == "rejected"
    assert exchange.told(order)[-1] == "The order was declined: We do not know them"
    assert exchange.ticket(order)["status"] == "resolved"
    assert [one["system"] for one in exchange.far.effects() if one["system"] != "ticketing"] == []
    assert exchange.service(cast.PVLAN).state == "active"


def test_a_unit_in_what_is_joined_finds_its_private_vlan_when_it_runs(exchange):
    order = join(exchange, unit(448, {"item": 1}))
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    assert exchange.order(order).outcome == "full"
    assert exchange.network(order, 3)[0][1]["pvlan"] == cast.PVLAN
    service = exchange.service_of(order, 3)
    assert (service.details["pvlan"], service.pvlan_service_id) == (cast.PVLAN, exchange.service(cast.PVLAN).id)
    assert exchange.registered(service.number)["details"]["pvlan"] == cast.PVLAN


def test_who_has_joined_may_order_further_units(exchange):
    order = join(exchange)
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    later = exchange.ordered(unit(449, cast.PVLAN))
    assert exchange.order(later).status == "completed"


def test_a_join_of_one_of_several_lets_the_owner_choose_with_its_answer(exchange):
    cast.another_pvlan()
    order = join(exchange)
    wait = exchange.wait_of(order, 1)
    assert wait.tell == "Harbour Connect asks to join a private VLAN of yours."
    assert (wait.ask["joined_pvlan"]["choices"], wait.ask["joined_pvlan"]["labels"]) == (
        ["104001", "104002"], ["Film rushes (104001), EDI2", "Rushes archive (104002), EDI2"],
    )  # fmt: skip
    for given in ({}, {"joined_pvlan": "103127"}, {"joined_pvlan": "104002", "more": 1}):
        with pytest.raises(Invalid) as refused:
            orders.confirm(order.id, MEMBER2, given=given)
        assert [one.pointer.startswith("/answers/") for one in refused.value.errors] == [True]
        db.session.rollback()
    assert exchange.order(order).status == "awaiting_order_confirmation"  # the other item too

    orders.confirm(order.id, MEMBER2, given={"joined_pvlan": "104002"})
    exchange.work(order)

    assert exchange.item(order, 1).service_number == 104002
    assert exchange.order(order).status == "completed"
    assert "The owner of private VLAN 104002 agreed that you join it." in exchange.told(order)


def test_an_owner_of_several_declines_without_choosing(exchange):
    cast.another_pvlan()
    order = join(exchange)
    orders.reject(order.id, MEMBER2, "Not now")
    assert exchange.order(order).status == "rejected"


def test_a_join_that_names_the_private_vlan_asks_for_that_one(exchange):
    cast.another_pvlan()
    order = join(exchange, service_name="Rushes archive")
    assert exchange.wait_of(order, 1).tell == (
        "Harbour Connect asks to join your private VLAN Rushes archive (104002)."
    )  # fmt: skip
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    assert exchange.item(order, 1).service_number == 104002


def test_a_join_by_a_name_that_none_has_lets_the_owner_say_what_is_meant(exchange):
    order = join(exchange, service_name="Something else")
    wait = exchange.wait_of(order, 1)
    assert wait.tell == "Harbour Connect asks to join a private VLAN of yours. They call it “Something else”."
    assert wait.ask["joined_pvlan"]["choices"] == ["104001"]
    orders.confirm(order.id, MEMBER2, given={"joined_pvlan": "104001"})
    exchange.work(order)
    assert exchange.item(order, 1).service_number == cast.PVLAN


def test_two_joins_in_one_order_are_two_choices(exchange):
    cast.another_pvlan()
    order = join(exchange, new("pvlan", pvlan_service_account_id=cast.LIGHTHOUSE), service_name="Film rushes")
    assert exchange.wait_of(order, 1).tell == (
        "Harbour Connect asks to join your private VLAN Film rushes (104001) and a private VLAN of yours."
    )  # fmt: skip
    orders.confirm(order.id, MEMBER2, given={"joined_pvlan_3": "104002"})
    exchange.work(order)
    assert [exchange.item(order, number).service_number for number in (1, 3)] == [cast.PVLAN, 104002]


def test_what_the_owner_agreed_to_is_not_replaced_by_another_that_came(exchange):
    order = join(exchange)
    cast.another_pvlan()
    exchange.service(cast.PVLAN).state = "ceased"
    db.session.commit()
    orders.confirm(order.id, MEMBER2)
    exchange.work(order)
    assert exchange.item(order, 1).last_error == (
        "Private VLAN 104001, which its owner agreed to, is not active any more."
    )  # fmt: skip


def test_where_the_question_was_passed_over_an_engineer_says_which(exchange):
    cast.another_pvlan()
    order = join(exchange)
    for number in (1, 2):
        items.skip(exchange.item(order, number).id, CRM, "They rang", version=None)
    exchange.work(order)
    wait = exchange.wait_of(order, 1)
    assert (wait.title, wait.audience) == ("Say which private VLAN is joined", "team:engineering")
    assert wait.tell.endswith("104001: Film rushes on edi2\n104002: Rushes archive on edi2")
    exchange.resume(order, 1, joined_pvlan="104002")
    assert exchange.item(order, 1).service_number == 104002
    assert "You may join private VLAN 104002." in exchange.told(order)


def test_a_cancelled_join_is_taken_out_of_the_inventory(exchange, far):
    order = join(exchange)
    orders.confirm(order.id, MEMBER2)
    far.fault("inventory", "unavailable", verb="get")  # it is done, but cannot be read back
    exchange.work(order)
    assert exchange.item(order, 1).status == "error"
    far.clear()
    items.cancel(exchange.item(order, 1).id, ENGINEER, "Asked to")
    exchange.work(order)
    assert exchange.item(order, 1).status == "cancelled"
    assert f"member {cast.HARBOUR}" not in exchange.registered(cast.PVLAN)
    assert exchange.service(cast.PVLAN).state == "active"
