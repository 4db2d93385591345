"""The item's page as a tool: ways out of a failure, cancelling with open eyes, the job sheet, who else is there."""

import time
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.domain import clock
from app.domain.models import OrderItem
from app.domain.states import Stage
from app.extensions import db
from app.queries import durations
from app.queries.durations import Kind, Usual
from tests import cast
from tests.web.desk import PATCHED, Desk, actions, form, press, words


def broken(desk: Desk, error_class: str = "permanent") -> str:
    """The address of an item that has failed in this way."""
    item_id = desk.failed()
    classify(desk, item_id, error_class)
    return f"/items/{item_id}"


def classify(desk: Desk, item_id: uuid.UUID, error_class: str) -> None:
    with desk.app.app_context():
        item = db.session.get_one(OrderItem, item_id)
        item.error_class = error_class
        db.session.commit()


FIRST = {
    "temporary": "Retry",
    "unknown": "Hold",
    "plan": "Count as done",
    "bug": "Hold",
    "overdue": "Retry",
    "new": "Retry",
}


def test_each_kind_of_failure_has_its_own_ways_on(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    for error_class, first in FIRST.items():
        classify(desk, item_id, error_class)
        ways = words(engineer.get(f"/items/{item_id}")).split("What you can do")[1].split("Steps 4 of 13")[0]
        offered = [label for label in ("Retry", "Hold", "Count as done", "It happened, go on") if label in ways]
        assert min(offered, key=ways.index) == first, error_class
        assert "It happened, go on" not in offered, "the step's outcome is known"
        assert "Cancel this item" in ways


def test_a_refused_way_opens_again_with_what_was_typed(desk: Desk, engineer: FlaskClient) -> None:
    url = broken(desk, "permanent")
    answer = press(engineer, url, f"{url}/skip", reason="  ")
    assert answer.status_code == 422
    assert "Say why, for those who read it later." in words(answer)
    stale = form(engineer.get(url), f"{url}/skip")
    press(engineer, url, f"{url}/note", note="A line.", audience="staff")
    press(engineer, url, f"{url}/hold", reason="First look.")
    answer = engineer.post(f"{url}/skip", data={**stale, "reason": "It is not needed here."})
    assert answer.status_code == 409
    assert "It is not needed here." in words(answer)


def test_the_page_before_a_cancel_says_what_stays_as_it_is(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    page = words(engineer.get(f"/items/{item_id}/cancel"))
    undone, stays = page.index("They are undone in this order"), page.index("What stays, and nobody undoes by itself")
    assert undone < page.index("Take free ports from stock") < stays < page.index("Patch the cross-connect", stays)
    assert "never becomes active" in page


def test_the_job_sheet_says_where_what_and_for_whom(desk: Desk, engineer: FlaskClient, sales: FlaskClient) -> None:
    item_id = desk.port()
    for reader in (engineer, sales):
        page = words(reader.get(f"/items/{item_id}/job-sheet"))
        for said in ("Site code LD8", "edge1-lon1 xe-0/0/0", "Ada Quayside", "1. Patch the cross-connect now",
                     "Patch panel position", "(dBm)", "Done by Name"):  # fmt: skip
            assert said in page
    desk.answer(item_id, **PATCHED)
    done = words(engineer.get(f"/items/{item_id}/job-sheet"))
    assert "Nothing is to be done by hand" in done
    assert "Done by hand already: Patch the cross-connect." in done
    assert f'href="/items/{item_id}/job-sheet"' in engineer.get(f"/items/{item_id}").text


def test_who_did_what_is_told_with_the_reasons(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.claim(item_id, cast.ENGINEER2)
    url = f"/items/{item_id}"
    press(engineer, f"{url}/takeover", f"{url}/takeover", reason="The shift has ended.")
    page = words(engineer.get(url))
    assert "Ivo Splice claimed it" in page
    assert "Nell Patcher took it over : The shift has ended." in page or "took it over: The shift has ended." in page


# Who else is there


def test_who_looks_at_an_item_is_seen_by_the_others_and_not_by_themselves(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    url = f"/items/{desk.port()}"
    assert "looking at this" not in words(engineer.get(url))
    assert "Nell Patcher is looking at this." in words(colleague.get(url))
    assert "Ivo Splice is looking at this." in words(engineer.get(url))


def test_who_types_is_seen_and_forgotten_after_seconds(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/items/{desk.port()}"
    engineer.get(url)
    assert press_typing(engineer, url) == 204
    assert "Nell Patcher is typing here." in words(colleague.get(url))
    now = time.time()
    monkeypatch.setattr("app.presence.time.time", lambda: now + 20)
    assert "Nell Patcher is looking at this." in words(colleague.get(url))
    monkeypatch.setattr("app.presence.time.time", lambda: now + 60)
    assert "looking at this" not in words(colleague.get(url))


def press_typing(client: FlaskClient, url: str) -> int:
    token = form(client.get(url), f"{url}/note")["csrf_token"]
    return client.post(f"{url}/typing", data={"csrf_token": token}).status_code


def test_without_redis_nobody_is_seen_and_everything_works(
    desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/items/{desk.port()}"
    with desk.app.app_context():
        desk.app.extensions["signals"].redis.connection_pool.connection_kwargs["port"] = 1
        desk.app.extensions["signals"].redis.connection_pool.disconnect()
    assert engineer.get(url).status_code == 200
    assert press_typing(engineer, url) == 204
    assert f"{url}/resume" in actions(engineer.get(url))


# The forecast


def test_the_forecast_is_shown_where_there_is_history_and_says_what_it_misses(
    desk: Desk, engineer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = desk.port()
    with desk.app.app_context():
        item = db.session.get_one(OrderItem, item_id)
        item.requested_start_date, item.requested_completion_date = clock.now(), clock.now() + timedelta(hours=1)
        db.session.commit()
    url = f"/items/{item_id}"
    assert "Expected" not in words(engineer.get(url))
    kind = Kind("multiservice_port", "new", "normal", False)
    monkeypatch.setattr(durations, "measured", lambda: {(kind, stage): Usual(7200, 9000) for stage in Stage})
    assert "Will miss the wished date" in words(engineer.get(url))
    order = words(engineer.get(f"/orders/{desk.value(item_id, 'order_id')}"))
    assert "Will miss the wished date" in order


# Bad moments


def test_an_owner_who_may_not_sign_in_any_more_is_named_as_such(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.claim(item_id, cast.ENGINEER2)
    with desk.app.app_context():
        cast.user(cast.ENGINEER2).active = False
        db.session.commit()
    url = f"/items/{item_id}"
    assert "this login is closed" in words(engineer.get(url))
    press(engineer, f"{url}/takeover", f"{url}/takeover", reason="Ivo has left.")
    assert desk.owner(item_id) == cast.ENGINEER


def test_a_note_to_a_failed_item_that_goes_on_meanwhile_is_not_lost(desk: Desk, engineer: FlaskClient) -> None:
    url = broken(desk, "permanent")
    typed = form(engineer.get(url), f"{url}/note")
    press(engineer, url, f"{url}/done-by-hand", reason="Measured again.")
    desk.work()
    answer = engineer.post(f"{url}/note", data={**typed, "note": "The optics were dirty.", "audience": "staff"})
    assert answer.status_code == 303
    assert "The optics were dirty." in log_text(engineer, url)


def log_text(client: FlaskClient, url: str) -> str:
    return client.get(f"{url}/log.txt").text


def test_the_step_that_judges_offers_the_way_back_first(desk: Desk, engineer: FlaskClient) -> None:
    page = words(engineer.get(f"/items/{desk.failed()}"))
    ways = page.split("What you can do")[1]
    assert ways.index("Retry from there") < ways.index("Only after its cause has been mended")


def test_taking_over_from_one_person_does_not_take_from_another(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    item_id = desk.port()
    url = f"/items/{item_id}"
    desk.claim(item_id, cast.ENGINEER2)
    sent = {**form(engineer.get(f"{url}/takeover"), f"{url}/takeover"), "reason": "The shift has ended."}
    press(colleague, url, f"{url}/unclaim")
    answer = engineer.post(f"{url}/takeover", data=sent)
    assert answer.status_code == 409
    assert "The shift has ended." in words(answer)
    assert desk.owner(item_id) is None
    desk.claim(item_id, cast.ENGINEER2)
    again = {**form(engineer.get(f"{url}/takeover"), f"{url}/takeover"), "reason": "The shift has ended."}
    assert [engineer.post(f"{url}/takeover", data=again).status_code for _ in range(2)] == [303, 303]
    assert desk.deeds(item_id, "take over") == 1
