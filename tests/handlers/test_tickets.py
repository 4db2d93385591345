"""Self-service orders: a Provisioning ticket that follows the order, and a read-only one that tells Sales of it."""

from tests import cast
from tests.handlers.exchange import Exchange, change, new
from tests.handlers.test_connexions import CONFIGURED, LAMP, LIGHTHOUSE, SEED


def test_the_provisioning_tickets_notes_tell_the_progress_in_the_seeds_words(exchange):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    exchange.pass_time(seconds=exchange.config.member_ready_seconds + 1)
    exchange.work(order)
    assert exchange.notes(order) == [
        "Your order has been received.",
        "Creating services for order items.",
        "New service created for order item 1. Service number 106001.",
        "Starting quality assurance check for the order.",
        "All service checks completed for service 106001.",
        "Services for all order items validated.",
        "Provisioning items",
        "Service 106001 is connected now.",
        CONFIGURED,
        "Service 106001 is active.",
        "Services for all order items provisioned.",
    ]


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


def test_sales_get_a_read_only_ticket_that_names_the_other(exchange):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    told = exchange.information(order)
    number = exchange.ticket(order)["number"]
    assert (told["queue"], told["status"], told["read_only"]) == ("sales", "resolved", True)
    first, second = (message["body"] for message in told["messages"])
    assert [message["is_note"] for message in told["messages"]] == [True, False]
    assert first.startswith(
        "The service will be provisioned by self service automation. No action from sales is required. "
        f"Provisioning ticket number: {number}. Order ID: {order.id}"
    )
    assert exchange.ticket(order)["messages"][0]["body"].startswith(second)
    assert exchange.tickets_made(order) == 2
    assert exchange.order(order).ticket_number == number


def test_a_resellers_change_shows_partner_member_existing_and_requested(exchange):
    order = exchange.ordered(change("connexions", "modify", cast.CONNEXIONS, bandwidth=1_000), sub_customer=LIGHTHOUSE)
    ticket = exchange.ticket(order)
    assert ticket["subject"] == (
        f"OMS: Connexions port change service request from Harbour Connect (Order ID: {order.number})"
    )
    blocks = ticket["messages"][0]["body"].split("\n\n")
    assert [block.split("\n")[0] for block in blocks[:5]] == [
        "*ConneXions Member Service modification order*",
        "*ConneXions Partner Details*",
        "*Example Exchange Member Details*",
        "*Existing ConneXions Member Service Details* (order item 1)",
        "*Requested ConneXions Member Service Details* (order item 1)",
    ]
    assert "VLAN ID:..... 701\nService Capacity:..... 2000" in blocks[3]
    assert blocks[4].split("\n")[1:] == ["Service Capacity:..... 1000"]
    assert "Provisioning: ConneXions > CX Member Port - Downgrade" in ticket["messages"][0]["body"]


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
