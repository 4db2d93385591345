"""What goes wrong on the way, and that it still happens exactly once. Counted at the far side."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import PermanentFailure, TemporaryFailure
from tests.support.far_side import FarSide
from tests.support.ports import free_port
from workers.southbound import Systems, systems_from

Act = Callable[[Systems, str], Any]
SERVICE = {
    "service_number": 400001,
    "account": "acc-1",
    "port": "edge9-test xe-0/0/1",
    "mac_address": "00:00:5E:00:53:09",
}


def open_ticket(systems: Systems, key: str) -> int:
    return systems.ticketing.ensure(
        key, order_number=103492, subject="OMS: order", body="Hello", queue="sales", status="pending"
    )


def register(systems: Systems, key: str) -> str:
    return systems.inventory.create(key, {"service_number": int(key.replace("-", "")[:7], 16), "state": "pre_active"})


def connect(systems: Systems, key: str) -> str:
    return systems.network.submit(key, "connect_service", SERVICE)


EFFECTS = [
    pytest.param("ticketing", "ensure", open_ticket, id="ticketing"),
    pytest.param("inventory", "create", register, id="inventory"),
    pytest.param("network", "submit", connect, id="network"),
]
each_system = pytest.mark.parametrize(("system", "verb", "act"), EFFECTS)


@each_system
def test_503_is_temporary_and_nothing_has_happened(
    http_systems: Systems, far_side: FarSide, key: str, system: str, verb: str, act: Act
) -> None:
    far_side.fault(system, "unavailable", verb=verb, next=1)
    with pytest.raises(TemporaryFailure, match="503: Busy, as ordered"):
        act(http_systems, key)
    assert far_side.effects(key) == []
    assert act(http_systems, key)
    assert len(far_side.effects(key)) == 1


def test_retry_after_is_handed_on(http_systems: Systems, far_side: FarSide, key: str) -> None:
    far_side.fault("network", "unavailable", next=1, retry_after=17)
    with pytest.raises(TemporaryFailure) as told:
        connect(http_systems, key)
    assert told.value.retry_after == 17


@each_system
def test_an_answer_that_was_dropped_leads_to_one_effect(
    http_systems: Systems, far_side: FarSide, key: str, system: str, verb: str, act: Act
) -> None:
    far_side.fault(system, "drop", verb=verb, next=1)
    with pytest.raises(TemporaryFailure, match="the answer was lost"):
        act(http_systems, key)
    assert len(far_side.effects(key)) == 1
    assert act(http_systems, key)
    assert len(far_side.effects(key)) == 1


@each_system
def test_a_slow_answer_that_nobody_waited_for_leads_to_one_effect(
    http_systems: Systems, far_side: FarSide, key: str, system: str, verb: str, act: Act
) -> None:
    far_side.fault(system, "slow", verb=verb, next=1, seconds=0.8)
    with pytest.raises(TemporaryFailure):
        act(http_systems, key)
    assert act(http_systems, key)
    assert len(far_side.effects(key)) == 1


@each_system
def test_no_answer_at_all_is_given_up_in_time(
    http_systems: Systems, far_side: FarSide, key: str, system: str, verb: str, act: Act
) -> None:
    far_side.fault(system, "never", verb=verb, next=1, seconds=5)
    began = time.monotonic()
    with pytest.raises(TemporaryFailure):
        act(http_systems, key)
    assert time.monotonic() - began < 2.5
    assert far_side.effects(key) == []


def test_many_slow_answers_together_take_no_longer_than_one_may(
    http_systems: Systems, far_side: FarSide, key: str
) -> None:
    """Opening a ticket asks several things: each within its limit, but a lease is shorter than their sum."""
    far_side.fault("ticketing", "slow", seconds=0.4)
    began = time.monotonic()
    with pytest.raises(TemporaryFailure):
        open_ticket(http_systems, key)
    assert time.monotonic() - began < 2.0


def test_nobody_listening_is_temporary(tmp_path: Path, far_side: FarSide, key: str) -> None:
    nobody = far_side.config(tmp_path, network_url=f"http://127.0.0.1:{free_port()}/nca")
    with pytest.raises(TemporaryFailure, match="no connection"):
        systems_from(nobody).network.submit(key, "connect_service", SERVICE)


def test_wrong_credentials_are_permanent_and_never_repeated_in_the_error(
    tmp_path: Path, far_side: FarSide, key: str
) -> None:
    stranger = systems_from(far_side.config(tmp_path, southbound_token="a-stranger's-token"))
    with pytest.raises(PermanentFailure, match="401: The credentials are not right") as told:
        connect(stranger, key)
    assert "stranger" not in str(told.value)
    stranger.close()


def test_a_note_whose_answer_was_dropped_stands_there_once(
    http_systems: Systems, far_side: FarSide, key: str, another_key: str
) -> None:
    number = open_ticket(http_systems, key)
    far_side.fault("ticketing", "drop", verb="note", next=1)
    with pytest.raises(TemporaryFailure):
        http_systems.ticketing.note(another_key, number, "Provisioning items")
    http_systems.ticketing.note(another_key, number, "Provisioning items")
    assert len(http_systems.ticketing.get(number)["messages"]) == 2
    assert len(far_side.effects(another_key)) == 1


def test_a_help_desk_that_knows_no_keys_still_gets_one_ticket_and_one_note(
    start_far_side: Callable[..., FarSide], tmp_path: Path, key: str
) -> None:
    far = start_far_side("--keyless-ticketing")
    systems = systems_from(far.config(tmp_path, call_read_seconds=0.5))
    for verb in ("ensure", "note"):
        far.fault("ticketing", "drop", verb=verb, next=1)
    with pytest.raises(TemporaryFailure):
        open_ticket(systems, key)
    number = open_ticket(systems, key)
    with pytest.raises(TemporaryFailure):
        systems.ticketing.note(f"{key}-note", number, "Hello")
    systems.ticketing.note(f"{key}-note", number, "Hello")
    assert [effect["verb"] for effect in far.effects()] == ["ensure", "note"]
    systems.close()


def test_a_status_change_that_only_claims_success_is_caught(
    http_systems: Systems, far_side: FarSide, key: str, another_key: str
) -> None:
    number = open_ticket(http_systems, key)
    far_side.fault("ticketing", "silent", verb="set_status", next=1)
    with pytest.raises(PermanentFailure, match=r"resolved was accepted, but ticket \d+ still says pending"):
        http_systems.ticketing.set_status(another_key, number, "resolved")


def test_an_inventory_update_that_only_claims_success_is_caught(
    http_systems: Systems, far_side: FarSide, key: str, another_key: str
) -> None:
    register(http_systems, key)
    number = int(key.replace("-", "")[:7], 16)
    far_side.fault("inventory", "silent", verb="update", next=1)
    with pytest.raises(PermanentFailure, match="state did not change"):
        http_systems.inventory.update(another_key, number, {"state": "active"})


def test_a_property_the_help_desk_has_no_field_for_is_kept_in_the_text(http_systems: Systems, key: str) -> None:
    number = http_systems.ticketing.ensure(
        key,
        order_number=1,
        subject="OMS: order",
        body="Hello",
        queue="sales",
        status="pending",
        properties={"Site": "LD8", "Moon phase": "waning"},
    )
    ticket = http_systems.ticketing.get(number)
    assert ticket["properties"] == {"Site": "LD8"}
    assert "Moon phase: waning" in ticket["messages"][0]["body"]


def test_a_queue_the_help_desk_does_not_have_is_named(http_systems: Systems, key: str) -> None:
    with pytest.raises(PermanentFailure, match="no department called plumbing"):
        http_systems.ticketing.ensure(
            key, order_number=1, subject="OMS: order", body="Hello", queue="plumbing", status="pending"
        )


def test_faults_drawn_by_chance_lose_nothing_and_do_nothing_twice(
    http_systems: Systems, far_side: FarSide, key: str
) -> None:
    for mode in ("unavailable", "drop"):
        far_side.fault("inventory", mode, probability=0.3)
    for position in range(20):
        one = f"{key}-{position}"
        facts = {"service_number": 500000 + position, "state": key}
        _until_done(lambda one=one, facts=facts: http_systems.inventory.update(one, facts["service_number"], facts))  # type: ignore[misc]
    far_side.clear()
    for position in range(20):
        registered = http_systems.inventory.get(500000 + position)
        assert registered is not None and registered["state"] == key
        assert 1 <= len(far_side.effects(f"{key}-{position}")) + len(far_side.effects(f"{key}-{position}-create")) <= 2


def _until_done(act: Callable[[], object]) -> None:
    for _ in range(100):
        try:
            act()
        except TemporaryFailure:
            continue
        return
    raise AssertionError("100 tries were not enough")
