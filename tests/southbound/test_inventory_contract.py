"""What every service inventory must do, whichever it is."""

import itertools

import pytest

from app.domain.errors import PermanentFailure
from workers.southbound import Systems

_numbers = itertools.count(200000)


@pytest.fixture
def number(request: pytest.FixtureRequest) -> int:
    """A service number nobody has registered. The local inventory knows those that orders have made."""
    local = "local" in request.node.callspec.params["systems"]
    return 106500 if local else next(_numbers)


def facts(number: int) -> dict[str, object]:
    return {"service_number": number, "service_type": "connexions", "vlan_id": 701, "state": "pre_active"}


def test_a_registered_service_is_found_with_its_facts(systems: Systems, key: str, number: int) -> None:
    assert systems.inventory.get(number) is None
    reference = systems.inventory.create(key, facts(number))
    assert systems.inventory.get(number) == {**facts(number), "reference": reference}


def test_registering_again_with_the_same_key_is_the_same_registration(systems: Systems, key: str, number: int) -> None:
    assert systems.inventory.create(key, facts(number)) == systems.inventory.create(key, facts(number))


def test_registering_the_same_facts_under_another_key_finds_the_first(
    systems: Systems, key: str, another_key: str, number: int
) -> None:
    assert systems.inventory.create(key, facts(number)) == systems.inventory.create(another_key, facts(number))


def test_registering_other_facts_under_a_number_that_is_taken_is_refused(
    systems: Systems, key: str, another_key: str, number: int
) -> None:
    systems.inventory.create(key, facts(number))
    with pytest.raises(PermanentFailure, match=str(number)):
        systems.inventory.create(another_key, {**facts(number), "vlan_id": 702})
    registered = systems.inventory.get(number)
    assert registered is not None and registered["vlan_id"] == 701


def test_an_update_merges_and_removes(systems: Systems, key: str, another_key: str, number: int) -> None:
    systems.inventory.create(key, facts(number))
    systems.inventory.update(another_key, number, {"state": "active", "vlan_id": None})
    registered = systems.inventory.get(number)
    assert registered is not None
    assert registered["state"] == "active" and "vlan_id" not in registered
    assert registered["service_type"] == "connexions"


def test_a_late_repetition_does_not_undo_a_newer_update(systems: Systems, key: str, number: int) -> None:
    systems.inventory.create(key, facts(number))
    systems.inventory.update(f"{key}-1", number, {"bandwidth_mbps": 1000})
    systems.inventory.update(f"{key}-2", number, {"bandwidth_mbps": 2000})
    try:
        systems.inventory.update(f"{key}-1", number, {"bandwidth_mbps": 1000})
    except PermanentFailure as told:  # over HTTP the repetition is told that its value does not stand
        assert "bandwidth_mbps" in str(told)
    registered = systems.inventory.get(number)
    assert registered is not None and registered["bandwidth_mbps"] == 2000


def test_updating_a_service_the_inventory_does_not_know_registers_it(systems: Systems, key: str, number: int) -> None:
    systems.inventory.update(key, number, {"state": "active"})
    registered = systems.inventory.get(number)
    assert registered is not None and registered["state"] == "active"
