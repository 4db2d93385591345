"""Working the queue in a real browser: one click, two people, no mouse, no JavaScript."""

import re
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.config import Config
from app.domain import clock
from app.domain.states import State
from tests import cast
from tests.e2e.desk_site import Site, open_site
from tests.support.waiting import until
from tests.web.desk import PATCHED, TOO_DARK, open_desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
    pytest.mark.xdist_group("desk"),
]


@pytest.fixture
def site(app: Flask, config: Config, browser: Browser) -> Iterator[Site]:
    clock.reset()
    with open_site(open_desk(app, config), browser) as made:
        yield made


def stays(page: Page) -> None:
    """Marks the page, so that a navigation would be noticed."""
    page.evaluate("window.stayed = true")


def has_stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stayed === true"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


def fill(page: Page, answers: dict[str, str]) -> None:
    for name, text in answers.items():
        page.locator(f"#f-{name}").fill(text)


def test_a_row_is_resumed_by_one_click(site: Site) -> None:
    item_id = site.desk.by_hand()
    page = site.page(cast.ENGINEER, "/work?view=unclaimed&step=by_hand_inventory")
    stays(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#flash")).to_contain_text("goes on")
    expect(page.get_by_text("Nothing matches these filters")).to_be_visible()
    assert has_stayed(page)
    assert site.desk.step(item_id, "by_hand_inventory")[0] == "succeeded"


def test_from_the_start_page_it_takes_one_click_too(site: Site) -> None:
    item_id = site.desk.by_hand()
    page = site.page(cast.SALES, "/")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("link", name="Check the service by hand")).to_be_visible()
    assert site.desk.step(item_id, "by_hand_inventory")[0] == "succeeded"


def test_another_browser_shows_the_new_status_within_a_second(site: Site) -> None:
    item_id = site.desk.port()
    mine, theirs = site.page(cast.ENGINEER, f"/items/{item_id}"), site.page(cast.ENGINEER2, f"/items/{item_id}")
    stays(theirs)
    mine.get_by_role("button", name="Claim").click()
    expect(mine.locator("#panel .panel-badge")).to_have_text("Claimed · Nell")
    done = time.monotonic()
    expect(theirs.locator("#panel .panel-badge")).to_have_text("Claimed · Nell", timeout=10_000)
    print(f"shown {time.monotonic() - done:.2f} s after the first browser had it")
    fill(mine, PATCHED)
    mine.get_by_role("button", name="Resume", exact=True).click()
    expect(theirs.locator(".stages")).to_contain_text(re.compile(r"Completed\s*Completed|Completed.*\d\d:\d\d"))
    expect(theirs.get_by_text("13 of 13")).to_be_visible()
    assert has_stayed(theirs)


def test_the_queue_of_another_browser_follows_without_moving_under_the_pointer(site: Site) -> None:
    first = site.desk.by_hand()
    page = site.page(cast.ENGINEER2, "/work?view=unclaimed")
    second = site.desk.port()
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
    assert str(second) not in page.locator("#rows").inner_html()
    page.get_by_role("button", name="1 new: show").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    assert str(first) in page.locator("#rows").inner_html()


def test_a_step_that_somebody_else_answered_keeps_what_one_typed(site: Site) -> None:
    item_id = site.desk.port()
    page = site.page(cast.ENGINEER, f"/items/{item_id}")
    page.locator("#f-patch_position").press_sequentially("LD8-R12-PP03/17")
    other = site.page(cast.ENGINEER2, f"/items/{item_id}")
    fill(other, TOO_DARK)
    other.get_by_role("button", name="Resume", exact=True).click()
    expect(other.locator("#panel-title")).to_have_text("Judge the light level")
    expect(page.locator("[data-stale]")).to_contain_text("has changed meanwhile")
    assert page.locator("#f-patch_position").input_value() == "LD8-R12-PP03/17"
    page.locator("#f-light_dbm").fill("-3")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.locator("#refused")).to_contain_text("Ivo Splice changed this")
    expect(page.locator("#refused")).to_contain_text("LD8-R12-PP03/17")
    assert site.desk.deeds(item_id, "answer") == 1


def test_an_impatient_hand_has_one_effect(site: Site) -> None:
    item_id = site.desk.port()
    page = site.page(cast.ENGINEER, f"/items/{item_id}")
    fill(page, PATCHED)
    page.locator("#resume-button").dblclick()
    page.keyboard.press("Enter")
    until(lambda: site.desk.state(item_id) is State.DONE, "the item is done")
    assert site.desk.deeds(item_id, "answer") == 1


def test_five_posts_at_once_with_one_key_have_one_effect(site: Site) -> None:
    item_id = site.desk.port()
    page = site.page(cast.ENGINEER, f"/items/{item_id}")
    fill(page, PATCHED)
    statuses = page.evaluate(
        """async () => {
            const form = document.getElementById('answer');
            const body = () => new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, {method: 'POST', body: body(), redirect: 'manual'});
            const answers = await Promise.all([1, 2, 3, 4, 5].map(send));
            return answers.map(answer => answer.type === 'opaqueredirect' ? 303 : answer.status);
        }"""
    )
    assert statuses == [303] * 5
    assert site.desk.deeds(item_id, "answer") == 1


def test_a_queue_is_worked_without_a_mouse(site: Site) -> None:
    item_id = site.desk.port()
    page = site.page(cast.ENGINEER, "/work?view=unclaimed")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#flash")).to_contain_text("You have claimed")
    assert focused(page) != "BODY"
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile(r"view=mine"))
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/items/{item_id}"))
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#f-patch_position").focus()
    page.keyboard.type("LD8-R12-PP03/17")
    page.keyboard.press("Tab")
    page.keyboard.type("-4.2")
    page.keyboard.press("Enter")
    until(lambda: site.desk.state(item_id) is State.DONE, "the item is done")
    expect(page.locator("#answer")).to_have_count(0)
    assert focused(page) != "BODY"


def test_it_all_works_without_javascript(site: Site) -> None:
    first, second = site.desk.port(), site.desk.failed()
    page = site.browser.new_context(base_url=site.url, java_script_enabled=False).new_page()
    page.goto("/work?view=unclaimed")
    page.get_by_label("E-mail address").fill(cast.ENGINEER)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Unclaimed")).to_be_visible()
    page.get_by_label("Location").select_option("LD8")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile(r"site=LD8"))
    page.locator("tbody").get_by_role("button", name="Claim").click()
    expect(page).to_have_url(re.compile(r"site=LD8"))
    assert site.desk.owner(first) == cast.ENGINEER

    page.goto(f"/items/{first}?view=mine")
    fill(page, {**PATCHED, "light_dbm": "dark"})
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("must be a number")
    fill(page, {"light_dbm": "-4.2"})
    page.get_by_role("button", name="Resume", exact=True).click()
    until(lambda: site.desk.state(first) is State.DONE, "the item is done")

    page.goto(f"/items/{second}")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("tries again")
    until(lambda: site.desk.state(second) is State.ERROR, "the light is still too weak")
    page.goto(f"/items/{second}")
    page.get_by_role("link", name="Cancel this item").click()
    page.get_by_label("Reason").fill("Ordered twice.")
    page.get_by_role("button", name="Cancel this item").click()
    until(lambda: site.desk.state(second) is State.CANCELLED, "the item is cancelled")


@pytest.mark.acceptance
def test_two_people_at_one_item_see_each_other_and_nothing_typed_is_lost(site: Site) -> None:
    path = f"/items/{site.desk.port()}"
    nell, ivo = (site.page(email, path) for email in (cast.ENGINEER, cast.ENGINEER2))
    expect(nell.locator(".others-here")).to_have_text("Ivo Splice is looking at this.")
    ivo.locator("#f-patch_position").press_sequentially("LD8-R")
    expect(nell.locator(".others-here")).to_have_text("Ivo Splice is typing here.")
    expect(ivo.locator("#f-patch_position")).to_have_value("LD8-R")
    nell.goto("/work?view=unclaimed")
    expect(nell.locator(".here")).to_contain_text("Ivo Splice")
