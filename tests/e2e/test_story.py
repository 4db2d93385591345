"""The main story, in real processes: ordered by a program, paused, resumed by an engineer's click, seen by the member.

The steps go over HTTP to the far side, which counts what was done.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import cast
from tests.support.exchange import Exchange, exchange
from tests.support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
    pytest.mark.xdist_group("story"),
]

AUTOMATED_PORT = {
    "item_number": 1,
    "item_action": "new",
    "service_type": "multiservice_port",
    "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "encapsulation": "dot1q"},
}


@pytest.fixture
def running(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Exchange]:
    with exchange(database_url, redis_url, tmp_path) as made:
        with made.inside():
            cast.load()
        yield made


@pytest.fixture
def crm(running: Exchange) -> Iterator[httpx.Client]:
    """A trusted program."""
    with running.inside():
        secret = cast.token(cast.SALES)
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {secret}"}, trust_env=False) as client:
        yield client


def signed_in(browser: Browser, url: str, email: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(base_url=url, locale="en-GB", timezone_id="Europe/London")
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(portal/orders)?$"))
    return context, page


def placed(crm: httpx.Client, seed: str, **more: object) -> dict[str, object]:
    answer = crm.post("/oms/orders", json=cast.order(seed, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_an_order_pauses_goes_on_by_one_click_and_the_member_sees_it(
    running: Exchange, crm: httpx.Client, browser: Browser
) -> None:
    order = placed(crm, "port_and_peering_unit", items=[AUTOMATED_PORT])
    member_context, member = signed_in(browser, running.url, cast.MEMBER)
    engineer_context, engineer = signed_in(browser, running.url, cast.ENGINEER)

    member.goto(f"/portal/orders/{order['id']}")
    expect(member.get_by_role("heading", name="Where is my order?")).to_be_visible()

    engineer.goto("/work?view=unclaimed")
    engineer.get_by_role("link", name=f"{order['name']}/1").first.click()
    expect(engineer.get_by_role("heading", name="Patch the cross-connect")).to_be_visible()
    engineer.get_by_label("Patch panel position").fill("LD8-R12-PP03/17")
    engineer.get_by_label(re.compile("Light level")).fill("-4.2")
    engineer.get_by_role("button", name="Resume", exact=True).click()

    completed = member.locator("main").get_by_text("Completed", exact=False).first
    expect(completed).to_be_visible(timeout=20_000)
    until(lambda: crm.get(f"/oms/orders/{order['id']}").json()["status"] == "completed", "the order is completed", 20)
    expect(engineer.locator("main")).to_contain_text("Completed", timeout=10_000)

    verbs = Counter((effect["system"], effect["verb"]) for effect in running.far_side.effects())
    assert verbs["inventory", "create"] == 1
    assert verbs["network", "submit"] == 1
    [configured] = [one for one in running.far_side.effects() if one["system"] == "network"]
    assert configured["parameters"]["speed_mbps"] == 10_000
    until(lambda: _tickets_are_resolved(crm, order), "the ticket follows the order", 20)
    assert "Paused: Patch the cross-connect" not in member.content()
    member_context.close()
    engineer_context.close()


def _tickets_are_resolved(crm: httpx.Client, order: dict[str, object]) -> bool:
    return crm.get(f"/oms/orders/{order['id']}").json()["deskpro_ticket_id"] is not None


def test_the_seed_order_runs_to_the_members_confirmation_and_completes(
    running: Exchange, crm: httpx.Client, browser: Browser
) -> None:
    order = placed(crm, "connexions_new")
    until(
        lambda: crm.get(f"/oms/orders/{order['id']}").json()["status"] == "awaiting_member", "the member is asked", 30
    )
    context, reseller = signed_in(browser, running.url, cast.RESELLER)
    reseller.goto(f"/portal/orders/{order['id']}")
    reseller.get_by_role("button", name=re.compile("Confirm|It works|works")).first.click()
    expect(reseller.locator("main")).to_contain_text("Completed", timeout=20_000)
    until(lambda: crm.get(f"/oms/orders/{order['id']}").json()["status"] == "completed", "it is completed", 20)
    [connected] = [one for one in running.far_side.effects() if one["system"] == "network"]
    assert connected["parameters"]["vlan_id"] == 123
    context.close()
