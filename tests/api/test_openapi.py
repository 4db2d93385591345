"""The description of the API: complete, valid, and true."""

import re
from typing import Any

import jsonschema_rs
import pytest

from app.catalogue import every_action
from app.web import guard
from app.web.api.described import BY_NAME
from app.web.api.fields import LINE, TEXT
from tests import cast

# What these tests are about does not depend on the database; one is enough.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

SEEDS = ["connexions_new", "port_and_peering_unit", "join_pvlan", "pvlan_p2p_with_unit", "connexions_modify",
         "covage_collect"]  # fmt: skip


@pytest.fixture
def spec(app) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


def validator(spec, name):
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
    )


def test_it_is_openapi_3_1(spec):
    assert spec["openapi"] == "3.1.0"
    for name in spec["components"]["schemas"]:
        validator(spec, name)


def test_every_reference_leads_somewhere(spec):
    names = set(re.findall(r"#/components/schemas/(\w+)", str(spec)))
    assert names <= set(spec["components"]["schemas"])


def test_every_call_is_described_with_its_scope(app, spec):
    described = {call["operationId"] for calls in spec["paths"].values() for call in calls.values()}
    assert described == set(BY_NAME)
    by_token = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/oms/")}
    assert len(by_token) == len(described)
    assert by_token <= set(guard.REQUIRED)
    for calls in spec["paths"].values():
        for call in calls.values():
            assert call["summary"] and call["description"]
            assert call["security"][0]["token"], f"no scope allows {call['operationId']}"


def test_the_eight_calls_are_there(spec):
    paths = spec["paths"]
    assert set(paths["/oms/orders"]) == set(paths["/oms/order-logs"]) == {"get", "post"}
    assert set(paths["/oms/orders/{order_id}"]) == {"get", "patch", "put", "delete"}
    assert set(paths["/oms/order-items"]) == {"get"}
    assert set(paths["/oms/order-items/{item_id}"]) == {"get", "patch"}


def test_every_action_that_programs_may_order_has_its_shape(spec):
    kinds = spec["components"]["schemas"]["NormalOrder"]["properties"]["items"]["items"]["oneOf"]
    assert len(kinds) == len([row for row in every_action() if row[2] == "normal" and not row[1].desk_only])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_orders_fit_their_shape(spec, seed):
    order = cast.order(seed)
    for finding in validator(spec, "Order").iter_errors(order):
        pytest.fail(str(finding))


@pytest.mark.parametrize(
    ("name", "value"), [("vlan_id", 4095), ("mac_address", "11:11:11:11:11:11"), ("bandwidth", "1")]
)
def test_a_bad_detail_does_not_fit(spec, name, value):
    order = cast.order("connexions_new")
    order["items"][0]["details"][name] = value
    assert not validator(spec, "Order").is_valid(order)


def test_what_is_answered_fits_its_shape(crm, placed, work, spec):
    for seed in ("connexions_new", "port_and_peering_unit", "join_pvlan"):
        placed(seed)
    work()
    for path, shape in (("orders", "OrderList"), ("order-items", "ItemList"), ("order-logs", "LogList")):
        answer = crm.get(f"/oms/{path}").json
        assert answer["items"]
        for finding in validator(spec, shape).iter_errors(answer):
            pytest.fail(f"{path}: {finding}")


def test_an_error_fits_its_shape(crm, spec):
    answer = crm.post("/oms/orders", json={"items": 7})
    assert validator(spec, "Problem").is_valid(answer.json)


def test_patterns_mean_the_same_to_everybody():
    """Python's reader and the schema's: no look-behind, no named classes."""
    for pattern in (LINE, TEXT):
        assert re.search(pattern, "plain – text")
        assert not re.search(pattern, "bell \x07")
