"""What the scripts of the design system promise: live without eating what a person types, and all of it by keyboard."""

import logging
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.design import served
from tests.support.live_room import ITEM, Room, room_app

pytestmark = pytest.mark.browser
LIVE = "html[data-ui-live=live]"


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def address(room: Room) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with served(room_app(room)) as url:
        yield url
        room.cut()


@pytest.fixture
def own_clock(context: BrowserContext) -> None:
    """Time passes in the browser only when the test says so."""
    context.clock.install()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    """The room, with its stream open."""
    page = context.new_page()
    page.goto(f"{address}/room")
    expect(page.locator(LIVE)).to_be_attached()
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
                       document.dispatchEvent(new Event('visibilitychange')); }""",
        hidden,
    )


def test_one_stream_serves_all_topics_of_the_page(page: Page, room: Room) -> None:
    assert room.topics == [f"{ITEM},queue"]
    expect(page.locator("#live")).to_have_text("Live")


def test_a_signal_shows_the_new_status_without_a_navigation(page: Page, room: Room) -> None:
    page.evaluate("window.stayed = true")
    room.status = "Running"
    room.say(ITEM)
    expect(page.locator("#status")).to_have_text("Running", timeout=10_000)
    assert page.evaluate("window.stayed")


def test_resync_fetches_everything(page: Page, room: Room) -> None:
    room.status = "Failed"
    room.say("resync")
    expect(page.locator("#status")).to_have_text("Failed")
    expect(page.locator("#row-1041")).to_contain_text("Failed")


def test_typed_text_caret_and_open_details_survive_ten_updates(page: Page, room: Room) -> None:
    page.locator("#more summary").click()
    page.locator("#f-position").press_sequentially("LD8-R12")
    page.keyboard.press("ArrowLeft")
    for number in range(10):
        room.version, room.status = number + 2, f"Paused {number}"
        room.say(ITEM)
        expect(page.locator("#status")).to_have_text(f"Paused {number}")
    assert page.locator("#f-position").input_value() == "LD8-R12"
    assert page.evaluate("document.activeElement.selectionStart") == 6
    assert page.locator("#more").get_attribute("open") is not None
    assert page.locator("#answer [name=version]").input_value() == "1", "a stale answer must be told from a fresh one"


def test_a_form_that_left_the_panel_keeps_its_text_until_the_person_looks(page: Page, room: Room) -> None:
    page.locator("#f-position").press_sequentially("LD8")
    room.has_form, room.status = False, "Completed"
    room.say(ITEM)
    expect(page.locator("[data-stale]")).to_contain_text("has changed meanwhile")
    assert page.locator("#f-position").input_value() == "LD8"
    page.get_by_role("button", name="Show the present state").click()
    expect(page.locator("#answer")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("Completed")


def test_ones_own_claim_renews_the_version_of_the_form_one_types_in(page: Page, room: Room) -> None:
    page.locator("#f-position").press_sequentially("LD8")
    page.locator("#claim-button").click()
    expect(page.locator("#status")).to_have_text("Claimed")
    assert page.locator("#f-position").input_value() == "LD8"
    page.locator("#resume").click()
    expect(page.locator("#status")).to_have_text("Running")
    assert (room.posted[0]["version"], room.posted[0]["position"]) == ("2", "LD8")


def test_a_conflict_is_shown_in_place_and_keeps_the_text_through_later_updates(page: Page, room: Room) -> None:
    room.answer = "conflict"
    page.locator("#f-position").press_sequentially("LD8")
    page.locator("#resume").click()
    expect(page.locator(".summary")).to_contain_text("Ben changed this")
    expect(page.locator(".summary")).to_be_focused()
    assert page.locator("#answer [name=version]").input_value() == "2"
    room.status = "Paused again"
    room.say(ITEM)
    expect(page.locator("#status")).to_have_text("Paused again")
    assert page.locator("#f-position").input_value() == "LD8"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("broken", "Not sent. Try again."),
        ("refused", "You may not do this."),
        ("invalid", "Some answers are not right. Position: please fill this in."),
    ],
)
def test_an_error_is_said_and_the_page_stays(page: Page, room: Room, answer: str, sentence: str) -> None:
    room.answer = answer
    page.locator("#f-position").press_sequentially("LD8")
    page.locator("#resume").click()
    expect(page.locator("#flash")).to_contain_text(sentence)
    assert page.locator("#f-position").input_value() == "LD8"
    room.answer = "done"
    page.locator("#resume").click()
    expect(page.locator("#status")).to_have_text("Running")
    expect(page.locator("#flash .notice")).to_have_count(0)


def test_a_lost_network_is_said_and_the_text_stays(page: Page) -> None:
    def break_off(route: Route) -> None:
        route.abort()

    page.route("**/room/answer", break_off)
    page.locator("#f-position").press_sequentially("LD8")
    page.locator("#resume").click()
    expect(page.locator("#flash")).to_contain_text("Not sent. Try again.")
    assert page.locator("#f-position").input_value() == "LD8"


def test_being_signed_out_meanwhile_does_not_eat_typed_text(page: Page, room: Room) -> None:
    page.locator("#f-position").press_sequentially("LD8")
    room.signed_out = True
    room.say(ITEM)
    expect(page.locator("#flash")).to_contain_text("You have been signed out")
    assert page.locator("#f-position").input_value() == "LD8"


def test_a_redirect_takes_the_browser_there(page: Page, room: Room) -> None:
    room.answer = "elsewhere"
    page.locator("#f-position").press_sequentially("LD8")
    page.locator("#resume").click()
    expect(page).to_have_title("Unclaimed · Handoff")


def test_new_rows_wait_and_gone_rows_stay_dimmed_until_asked_for(page: Page, room: Room) -> None:
    room.rows = [1039, 1041, 1044]
    room.say("queue")
    show = page.get_by_role("button", name="1 new, 1 gone: show")
    expect(show).to_be_visible()
    assert page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.id)") == [
        "row-1041",
        "row-1043",
        "row-1044",
    ]
    assert page.locator("#row-1043").get_attribute("inert") is not None
    show.click()
    expect(page.locator("#row-1039")).to_be_visible()
    expect(page.locator("#row-1043")).to_have_count(0)
    expect(show).to_be_hidden()


def test_focus_returns_to_the_button_and_never_falls_to_the_body(page: Page, room: Room) -> None:
    page.locator("#claim-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Claimed")
    assert focused(page) == "claim-button"
    page.locator("#f-position").fill("LD8")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_count(0)
    assert focused(page) == "panel"


def test_rows_are_worked_by_keyboard_alone(page: Page, address: str) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "row-1043"
    page.keyboard.press("x")
    assert page.locator("#pick-1043").is_checked()
    expect(page.locator("[data-picked]")).to_have_text("1")
    page.keyboard.press("k")
    page.keyboard.press("o")
    expect(page).to_have_url(f"{address}/room#open-1041")
    page.keyboard.press("c")
    expect(page.locator("#status")).to_have_text("Claimed")
    page.keyboard.press("?")
    expect(page.locator("#keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert focused(page) == "find"
    page.keyboard.type("gfc")
    assert page.locator("#find").input_value() == "gfc", "keys are dead while one types"


def test_two_keys_lead_to_a_view(page: Page, address: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page).to_have_url(f"{address}/work?view=failed")


def test_shortcuts_can_be_switched_off(page: Page) -> None:
    page.evaluate("document.body.dataset.shortcuts = 'off'")
    page.keyboard.press("j")
    assert focused(page) == "BODY"


def test_selecting_all_counts_and_survives_an_update(page: Page, room: Room) -> None:
    page.get_by_label("Select all").check()
    expect(page.locator("[data-picked]")).to_have_text("3")
    room.status = "Running"
    room.say("queue")
    expect(page.locator("#row-1044")).to_contain_text("Running")
    expect(page.locator("[data-picked]")).to_have_text("3")
    page.locator("#pick-1041").uncheck()
    assert page.get_by_label("Select all").evaluate("box => box.indeterminate")


def test_copy_puts_the_text_on_the_clipboard(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy xe-0/0/17").click()
    expect(page.locator("#announce")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "xe-0/0/17"


@pytest.mark.usefixtures("own_clock")
def test_a_lost_stream_is_said_after_five_seconds_and_the_page_asks_meanwhile(page: Page, room: Room) -> None:
    with page.expect_response("**/events*"):  # the browser notices and tries again, in vain
        room.cut()
        page.clock.run_for(1500)
    page.clock.run_for(6000)
    expect(page.locator("#live")).to_contain_text("Live updates paused")
    room.status = "Running"
    page.clock.run_for(11000)
    expect(page.locator("#status")).to_have_text("Running")
    room.online = True
    page.get_by_role("button", name="Reconnect").click()
    expect(page.locator("#live")).to_have_text("Live")


def test_a_hidden_tab_closes_its_stream_and_is_right_again_when_it_returns(page: Page, room: Room) -> None:
    hide(page, True)
    room.status = "Completed"
    room.say(ITEM)
    expect(page.locator("#status")).to_have_text("Paused")
    hide(page, False)
    expect(page.locator("#status")).to_have_text("Completed", timeout=2000)
    assert len(room.topics) == 2


def test_the_tabs_of_a_browser_share_one_stream_and_outlive_the_one_that_held_it(
    page: Page, context: BrowserContext, address: str, room: Room
) -> None:
    others = [context.new_page() for _ in range(7)]
    for other in others:
        other.goto(f"{address}/room")
        expect(other.locator(LIVE)).to_be_attached()
    assert len(room.topics) == 1, "the seventh connection to a host would hang"
    room.status = "Running"
    room.say(ITEM)
    for one in (page, *others):
        expect(one.locator("#status")).to_have_text("Running")
    page.close()
    room.status = "Completed"
    for other in others:
        expect(other.locator("#status")).to_have_text("Completed")
    assert len(room.topics) == 2, "another tab holds the stream now"


def test_a_stream_that_ended_goes_on_where_it_was(page: Page, room: Room) -> None:
    room.say(ITEM, event_id="1700000000000-7")
    with page.expect_request("**/events*") as request:
        for stream in list(room.streams):
            stream.put(None)
    assert "after=1700000000000-7" in request.value.url


def test_a_question_opens_as_a_dialog_and_gives_the_focus_back(page: Page) -> None:
    page.locator("#takeover").click()
    dialog = page.get_by_role("dialog", name="Take over 1041")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#takeover")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Jump to").get_by_role("searchbox")).to_be_focused()
