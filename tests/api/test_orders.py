"""One order: reading and changing it, agreeing to it, declining and cancelling it."""

import pytest

from tests import cast


@pytest.fixture
def joining(placed, work):
    """Harbour asks to join Lighthouse's private VLAN."""
    order = placed("join_pvlan")
    work()
    return order


@pytest.fixture
def owner(app):
    """A program of Lighthouse Media."""
    return cast.program(app, cast.MEMBER2)


def test_a_member_reads_its_own_order(member, placed):
    order = placed("port_and_peering_unit")
    assert member.get(f"/oms/orders/{order['id']}").json == order


def test_a_sub_customer_reads_the_order_that_was_placed_for_it(app, placed):
    order = placed("connexions_modify")
    assert cast.program(app, cast.MEMBER2).get(f"/oms/orders/{order['id']}").status_code == 200


@pytest.mark.parametrize("media", ["application/merge-patch+json", "application/json"])
def test_what_may_be_changed_is_changed_and_the_rest_stays(crm, placed, media):
    order = placed()
    answer = crm.patch(
        f"/oms/orders/{order['id']}",
        data='{"po_number": "PO-2", "additional_cc": ["a@mail.example"], "notes": null}',
        content_type=media,
    )
    assert answer.status_code == 200
    changed = answer.json
    assert (changed["po_number"], changed["additional_cc"], changed["notes"]) == ("PO-2", ["a@mail.example"], None)
    assert (changed["description"], changed["version"]) == (order["description"], order["version"] + 1)


def test_copies_can_be_taken_away(crm, placed):
    order = placed()
    assert crm.patch(f"/oms/orders/{order['id']}", json={"additional_cc": None}).json["additional_cc"] == []


@pytest.mark.parametrize("name", ["status", "type", "items", "requestor", "deskpro_ticket_id", "created_at", "id"])
def test_what_may_not_be_changed_is_refused_by_name(crm, placed, name):
    order = placed()
    answer = crm.patch(f"/oms/orders/{order['id']}", json={"po_number": "PO-2", name: order[name]})
    assert answer.status_code == 422
    assert [(one["pointer"], one["rule"]) for one in answer.json["errors"]] == [(f"/{name}", "read_only")]
    assert crm.get(f"/oms/orders/{order['id']}").json == order


def test_a_field_that_orders_do_not_have_is_unknown(crm, placed):
    answer = crm.patch(f"/oms/orders/{placed()['id']}", json={"colour": "red"})
    assert (answer.status_code, answer.json["errors"][0]["rule"]) == (422, "unknown")


def test_a_change_made_meanwhile_is_not_overwritten(crm, placed):
    path = f"/oms/orders/{placed()['id']}"
    etag = crm.get(path).headers["ETag"]
    assert crm.patch(path, json={"notes": "first"}, headers={"If-Match": etag}).status_code == 200
    assert crm.patch(path, json={"notes": "second"}, headers={"If-Match": etag}).status_code == 409
    assert crm.patch(path, json={"notes": "third", "version": 1}).status_code == 409
    assert crm.get(path).json["notes"] == "first"


def test_an_order_that_has_ended_is_not_changed(crm, placed, work):
    order = placed()
    crm.post(f"/oms/orders/{order['id']}/cancel", json={"reason": "Not needed"})
    work()
    assert crm.patch(f"/oms/orders/{order['id']}", json={"notes": "x"}).status_code == 409


def test_a_cancelled_order_ends_with_its_dates_and_outcome(crm, placed, work):
    order = placed("pvlan_p2p_with_unit")
    answer = crm.post(f"/oms/orders/{order['id']}/cancel", json={"reason": "Not needed"})
    assert answer.status_code == 200
    work()
    ended = crm.get(f"/oms/orders/{order['id']}").json
    assert (ended["status"], ended["outcome"]) == ("cancelled", "none")
    assert ended["cancellation_date"]
    assert {item["status"] for item in ended["items"]} == {"cancelled"}
    assert crm.post(f"/oms/orders/{order['id']}/cancel", json={"reason": "again"}).status_code == 409


def test_a_cancel_says_why(crm, placed):
    order = placed()
    for address in (f"/oms/orders/{order['id']}", f"/oms/order-items/{order['items'][0]['id']}"):
        for said in ({}, {"reason": ""}, {"reason": " \n"}):
            answer = crm.post(f"{address}/cancel", json=said)
            assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/reason")
    assert crm.get(f"/oms/orders/{order['id']}").json["status"] == "ordered"


PORT = {"service_type": "multiservice_port", "item_action": "new",
        "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 1000}}  # fmt: skip


def test_a_member_cancels_until_an_item_is_being_provisioned(member, crm, placed, work):
    first, second, third = (placed("port_and_peering_unit", items=[PORT]) for _ in range(3))
    assert member.post(f"/oms/orders/{first['id']}/cancel", json={"reason": "Changed my mind"}).status_code == 200
    work()  # the others now wait for their cross-connects
    assert member.post(f"/oms/orders/{second['id']}/cancel", json={"reason": "Changed my mind"}).status_code == 200
    patch_it(crm, third)
    assert member.post(f"/oms/orders/{third['id']}/cancel", json={"reason": "Changed my mind"}).status_code == 409
    assert crm.post(f"/oms/orders/{third['id']}/cancel", json={"reason": "They asked us to"}).status_code == 200


def patch_it(crm, order):
    """An engineer's program has patched the port."""
    item = crm.get(f"/oms/orders/{order['id']}").json["items"][0]
    answers = {"patch_position": "LD8-R12-PP03/17", "light_dbm": -3.2}
    sent = {"version": item["version"], "answers": answers}
    assert crm.post(f"/oms/order-items/{item['id']}/resume", json=sent).status_code == 200


def effects(program, order):
    answer = program.get(f"/oms/orders/{order['id']}/cancellation")
    assert answer.status_code == 200, answer.json
    return answer.json


def test_what_cancelling_would_do_is_read_before_it_is_done(member, crm, placed, work):
    vlan = {"service_type": "pvlan", "item_action": "new",
            "details": {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "Tide", "bandwidth": 50}}  # fmt: skip
    order = placed("port_and_peering_unit", items=[PORT, vlan])
    assert [one["detail"] for one in effects(member, order)["items"]] == ["Ends. Nothing has been set up for it."] * 2
    work()  # the private VLAN is there, the port waits for its cross-connect

    found = effects(member, order)

    assert (found["possible"], found["why_not"], found["by"]) == (True, None, ["member", "exchange"])
    port, there = found["items"]
    given_back = f"What has been reserved for it (ports, VLANs) and service number {port['service_number']}"
    assert (port["ends"], port["undone"], port["stays"]) == (True, [f"{given_back} is given back."], [])
    assert (there["ends"], there["undone"]) == (False, [])
    assert there["stays"] == ["Stays as it is: it is completed. Order its cease if you no longer want it."]
    assert crm.get(f"/oms/orders/{order['id']}").json["status"] == "awaiting_agent"  # nothing was done

    cancelled = member.post(
        f"/oms/orders/{order['id']}/cancel", json={"reason": "We moved", "version": found["version"]}
    )
    assert cancelled.status_code == 200
    assert effects(member, order)["why_not"] == "The order is being cancelled already."
    work()
    ended = effects(crm, order)
    assert (ended["possible"], ended["by"]) == (False, [])
    assert {one["ends"] for one in ended["items"]} == {False}


def test_who_may_still_cancel_is_told_when_the_member_may_not(member, crm, placed, work):
    order = placed("port_and_peering_unit", items=[PORT])
    work()
    patch_it(crm, order)
    found = effects(member, order)
    assert (found["possible"], found["by"]) == (False, ["exchange"])
    assert found["why_not"] == "Item 1 is being provisioned; please ask us to cancel."
    assert found["items"][0]["undone"][0] == "What has been switched for it is switched back."
    assert effects(crm, order)["possible"] is True


def test_the_effect_of_cancelling_is_told_to_who_sees_the_order(member, crm, placed, app):
    order = placed("port_and_peering_unit", items=[PORT], sub_customer={"account_id": cast.LIGHTHOUSE})
    found = effects(cast.program(app, cast.MEMBER2), order)
    assert (found["possible"], found["why_not"]) == (False, "Only who ordered can cancel; please ask them.")
    stranger = cast.program(app, cast.RESELLER)
    assert stranger.get(f"/oms/orders/{order['id']}/cancellation").status_code == 404
    draft = member.post("/oms/orders?draft=true", json={"items": [PORT]}).json
    told = effects(member, draft)
    assert (told["possible"], told["items"]) == (False, [])
    assert told["why_not"] == "The order is a draft, which is not cancelled but deleted."


def test_a_join_waits_for_the_owner_who_may_agree_without_seeing_the_order(joining, owner, crm, work):
    assert crm.get(f"/oms/orders/{joining['id']}").json["status"] == "awaiting_order_confirmation"
    assert owner.get(f"/oms/orders/{joining['id']}").status_code == 404
    answer = owner.post(f"/oms/orders/{joining['id']}/confirm")
    assert (answer.status_code, answer.data) == (204, b"")
    work()
    assert crm.get(f"/oms/orders/{joining['id']}").json["status"] != "awaiting_order_confirmation"
    assert owner.post(f"/oms/orders/{joining['id']}/confirm").status_code == 404


def test_the_member_reads_in_its_words_whose_agreement_its_order_waits_for(joining, member, crm):
    wait = member.get(f"/oms/orders/{joining['id']}").json["items"][0]["wait"]
    assert (wait["kind"], wait["title"]) == ("confirm", "Waiting for Lighthouse Media to agree")
    assert (wait["audience"], wait["tell"], wait["asks"]) == (f"account:{cast.LIGHTHOUSE}", None, [])
    assert wait["due"] == crm.get(f"/oms/orders/{joining['id']}").json["items"][0]["wait"]["due"]


def test_the_member_reads_that_we_check_its_order_without_a_word_of_who_and_why(member, placed, work):
    large = {"fabric": "lon2", "location": "LD8", "port_capacity": 100_000}
    order = placed("port_and_peering_unit", items=[{**PORT, "details": large}])
    work()
    wait = member.get(f"/oms/orders/{order['id']}").json["items"][0]["wait"]
    assert (wait["title"], wait["audience"]) == ("We are checking your order", "exchange")
    assert (wait["tell"], wait["due"], wait["claimed_by"]) == (None, None, None)
    assert "ales" not in str(wait)


def test_the_member_that_joins_cannot_agree_in_the_owners_place(joining, member):
    answer = member.post(f"/oms/orders/{joining['id']}/confirm", json={})
    assert answer.status_code == 409


def test_the_owner_may_decline_with_a_reason(joining, owner, crm, member):
    assert owner.post(f"/oms/orders/{joining['id']}/reject", json={}).status_code == 422
    assert owner.post(f"/oms/orders/{joining['id']}/reject", json={"reason": "We are full"}).status_code == 204
    ended = crm.get(f"/oms/orders/{joining['id']}").json
    assert ended["status"] == "rejected"
    told = [line["user_message"] for line in member.get("/oms/order-logs").json["items"]]
    assert "The order was declined: We are full" in told


def test_a_trusted_program_agrees_for_the_owner_and_says_why(joining, crm, member, work):
    here = f"/oms/orders/{joining['id']}"
    for said in ({}, {"reason": "  "}):
        refused = crm.post(f"{here}/confirm", json=said)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reason")
    item = crm.get(here).json["items"][0]
    refused = crm.post(f"/oms/order-items/{item['id']}/resume", json={"version": item["version"]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reason")

    answer = crm.post(f"{here}/confirm", json={"reason": "The owner rang us"})

    assert answer.status_code == 200
    assert answer.json["id"] == joining["id"]
    assert crm.post(f"{here}/confirm", json={}).status_code == 409
    work()
    told = [line["user_message"] for line in member.get("/oms/order-logs").json["items"]]
    assert f"We agreed on behalf of the owner of private VLAN {cast.PVLAN} that you join it." in told
    assert not any("The owner" in (words or "") for words in told)


def test_a_trusted_program_says_why_it_declines_for_the_owner_and_the_member_reads_for_whom(joining, crm, member):
    assert crm.post(f"/oms/orders/{joining['id']}/reject", json={"reason": "They rang: no"}).status_code == 200
    told = [line["user_message"] for line in member.get("/oms/order-logs").json["items"]]
    assert "The order was declined on behalf of the private VLAN's owner: They rang: no" in told


def test_a_trusted_program_speaks_for_the_member_whose_order_it_is(crm, placed, work):
    order = placed("connexions_new")
    work()
    item = crm.get(f"/oms/orders/{order['id']}").json["items"][0]
    assert item["wait"]["audience"] == f"account:{order['requestor']['account_id']}"
    assert crm.post(f"/oms/orders/{order['id']}/confirm").status_code == 200


def test_a_stranger_neither_agrees_nor_declines(app, joining):
    stranger = cast.program(app, cast.RESELLER)
    assert stranger.post(f"/oms/orders/{joining['id']}/confirm", json={}).status_code == 404
    assert stranger.post(f"/oms/orders/{joining['id']}/reject", json={"reason": "no"}).status_code == 404


def test_the_owner_may_also_answer_by_item(joining, owner):
    item = joining["items"][0]["id"]
    assert owner.get(f"/oms/order-items/{item}").status_code == 404
    assert owner.post(f"/oms/order-items/{item}/resume", json={"version": 2}).status_code == 204
