"""The page of one order at the desk, and what Sales do there."""

import pytest
from flask.testing import FlaskClient

from app.domain.states import State
from tests import cast
from tests.web.desk import CONNEXIONS, Desk, actions, form, press, words


@pytest.fixture
def waiting(desk: Desk) -> tuple[str, str]:
    """An order that waits for its member: its address, and that of the answer to its item."""
    order = desk.place(("connexions", "new", CONNEXIONS))
    return f"/orders/{order.id}", f"/orders/{order.id}/items/{order.items[0]}/answer"


def test_it_shows_the_members_tracker_the_items_the_dates_and_the_log_in_parts(
    desk: Desk, sales: FlaskClient, waiting: tuple[str, str]
) -> None:
    page, _ = waiting
    told = words(sales.get(page))
    for expected in ("As the member sees it", "Your confirmation is needed", "What was ordered", "Completion wished",
                     "Rejection", "Acknowledged", "Assigned to", "Handle"):  # fmt: skip
        assert expected in told
    everything, read, debug = (words(sales.get(f"{page}{part}")) for part in ("", "?log=user", "?log=debug"))
    assert "Creating services for order items." in everything and "Creating services for order items." in read
    assert "registered in the service inventory" in everything and "registered in the service inventory" in debug
    assert "registered in the service inventory" not in read and "Creating services for order items." not in debug
    assert "[member] Creating services" in sales.get(f"{page}/log.txt").text


def test_a_message_cannot_pass_for_a_line_of_the_log(
    desk: Desk, sales: FlaskClient, engineer: FlaskClient, waiting: tuple[str, str]
) -> None:
    page, address = waiting
    item = f"/items/{address.split('/')[-2]}"
    forged = "2026-01-01T00:00:00Z  system  [debug] All is well."
    for where, client in ((page, sales), (item, engineer)):
        assert press(client, where, f"{where}/note", note=f"Look:\n{forged}").status_code == 303
        assert f"Look:\n    {forged}\n" in client.get(f"{where}/log.txt").text


def test_sales_answer_for_a_member_only_with_a_reason(desk: Desk, sales: FlaskClient, waiting: tuple[str, str]) -> None:
    page, address = waiting
    without = press(sales, page, address)
    assert without.status_code == 422
    assert "Say why you answer for the account that is asked." in words(without)
    assert press(sales, page, address, reason="Ada said so on the telephone.").status_code == 303
    desk.work()
    assert "Ada said so on the telephone." in words(sales.get(page))


def test_sales_work_a_manual_order_from_its_page(desk: Desk, sales: FlaskClient) -> None:
    item = desk.by_hand()
    order = desk.value(item, "order_id")
    address = f"/orders/{order}/items/{item}/answer"
    for _ in range(3):
        if desk.state(item) is State.WAITING and address in actions(sales.get(f"/orders/{order}")):
            assert press(sales, f"/orders/{order}", address).status_code == 303
            desk.work()
    assert desk.state(item) is State.DONE


def test_a_stale_page_confirms_nothing(desk: Desk, sales: FlaskClient) -> None:
    order = desk.big()
    address = f"/orders/{order.id}/confirm"
    stale = form(sales.get(f"/orders/{order.id}"), address)
    changed = cast.program(desk.app).patch(f"/oms/orders/{order.id}", json={"po_number": "PO-99"})
    assert changed.status_code == 200, changed.text
    answer = sales.post(address, data=stale)
    assert answer.status_code == 409
    assert desk.state(order.items[0]) is State.WAITING
    assert press(sales, f"/orders/{order.id}", address).status_code == 303


def test_the_owner_of_a_private_vlan_is_agreed_for_with_a_reason(desk: Desk, sales: FlaskClient) -> None:
    join = {"fabric": "edi2", "pvlan_service_account_id": cast.LIGHTHOUSE}
    order = desk.place(("pvlan", "new", join), type="join_pvlan", account=cast.PARTNER)
    page, address = f"/orders/{order.id}", f"/orders/{order.id}/confirm"
    assert "Nothing starts before Lighthouse Media agrees" in words(sales.get(page))
    assert press(sales, page, address).status_code == 422
    assert press(sales, page, address, reason="Their NOC wrote to us.").status_code == 303
    desk.work()
    assert address not in actions(sales.get(page))


def test_which_private_vlan_is_joined_is_said_for_the_owner_of_several(desk: Desk, sales: FlaskClient) -> None:
    with desk.app.app_context():
        cast.another_pvlan()
    join = {"fabric": "edi2", "pvlan_service_account_id": cast.LIGHTHOUSE}
    order = desk.place(("pvlan", "new", join), type="join_pvlan", account=cast.PARTNER)
    page, address = f"/orders/{order.id}", f"/orders/{order.id}/confirm"
    assert "Rushes archive (104002), EDI2" in words(sales.get(page))
    refused = press(sales, page, address, reason="Their NOC wrote to us.")
    assert refused.status_code == 422 and "Which private VLAN may they join?: please fill this in." in words(refused)
    assert "Their NOC wrote to us." in refused.text, "what was typed stays"
    assert press(sales, page, address, reason="Their NOC wrote to us.", joined_pvlan="104002").status_code == 303
    desk.work()
    assert desk.value(order.items[0], "service_number") == 104_002


def test_an_order_is_held_and_released(desk: Desk, sales: FlaskClient) -> None:
    item = desk.port()
    page = f"/orders/{desk.value(item, 'order_id')}"
    assert press(sales, page, f"{page}/hold").status_code == 422
    assert press(sales, page, f"{page}/hold", reason="The invoice is open.").status_code == 303
    assert desk.value(item, "held")
    assert press(sales, page, f"{page}/release").status_code == 303
    assert not desk.value(item, "held")


def test_cancelling_says_before_what_it_does(desk: Desk, sales: FlaskClient) -> None:
    item = desk.port()
    page = f"/orders/{desk.value(item, 'order_id')}"
    before = sales.get(f"{page}/cancel")
    assert "Create the service in the inventory" in words(before)
    assert press(sales, f"{page}/cancel", f"{page}/cancel").status_code == 422
    assert press(sales, f"{page}/cancel", f"{page}/cancel", reason="Ordered twice.").status_code == 303
    desk.work()
    assert desk.state(item) is State.CANCELLED
    assert "cannot be cancelled" in words(sales.get(f"{page}/cancel"))
    assert sales.post(f"{page}/cancel", data={**form(before, f"{page}/cancel"), "reason": "Again."}).status_code == 409


def test_notes_are_for_staff_and_messages_for_the_member(desk: Desk, sales: FlaskClient, member: FlaskClient) -> None:
    page = f"/orders/{desk.value(desk.port(), 'order_id')}"
    assert press(sales, page, f"{page}/note", note="  ", audience="staff").status_code == 422
    press(sales, page, f"{page}/note", note="They pay late.", audience="staff")
    press(sales, page, f"{page}/note", note="We called you.", audience="member")
    assert "They pay late." in words(sales.get(f"{page}?log=notes"))
    seen = words(member.get(f"/portal{page}"))
    assert "We called you." in seen and "They pay late." not in seen


def test_an_order_is_looked_after_by_somebody_of_ours(desk: Desk, sales: FlaskClient) -> None:
    page = f"/orders/{desk.value(desk.port(), 'order_id')}"
    with desk.app.app_context():
        sam, ada = str(cast.user(cast.SALES).id), str(cast.user(cast.MEMBER).id)
    assert press(sales, page, f"{page}/assign", assigned_to=sam).status_code == 303
    assert f'<option value="{sam}" selected>' in sales.get(page).text
    for nobody in (ada, "nobody"):
        assert press(sales, page, f"{page}/assign", assigned_to=nobody).status_code == 422
    assert press(sales, page, f"{page}/assign", assigned_to="").status_code == 303


def test_what_belongs_together_is_linked(desk: Desk, sales: FlaskClient) -> None:
    first = desk.place(("multiservice_port", "new", {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000}))
    child = desk.place(("connexions", "new", CONNEXIONS), parent_order_id=first.id)
    assert f'href="/orders/{child.id}"' in sales.get(f"/orders/{first.id}").text
    assert f'href="/orders/{first.id}"' in sales.get(f"/orders/{child.id}").text


def test_the_page_costs_the_same_however_many_items_there_are(desk: Desk, sales: FlaskClient) -> None:
    port = ("multiservice_port", "new", {"fabric": "imn1", "location": "SEC", "port_capacity": 1_000})
    one, four = desk.place(port), desk.place(port, port, port, port)
    sent = []
    for order in (one, four):
        sales.get(f"/orders/{order.id}")
        with desk.counted() as statements:
            assert sales.get(f"/orders/{order.id}").status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]


def test_an_item_of_another_order_is_not_answered_here(desk: Desk, sales: FlaskClient) -> None:
    item, order = desk.by_hand(), desk.big()
    assert sales.post(f"/orders/{order.id}/items/{item}/answer", data={"version": "1"}).status_code == 404
