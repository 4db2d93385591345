"""The long checks of the pages, with the demo's data: `make acceptance`. Each prints the figure that it saw."""

import gzip
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests import screenshots
from tests.support import axe
from tests.support.exchange import Exchange, exchange
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.schema import make_schema

pytestmark = [pytest.mark.acceptance, pytest.mark.browser, pytest.mark.timeout(900)]

LOADS = 40
UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"
STATIC = Path(__file__).parents[2] / "app" / "static"


@pytest.fixture(scope="module")
def running(
    postgres: PostgresServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exchange]:
    """The demo exchange on PostgreSQL, its own switches and help desk, in real processes."""
    folder = tmp_path_factory.mktemp("acceptance")
    url = postgres.create("acceptance")
    make_schema(url, folder)
    local = {"TICKETING": "local", "NETWORK": "local", "INVENTORY": "local"}
    with exchange(url, redis_server.url, folder / "run", **local) as made:
        screenshots.load_demo(made)
        yield made


def _signed_in(browser: Browser, url: str, who: str, **look: object) -> tuple[BrowserContext, Page]:
    context = browser.new_context(base_url=url, locale="en-GB", reduced_motion="reduce", **look)  # type: ignore[arg-type]
    page = context.new_page()
    screenshots.sign_in(page, f"{who}@handoff.example")
    return context, page


def _listener(complaints: list[str]) -> Callable[[ConsoleMessage], None]:
    return lambda message: complaints.append(message.text)


def test_no_page_breaks_a_rule_of_accessibility_or_scrolls_sideways(running: Exchange, browser: Browser) -> None:
    wrong: list[str] = []
    seen = 0
    for width, scheme in screenshots.LOOKS:
        for who, paths in screenshots.pages_of(running).items():
            look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
            context, page = _signed_in(browser, running.url, who, **look)
            complaints: list[str] = []
            page.on("console", _listener(complaints))
            for name, path in paths.items():
                page.goto(path)
                seen += 1
                here = f"{name} {width} {scheme}"
                wrong += [f"{here}: {one}" for one in axe.violations(page)]
                if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    wrong.append(f"{here}: scrolls sideways")
            wrong += [
                f"{who} {width} {scheme}: console: {one}" for one in complaints if "security policy" in one.lower()
            ]
            context.close()
    print(f"\n7, 8. axe and sideways scrolling: {seen} pages, {len(wrong)} violations")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("who", "name"), [("engineer", "queue"), ("engineer", "item"), ("member", "tracker")])
def test_every_load_of_a_live_page_is_connected(running: Exchange, browser: Browser, who: str, name: str) -> None:
    context, page = _signed_in(browser, running.url, who)
    path = screenshots.pages_of(running)[who][name]
    connected = 0
    for _ in range(LOADS):
        page.goto(path)
        try:
            page.wait_for_selector("html[data-ui-live=live]", state="attached", timeout=5000)
            connected += 1
        except Exception:
            continue
    context.close()
    print(f"\n3. {name}: stream connected in {connected} of {LOADS} loads")
    assert connected == LOADS


def test_the_site_restarted_under_an_open_page_is_seen_within_seconds(running: Exchange, browser: Browser) -> None:
    context, page = _signed_in(browser, running.url, "engineer")
    page.goto("/work?view=unclaimed")
    page.wait_for_selector("html[data-ui-live=live]", state="attached")
    running.restart_web()
    back = time.monotonic()
    page.wait_for_selector("html[data-ui-live=live]", state="attached", timeout=60_000)
    print(f"\n13. live again {time.monotonic() - back:.1f} s after the site was ready again")
    context.close()


def test_a_queue_page_is_quick(running: Exchange, browser: Browser) -> None:
    context, page = _signed_in(browser, running.url, "engineer")
    took = []
    for _ in range(LOADS):
        began = time.perf_counter()
        answer = context.request.get("/work?view=all")
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200
    took.sort()
    print(f"\n15. queue page over HTTP: median {took[LOADS // 2]:.0f} ms, p95 {took[int(LOADS * 0.95)]:.0f} ms")
    page.close()
    context.close()


def test_15_what_a_page_loads_is_small() -> None:
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in ("handoff.js", "handoff.css")}
    print("\n15. " + ", ".join(f"{name} {size / 1024:.1f} KB gzipped" for name, size in sizes.items()))
    assert sizes["handoff.js"] <= 25 * 1024
    assert sizes["handoff.css"] <= 30 * 1024


def test_14_every_moment_is_in_utc_and_members_read_no_debug_line(running: Exchange, browser: Browser) -> None:
    wrong, seen, debug = [], 0, 0
    for who, paths in screenshots.pages_of(running).items():
        context, page = _signed_in(browser, running.url, who)
        for name, path in paths.items():
            page.goto(path)
            moments = page.locator("time").evaluate_all("all => all.map(one => one.getAttribute('datetime'))")
            seen += len(moments)
            wrong += [f"{name}: {one}" for one in moments if not re.fullmatch(UTC, one or "")]
            debug += page.locator(".log-debug").count() if who == "member" else 0
        context.close()
    print(f"\n14. {seen} moments, {len(wrong)} not in UTC; debug lines on members' pages: {debug}")
    assert not wrong
    assert debug == 0
