"""Requests made up from /openapi.json, good and bad: no 5xx, and only answers that the document promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import cast

# What these tests are about does not depend on the database; one is enough.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

EXAMPLES = 6
CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
bounded = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_document_promises(
    app: Flask, crm: Any, placed: Any, work: Any, mode: Any
) -> None:
    orders = [placed("port_and_peering_unit"), placed("join_pvlan")]
    work()
    known = {
        "order_id": [order["id"] for order in orders], "item_id": [orders[0]["items"][0]["id"]],
        "account_id": [cast.HARBOUR], "contact_id": ["contact-ada"],
    }  # fmt: skip
    headers = {"Authorization": crm.environ_base["HTTP_AUTHORIZATION"]}
    for made in schemathesis.openapi.from_wsgi("/openapi.json", app).get_all_operations():
        assert isinstance(made, Ok), made
        _drive(made.ok(), mode, known, headers)


def _drive(operation: Any, mode: Any, known: dict[str, list[str]], headers: dict[str, str]) -> None:
    """A bounded number of made-up calls of one operation, half of them about things that exist."""
    checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS

    @bounded
    @given(case=operation.as_strategy(generation_mode=mode), existing=st.booleans())
    def run(case: Any, existing: bool) -> None:
        if existing and mode is GenerationMode.POSITIVE:
            for name in known.keys() & (case.path_parameters or {}).keys():
                case.path_parameters[name] = known[name][0]
        case.call_and_validate(headers=headers, checks=checks)

    run()


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SEEDS = ["connexions_new", "port_and_peering_unit", "join_pvlan", "pvlan_p2p_with_unit", "connexions_modify"]


def test_an_order_with_anything_anywhere_is_placed_or_refused_in_words(crm: Any) -> None:
    @settings(bounded, max_examples=80)
    @given(data=st.data(), seed=st.sampled_from(SEEDS))
    def run(data: st.DataObject, seed: str) -> None:
        order = cast.order(seed)
        for _ in range(data.draw(st.integers(1, 3))):
            holder, key = data.draw(st.sampled_from(list(_places(order))))
            holder[key] = data.draw(ANYTHING)
        answer = crm.post("/oms/orders", data=json.dumps(order), content_type="application/json")
        assert answer.status_code in (201, 422), (answer.status_code, order)
        if answer.status_code == 422:
            assert answer.content_type == "application/problem+json"
            assert answer.json["errors"], order

    run()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every spot of an order at which something else could stand."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(entries):
        yield value, key
        yield from _places(inner)
