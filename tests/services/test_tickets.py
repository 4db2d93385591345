"""What the help desk is told of a new order, as messages that leave after the commit."""

from app.config import Config
from app.domain.models import Order, OutboxMessage
from app.extensions import db
from app.services import tickets
from tests.services.conftest import ON_SQLITE, new_port

pytestmark = ON_SQLITE


def told(order: Order) -> list[OutboxMessage]:
    rows = db.session.query(OutboxMessage).filter_by(order_id=order.id, system="ticketing")
    return list(rows.order_by(OutboxMessage.id))


def test_a_self_service_order_asks_for_a_worked_ticket_and_one_that_informs_sales(place):
    worked, informing, body, *notes = told(place(new_port()))
    assert (worked.verb, worked.payload["queue"], worked.payload["status"]) == ("ensure", "provisioning", "pending")
    assert (informing.verb, informing.payload["queue"], informing.payload["status"]) == ("ensure", "sales", "resolved")
    assert (worked.payload["read_only"], informing.payload["read_only"]) == (False, True)
    assert "{ticket_number}" in informing.payload["body"]  # filled in once the first ticket has its number
    assert (body.verb, body.payload["informs"], body.payload["internal"]) == ("note", True, False)
    assert body.payload["body"] == worked.payload["body"]
    assert {note.verb for note in notes} == {"note"}


def test_an_order_by_hand_asks_for_a_sales_ticket_only(place):
    order = place(new_port(fabric="imn1", location="SEC", port_capacity=1_000))
    (ticket,) = [one for one in told(order) if one.verb == "ensure"]
    assert (ticket.payload["queue"], ticket.payload["status"]) == ("sales", "awaiting_agent")
    assert "informs" not in ticket.payload


def test_each_message_has_a_key_of_its_own_that_names_the_order(place):
    keys = [one.key for one in told(place(new_port()))] + [one.key for one in told(place(new_port()))]
    assert len(set(keys)) == len(keys)


def test_sales_are_told_once_that_an_order_goes_on_by_hand(place, config: Config):
    order = place(new_port(), new_port())
    for _ in order.items:
        tickets.open_by_hand(order, config)
        db.session.commit()
    sales = [one for one in told(order) if one.payload.get("queue") == "sales" and not one.payload["read_only"]]
    assert len(sales) == 1


def test_the_words_name_the_exchange_that_runs_it(place, config: Config):
    body = told(place(new_port()))[0].payload["body"]
    assert body.startswith(f"*New {config.exchange_name} Port Order*")


def test_properties_carry_the_titles_of_the_help_desks_fields_and_no_empty_ones(place):
    properties = told(place(new_port()))[0].payload["properties"]
    assert properties["Peering LAN"] == "LON2"
    assert properties["Prov Port Type"] == "10G"
    assert "Provisioning" not in properties
