"""The network automation is for what is the member's own: a change that touches more waits for an engineer."""

from dataclasses import replace

import pytest

from app.domain.errors import Forbidden
from app.services import items
from tests import cast
from tests.handlers.exchange import ENGINEER, MEMBER, SALES, Exchange, new
from tests.handlers.test_connexions import LAMP, SEED

PORT = "edge2-dev ge-3/0/1"


@pytest.fixture
def foreign_port(exchange: Exchange) -> str:
    """At the far side the partner's port is configured for somebody else."""
    theirs = {"service_number": 900, "account": "somebody-else", "port": PORT}
    exchange.systems.network.submit("theirs", "enable_port", theirs)
    wait_until_configured(exchange)
    return PORT


def wait_until_configured(exchange: Exchange) -> None:
    job = exchange.systems.network.submit("theirs-again", "enable_port", {
        "service_number": 900, "account": "somebody-else", "port": PORT})  # fmt: skip
    while not exchange.systems.network.poll(job).ended:
        pass


def test_a_change_that_touches_a_foreign_port_waits_for_an_engineer_who_sees_the_difference(exchange, foreign_port):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    wait = exchange.wait_of(order)
    assert (exchange.item(order).status, wait.kind, wait.audience) == ("awaiting_agent", "review", "team:engineering")
    assert f"port {foreign_port} of somebody-else" in wait.tell
    assert "+    vlan_id 123;" in wait.tell
    assert exchange.actions(order) == []
    assert "touches" not in " ".join(exchange.told(order))


def test_an_approved_change_goes_on(exchange, foreign_port):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    exchange.resume(order, decision="approve")
    assert exchange.actions(order) == ["connect_service"]
    assert exchange.item(order).status == "awaiting_member"
    assert exchange.item(order).facts["decision"] is None  # the next review decides anew


def test_a_refused_change_stops_in_the_engineers_words_and_is_planned_again_once_it_is_put_right(
    exchange, foreign_port
):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    exchange.resume(order, decision="refuse", remark="That port is not theirs")
    assert exchange.item(order).status == "error"
    assert exchange.item(order).last_error == (
        "An engineer refused the planned change: That port is not theirs "
        "Once it is put right, retry from “Plan: connect the service”."
    )
    assert exchange.actions(order) == []

    exchange.systems.network.submit("gone", "disable_port", {"service_number": 900})
    items.retry_from(exchange.item(order).id, ENGINEER, "review_connect_service", version=None)
    exchange.work(order)
    assert exchange.item(order).status == "awaiting_member"


@pytest.mark.parametrize("who", [MEMBER, SALES])
def test_only_engineers_review(exchange, foreign_port, who):
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    with pytest.raises(Forbidden):
        items.resume(exchange.item(order).id, who, {"decision": "approve"}, version=None)


def test_an_exchange_may_do_without_reviews(exchange, foreign_port):
    exchange.bench.config = replace(exchange.config, network_review=False)
    order = exchange.ordered(new("connexions", **SEED), account=cast.PARTNER, sub_customer=LAMP)
    assert exchange.actions(order) == ["connect_service"]
