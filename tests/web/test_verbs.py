"""What one can do to an item from its page: one effect, one way back, and refusals that lose nothing."""

import uuid

import pytest
from flask.testing import FlaskClient

from app.domain.states import State
from tests import cast
from tests.web.desk import CONNEXIONS, PATCHED, TOO_DARK, Desk, form, later, press, words


def page_of(item_id: uuid.UUID) -> str:
    return f"/items/{item_id}"


def test_resume_hands_the_item_back_and_leads_to_where_one_was(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = press(engineer, page_of(item_id), f"/items/{item_id}/resume", **PATCHED)
    assert (answer.status_code, answer.location) == (303, page_of(item_id))
    desk.work()
    assert desk.state(item_id) is State.DONE
    assert "goes on" in words(engineer.get(page_of(item_id)))


def test_with_htmx_the_answer_is_the_fragment_and_a_sentence(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = press(engineer, page_of(item_id), f"/items/{item_id}/resume", htmx=True, **PATCHED)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="item"')
    assert "100001/1 goes on." in words(answer)
    assert 'hx-swap-oob="innerHTML:#flash"' in answer.text


def test_resume_and_next_leads_to_the_next_item_of_the_queue(desk: Desk, engineer: FlaskClient) -> None:
    first = desk.port()
    later(minutes=5)
    second = desk.port()
    answer = press(engineer, f"{page_of(first)}?view=unclaimed", f"/items/{first}/resume", then="next", **PATCHED)
    assert (answer.status_code, answer.location) == (303, f"/items/{second}?view=unclaimed")


def test_after_the_last_item_next_leads_to_the_queue(desk: Desk, engineer: FlaskClient) -> None:
    only = desk.port()
    answer = press(engineer, f"{page_of(only)}?view=unclaimed", f"/items/{only}/resume", then="next", **PATCHED)
    assert answer.location == "/work?view=unclaimed"


def test_the_same_form_sent_three_times_is_one_effect(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    sent = {**form(engineer.get(page_of(item_id)), f"/items/{item_id}/resume"), **PATCHED}
    answers = [engineer.post(f"/items/{item_id}/resume", data=sent) for _ in range(3)]
    assert [one.status_code for one in answers] == [303, 303, 303]
    assert desk.deeds(item_id, "answer") == 1


def test_a_missing_answer_is_told_at_its_field_and_the_rest_is_kept(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = press(
        engineer, page_of(item_id), f"/items/{item_id}/resume", patch_position="LD8-R12-PP03/17", light_dbm="dark"
    )
    assert answer.status_code == 422
    assert "Light level: must be a number." in words(answer)
    assert 'href="#f-light_dbm"' in answer.text
    assert 'value="LD8-R12-PP03/17"' in answer.text
    assert 'value="dark"' in answer.text
    assert desk.state(item_id) is State.WAITING


@pytest.mark.parametrize("htmx", [False, True])
def test_a_stale_page_says_who_was_faster_and_keeps_the_text(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient, htmx: bool
) -> None:
    item_id = desk.port()
    mine = {**form(engineer.get(page_of(item_id)), f"/items/{item_id}/resume"), **PATCHED}
    press(colleague, page_of(item_id), f"/items/{item_id}/resume", **TOO_DARK)
    desk.work()
    answer = engineer.post(f"/items/{item_id}/resume", data=mine, headers={"HX-Request": "true"} if htmx else {})
    assert answer.status_code == 409
    assert "Ivo Splice changed this" in words(answer)
    assert "LD8-R12-PP03/17" in answer.text, "what was typed is lost"
    assert desk.deeds(item_id, "answer") == 1
    assert answer.text.lstrip().startswith('<div id="item"') is htmx


def test_what_somebody_else_has_claimed_cannot_be_resumed(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    sent = {**form(engineer.get(page_of(item_id)), f"/items/{item_id}/resume"), **PATCHED}
    desk.claim(item_id, cast.ENGINEER2)
    answer = engineer.post(f"/items/{item_id}/resume", data=sent)
    assert answer.status_code == 409
    assert "Ivo Splice has claimed this item" in words(answer)
    assert "LD8-R12-PP03/17" in answer.text
    assert desk.state(item_id) is State.WAITING


def test_claim_and_give_back(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    press(engineer, page_of(item_id), f"/items/{item_id}/claim")
    assert desk.owner(item_id) == cast.ENGINEER
    press(engineer, page_of(item_id), f"/items/{item_id}/unclaim")
    assert desk.owner(item_id) is None


def test_a_claim_that_somebody_else_has_got_is_refused_in_words(
    desk: Desk, engineer: FlaskClient, colleague: FlaskClient
) -> None:
    item_id = desk.port()
    sent = form(engineer.get(page_of(item_id)), f"/items/{item_id}/claim")
    press(colleague, page_of(item_id), f"/items/{item_id}/claim")
    answer = engineer.post(f"/items/{item_id}/claim", data=sent)
    assert answer.status_code == 409
    assert "Ivo Splice claimed this item" in words(answer)
    assert desk.owner(item_id) == cast.ENGINEER2


def test_taking_over_needs_a_reason_and_ends_the_other_claim(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    desk.claim(item_id, cast.ENGINEER2)
    question = f"/items/{item_id}/takeover"
    assert "Ivo Splice works on" in words(engineer.get(question))
    without = press(engineer, question, question)
    assert without.status_code == 422
    assert desk.owner(item_id) == cast.ENGINEER2
    assert press(engineer, question, question, reason="The shift has ended.").status_code == 303
    assert desk.owner(item_id) == cast.ENGINEER


def test_a_failed_item_can_be_retried_from_an_earlier_step(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    page = engineer.get(page_of(item_id))
    assert "receives -24 dBm" in words(page)
    answer = engineer.post(
        f"/items/{item_id}/retry",
        data={**form(page, f"/items/{item_id}/retry"), "step": "patch_cross_connect"},
    )
    assert answer.status_code == 303
    desk.work()
    assert desk.state(item_id) is State.WAITING
    desk.answer(item_id, **PATCHED)
    assert desk.state(item_id) is State.DONE


def test_a_retry_of_a_step_that_is_not_there_changes_nothing(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.failed()
    answer = press(engineer, page_of(item_id), f"/items/{item_id}/retry", step="no_such_step")
    assert answer.status_code == 422
    assert "no step “no_such_step”" in words(answer)
    assert desk.state(item_id) is State.ERROR


@pytest.mark.parametrize(("verb", "state"), [("skip", "skipped"), ("done-by-hand", "by_hand")])
def test_a_step_is_passed_over_only_with_a_reason(desk: Desk, engineer: FlaskClient, verb: str, state: str) -> None:
    item_id = desk.failed()
    url = f"/items/{item_id}/{verb}"
    refused = press(engineer, page_of(item_id), url, reason="  ")
    assert refused.status_code == 422
    assert f'<details id="more-{verb}" open>' in refused.text
    assert press(engineer, page_of(item_id), url, reason="Measured again by hand.").status_code == 303
    assert desk.step(item_id, "light_is_good") == (state, "Measured again by hand.")
    desk.work()
    assert desk.state(item_id) is State.DONE


def test_hold_and_release(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    press(engineer, page_of(item_id), f"/items/{item_id}/hold", reason="The rack is not there yet.")
    held = engineer.get(page_of(item_id))
    assert "The rack is not there yet." in words(held)
    press(engineer, page_of(item_id), f"/items/{item_id}/release")
    assert desk.value(item_id, "held") is False


def test_the_page_before_a_cancel_says_what_would_be_undone(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    question = f"/items/{item_id}/cancel"
    page = engineer.get(question)
    assert "What will be undone" in words(page)
    assert "Take free ports from stock" in words(page)
    assert press(engineer, question, question, reason="Ordered twice.").status_code == 303
    desk.work()
    assert desk.state(item_id) is State.CANCELLED
    assert desk.step(item_id, "assign_ports")[0] == "undone"


def test_a_note_for_staff_stays_with_staff_and_a_message_reaches_the_member(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    press(engineer, page_of(item_id), f"/items/{item_id}/note", note="Their optics are old.", audience="staff")
    press(engineer, page_of(item_id), f"/items/{item_id}/note", note="We patch on Tuesday.", audience="member")
    page = words(engineer.get(page_of(item_id)))
    assert "Staff note Their optics are old." in page
    assert "We patch on Tuesday." in page
    assert press(engineer, page_of(item_id), f"/items/{item_id}/note", note=" ").status_code == 422


def test_sales_answer_their_own_teams_waits_and_no_other(desk: Desk, sales: FlaskClient) -> None:
    by_hand, patching = desk.by_hand(), desk.port()
    assert press(sales, page_of(by_hand), f"/items/{by_hand}/resume").status_code == 303
    page = sales.get(page_of(patching))
    assert "Engineers answer this." in words(page)
    forced = sales.post(f"/items/{patching}/resume", data={**PATCHED, "version": desk.value(patching, "version")})
    assert forced.status_code == 403
    assert desk.state(patching) is State.WAITING


def test_sales_answer_for_a_member_only_with_a_reason(desk: Desk, sales: FlaskClient) -> None:
    item_id = desk.place(("connexions", "new", CONNEXIONS)).items[0]
    assert "Answer for the member" in words(sales.get(page_of(item_id)))
    assert press(sales, page_of(item_id), f"/items/{item_id}/resume").status_code == 422
    done = press(sales, page_of(item_id), f"/items/{item_id}/resume", reason="Told us on the telephone.")
    assert done.status_code == 303
    desk.work()
    assert desk.state(item_id) is State.DONE


def test_engineers_do_not_confirm_what_sales_must(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.big().items[0]
    assert "Sales answer this." in words(engineer.get(page_of(item_id)))
    assert engineer.post(f"/items/{item_id}/resume", data={}).status_code == 403
    assert desk.state(item_id) is State.WAITING


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_a_form_leads_nowhere_but_to_this_site(desk: Desk, engineer: FlaskClient, back: str) -> None:
    item_id = desk.port()
    answer = press(engineer, page_of(item_id), f"/items/{item_id}/claim", back=back)
    assert answer.location == page_of(item_id)


def test_a_damaged_version_is_refused(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    answer = press(engineer, page_of(item_id), f"/items/{item_id}/resume", version="1; drop", **PATCHED)
    assert answer.status_code == 422
    assert desk.state(item_id) is State.WAITING


def test_a_form_without_its_csrf_token_is_refused(desk: Desk, engineer: FlaskClient) -> None:
    item_id = desk.port()
    del engineer.environ_base["HTTP_X_CSRFTOKEN"]
    assert engineer.post(f"/items/{item_id}/claim", data={}).status_code == 400
    assert desk.owner(item_id) is None


def test_an_item_that_is_not_there_is_404(desk: Desk, engineer: FlaskClient) -> None:
    missing = uuid.uuid4()
    assert engineer.get(page_of(missing)).status_code == 404
    assert engineer.post(f"/items/{missing}/retry", data={}).status_code == 404
