"""The portal in a real browser: changes are seen within a second, one click confirms, nothing needs scripts. Stories of
two people: test_stories.py.

The site is served by this process and the worker's hands are the test's own, so it knows when something was committed.
"""

import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.config import Config
from app.domain import clock
from app.domain.models import Service
from app.extensions import db
from tests import cast
from tests.portal.ordering import begin, sell
from tests.portal.scene import JOIN, ONE_CONNEXIONS, ONE_PORT, PVLAN, Scene, open_scene
from tests.support import axe
from tests.support.design import served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "portal"
UNIT = {"port": {"item": 1}, "fabric": "lon1", "location": "LD8", "service_capacity": 1_000,
        "mac_address": "00:00:5e:00:53:30"}  # fmt: skip

SMALL_TARGETS = """() => [...document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')]
    .filter((element) => element.checkVisibility() && !element.matches(
        '[type=hidden], .copy, .vh, .choice input, .field-check input, :is(dd, td, p, .crumbs, .summary) a:not(.btn)'))
    .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 90)])
    .filter(([box]) => box.height < 40)
    .map(([box, html]) => `${box.width} × ${box.height} ${html}`)
"""  # links in running text are as high as their line


@pytest.fixture
def scene(app: Flask, config: Config) -> Scene:
    return open_scene(app, config)


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with served(scene.app) as url:
        yield url
        scene.app.extensions["hub"].stop()


def signed_in(browser: Browser, address: str, email: str = cast.MEMBER, **options: Any) -> BrowserContext:
    context = browser.new_context(
        base_url=address, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce", **options
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/portal/")
    page.close()
    return context


def live(page: Page) -> None:
    """Wait until the page hears what changes."""
    expect(page.locator("html[data-ui-live=live]")).to_be_attached(timeout=10_000)


@pytest.mark.acceptance
def test_the_member_watches_the_order_move_without_a_reload(scene: Scene, address: str, browser: Browser) -> None:
    order = scene.placed(ONE_PORT)
    page = signed_in(browser, address).new_page()
    page.goto(f"/portal/orders/{order}")
    live(page)
    page.evaluate("window.stillTheSamePage = true")
    tracker = page.get_by_role("list", name="Where is my order?")
    expect(tracker.get_by_text("In progress: an engineer does this step")).to_be_visible()

    scene.engineer_answers(order, patch_position="LD8-R1-PP1/1", light_dbm="-3")
    committed = time.monotonic()
    expect(page.locator("#order header .st").first).to_have_text("Completed", timeout=15_000)

    print(f"shown {time.monotonic() - committed:.2f} s after the engineer's answer")
    assert page.evaluate("window.stillTheSamePage") is True
    expect(page.get_by_role("list", name="Order log").get_by_text("is active.")).to_be_visible()


@pytest.mark.acceptance
def test_the_member_confirms_with_one_click_and_stays_on_the_page(scene: Scene, address: str, browser: Browser) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    page = signed_in(browser, address).new_page()
    page.goto("/portal/orders")
    page.get_by_role("link", name=re.compile("Needs you")).click()
    page.get_by_role("link", name="View order 100001").click()
    live(page)

    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Thank you. Your answer has been noted.")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    scene.work()

    expect(page.locator("#order header .st").first).to_have_text("Completed", timeout=5_000)
    assert scene.status(order) == "completed"


@pytest.mark.acceptance
def test_the_list_follows_what_happens_to_its_orders(scene: Scene, address: str, browser: Browser) -> None:
    order = scene.placed(ONE_PORT)
    page = signed_in(browser, address).new_page()
    page.goto("/portal/orders")
    live(page)
    row = page.locator("#order-row-100001")
    expect(row).to_contain_text("an engineer does this step")

    scene.engineer_answers(order, patch_position="LD8-R1-PP1/1", light_dbm="-3")

    expect(row).to_contain_text("Completed", timeout=5_000)


@pytest.mark.acceptance
def test_without_javascript_a_port_is_ordered_confirmed_and_cancelled(
    scene: Scene, address: str, browser: Browser
) -> None:
    page = signed_in(browser, address, java_script_enabled=False).new_page()
    page.goto("/portal/orders")
    page.get_by_role("link", name="Request a new service").first.click()
    page.get_by_role("button", name=re.compile("^Port")).click()
    page.get_by_label("LON1 Lab – LD8").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("heading", name="Please put this right")).to_be_visible()
    page.get_by_label("Port Capacity").select_option(label="10 Gbps")
    expect(page.get_by_label("Name")).to_be_hidden()  # the style sheet shows it for somebody else
    page.get_by_label("Technical contact: who").select_option(label="Somebody else …")
    page.get_by_label("Name").fill("Ola Wire")
    page.get_by_label("E-mail").fill("ola@harbour.example")
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_label("PO number").fill("PO-2027-14")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("heading", name="Order 100001")).to_be_visible()

    page.get_by_role("link", name="Cancel order …").click()
    page.get_by_role("button", name="Cancel the order").click()
    scene.work()
    page.reload()
    expect(page.locator("#order header .st").first).to_have_text("Cancelled")

    scene.placed(ONE_CONNEXIONS)
    page.goto("/portal/orders?show=needs")
    page.get_by_role("link", name="View order 100002").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Thank you. Your answer has been noted.")).to_be_visible()


@pytest.fixture
def rooms(scene: Scene) -> dict[str, str]:
    """Every page of the portal at work, by name."""
    port = scene.placed(ONE_PORT, ("peering_unit", "new", UNIT))
    done = scene.placed(
        ("pvlan", "new", PVLAN), ("pvlan_unit", "new", {"pvlan": {"item": 1}, "port": cast.PORT, "vlan_id": 339})
    )
    asked = scene.placed(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE}, po_number="PO-2027-14")
    failed = scene.placed(ONE_PORT)
    scene.engineer_answers(failed, patch_position="LD8-R1-PP1/1", light_dbm="-28")
    fresh = scene.placed(("pvlan", "new", PVLAN), dates=scene.dates(start=clock.now() + timedelta(days=30)))
    request = scene.wait_id(scene.placed(*JOIN, type="join_pvlan"))
    with scene.app.app_context():
        service = db.session.query(Service.id).filter_by(number=cast.CONNEXIONS).scalar()
        own_port = db.session.query(Service.id).filter_by(number=cast.PORT).scalar()
    draft = peering_with_a_new_port(scene)
    return {
        "home": "/portal/", "help": "/portal/help", "order-change": f"/portal/orders/{fresh}/change",
        "confirmation": f"/portal/orders/{done}/confirmation",
        "orders": "/portal/orders", "order-engineer": f"/portal/orders/{port}", "order-done": f"/portal/orders/{done}",
        "order-asked": f"/portal/orders/{asked}", "order-late": f"/portal/orders/{failed}",
        "cancel": f"/portal/orders/{fresh}/cancel", "new": "/portal/new",
        "where": f"{draft}/where", "what": f"{draft}/what", "configure": f"{draft}/configure",
        "review": f"{draft}/review", "discard": f"{draft}/discard", "drafts": "/portal/orders?show=drafts",
        "where-item": f"{draft}/where?item=2", "account": "/portal/account",
        "services": "/portal/services", "service": f"/portal/services/{service}",
        "service-port": f"/portal/services/{own_port}", "calling": f"/portal/services/{own_port}/contacts",
        "change": f"/portal/services/{service}/modify", "cease": f"/portal/services/{own_port}/cease",
        "request": f"/portal/requests/{request}",
        "new-for-customer": "/portal/new", "customer": "/portal/account/customers/new?then=order",
    }  # fmt: skip


def peering_with_a_new_port(scene: Scene) -> str:
    """The address of a draft that stands before its last steps."""
    sell(scene, terms="2026-1")
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="PEER")
    wizard.go("configure", **{"i1-service_capacity": "1000", "i2-port_capacity": "10000"}, then="later")
    return wizard.address


@pytest.mark.acceptance
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark"), (1280, "dark"), (320, "light")])
def test_every_page_is_accessible_calm_and_fits(
    rooms: dict[str, str], address: str, browser: Browser, scheme: str, width: int
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    member = signed_in(browser, address, **options)
    owner = signed_in(browser, address, cast.MEMBER2, **options)
    reseller = signed_in(browser, address, cast.RESELLER, **options)
    whose = {"request": owner, "new-for-customer": reseller, "customer": reseller}
    wrong: dict[str, object] = {}
    for name, path in rooms.items():
        page = whose.get(name, member).new_page()
        complaints = heard_from(page)
        page.goto(path)
        look(page, name, width, scheme, wrong, complaints)
        if name == "configure":
            page.get_by_role("button", name="Continue to review").click()
            expect(page.locator(".summary")).to_be_focused()
            look(page, "configure-refused", width, scheme, wrong, [])
        page.close()
    assert wrong == {}


def heard_from(page: Page) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


def look(page: Page, name: str, width: int, scheme: str, wrong: dict[str, object], complaints: list[str]) -> None:
    page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    found = [
        *axe.violations(page),
        *(["scrolls sideways"] if page.evaluate("document.documentElement.scrollWidth") > width else []),
        *page.evaluate(SMALL_TARGETS),
        *[one for one in complaints if "422" not in one],
    ]
    if found:
        wrong[name] = found
