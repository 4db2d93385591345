"""Tickets of self-service orders at a far help desk: what they say stands in tests/api/test_linx_cases.py."""

from tests import cast
from tests.handlers.exchange import Exchange, new
from tests.handlers.test_connexions import CONFIGURED, LAMP, SEED


def test_the_noc_gets_the_verbose_notes_which_the_others_do_not_see(exchange):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    verbose = exchange.notes(order, internal=True)
    assert verbose == exchange.debug(order)
    assert any("+    vlan_id 123;" in words for words in verbose)
    assert not set(verbose) & set(exchange.notes(order))


def test_its_status_follows_the_order(exchange, far):
    order = exchange.place(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    assert (exchange.ticket(order)["queue"], exchange.ticket(order)["status"]) == ("provisioning", "pending")
    exchange.work(order)
    exchange.pass_time(seconds=exchange.config.member_ready_seconds + 1)
    exchange.work(order)
    assert exchange.ticket_statuses(order) == ["awaiting_user", "pending", "resolved"]


def test_who_asked_for_copies_is_copied(exchange):
    more = {"additional_cc": ["noc@harbour-connect.example"], "po_number": "PO-17", "notes": "Please call first"}
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP, **more)
    ticket = exchange.ticket(order)
    assert ticket["cc"] == ["noc@harbour-connect.example"]
    assert ticket["person"] == {"name": "Ada Quayside", "email": "ada@harbour-connect.example"}
    assert "PO Number:..... PO-17\nNotes:..... Please call first" in ticket["messages"][0]["body"]


def test_a_help_desk_that_is_away_stops_no_order_and_is_told_everything_later(exchange: Exchange, far):
    far.fault("ticketing", "unavailable", next=1)
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    assert exchange.item(order).status == "awaiting_member"
    exchange._deliver(order)
    assert exchange.order(order).ticket_number is None
    exchange.pass_time(minutes=10)
    assert exchange.notes(order)[-1] == CONFIGURED
    assert exchange.tickets_made(order) == 2
