"""Order items: what they wait for, and what programs do to them in flight."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.domain.models import Port, StepRow
from app.domain.states import StepState
from app.extensions import db
from tests import cast

PORT: dict[str, Any] = {
    "service_type": "multiservice_port",
    "item_action": "new",
    "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 1000},
}
ANSWERS = {"patch_position": "MMR1-R07-U12-P03", "light_dbm": -3.5}


@pytest.fixture
def port(placed: Callable[..., Any], work: Callable[[], None], crm: FlaskClient) -> dict[str, Any]:
    """A port order's item, paused for the cross-connect."""
    order = placed("port_and_peering_unit", items=[PORT])
    work()
    found: dict[str, Any] = crm.get(f"/oms/order-items/{order['items'][0]['id']}").get_json()
    return found


@pytest.fixture
def failed(app: Flask, placed: Callable[..., Any], work: Callable[[], None], crm: FlaskClient) -> dict[str, Any]:
    """An item that stopped: it wants four ports, of which one has gone since it was ordered."""
    order = placed("port_and_peering_unit", items=[PORT | {"details": PORT["details"] | {"quantity": 4}}])
    with app.app_context():
        cast.ports_go(1, capacity=1_000)
    work()
    found: dict[str, Any] = crm.get(f"/oms/order-items/{order['items'][0]['id']}").get_json()
    return found


def act(client: FlaskClient, item: dict[str, Any], verb: str, **body: Any) -> Any:
    return client.post(f"/oms/order-items/{item['id']}/{verb}", json={"version": item["version"], **body})


def test_a_paused_item_shows_what_it_asks_of_whom_and_since_when(port):
    wait = port["wait"]
    assert (port["status"], wait["kind"], wait["audience"]) == ("awaiting_agent", "manual", "team:engineering")
    assert wait["title"] == "Patch the cross-connect"
    light = next(ask for ask in wait["asks"] if ask["unit"] == "dBm")
    assert (light["kind"], light["required"]) == ("number", True)
    assert light["label"]
    assert wait["since"] and wait["due"]
    assert wait["version"] == port["version"]
    assert wait["claimed_by"] is None


def test_a_member_sees_the_status_but_not_the_staffs_question(port, member):
    seen = member.get(f"/oms/order-items/{port['id']}").json
    assert (seen["status"], seen["wait"], seen["error"]) == ("awaiting_agent", None, None)


def test_answering_hands_the_item_back_to_the_machine(port, crm, work):
    asked = {ask["name"]: ANSWERS.get(ask["name"]) for ask in port["wait"]["asks"]}
    assert set(asked) == set(ANSWERS)
    answer = act(crm, port, "resume", answers=ANSWERS)
    assert answer.status_code == 200, answer.json
    assert answer.json["wait"] is None
    assert answer.json["version"] > port["version"]
    work()
    assert crm.get(f"/oms/order-items/{port['id']}").json["status"] in ("completed", "provisioning")


def test_an_answer_that_is_missing_or_wrong_is_named(port, crm):
    answer = act(crm, port, "resume", answers={"light_dbm": "dark", "weather": "fine"})
    pointers = {finding["pointer"] for finding in answer.json["errors"]}
    assert (answer.status_code, pointers) == (
        422,
        {"/answers/light_dbm", "/answers/weather", "/answers/patch_position"},
    )
    assert crm.get(f"/oms/order-items/{port['id']}").json["version"] == port["version"]


def test_an_answer_to_an_older_question_is_stale(port, crm):
    port["version"] -= 1
    answer = act(crm, port, "resume", answers=ANSWERS)
    assert (answer.status_code, answer.json["title"]) == (409, "Changed meanwhile")


def test_only_one_of_two_answers_counts(port, crm):
    answers = [act(crm, port, "resume", answers=ANSWERS) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 409]


def test_the_same_answer_under_the_same_key_is_one_answer(port, crm):
    said = {"json": {"version": port["version"], "answers": ANSWERS}, "headers": {"Idempotency-Key": "resume-1"}}
    first, second = (crm.post(f"/oms/order-items/{port['id']}/resume", **said) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = crm.post(
        f"/oms/order-items/{port['id']}/resume", json={"version": 1}, headers={"Idempotency-Key": "resume-1"}
    )
    assert (other.status_code, other.json["errors"][0]["rule"]) == (422, "reused")


def test_a_version_is_needed_to_answer(port, crm):
    answer = crm.post(f"/oms/order-items/{port['id']}/resume", json={"answers": ANSWERS})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/version")


def test_a_member_cannot_do_the_engineers_work(port, member):
    assert act(member, port, "resume", answers=ANSWERS).status_code == 403
    for verb in ("skip", "redo", "done-by-hand", "it-happened", "hold", "cancel"):
        assert act(member, port, verb, reason="I am in a hurry").status_code == 403, verb
    assert act(member, port, "retry").status_code == 403
    assert act(member, port, "release").status_code == 403


def test_a_failed_item_says_why_to_staff_programs(failed, member):
    assert failed["status"] == "error"
    assert "3 of 4 ports" in failed["error"]
    assert member.get(f"/oms/order-items/{failed['id']}").json["error"] is None


def test_a_failed_step_is_tried_again(app, failed, crm, work):
    with app.app_context():
        cast.more_ports(1, capacity=1_000)
    answer = act(crm, failed, "retry", reason="A port was added.")
    assert (answer.status_code, answer.json["status"]) == (200, "inventory")
    told = crm.get(f"/oms/order-logs?order_item_id={failed['id']}").json["items"][0]["debug_message"]
    assert told.endswith("A port was added.")
    work()
    assert crm.get(f"/oms/order-items/{failed['id']}").json["status"] == "awaiting_agent"


def test_a_retry_may_go_back_to_an_earlier_step(failed, crm):
    refused = act(crm, failed, "retry", **{"from": "no_such_step"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/from")
    assert act(crm, failed, "retry", **{"from": "assign_ports"}).status_code == 200


@pytest.mark.parametrize("verb", ["redo", "skip", "done-by-hand"])
def test_a_persons_decision_needs_a_reason(failed, crm, verb):
    refused = act(crm, failed, verb)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reason")
    assert act(crm, failed, verb, reason=" ").status_code == 422
    assert act(crm, failed, verb, reason="Seen with my own eyes.").status_code == 200


def test_only_what_may_have_happened_can_be_said_to_have_happened(app, failed, crm):
    assert act(crm, failed, "it-happened", reason="I looked.").status_code == 409
    with app.app_context():
        db.session.execute(update(StepRow).where(StepRow.key == "assign_ports").values(state=StepState.UNKNOWN))
        db.session.commit()
    assert act(crm, failed, "it-happened", reason="I looked.").status_code == 200


def test_an_item_is_held_and_released(port, crm):
    held = act(crm, port, "hold", reason="Building closed").json
    assert (held["status"], held["held_reason"]) == ("held", "Building closed")
    assert act(crm, port, "release").status_code == 409  # the version it was read at is gone
    released = crm.post(f"/oms/order-items/{port['id']}/release")
    assert (released.status_code, released.json["status"]) == (200, "awaiting_agent")
    assert crm.post(f"/oms/order-items/{port['id']}/release").status_code == 409


def test_a_cancelled_item_gives_its_ports_back(app, port, crm, work):
    assert act(crm, port, "cancel", reason="Not wanted any more").status_code == 200
    work()
    seen = crm.get(f"/oms/order-items/{port['id']}").json
    assert (seen["status"], seen["wait"]) == ("cancelled", None)
    assert act(crm, seen, "cancel", reason="again").status_code == 409
    with app.app_context():
        assert db.session.query(Port).filter(Port.service_id.is_not(None), Port.capacity == 1000).count() == 0


def test_an_item_says_which_order_it_is_of(crm, placed):
    order = placed("pvlan_p2p_with_unit")
    second = crm.get(f"/oms/order-items/{order['items'][1]['id']}").json
    assert (second["order_id"], second["name"]) == (order["id"], f"{order['name']}/2")
    assert second == crm.get(f"/oms/orders/{order['id']}").json["items"][1]


def test_the_version_can_come_in_a_header(port, crm):
    path, body = f"/oms/order-items/{port['id']}/hold", {"reason": "Wait"}
    assert crm.post(path, json=body, headers={"If-Match": '"999"'}).status_code == 409
    assert crm.post(path, json=body, headers={"If-Match": "newest"}).status_code == 400
    etag = crm.get(f"/oms/order-items/{port['id']}").headers["ETag"]
    assert crm.post(path, json=body, headers={"If-Match": etag}).status_code == 200


def test_the_member_answers_its_own_question(app, placed, work, crm):
    """A ConneXions service that is ready waits for the member it was ordered for."""
    order = placed("connexions_new")
    work()
    item = crm.get(f"/oms/orders/{order['id']}").get_json()["items"][0]
    if item["wait"] is None:
        pytest.fail(f"The item should wait for its member; it is {item['status']}: {item['error']}")
    assert item["status"] == "awaiting_member"
    reseller = cast.program(app, cast.RESELLER)
    mine = reseller.get(f"/oms/order-items/{item['id']}").get_json()
    assert mine["wait"]["kind"] == "member"
    assert act(reseller, mine, "resume", answers={}).status_code == 200
