"""Mails at the desk: who was told what, what failed and why, and letting it be sent again."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain import clock
from app.domain.models import Audit, Mail, User
from app.domain.notices import Event
from app.extensions import db
from app.services import links, mails
from app.services.mails import accounts, signing
from app.web.staff.admin.mails import KINDS
from tests import cast
from tests.support.mail_server import CLOSE, MailServer
from tests.web.desk import BY_HAND, Desk, actions, form, later, press, words
from workers import mailer
from workers.pipeline import breaker
from workers.southbound.notifier.smtp import SmtpNotifier

LIST = "/admin/mails"
SAID = "The mail server does not take mail for {to}: 550 no such user."


@pytest.fixture
def server() -> Iterator[MailServer]:
    running = MailServer().start()
    yield running
    running.stop()


def wrote(desk: Desk, to: str, *, state: str = "failed", kind: str = "password_changed", **more: Any) -> uuid.UUID:
    """A mail about somebody's password, as it stands after it was tried."""
    with desk.app.app_context():
        mail_id = uuid.uuid4()
        db.session.add(Mail(
            id=mail_id, key=f"test:{mail_id}", batch=mail_id, kind=kind, to_address=to,
            facts={"at": clock.now().isoformat()}, state=state, tries=3, error=SAID.format(to=to),
            **more,
        ))  # fmt: skip
        db.session.commit()
        return mail_id


def find(desk: Desk, mail_id: uuid.UUID) -> Mail:
    with desk.app.app_context():
        return db.session.get_one(Mail, mail_id)


def deliver(desk: Desk, server: MailServer, mail_id: uuid.UUID) -> None:
    with desk.app.app_context():
        breaker.forget()
        notifier = SmtpNotifier(server.url, "Example Exchange <orders@ix.example>", seconds=5)
        mailer.deliver(find(desk, mail_id).batch, notifier, desk.config)


def rows(page: TestResponse) -> int:
    return page.text.count('<tr id="mail-')


def again(admin: FlaskClient, mail_id: uuid.UUID) -> TestResponse:
    return press(admin, f"{LIST}?show=failed", f"{LIST}/{mail_id}/send-again?show=failed")


def test_what_failed_is_shown_with_its_reason_and_counted_where_problems_are_shown(
    desk: Desk, admin: FlaskClient, engineer: FlaskClient
) -> None:
    assert "could not be delivered" not in words(admin.get("/"))
    assert "No mail has been written" in words(admin.get(LIST))
    wrote(desk, "gone@harbour.example")
    wrote(desk, "here@harbour.example", state="sent", sent_at=clock.now())
    told = words(admin.get(LIST))
    assert "gone@harbour.example" in told
    assert "550 no such user" in told
    assert "Password was changed" in told
    assert "here@harbour.example" not in told, "what failed comes first"
    assert "1 mail could not be delivered" in words(admin.get("/"))
    assert "Mails 1" in words(admin.get("/admin/users")), "the rail counts it"
    assert "1 could not be delivered" in words(engineer.get("/workers"))
    assert "could not be delivered" not in words(engineer.get("/")), "who cannot mend it is not told on the start page"
    assert 'handoff_mails{state="failed"} 1.0' in desk.app.test_client().get("/metrics").text


def test_a_mail_is_sent_again_once_under_its_own_id_and_tried_as_long_as_a_new_one(
    desk: Desk, admin: FlaskClient, server: MailServer
) -> None:
    mail_id = wrote(desk, "back@harbour.example", created_at=clock.now() - timedelta(days=4))
    page = admin.get(f"{LIST}?show=failed")
    url = f"{LIST}/{mail_id}/send-again?show=failed"
    sent = form(page, url)
    assert [admin.post(url, data=sent).status_code for _ in range(2)] == [303, 303]
    with desk.app.app_context():
        (row,) = db.session.query(Audit).filter_by(what="mail sent again")
        assert (row.by, row.subject, (row.before or {})["error"]) == (
            "Ada Keys", "back@harbour.example", SAID.format(to="back@harbour.example"),
        )  # fmt: skip
    server.answers["DATA"] = CLOSE
    deliver(desk, server, mail_id)
    assert find(desk, mail_id).state == "pending", "four days old, but let go again just now"
    assert "next try" in words(admin.get(f"{LIST}?show=waiting"))
    server.answers.clear()
    later(minutes=30)
    deliver(desk, server, mail_id)
    assert find(desk, mail_id).state == "sent"
    assert len(server.to("back@harbour.example")) == 1
    refused = admin.post(url, data={"form_key": "another"})
    assert refused.status_code == 409
    assert "has been sent, or is on its way again" in words(refused)
    assert admin.post(f"{LIST}/{uuid.uuid4()}/send-again").status_code == 404


def test_all_that_failed_and_fit_are_sent_again_by_one_click(desk: Desk, admin: FlaskClient) -> None:
    harbour = [wrote(desk, f"p{number}@harbour.example") for number in range(3)]
    other = wrote(desk, "p@orchard.example")
    page = admin.get(f"{LIST}?show=failed&q=harbour")
    assert "Send all 3 again" in words(page)
    url = f"{LIST}/send-again?show=failed&q=harbour"
    assert press(admin, f"{LIST}?show=failed&q=harbour", url).status_code == 303
    assert {find(desk, one).state for one in harbour} == {"pending"}
    assert find(desk, other).state == "failed"
    with desk.app.app_context():
        (row,) = db.session.query(Audit).filter_by(what="mails sent again")
        assert (row.before, row.after) == ({"failed": 3}, {"pending": 3})


def test_a_mail_whose_link_works_no_more_is_not_sent_again(desk: Desk, admin: FlaskClient) -> None:
    with desk.app.app_context():
        user = db.session.query(User).filter_by(email=cast.MEMBER).one()
        links.send(links.INVITATION, user, "invitation", user.email, by="Ada Keys")
        db.session.query(Mail).update({"state": "failed", "error": "refused"})
        db.session.commit()
        mail = db.session.query(Mail).one()
        mail_id, link = mail.id, mail.facts["link"]
        token = signing.link_token(desk.config, links.INVITATION, uuid.UUID(link))
        mail.error = f"Spam: it holds {desk.config.public_url}/invitation/{token}, see https://mail.example/why"
        db.session.commit()
    page = admin.get(LIST)
    assert "Invitation to sign in" in words(page)
    assert token not in page.text
    assert link not in page.text, "nothing that a mailed link is made of is shown"
    assert "https://mail.example/why" in page.text
    later(days=8)
    admin = cast.browser(desk.app, cast.ADMIN)
    page = admin.get(LIST)
    assert "its link works no more" in words(page)
    assert f"{LIST}/{mail_id}/send-again?show=failed" not in actions(page)
    refused = admin.post(f"{LIST}/{mail_id}/send-again")
    assert refused.status_code == 409
    assert "Mail a new link from the user's page" in words(refused)
    wrote(desk, "living@harbour.example")
    assert press(admin, f"{LIST}?show=failed", f"{LIST}/send-again?show=failed").status_code == 303
    assert "1 mail is on the way again. 1 stayed" in words(admin.get(LIST))
    assert find(desk, mail_id).state == "failed"


def test_mails_are_found_by_address_order_and_kind_and_paged(desk: Desk, admin: FlaskClient) -> None:
    order = desk.place(("multiservice_port", "new", BY_HAND))
    with desk.app.app_context():
        facts = {"event": Event.RECEIVED.value, "order_number": order.number, "own": True, "notification": {}}
        mails.write(f"{order.id}:received", "notice", "ada@harbour.example", facts, order_id=order.id)
        db.session.commit()
    for number in range(51):
        wrote(desk, f"w{number:02}@orchard.example", state="sent", created_at=clock.now() - timedelta(minutes=number))
    found = words(admin.get(f"{LIST}?show=all&q={order.number}"))
    assert "ada@harbour.example" in found
    assert "Order received" in found
    assert rows(admin.get(f"{LIST}?show=all&kind=received&q=ada@harbour.ex")) == 1
    assert rows(admin.get(f"{LIST}?show=all&kind=invitation")) == 0
    first = admin.get(f"{LIST}?show=sent&q=orchard")
    assert rows(first) == 50
    older = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert rows(admin.get(older)) == 1
    for address, status in (("show=lost", 422), ("kind=nonsense", 422), ("cursor=nonsense", 400)):
        assert admin.get(f"{LIST}?{address}").status_code == status


def test_every_kind_of_mail_has_its_words() -> None:
    assert {*(event.value for event in Event), *accounts._WORDS, "digest"} == set(KINDS)
