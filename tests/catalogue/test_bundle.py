"""What the services of a package may come with: judged as an order would be, before anybody orders it."""

from typing import Any

import pytest

from app.catalogue import SERVICE_TYPES, action_of, bundle

PORT: tuple[str, dict[str, Any]] = ("multiservice_port", {"port_capacity": 10_000})
GROUP: tuple[str, dict[str, Any]] = ("pvlan", {"pvlan_type": "p2p"})
MEMBER: tuple[str, dict[str, Any]] = ("pvlan_unit", {"pvlan": {"item": 1}})


def on(number: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "peering_unit", {"port": {"item": number}, **more}


@pytest.mark.parametrize(
    "services",
    [[PORT], [PORT, on(1, service_capacity=10_000)], [on(2), PORT], [GROUP, MEMBER, MEMBER], [("peering_unit", {})],
     [("multiservice_port", {"quantity": 4, "encapsulation": "none"})],
     *([(key, {})] for key in SERVICE_TYPES)],
)  # fmt: skip
def test_what_may_be_sold_together(services: list[tuple[str, dict[str, Any]]]) -> None:
    assert bundle.check(services) == []


@pytest.mark.parametrize(
    ("services", "at", "rule"),
    [([("dark_fibre", {})], "/services/0/service_type", "choice"),
     ([("multiservice_port", {"colour": "red"})], "/services/0/defaults/colour", "unknown"),
     ([("multiservice_port", {"port_capacity": 7})], "/services/0/defaults/port_capacity", "choice"),
     ([("multiservice_port", {"fabric": "lon1"})], "/services/0/defaults/fabric", "not_allowed"),
     ([("peering_unit", {"mac_address": "00:00:5e:00:53:01"})], "/services/0/defaults/mac_address", "not_allowed"),
     ([("connexions", {"connexions_port": "edge2 ge-3/0/2"})], "/services/0/defaults/connexions_port", "not_allowed"),
     ([("peering_unit", {"port": 103127})], "/services/0/defaults/port", "reference"),
     ([PORT, on(3)], "/services/1/defaults/port", "reference"), ([on(1)], "/services/0/defaults/port", "reference"),
     ([on(2), on(1)], "/services/0/defaults/port", "reference"),
     ([PORT, on(1, service_capacity=20_000)], "/services/1/defaults/service_capacity", "capacity"),
     ([("multiservice_port", {"quantity": 2, "encapsulation": "dot1q"})], "/services/0/defaults/encapsulation",
      "quantity"),
     ([GROUP, MEMBER, MEMBER, MEMBER], "/services/3/defaults/pvlan", "units")],
)  # fmt: skip
def test_what_may_not(services: list[tuple[str, dict[str, Any]]], at: str, rule: str) -> None:
    assert (at, rule) in [(one.pointer, one.rule) for one in bundle.check(services)]


def test_no_package_brings_what_differs_from_member_to_member() -> None:
    for key in SERVICE_TYPES:
        action = action_of(key, "new")
        assert action is not None
        names = {one.name for one in bundle.settable(action)}
        assert not names & {"fabric", "location", "mac_address", "asn", "port_group_id", "connexions_port"}
