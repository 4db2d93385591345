"""One order: its tracker, its items in words, what the member is asked, and what the page costs."""

from datetime import timedelta

import pytest

from app.domain import clock
from app.domain.models import OrderItem, Wait
from app.extensions import db
from app.queries import durations
from app.services import claims, items, orders
from app.services.actor import Actor
from tests import cast
from tests.portal.scene import (
    JOIN,
    ONE_CONNEXIONS,
    ONE_PORT,
    PVLAN,
    Scene,
    has_form,
    hidden,
    now_is_later,
    text_of,
)
from tests.support.statements import counted

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NELL = Actor("Nell Patcher", trusted=True)


def test_a_completed_order_shows_all_five_points_with_their_times(scene: Scene) -> None:
    order = scene.placed(("pvlan", "new", PVLAN))

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    tracker = said[said.index("Where is my order?") : said.index("Membership details")]
    for label in ("Ordered Received ·", "Inventory Completed ·", "Quality assurance Completed ·",
                  "Provisioning Completed ·", "Completed Completed ·"):  # fmt: skip
        assert label in tracker
    assert "Order request by Ada Quayside" in said and "Member Harbour Connect" in said


@ON_SQLITE
def test_an_item_is_shown_with_human_labels(scene: Scene) -> None:
    order = scene.placed(("pvlan", "new", PVLAN))

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "Order item 1 - CUG Completed" in said
    for row in ("Fabric EDI2", "Service Name Tide tables", "Bandwidth 50 Mbps", "MAC ACL protected No"):
        assert row in said


def test_an_item_that_needs_another_says_so_in_its_own_words(scene: Scene) -> None:
    unit = {"port": {"item": 1}, "fabric": "lon1", "location": "LD8", "service_capacity": 1_000,
            "mac_address": "00:00:5e:00:53:30"}  # fmt: skip
    order = scene.placed(ONE_PORT, ("peering_unit", "new", unit))

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "Order item 2 - Peering Starts when item 1 is completed" in said
    assert "Port Details New Port (order item 1)" in said
    assert "Provisioning In progress: an engineer does this step" in said


@ON_SQLITE
@pytest.mark.parametrize("step", ["paused", "claimed", "late", "failed", "held"])
def test_a_pause_is_told_in_words_that_promise_nothing(scene: Scene, step: str) -> None:
    order = scene.placed(ONE_PORT)
    with scene.app.app_context():
        item_id = scene.item(order).id
        if step == "claimed":
            claims.claim(item_id, Actor("Nell Patcher", cast.user(cast.ENGINEER).id, trusted=True), 3600)
        elif step == "held":
            items.hold(item_id, NELL, "the patch panel burnt down")
    if step == "late":
        now_is_later(hours=5)
    elif step == "failed":
        scene.engineer_answers(order, patch_position="LD8-R1-PP1/1", light_dbm="-28")

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert {
        "paused": "Provisioning In progress: an engineer does this step",
        "claimed": "Provisioning In progress: with an engineer",
        "late": "Provisioning Taking longer than usual: with our engineers",
        "failed": "Provisioning Taking longer than usual: with our engineers",
        "held": "Provisioning On hold",
    }[step] in said
    assert "burnt" not in said and "dBm" not in said


@ON_SQLITE
def test_a_scheduled_order_says_when_it_starts(scene: Scene) -> None:
    start = clock.now() + timedelta(days=30)
    order = scene.placed(("pvlan", "new", PVLAN), dates=scene.dates(start=start))

    page = scene.browser().get(f"/portal/orders/{order}")

    assert "Inventory Scheduled: starts ·" in text_of(page)
    assert f'datetime="{start:%Y-%m-%dT%H:%M:%SZ}"' in page.get_data(as_text=True)


@ON_SQLITE
def test_an_order_that_waits_to_be_switched_says_when_and_may_be_cancelled(scene: Scene) -> None:
    wanted = clock.now() + timedelta(days=90)
    order = scene.placed(*[("pvlan", "new", PVLAN)] * 2, dates=scene.dates(completion=wanted))
    browser = scene.browser()

    page = browser.get(f"/portal/orders/{order}")

    assert scene.status(order) == "scheduled"
    said = text_of(page)
    assert said.count("Provisioning Scheduled: switched") == 3, "the order's line and its items'"
    assert f'datetime="{wanted:%Y-%m-%dT%H:%M:%SZ}"' in page.get_data(as_text=True)
    effect = text_of(browser.get(f"/portal/orders/{order}/cancel"))
    assert "What has been reserved for it (ports, VLANs) and service number 106001 is given back." in effect


def test_the_member_is_asked_whether_the_service_works_and_confirms(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    page = browser.get(f"/portal/orders/{order}")
    assert "Your confirmation is needed by" in text_of(page)
    assert "without an answer the order completes by itself" in text_of(page)

    answer = browser.post(f"/portal/orders/{order}/items/1/answer", data=hidden(page, "answer-1"))
    scene.work()

    assert answer.status_code == 303 and answer.headers["Location"] == f"/portal/orders/{order}"
    assert scene.status(order) == "completed"
    assert "Thank you" in text_of(browser.get(answer.headers["Location"]))


def test_a_service_that_does_not_work_goes_to_an_engineer_and_the_member_is_asked_again(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    page = browser.get(f"/portal/orders/{order}")
    assert "It does not work yet" in text_of(page)

    said = {**hidden(page, "object-1"), "trouble": "No packet comes back."}
    assert browser.post(f"/portal/orders/{order}/items/1/answer", data=said).status_code == 303
    scene.work()

    assert scene.status(order) == "error"
    assert "Ada Quayside: “No packet comes back.”" in text_of(browser.get(f"/portal/orders/{order}"))
    assert "Thank you for telling us what does not work." in text_of(browser.get(f"/portal/orders/{order}"))
    with scene.app.app_context():
        item = scene.item(order)
        assert "“No packet comes back.”" in (item.last_error or "")
        items.retry_from(item.id, NELL, "wait_for_member", version=None)
    scene.work()
    again = browser.get(f"/portal/orders/{order}")
    assert browser.post(f"/portal/orders/{order}/items/1/answer", data=hidden(again, "answer-1")).status_code == 303
    scene.work()
    assert scene.status(order) == "completed"


@ON_SQLITE
def test_an_order_on_hold_says_what_that_means_and_nothing_of_how_long_it_usually_takes(scene: Scene) -> None:
    order = scene.placed(ONE_PORT)
    with scene.app.app_context():
        orders.hold(order, NELL, "Their bill is open")
    scene.work()

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "This order is on hold." in said and "Next update: as soon as it goes on." in said
    assert "The order is on hold." in said and "Their bill is open" not in said


@ON_SQLITE
def test_who_tells_what_does_not_work_has_to_say_it(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    said = {**hidden(browser.get(f"/portal/orders/{order}"), "object-1"), "trouble": "x" * 1001}

    answer = browser.post(f"/portal/orders/{order}/items/1/answer", data=said)

    assert answer.status_code == 422 and "must be at most 1000 characters" in text_of(answer)
    assert "x" * 1001 in answer.text and scene.status(order) == "awaiting_member"


def test_a_second_click_on_confirm_is_no_error_and_no_second_effect(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}"), "answer-1")

    answers = [browser.post(f"/portal/orders/{order}/items/1/answer", data=form).status_code for _ in range(3)]

    assert answers == [303, 303, 303]
    with scene.app.app_context():
        item_id = scene.item(order).id
        assert db.session.query(Wait).filter_by(item_id=item_id, closed_how="answered").count() == 1


def test_an_answer_to_what_has_moved_on_is_a_conflict_with_the_page_as_it_is(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}"), "answer-1")

    stale = browser.post(f"/portal/orders/{order}/items/1/answer", data={**form, "version": "1"})
    part = browser.post(
        f"/portal/orders/{order}/items/1/answer", data={**form, "version": "1"}, headers={"HX-Request": "true"}
    )

    assert stale.status_code == 409 and "Changed meanwhile" in text_of(stale)
    assert part.status_code == 409 and part.get_data(as_text=True).lstrip().startswith('<div id="order"')
    assert scene.status(order) == "awaiting_member"


@ON_SQLITE
def test_htmx_gets_the_order_as_it_is_after_the_answer(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}"), "answer-1")

    part = browser.post(f"/portal/orders/{order}/items/1/answer", data=form, headers={"HX-Request": "true"})

    assert part.status_code == 200
    assert "Thank you" in text_of(part) and not has_form(part, "answer-1")


@ON_SQLITE
@pytest.mark.parametrize("gone", ["version", "form_key"])
def test_a_form_without_its_hidden_fields_is_refused_and_changes_nothing(scene: Scene, gone: str) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    browser = scene.browser()
    form = hidden(browser.get(f"/portal/orders/{order}"), "answer-1")
    del form[gone]

    refused = browser.post(f"/portal/orders/{order}/items/1/answer", data=form)

    assert refused.status_code == 422 and "not complete" in text_of(refused)
    assert scene.status(order) == "awaiting_member"


@ON_SQLITE
def test_the_customer_of_a_reseller_watches_but_is_not_asked(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE})
    browser = scene.browser(cast.MEMBER2)

    page = browser.get(f"/portal/orders/{order}")

    assert page.status_code == 200 and "Waiting for Harbour Connect to agree" in text_of(page)
    assert not has_form(page, "answer-1") and "/cancel" not in page.get_data(as_text=True)
    refused = browser.post(
        f"/portal/orders/{order}/items/1/answer", data={"form_key": "f" * 32, "version": scene.version(order)}
    )
    assert refused.status_code == 403
    assert scene.status(order) == "awaiting_member"


@ON_SQLITE
def test_an_order_that_waits_for_sales_says_no_more_than_that(scene: Scene) -> None:
    order = scene.placed(("multiservice_port", "new", {**ONE_PORT[2], "port_capacity": 100_000}))

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "We are checking your order" in said
    assert "Sales confirm" not in said and "because" not in said


@ON_SQLITE
def test_the_joiner_reads_whose_agreement_is_awaited(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "Inventory Waiting for Lighthouse Media to agree" in said
    assert "Lighthouse Media is asked to answer by" in said


@ON_SQLITE
def test_a_change_is_shown_from_old_to_new_and_a_cease_with_what_ends(scene: Scene) -> None:
    change = scene.place(("connexions", "modify", {"number": cast.CONNEXIONS, "bandwidth": 5_000}))
    said = text_of(scene.browser().get(f"/portal/orders/{change}"))
    assert "Order item 1 - ConneXions: Change" in said and "Bandwidth 2 Gbps → 5 Gbps" in said


def test_the_log_shows_the_newest_first_and_the_rest_when_asked(scene: Scene) -> None:
    order = scene.placed(("pvlan", "new", PVLAN))
    with scene.app.app_context():
        item_id = scene.item(order).id
        for number in range(60):
            items.add_note(item_id, NELL, f"Message number {number}.", to_member=True)
    browser = scene.browser()

    short = text_of(browser.get(f"/portal/orders/{order}"))
    whole = text_of(browser.get(f"/portal/orders/{order}?log=all"))

    assert "Message number 59." in short and "Message number 3." not in short and "Show all messages" in short
    assert "Message number 3." in whole and "Your order has been received." in whole


def test_the_number_of_queries_grows_neither_with_items_nor_with_messages(scene: Scene) -> None:
    scene.more_ports(8)
    small = scene.place(ONE_CONNEXIONS)
    other = {**ONE_CONNEXIONS[2], "vlan_id": 711, "mac_address": "00:00:5e:00:53:11"}
    large = scene.place(*[ONE_PORT] * 12, ("connexions", "new", other))
    with scene.app.app_context():
        for number in range(20):
            items.add_note(scene.item(large).id, NELL, f"Message {number}.", to_member=True)
    browser = scene.browser()
    browser.get(f"/portal/orders/{small}")

    def cost(order: object) -> int:
        with scene.app.app_context(), counted(db.engine) as sent:
            assert browser.get(f"/portal/orders/{order}").status_code == 200
        return len(sent)

    assert cost(large) == cost(small)


def test_how_long_it_usually_takes_is_told_from_history_and_only_then(scene: Scene) -> None:
    waiting = scene.place(("pvlan", "new", PVLAN), dates=scene.dates(start=clock.now() + timedelta(days=1)))
    browser = scene.browser()
    assert "usually" not in text_of(browser.get(f"/portal/orders/{waiting}"))
    for _ in range(5):
        scene.placed(("pvlan", "new", PVLAN))

    durations.forget()

    assert "usually less than a minute" in text_of(browser.get(f"/portal/orders/{waiting}"))


@ON_SQLITE
def test_every_time_on_the_page_is_given_in_utc(scene: Scene) -> None:
    order = scene.placed(ONE_PORT)
    html = scene.browser().get(f"/portal/orders/{order}").get_data(as_text=True)

    stamps = [part.split('"')[0] for part in html.split('datetime="')[1:]]

    assert len(stamps) > 5 and all(stamp.endswith("Z") and len(stamp) == 20 for stamp in stamps)


@ON_SQLITE
def test_a_live_order_listens_and_an_ended_one_does_not(scene: Scene) -> None:
    live, ended = scene.placed(ONE_PORT), scene.placed(("pvlan", "new", PVLAN))
    browser = scene.browser()

    assert f'data-live="order-{live}"' in browser.get(f"/portal/orders/{live}").get_data(as_text=True)
    assert "data-live" not in browser.get(f"/portal/orders/{ended}").get_data(as_text=True)
    with scene.app.app_context():
        assert db.session.query(OrderItem).filter_by(order_id=ended).one().status.value == "completed"


@ON_SQLITE
def test_a_delay_is_told_with_its_stage_its_reason_and_when_there_is_news(scene: Scene) -> None:
    order = scene.placed(ONE_PORT)
    assert "takes longer" not in text_of(scene.browser().get(f"/portal/orders/{order}"))
    scene.engineer_answers(order, patch_position="LD8-R1-PP1/1", light_dbm="-28")

    said = text_of(scene.browser().get(f"/portal/orders/{order}"))

    assert "Provisioning takes longer than usual: our engineers are working on it." in said and "Next update:" in said
