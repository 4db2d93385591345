"""The three stories of two people each, in two browsers and real processes: web server, workers, and a far side that
counts what was done.

member and staff            the member orders a port, an engineer patches it, the member sees it without a reload
reseller and sub-customer   the reseller orders for a customer that it has just added, who watches its own order
owner and joiner            of a private VLAN: one asks, the other agrees, the first goes on
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.services import users
from tests import cast
from tests.conftest import TEMPLATE
from tests.support.exchange import Exchange, exchange
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stories")]

SOON_MS = 20_000
"""How long something that workers do, or that a signal brings to a page, may take on a busy machine."""
BUOY = "buoy@handoff.example"


@pytest.fixture(scope="module")
def running(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One exchange for all stories, which are about different people's orders."""
    name = f"stories_{uuid.uuid4().hex}"
    postgres.create(name, TEMPLATE)
    redis = RedisServer().start()
    try:
        with exchange(postgres.url(name), redis.url, tmp_path_factory.mktemp("stories")) as made:
            with made.inside():
                cast.load()
            yield made
    finally:
        redis.stop()
        postgres.drop(name)


@pytest.fixture
def crm(running: Exchange) -> Iterator[httpx.Client]:
    """A trusted program."""
    with running.inside():
        secret = cast.token(cast.SALES)
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {secret}"}, trust_env=False) as client:
        yield client


@contextmanager
def signed_in(browser: Browser, running: Exchange, email: str) -> Iterator[Page]:
    """This person's own browser, after the sign-in page."""
    context: BrowserContext = browser.new_context(
        base_url=running.url, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce"
    )
    context.set_default_timeout(SOON_MS)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(portal/)?$"))
    yield page
    context.close()


def open_live(page: Page, path: str) -> None:
    """Go there and wait until the page hears what changes; from now on it is the same page."""
    page.goto(path)
    listens(page)


def listens(page: Page) -> None:
    expect(page.locator("html[data-ui-live=live]")).to_be_attached(timeout=SOON_MS)
    page.evaluate("window.stillTheSamePage = true")


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.stillTheSamePage === true"))


def status(page: Page) -> Locator:
    """The status on an order's page."""
    return page.locator("#order header .st").first


def number_of(page: Page) -> str:
    """Of the order whose page this is."""
    heading = page.get_by_role("heading", name=re.compile(r"^Order \d+$"))
    expect(heading).to_be_visible(timeout=SOON_MS)
    return heading.inner_text().removeprefix("Order ")


def order_id(page: Page) -> str:
    return page.url.rpartition("/")[2]


def test_member_and_staff(running: Exchange, crm: httpx.Client, browser: Browser) -> None:
    with signed_in(browser, running, cast.MEMBER) as member, signed_in(browser, running, cast.ENGINEER) as engineer:
        member.get_by_role("link", name="Request a new service").first.click()
        member.get_by_role("button", name=re.compile("^Port")).click()
        member.get_by_label("LON1 Lab – LD8").check()
        member.get_by_role("button", name="Continue").click()
        member.get_by_label("Port Capacity").select_option(label="10 Gbps")
        member.get_by_role("button", name="Continue to review").last.click()
        member.get_by_label("PO number").fill("PO-2027-14")
        member.get_by_role("button", name="Place the order").click()
        number = number_of(member)
        listens(member)
        expect(status(member)).to_have_text("In progress: an engineer does this step", timeout=SOON_MS)

        engineer.goto("/work?view=unclaimed")
        engineer.get_by_role("link", name=f"{number}/1").first.click()
        expect(engineer.get_by_role("heading", name="Patch the cross-connect")).to_be_visible()
        engineer.get_by_label("Patch panel position").fill("LD8-R12-PP03/17")
        engineer.get_by_label(re.compile("Light level")).fill("-4.2")
        engineer.get_by_role("button", name="Resume", exact=True).click()

        expect(status(member)).to_have_text("Completed", timeout=SOON_MS)
        expect(engineer.locator("main")).to_contain_text("Completed", timeout=SOON_MS)
        assert is_the_same(member)
        log = member.get_by_role("list", name="Order log")
        expect(log.get_by_text("is active.")).to_be_visible()
        assert "Patch the cross-connect" not in member.content()
        order = crm.get(f"/oms/orders/{order_id(member)}").json()

    effects = effects_on(running, order["items"][0]["service_number"])
    assert Counter((one["system"], one["verb"]) for one in effects)["inventory", "create"] == 1
    assert [one["parameters"]["speed_mbps"] for one in effects if one["verb"] == "submit"] == [10_000]


def effects_on(running: Exchange, service_number: int) -> list[dict[str, Any]]:
    """What the far systems did about this service."""
    return [one for one in running.far_side.effects() if one["parameters"].get("service_number") == service_number]


def test_reseller_and_sub_customer(running: Exchange, crm: httpx.Client, browser: Browser) -> None:
    lamps = crm.post("/oms/orders", json=cast.order("connexions_new")).raise_for_status().json()
    with signed_in(browser, running, cast.RESELLER) as reseller:
        reseller.get_by_role("link", name="Request a new service").first.click()
        reseller.get_by_role("link", name="New customer").click()
        reseller.get_by_label("Organisation").fill("Buoy Radio")
        reseller.get_by_label("ASN").fill("64502")
        reseller.get_by_label("Handle").fill("buoy")
        reseller.get_by_role("button", name="Add and order").click()
        expect(reseller.get_by_label("Customer", exact=True).locator("option:checked")).to_have_text("Buoy Radio")
        buoy = reseller.get_by_label("Customer", exact=True).input_value()
        with running.inside():
            users.add(BUOY, "Bo Mooring", "member", cast.PASSWORD, buoy, by="test")

        with signed_in(browser, running, BUOY) as customer:
            open_live(customer, "/portal/orders")
            order_for_customer(reseller)
            number = number_of(reseller)
            expect(customer.get_by_role("link", name=f"View order {number}")).to_be_visible(timeout=SOON_MS)
            assert is_the_same(customer)
            expect(customer.get_by_role("link", name=re.compile("^View order"))).to_have_count(1)
            only_this_order_is_the_customers(customer, lamps)
            customer.get_by_role("link", name=f"View order {number}").click()
            listens(customer)
            expect(customer.get_by_role("link", name="Cancel order …")).to_have_count(0)

            the_reseller_finds_it_by_customer(reseller, number, lamps["name"])
            an_engineer_patches(crm, order_id(customer))

            expect(status(customer)).to_have_text("Completed", timeout=SOON_MS)
            assert is_the_same(customer)
            expect(reseller.locator(f"#order-row-{number}")).to_contain_text("Completed", timeout=SOON_MS)
            assert is_the_same(reseller)

    (peering,) = crm.get(f"/oms/services?sub_account_id={buoy}&service_type=reseller_peering_unit").json()["items"]
    assert (peering["state"], peering["account_id"]) == ("active", cast.PARTNER)


def order_for_customer(reseller: Page) -> None:
    """A reseller peering unit, and the port that it needs."""
    reseller.get_by_role("button", name=re.compile("^Reseller Peering")).click()
    reseller.get_by_label("LON1 Lab – LD8").check()
    reseller.get_by_role("button", name="Continue").click()
    reseller.get_by_label("Service Capacity").fill("1000")
    reseller.get_by_label("MAC").fill("00:00:5e:00:53:64")
    reseller.get_by_label("Port Capacity").select_option(label="10 Gbps")
    reseller.get_by_role("button", name="Continue to review").last.click()
    expect(reseller.get_by_text("Buoy Radio").first).to_be_visible()
    reseller.get_by_role("button", name="Place the order").click()


def only_this_order_is_the_customers(customer: Page, other: dict[str, str]) -> None:
    answer = customer.request.get(f"/portal/orders/{other['id']}")
    assert answer.status == 404
    assert other["name"] not in customer.content()


def the_reseller_finds_it_by_customer(reseller: Page, number: str, other: str) -> None:
    reseller.goto("/portal/orders")
    expect(reseller.locator(f"#order-row-{other}")).to_contain_text("Lamp Studios")
    reseller.get_by_label("For which customer").select_option(label="Buoy Radio")
    reseller.get_by_role("button", name="Search").click()
    listens(reseller)
    expect(reseller.locator(f"#order-row-{number}")).to_be_visible()
    expect(reseller.locator(f"#order-row-{other}")).to_have_count(0)


def an_engineer_patches(crm: httpx.Client, order: str) -> None:
    """The engineer's program does, as the desk is another story's."""
    item = next(
        one for one in crm.get(f"/oms/orders/{order}").json()["items"] if one["service_type"] == "multiservice_port"
    )
    said = {"version": item["version"], "answers": {"patch_position": "LD8-R12-PP03/18", "light_dbm": -4.2}}
    crm.post(f"/oms/order-items/{item['id']}/resume", json=said).raise_for_status()


def test_owner_and_joiner_of_a_private_vlan(running: Exchange, browser: Browser) -> None:
    with signed_in(browser, running, cast.MEMBER2) as owner, signed_in(browser, running, cast.MEMBER) as joiner:
        open_live(owner, "/portal/orders")
        joiner.get_by_role("link", name="Request a new service").first.click()
        joiner.get_by_role("button", name=re.compile("^Join a CUG")).click()
        joiner.get_by_label(re.compile("Owner")).fill("lighthouse")
        joiner.get_by_role("button", name="Continue to review").last.click()
        expect(joiner.get_by_text("The owner is asked first")).to_be_visible()
        joiner.get_by_role("button", name="Place the order").click()
        number = number_of(joiner)
        listens(joiner)
        expect(status(joiner)).to_have_text("Waiting for Lighthouse Media to agree", timeout=SOON_MS)

        answer = owner.get_by_role("link", name="Answer the request of Harbour Connect")
        expect(answer).to_be_visible(timeout=SOON_MS)
        assert is_the_same(owner)
        assert owner.request.get(f"/portal/orders/{order_id(joiner)}").status == 404
        answer.click()
        asked = owner.get_by_role("region", name=re.compile("^Harbour Connect asks to join your private VLAN"))
        expect(asked).to_contain_text(number)
        expect(asked).to_contain_text("Film rushes")
        owner.get_by_role("button", name="Agree").click()
        expect(owner.get_by_text("You agreed.")).to_be_visible()

        expect(status(joiner)).to_have_text("Completed", timeout=SOON_MS)
        assert is_the_same(joiner)
        log = joiner.get_by_role("list", name="Order log")
        expect(log.get_by_text(f"You have joined private VLAN {cast.PVLAN}.")).to_be_visible()
        expect(log.get_by_text("Email notification to Lighthouse Media, whose agreement is needed.")).to_be_visible()
