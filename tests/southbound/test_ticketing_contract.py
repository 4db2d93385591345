"""What every ticketing system must do, whichever it is."""

from typing import Any

import pytest

from app.domain.errors import PermanentFailure
from workers.southbound import Systems
from workers.southbound.protocols import TICKET_STATUSES

NOBODYS_TICKET = 1


def open_ticket(systems: Systems, key: str, **more: Any) -> int:
    ticket: dict[str, Any] = {
        "order_number": 103492,
        "subject": "OMS: New port service order from Alpha Networks (Order ID: 103492)",
        "body": "*New Port Order*\nOrganisation Name:..... Alpha Networks",
        "queue": "provisioning",
        "status": "pending",
        "properties": {"Priority": "Severity 4", "Peering LAN": "LON1"},
        "person": {"name": "Ada Example", "email": "ada@alpha.example"},
        "cc": ["noc@alpha.example"],
        "labels": ["oms"],
    }
    return systems.ticketing.ensure(key, **{**ticket, **more})


def test_a_ticket_shows_what_it_was_opened_with(systems: Systems, key: str) -> None:
    number = open_ticket(systems, key)
    ticket = systems.ticketing.get(number)
    assert ticket["number"] == number
    assert "103492" in ticket["subject"]
    assert ticket["queue"] == "provisioning"
    assert ticket["status"] == "pending"
    assert ticket["read_only"] is False
    assert ticket["properties"] == {"Priority": "Severity 4", "Peering LAN": "LON1"}
    assert ticket["person"] == {"name": "Ada Example", "email": "ada@alpha.example"}
    assert ticket["cc"] == ["noc@alpha.example"]
    assert ticket["labels"] == ["oms"]
    assert ticket["messages"] == [
        {"body": "*New Port Order*\nOrganisation Name:..... Alpha Networks", "is_note": False, "internal": False}
    ]


def test_the_same_key_opens_one_ticket(systems: Systems, key: str) -> None:
    assert open_ticket(systems, key) == open_ticket(systems, key)


def test_another_key_opens_another_ticket(systems: Systems, key: str, another_key: str) -> None:
    assert open_ticket(systems, key) != open_ticket(systems, another_key)


def test_a_ticket_that_only_informs_is_marked_read_only(systems: Systems, key: str) -> None:
    number = open_ticket(systems, key, read_only=True, queue="sales")
    assert systems.ticketing.get(number)["read_only"] is True
    assert systems.ticketing.get(number)["labels"] == ["oms"]


def test_what_only_informs_begins_with_a_note(systems: Systems, key: str, another_key: str) -> None:
    number = open_ticket(systems, key, read_only=True, as_note=True)
    systems.ticketing.note(another_key, number, "*What was ordered*", as_note=False)
    assert [message["is_note"] for message in systems.ticketing.get(number)["messages"]] == [True, False]


def test_a_note_is_added_once_per_key(systems: Systems, key: str, another_key: str) -> None:
    number = open_ticket(systems, key)
    for _ in range(2):
        systems.ticketing.note(another_key, number, "Service 106552 is connected now.")
    notes = [message for message in systems.ticketing.get(number)["messages"] if message["is_note"]]
    assert notes == [{"body": "Service 106552 is connected now.", "is_note": True, "internal": False}]


def test_notes_keep_their_order_their_text_and_their_audience(systems: Systems, key: str) -> None:
    number = open_ticket(systems, key)
    systems.ticketing.note(f"{key}-1", number, "Provisioning items")
    systems.ticketing.note(f"{key}-2", number, "diff <+vlan 701> & rx < -3 dBm\nsecond line", internal=True)
    messages = systems.ticketing.get(number)["messages"]
    assert [(message["body"], message["internal"]) for message in messages[1:]] == [
        ("Provisioning items", False),
        ("diff <+vlan 701> & rx < -3 dBm\nsecond line", True),
    ]


def test_a_status_is_set_and_stays(systems: Systems, key: str) -> None:
    number = open_ticket(systems, key)
    for status in reversed(TICKET_STATUSES):
        for _ in range(2):
            systems.ticketing.set_status(f"{key}-{status}", number, status)
        assert systems.ticketing.get(number)["status"] == status


def test_a_status_that_does_not_exist_is_refused(systems: Systems, key: str) -> None:
    number = open_ticket(systems, key)
    with pytest.raises(PermanentFailure, match="on_fire"):
        systems.ticketing.set_status(f"{key}-status", number, "on_fire")  # type: ignore[arg-type]
    assert systems.ticketing.get(number)["status"] == "pending"


def test_a_ticket_that_does_not_exist_is_a_permanent_failure(systems: Systems, key: str) -> None:
    with pytest.raises(PermanentFailure):
        systems.ticketing.get(NOBODYS_TICKET)
    with pytest.raises(PermanentFailure):
        systems.ticketing.note(key, NOBODYS_TICKET, "Hello?")
    with pytest.raises(PermanentFailure):
        systems.ticketing.set_status(key, NOBODYS_TICKET, "resolved")
