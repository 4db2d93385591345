"""What a program that is bound to an account tries on orders that are not its own."""

import uuid

import pytest

from app.domain.permissions import Role
from app.services import items
from app.services.actor import Actor
from tests import cast

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PVLAN_CEASE = {"service_type": "pvlan", "item_action": "cease", "service_number": cast.PVLAN, "details": {}}


@pytest.fixture
def resold(app):
    """An order that a reseller placed for its customer, and the customer's own program."""
    order = cast.program(app, cast.MEMBER).post("/oms/orders", json=cast.order("connexions_modify")).get_json()
    assert order["sub_customer"]["account_id"] == cast.LIGHTHOUSE
    return f"/oms/orders/{order['id']}", cast.program(app, cast.MEMBER2)


@ON_SQLITE
def test_a_sub_customer_sees_but_neither_changes_nor_cancels_what_was_ordered_for_it(resold):
    address, customer = resold
    before = customer.get(address)
    assert before.status_code == 200

    assert customer.patch(address, json={"po_number": "MINE"}).status_code == 403
    assert customer.post(f"{address}/cancel", json={"reason": "Not for me"}).status_code == 403
    assert customer.get(address).get_json() == before.get_json()


@ON_SQLITE
def test_a_member_who_is_no_reseller_cannot_end_what_its_customer_has_bought_itself(app):
    sent = {"sub_customer": {"account_id": cast.LIGHTHOUSE}, "items": [PVLAN_CEASE]}

    answer = cast.program(app, cast.MEMBER).post("/oms/orders", json=sent)

    assert answer.status_code == 422, answer.get_json()
    assert cast.program(app, cast.MEMBER2).post("/oms/orders", json={"items": [PVLAN_CEASE]}).status_code == 201


@ON_SQLITE
def test_a_sub_customer_does_not_write_into_the_log_of_its_resellers_order(resold):
    address, customer = resold
    said = {"order_id": address.rsplit("/", 1)[1], "user_message": "We have paid"}
    assert customer.post("/oms/order-logs", json=said).status_code == 403
    lines = customer.get(f"/oms/order-logs?order_id={said['order_id']}").get_json()["items"]
    assert "We have paid" not in [line["user_message"] for line in lines]


BETWEEN_OTHERS = {
    "po_number": "PO-of-Harbour", "notes": "They pay late", "comment": "Our margin is 30 %", "contacts": {},
    "operator_order_ref": "HC-77", "operator_order_name": "Lighthouse upgrade", "additional_cc": ["boss@mail.example"],
}  # fmt: skip


@ON_SQLITE
def test_a_sub_customer_does_not_find_an_order_by_its_resellers_own_reference(app, resold):
    address, customer = resold
    reseller = cast.program(app, cast.MEMBER)
    assert reseller.patch(address, json={"operator_order_ref": "HC-77"}).status_code == 200
    found = [one.get("/oms/orders?operator_order_ref=HC-77").get_json()["items"] for one in (reseller, customer)]
    assert [len(items) for items in found] == [1, 0]


@ON_SQLITE
def test_a_stale_answer_names_nobody_of_staff_to_a_member(app, placed, work):
    order = placed("connexions_modify")
    with app.app_context():
        items.hold(uuid.UUID(order["items"][0]["id"]), Actor("Nell Patcher", role=Role.ENGINEER), "Wait")
    said = cast.program(app, cast.MEMBER).post(
        f"/oms/order-items/{order['items'][0]['id']}/resume", json={"answers": {}, "version": 1}
    )
    assert said.status_code == 409 and "Nell" not in said.get_data(as_text=True)


@ON_SQLITE
@pytest.mark.parametrize(
    ("who", "path", "sent"),
    [
        (cast.RESELLER, "/oms/accounts", {"account_id": "account-of-tomorrow", "organisation": "New Member"}),
        (cast.MEMBER, "/oms/contacts", {"account_id": cast.HARBOUR, "contact_id": "crm-1", "full_name": "Nia Quay",
                                        "email": "nia@harbour-connect.example"}),
    ],
)  # fmt: skip
def test_a_member_takes_no_id_that_the_exchange_may_give_somebody_else(app, who, path, sent):
    program, taken = cast.program(app, who), "account_id" if path.endswith("accounts") else "contact_id"
    refused = program.post(path, json=sent)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.get_json()["errors"]] == [f"/{taken}"]
    del sent[taken]
    assert program.post(path, json=sent).status_code == 201


@ON_SQLITE
def test_a_sub_customer_does_not_read_what_its_reseller_wrote_for_itself(app, resold):
    address, customer = resold
    reseller = cast.program(app, cast.MEMBER)
    assert reseller.patch(address, json=BETWEEN_OTHERS).status_code == 200

    told = customer.get(address).get_json()

    assert {name: told[name] for name in BETWEEN_OTHERS} == {
        name: [] if name == "additional_cc" else None for name in BETWEEN_OTHERS
    }
    assert reseller.get(address).get_json()["comment"] == BETWEEN_OTHERS["comment"]
    assert [customer.get(f"{address}/{what}").status_code for what in ("requirements", "terms", "payments")] == [
        403
    ] * 3
