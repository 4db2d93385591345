"""Accounts, contacts, services and requests: each program sees its own."""

import pytest

from tests import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def ids(program, path, name):
    return {one[name] for one in program.get(path).get_json()["items"]}


def test_accounts_are_read_by_their_own_and_by_who_resells_to_them(crm, member, app):
    assert ids(crm, "/oms/accounts", "account_id") == {cast.HARBOUR, cast.LIGHTHOUSE, cast.PARTNER, cast.CUSTOMER}
    assert ids(member, "/oms/accounts", "account_id") == {cast.HARBOUR, cast.LIGHTHOUSE}
    assert ids(cast.program(app, cast.MEMBER2), "/oms/accounts", "account_id") == {cast.LIGHTHOUSE}
    assert member.get(f"/oms/accounts/{cast.PARTNER}").status_code == 404
    first = crm.get("/oms/accounts?limit=1").get_json()
    assert crm.get(f"/oms/accounts?limit=1&cursor={first['next']}").get_json()["items"] != first["items"]


def test_who_may_make_accounts(crm, member, app):
    new = {"organisation": "Little Light", "handle": "little", "asn": 64502}
    assert member.post("/oms/accounts", json=new).status_code == 403
    reseller = cast.program(app, cast.RESELLER)
    assert reseller.post("/oms/accounts", json={**new, "reseller_id": cast.HARBOUR}).status_code == 403
    made = reseller.post("/oms/accounts", json=new)
    assert (made.status_code, made.get_json()["reseller_id"]) == (201, cast.PARTNER)
    assert reseller.get(made.headers["Location"]).get_json() == made.get_json()
    assert crm.post("/oms/accounts", json=new).status_code == 409  # the handle is taken
    assert crm.post("/oms/accounts", json={"organisation": "X", "account_id": cast.HARBOUR}).status_code == 409
    assert crm.post("/oms/accounts", json={"organisation": "X", "reseller_id": "nobody"}).status_code == 422
    assert crm.post("/oms/accounts", json={"organisation": " "}).status_code == 422


def test_contacts_are_kept(member, app):
    made = member.post("/oms/contacts", json={"full_name": "Nia Quay", "email": "nia@harbour-connect.example"})
    assert made.status_code == 201, made.get_json()
    here = made.headers["Location"]
    assert made.get_json()["account_id"] == cast.HARBOUR
    assert member.patch(here, json={"phone": "+44 20 7946 0001"}).get_json()["phone"] == "+44 20 7946 0001"
    assert member.patch(here, json={"full_name": None}).status_code == 422
    stranger = cast.program(app, cast.RESELLER)
    assert stranger.get(here).status_code == stranger.delete(here).status_code == 404
    assert stranger.patch(here, json={"phone": "1"}).status_code == 404
    theirs = {"full_name": "Eve", "account_id": cast.HARBOUR}
    assert stranger.post("/oms/contacts", json=theirs).status_code == 403
    assert made.get_json()["contact_id"] not in ids(stranger, "/oms/contacts", "contact_id")
    assert member.delete(here).status_code == 204
    assert member.get(here).status_code == 404


def test_a_contact_that_is_needed_stays(member, placed, crm):
    placed("connexions_new")
    known = crm.get("/oms/orders").get_json()["items"][0]["requestor"]["contact_id"]
    assert crm.delete(f"/oms/contacts/{known}").status_code == 409
    assert crm.get(f"/oms/contacts/{known}").status_code == 200


def test_services_are_seen_by_who_has_them_and_for_whom_they_are(crm, member, app):
    customer = cast.program(app, cast.MEMBER2)
    assert ids(member, "/oms/services", "service_number") == {cast.PORT, cast.CONNEXIONS}
    assert ids(customer, "/oms/services", "service_number") == {cast.PVLAN, cast.CONNEXIONS}
    assert ids(crm, "/oms/services?service_type=pvlan&state=active", "service_number") == {cast.PVLAN}
    (pvlan,) = crm.get(f"/oms/services?service_number={cast.PVLAN}").get_json()["items"]
    assert member.get(f"/oms/services/{pvlan['id']}").status_code == 404
    assert customer.get(f"/oms/services/{pvlan['id']}").get_json() == pvlan


def test_a_request_is_answered_without_seeing_the_order(crm, placed, work, app):
    order = placed("join_pvlan")
    work()
    owner, stranger = cast.program(app, cast.MEMBER2), cast.program(app, cast.RESELLER)
    (asked,) = owner.get("/oms/requests").get_json()["items"]
    here = f"/oms/requests/{asked['id']}"
    assert (asked["order_name"], asked["open"]) == (order["name"], True)
    assert asked["question"] == "Harbour Connect asks to join your private VLAN Film rushes (104001)."
    assert asked["private_vlans"] == [
        {"service_number": cast.PVLAN, "service_name": "Film rushes", "fabric": "EDI2"}
    ]  # fmt: skip
    assert asked["asks"] == []
    assert stranger.get("/oms/requests").get_json()["items"] == []
    assert stranger.get(here).status_code == stranger.post(f"{here}/agree").status_code == 404
    assert owner.get(f"/oms/orders/{order['id']}").status_code == 404
    assert owner.post(f"{here}/decline", json={}).status_code == 422
    agreed = owner.post(f"{here}/agree").get_json()
    assert (agreed["open"], agreed["agreed"]) == (False, True)
    assert owner.post(f"{here}/decline", json={"reason": "Too late"}).status_code == 409


def test_an_owner_of_several_private_vlans_says_which_one_is_joined(crm, placed, work, app):
    with app.app_context():
        cast.another_pvlan()
    order = placed("join_pvlan")
    work()
    owner = cast.program(app, cast.MEMBER2)
    (asked,) = owner.get("/oms/requests").get_json()["items"]
    here = f"/oms/requests/{asked['id']}"
    assert asked["private_vlans"] == []
    (ask,) = asked["asks"]
    assert (ask["name"], ask["choices"]) == ("joined_pvlan", ["104001", "104002"])
    assert ask["labels"] == ["Film rushes (104001), EDI2", "Rushes archive (104002), EDI2"]
    joiner = crm.get(f"/oms/orders/{order['id']}").get_json()
    assert "Rushes" not in str(cast.program(app, cast.MEMBER).get(f"/oms/orders/{order['id']}").get_json())
    for address in (f"{here}/agree", f"/oms/orders/{order['id']}/confirm"):
        refused = owner.post(address, json={})
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/answers/joined_pvlan")
    assert joiner["status"] == "awaiting_order_confirmation"

    agreed = owner.post(f"{here}/agree", json={"answers": {"joined_pvlan": "104002"}})

    assert agreed.status_code == 200
    assert [one["service_number"] for one in agreed.get_json()["private_vlans"]] == [104002]
    work()
    assert crm.get(f"/oms/orders/{order['id']}").get_json()["items"][0]["service_number"] == 104002


NOTHING = "This account has no private VLAN that you can join."


@pytest.mark.parametrize(
    ("owner", "fabric", "sentence"),
    [
        ("nobody", None, NOTHING),
        (cast.PARTNER, None, NOTHING),
        (cast.HARBOUR, None, NOTHING),
        (cast.LIGHTHOUSE, "lon1", "This account has no private VLAN on that peering LAN that you can join."),
    ],
    ids=["no account", "without any", "oneself", "elsewhere"],
)
def test_joining_what_cannot_be_is_refused_in_one_and_the_same_words(member, app, owner, fabric, sentence):
    with app.app_context():
        cast.another_pvlan(owner=cast.HARBOUR)
    details = {"pvlan_service_account_id": owner, **({"fabric": fabric} if fabric else {})}
    item = {"service_type": "pvlan", "item_action": "new", "details": details}
    refused = member.post("/oms/orders", json={"type": "join_pvlan", "items": [item]})
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [
        {"pointer": "/items/0/details/pvlan_service_account_id", "rule": "reference", "detail": sentence}
    ]
