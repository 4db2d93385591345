"""The rules that an action's parameters must keep, wherever the network is automated."""

from typing import Any

import pytest

from app.domain.errors import PermanentFailure
from workers.southbound.network.actions import ACTIONS, checked
from workers.southbound.network.intent import applied
from workers.southbound.network.measurements import simulated

SERVICE = {
    "service_number": 106552,
    "account": "acc-1",
    "port": "edge1-test xe-0/0/1",
    "vlan_id": 701,
    "bandwidth_mbps": 0,
    "mac_address": "00:00:5E:00:53:01",
}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"vlan_id": 0}, "vlan_id: must be from 1 to 4094"),
        ({"vlan_id": 4095}, "vlan_id: must be from 1 to 4094"),
        ({"vlan_id": True}, "vlan_id"),
        ({"vlan_id": "7e1"}, "vlan_id"),
        ({"mac_address": "11:11:11:11:11:11"}, "not the address of one device"),
        ({"mac_address": "00:00:00:00:00:00"}, "not the address of one device"),
        ({"mac_address": "00:00:5E:00:53"}, "not a MAC address"),
        ({"encapsulation": "isl"}, "encapsulation: must be one of none, dot1q, qinq"),
        ({"account": None}, "account is missing"),
        ({"service_number": ""}, "service_number is missing"),
        ({"port": ""}, "port is missing"),
        ({"port": "xe-0/0/1"}, "does not say which switch"),
        ({"bandwidth_mbps": -1}, "bandwidth_mbps"),
    ],
)
def test_what_breaks_a_rule_is_refused_in_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(PermanentFailure, match=words):
        checked("connect_service", {**SERVICE, **wrong})


@pytest.mark.parametrize("vlan", [1, 4094, "701"])
def test_the_edges_are_allowed(vlan: Any) -> None:
    assert checked("connect_service", {**SERVICE, "vlan_id": vlan})["vlan_id"] == int(vlan)


def test_a_port_may_be_named_in_one_word_or_with_its_switch_beside_it() -> None:
    apart = {**SERVICE, "switch": "edge1-test", "port": "xe-0/0/1"}
    assert checked("connect_service", apart)["ports"] == checked("connect_service", SERVICE)["ports"]


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_planning_leaves_what_is_running_as_it_is_and_doing_it_twice_changes_nothing_more(action: str) -> None:
    parameters = {**SERVICE, "fabric": "lon1", "pvlan": 106600, "encapsulation": "dot1q", "pvlan_type": "p2p"}
    before = applied("enable_port", {**SERVICE, "service_number": 1}, {})
    if action in ("enable_port", "disable_port", "edit_encapsulation"):
        parameters["service_number"] = 1
    kept = repr(before)
    once = applied(action, parameters, before)
    assert repr(before) == kept
    assert applied(action, parameters, once) == once


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        ("light_levels", -14.1),
        ("light_levels", 0.6),
        ("lacp", 0),
        ("quarantine_mac", []),
        ("quarantine_mac", ["00:00:5e:00:53:02"]),
        ("quarantine_mac", ["00:00:5e:00:53:01", "00:00:5e:00:53:02"]),
        ("frame_types", ["IPv4", "LLDP"]),
        ("arp_nd", False),
        ("violation_counter", 3),
        ("port_up", "down"),
    ],
)
def test_a_bad_sight_is_judged_bad(check: str, seen: Any) -> None:
    judged = simulated(check, SERVICE, {"value": seen})
    assert (judged["ok"], judged["value"]) == (False, seen)


def test_light_exactly_at_the_limit_is_good() -> None:
    assert simulated("light_levels", SERVICE, {"value": -14.0})["ok"]
