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
    assert stranger.get("/oms/requests").get_json()["items"] == []
    assert stranger.get(here).status_code == stranger.post(f"{here}/agree").status_code == 404
    assert owner.get(f"/oms/orders/{order['id']}").status_code == 404
    assert owner.post(f"{here}/decline", json={}).status_code == 422
    agreed = owner.post(f"{here}/agree").get_json()
    assert (agreed["open"], agreed["agreed"]) == (False, True)
    assert owner.post(f"{here}/decline", json={"reason": "Too late"}).status_code == 409
