"""The local network automation: what its jobs survive, and its switches."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain import clock
from app.domain.errors import PermanentFailure
from app.domain.models.network import NetworkJob, SwitchConfig
from app.extensions import db
from workers.southbound import Systems
from workers.southbound.network.driver import Change
from workers.southbound.network.local import RUN_LEASE, LocalNetworkAutomation
from workers.southbound.network.simulated import SimulatedSwitches

SWITCH = "edge1-test"


def service(number: int) -> dict[str, Any]:
    return {"service_number": number, "account": "acc-1", "port": f"{SWITCH} xe-0/0/{number}", "vlan_id": 701}


def running(switch: str = SWITCH) -> dict[str, Any]:
    db.session.rollback()
    config: dict[str, Any] = db.session.scalars(select(SwitchConfig.running).filter_by(switch_name=switch)).one()
    db.session.rollback()
    return config


class DeafSwitches(SimulatedSwitches):
    """Take a change without a word, but forget the VLAN: a command that exits 0 on a failed interface."""

    def apply(self, change: Change) -> str:
        for stanza in change.after[SWITCH]["services"].values():
            del stanza["vlan_id"]
        revision = super().apply(change)
        for stanza in change.after[SWITCH]["services"].values():
            stanza["vlan_id"] = 701
        return revision


class DyingSwitches(SimulatedSwitches):
    """The worker dies right after the change was made."""

    def apply(self, change: Change) -> str:
        super().apply(change)
        raise KeyboardInterrupt


def test_a_change_that_is_not_there_afterwards_is_rolled_back(local_systems: Systems, key: str) -> None:
    deaf = LocalNetworkAutomation(DeafSwitches())
    job = deaf.poll(deaf.submit(key, "connect_service", service(1)))
    assert job.state == "failed"
    assert "was not as intended; the change was rolled back" in job.error
    assert [check["ok"] for check in job.checks] == [False]
    assert running()["services"] == {}


def test_a_run_that_died_is_taken_over_and_keeps_its_diff(local_systems: Systems, key: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        LocalNetworkAutomation(DyingSwitches()).submit(key, "connect_service", service(1))
    reference = local_systems.network.submit(key, "connect_service", service(1))
    assert local_systems.network.poll(reference).state == "running"  # somebody may still be at it
    clock.advance(RUN_LEASE + timedelta(seconds=1))
    job = local_systems.network.poll(reference)
    assert job.state == "succeeded"
    assert "+    vlan_id 701;" in job.diff
    assert list(running()["services"]) == ["1"]


def test_a_run_that_was_taken_over_does_nothing_when_it_wakes_up(local_systems: Systems, key: str) -> None:
    """Its job ended without it, and the service has been removed since: it must not come back."""

    class Sleeper(SimulatedSwitches):
        def render(self, action: str, parameters: dict[str, Any]) -> Change:
            change = super().render(action, parameters)
            if action == "connect_service":
                clock.advance(RUN_LEASE + timedelta(seconds=1))
                db.session.execute(update(NetworkJob).values(state="succeeded", token=NetworkJob.token + 1))
                db.session.commit()
                local_systems.network.submit(f"{key}-1", "connect_service", service(1))
                local_systems.network.submit(f"{key}-2", "remove_service", service(1))
            return change

    LocalNetworkAutomation(Sleeper()).submit(key, "connect_service", service(1))
    assert running()["services"] == {}


def test_actions_on_one_switch_at_the_same_time_all_arrive(app: Flask, local_systems: Systems, key: str) -> None:
    failures: list[BaseException] = []

    def connect(number: int) -> None:
        try:
            with app.app_context():
                local_systems.network.submit(f"{key}-{number}", "connect_service", service(number))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=connect, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(running()["services"], key=int) == [str(number) for number in range(1, 9)]


def test_one_key_submitted_by_two_workers_at_once_is_one_job(app: Flask, local_systems: Systems, key: str) -> None:
    references: list[str] = []

    def submit() -> None:
        with app.app_context():
            references.append(local_systems.network.submit(key, "connect_service", service(1)))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(references) == 4 and len(set(references)) == 1
    assert len(db.session.scalars(select(NetworkJob)).all()) == 1


def test_a_switch_can_pretend_to_see_something_else(local_systems: Systems) -> None:
    switches = SimulatedSwitches()
    at = {"port": f"{SWITCH} xe-0/0/1"}
    switches.pretend(SWITCH, "xe-0/0/1", "light_levels", -21.5)
    seen = local_systems.network.measure("light_levels", at)
    assert (seen["ok"], seen["value"]) == (False, -21.5)
    assert local_systems.network.measure("light_levels", {"port": f"{SWITCH} xe-0/0/2"})["ok"]
    switches.pretend(SWITCH, "xe-0/0/1", "light_levels", None)
    assert local_systems.network.measure("light_levels", at)["ok"]


def test_a_service_cannot_be_on_two_switches(local_systems: Systems, key: str) -> None:
    local_systems.network.submit(key, "connect_service", service(1))
    moved = {**service(1), "port": "edge2-test xe-0/0/1"}
    with pytest.raises(PermanentFailure, match=f"service 1 is on {SWITCH}"):
        local_systems.network.plan("connect_service", moved)


def test_tagged_services_forbid_an_untagged_port(local_systems: Systems, key: str) -> None:
    port = {"service_number": 50, "account": "acc-1", "port": f"{SWITCH} xe-0/0/1", "encapsulation": "dot1q"}
    local_systems.network.submit(f"{key}-1", "enable_port", port)
    local_systems.network.submit(f"{key}-2", "connect_service", service(1))
    with pytest.raises(PermanentFailure, match="carries tagged services"):
        local_systems.network.plan("edit_encapsulation", {"service_number": 50, "encapsulation": "none"})
