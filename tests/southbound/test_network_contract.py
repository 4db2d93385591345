"""What every network automation must do, whichever it is."""

import itertools
from typing import Any

import pytest

from app.domain.errors import PermanentFailure
from tests.support.waiting import until
from workers.southbound import Systems
from workers.southbound.network.measurements import CHECKS
from workers.southbound.protocols import Job, Touch

_fresh = itertools.count(1)


@pytest.fixture
def switch() -> str:
    """A switch that nobody has configured yet."""
    return f"edge{next(_fresh)}-test"


@pytest.fixture
def service(switch: str) -> dict[str, Any]:
    return {
        "service_number": 300000 + next(_fresh),
        "account": "acc-1",
        "port": f"{switch} xe-0/0/1",
        "vlan_id": 701,
        "bandwidth_mbps": 2000,
        "mac_address": "00:00:5E:00:53:01",
        "fabric": "lon1",
        "location": "LD8",
    }


def done(systems: Systems, key: str, action: str, parameters: dict[str, Any]) -> Job:
    """The job of an action, once it has ended."""
    reference = systems.network.submit(key, action, parameters)

    def ended() -> Job | None:
        job = systems.network.poll(reference)
        return job if job.ended else None

    return until(ended, f"job {reference} ends")


def test_a_plan_shows_the_change_and_makes_none(systems: Systems, service: dict[str, Any], switch: str) -> None:
    for _ in range(2):
        plan = systems.network.plan("connect_service", service)
        assert "+    vlan_id 701;" in plan.diff and "-    " not in plan.diff
        assert plan.touches == (
            Touch("service", str(service["service_number"]), "acc-1"),
            Touch("port", f"{switch} xe-0/0/1", "acc-1"),
        )


def test_an_action_succeeds_with_its_diff_its_revision_and_what_was_read_back(
    systems: Systems, key: str, service: dict[str, Any], switch: str
) -> None:
    job = done(systems, key, "connect_service", service)
    assert (job.state, job.error) == ("succeeded", "")
    assert "+    mac_address 00:00:5e:00:53:01;" in job.diff
    assert job.revision == f"{switch} r1"
    assert job.checks and all(check["ok"] for check in job.checks)


def test_the_same_key_is_the_same_job(systems: Systems, key: str, service: dict[str, Any]) -> None:
    wanted = {**service, "ports": (service["port"],)}  # a tuple here, a list once it has been stored
    assert done(systems, key, "connect_service", wanted) == done(systems, key, "connect_service", wanted)


def test_doing_it_again_under_another_key_changes_nothing(
    systems: Systems, key: str, another_key: str, service: dict[str, Any]
) -> None:
    done(systems, key, "connect_service", service)
    again = done(systems, another_key, "connect_service", service)
    assert (again.state, again.diff, again.revision) == ("succeeded", "", "")


def test_a_key_that_was_used_for_something_else_is_refused(systems: Systems, key: str, service: dict[str, Any]) -> None:
    done(systems, key, "connect_service", service)
    with pytest.raises(PermanentFailure):
        systems.network.submit(key, "remove_service", service)


def test_a_vlan_that_is_used_on_the_port_fails_the_job_in_words(
    systems: Systems, key: str, another_key: str, service: dict[str, Any]
) -> None:
    done(systems, key, "connect_service", service)
    second = {**service, "service_number": service["service_number"] + 500000}
    job = done(systems, another_key, "connect_service", second)
    assert job.state == "failed"
    assert "VLAN 701" in job.error and str(service["service_number"]) in job.error


def test_a_plan_names_a_port_that_belongs_to_somebody_else(
    systems: Systems, key: str, service: dict[str, Any], switch: str
) -> None:
    port = {"service_number": service["service_number"] + 600000, "account": "acc-2", "port": service["port"]}
    assert done(systems, key, "enable_port", port).state == "succeeded"
    touches = systems.network.plan("connect_service", service).touches
    assert Touch("port", f"{switch} xe-0/0/1", "acc-2") in touches


def test_the_life_of_a_port_with_a_service(systems: Systems, key: str, service: dict[str, Any], switch: str) -> None:
    """Enabled, tested in quarantine, connected, changed, refused to close while in use, emptied, closed."""
    port = {
        "service_number": service["service_number"] + 700000,
        "account": "acc-1",
        "port": service["port"],
        "speed_mbps": 10000,
        "encapsulation": "Dot1Q",
    }
    number = {"service_number": service["service_number"]}
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("enable_port", port, "+    encapsulation dot1q;"),
        ("open_quarantine", service, "+    state quarantine;"),
        ("connect_service", service, "-    state quarantine;\n+    state production;"),
        ("modify_service", {**number, "bandwidth_mbps": 5000}, "-    bandwidth_mbps 2000;\n+    bandwidth_mbps 5000;"),
        ("modify_service", {**number, "asn": 64511}, "+    asn 64511;"),
        ("modify_service", {**number, "asn": None, "clear": ["asn", "port"]}, "-    asn 64511;"),
        ("disable_port", {"service_number": port["service_number"]}, ""),
        ("remove_service", number, "-    state production;"),
        ("disable_port", {"service_number": port["service_number"]}, "-    enabled yes;"),
    ]
    states = []
    for position, (action, parameters, diff) in enumerate(steps):
        job = done(systems, f"{key}-{position}", action, parameters)
        states.append(job.state)
        assert diff in job.diff
    assert states == ["succeeded"] * 6 + ["failed"] + ["succeeded"] * 2


def test_a_private_vlan_cannot_go_while_units_are_in_it(systems: Systems, key: str, service: dict[str, Any]) -> None:
    pvlan = {"service_number": service["service_number"] + 800000, "account": "acc-2", "fabric": "lon1"}
    unit = {**service, "pvlan": pvlan["service_number"]}
    number = {"service_number": service["service_number"]}
    assert done(systems, f"{key}-1", "create_pvlan", pvlan).state == "succeeded"
    assert done(systems, f"{key}-2", "attach_pvlan_unit", unit).state == "succeeded"
    refused = done(systems, f"{key}-3", "remove_pvlan", pvlan)
    assert refused.state == "failed" and str(service["service_number"]) in refused.error
    assert done(systems, f"{key}-4", "detach_pvlan_unit", number).state == "succeeded"
    assert done(systems, f"{key}-5", "remove_pvlan", pvlan).state == "succeeded"


def test_a_bundle_is_all_of_its_ports(systems: Systems, key: str, service: dict[str, Any], switch: str) -> None:
    ports = [f"{switch} xe-0/0/1", f"{switch} xe-0/0/2"]
    wanted = {"service_number": service["service_number"], "account": "acc-1", "ports": ports}
    plan = systems.network.plan("enable_port", wanted)
    assert [touch.id for touch in plan.touches] == ports
    job = done(systems, key, "enable_port", wanted)
    assert job.diff.count(f"bundle ae{service['service_number']};") == 2


def test_removing_what_is_not_there_succeeds_without_a_change(
    systems: Systems, key: str, service: dict[str, Any]
) -> None:
    job = done(systems, key, "remove_service", service)
    assert (job.state, job.diff) == ("succeeded", "")


def test_parameters_that_break_rules_are_refused_at_once_and_all_named(
    systems: Systems, key: str, service: dict[str, Any]
) -> None:
    wrong = {**service, "vlan_id": 4095, "mac_address": "11:11:11:11:11:11", "account": ""}
    for ask in (systems.network.plan, lambda action, with_: systems.network.submit(key, action, with_)):
        with pytest.raises(PermanentFailure, match=r"account is missing; vlan_id: .*; mac_address: .* one device"):
            ask("connect_service", wrong)


def test_an_unknown_action_check_or_job_is_a_permanent_failure(
    systems: Systems, key: str, service: dict[str, Any]
) -> None:
    with pytest.raises(PermanentFailure, match="reboot"):
        systems.network.submit(key, "reboot", service)
    with pytest.raises(PermanentFailure, match="smell"):
        systems.network.measure("smell", service)
    with pytest.raises(PermanentFailure, match="job-of-nobody"):
        systems.network.poll("job-of-nobody")


def test_measurements_are_good_repeatable_and_say_that_they_are_simulated(
    systems: Systems, service: dict[str, Any]
) -> None:
    for check in CHECKS:
        seen = systems.network.measure(check, service)
        assert seen.keys() == {"ok", "value", "unit", "simulated", "detail"}
        assert (check, seen["ok"], seen["simulated"]) == (check, True, True)
        assert systems.network.measure(check, service) == seen


def test_quarantine_sees_the_mac_address_of_the_order(systems: Systems, service: dict[str, Any]) -> None:
    assert systems.network.measure("quarantine_mac", service)["value"] == ["00:00:5e:00:53:01"]
