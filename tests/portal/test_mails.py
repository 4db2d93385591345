"""What members are mailed: each event once, to whom it concerns, whatever dies on the way."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from app.domain import clock
from app.domain.models import Mail, Notification, OrderLog, Wait
from app.extensions import db
from app.queries import durations
from app.queries.durations import Kind, Usual
from app.services import lateness, mails, orders
from app.services.mails import choices
from tests import cast
from tests.portal.scene import CRM, JOIN, ONE_PORT, Scene, now_is_later
from tests.support.mail_server import CLOSE, MailServer
from workers import mailer
from workers.pipeline import breaker
from workers.southbound.notifier.smtp import SmtpNotifier

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ORDERER = f"{cast.HARBOUR}@member.example"


class Died(BaseException):
    """The worker is gone, as after kill -9: nothing of the program catches it."""


@dataclass
class Post:
    """The exchange, a mail server, and a worker that delivers."""

    scene: Scene
    server: MailServer

    def deliver(self, batch: uuid.UUID) -> str:
        notifier = SmtpNotifier(self.server.url, "Example Exchange <orders@ix.example>", seconds=5)
        with self.scene.app.app_context():
            breaker.forget()
            return mailer.deliver(batch, notifier, self.scene.config)

    def subjects(self, to: str) -> list[str]:
        return [str(one.message["Subject"]) for one in self.server.to(to)]

    def states(self) -> list[str]:
        with self.scene.app.app_context():
            return list(db.session.scalars(select(Mail.state).order_by(Mail.created_at)))


@pytest.fixture
def post(scene: Scene) -> Iterator[Post]:
    server = MailServer().start()
    yield Post(scene, server)
    server.stop()


def number(scene: Scene, order: uuid.UUID) -> int:
    with scene.app.app_context():
        return scene.order(order).number


@ON_SQLITE
def test_whoever_orders_is_told_once_that_it_was_received(post: Post) -> None:
    order = post.scene.place(ONE_PORT)
    assert post.deliver(order) == "sent 1"
    assert post.deliver(order) == "sent 0"
    (mail,) = post.server.kept
    assert mail.to == ORDERER
    assert mail.message["Subject"] == f"Order {number(post.scene, order)} has been received"
    assert f"{post.scene.config.public_url}/portal/orders/{order}" in mail.text
    assert f'href="{post.scene.config.public_url}/portal/orders/{order}"' in mail.html
    assert "/mail/stop/" in str(mail.message["List-Unsubscribe"])


@ON_SQLITE
def test_additional_addresses_get_a_mail_of_their_own(post: Post) -> None:
    order = post.scene.place(ONE_PORT, additional_cc=["noc@harbour.example", "not an address", ORDERER.upper()])
    post.deliver(order)
    assert sorted(one.to.lower() for one in post.server.kept) == [ORDERER, "noc@harbour.example"]
    assert len(set(post.server.ids)) == 2


@ON_SQLITE
def test_the_owner_of_a_private_vlan_is_asked_and_led_to_the_question(post: Post) -> None:
    order = post.scene.placed(*JOIN, type="join_pvlan", additional_cc=["noc@harbour.example"])
    post.deliver(order)
    (asked,) = post.server.to(cast.MEMBER2)
    assert str(asked.message["Subject"]).startswith("Harbour Connect asks for your agreement by ")
    assert f"/portal/requests/{post.scene.wait_id(order)}" in asked.text
    assert f"/portal/orders/{order}" not in asked.text, "the order itself is not theirs to see"
    wanted = "Order 100001 of Harbour Connect asks to join your private VLAN Film rushes (104001)."
    assert wanted in " ".join(asked.text.split())
    assert post.subjects("noc@harbour.example") == post.subjects(ORDERER), "who orders is not asked for the owner"


@ON_SQLITE
def test_an_owner_of_several_private_vlans_reads_that_it_says_which_one(post: Post) -> None:
    with post.scene.app.app_context():
        cast.another_pvlan()
    order = post.scene.placed(*JOIN, type="join_pvlan")
    post.deliver(order)
    (asked,) = post.server.to(cast.MEMBER2)
    assert "asks to join a private VLAN of yours, and you say which one." in " ".join(asked.text.split())


@ON_SQLITE
def test_an_order_that_is_cancelled_says_so(post: Post) -> None:
    order = post.scene.placed(ONE_PORT)
    with post.scene.app.app_context():
        orders.cancel(order, CRM, "not needed")
    post.scene.work()
    post.deliver(order)
    assert post.subjects(ORDERER)[-1] == f"Order {number(post.scene, order)} has been cancelled"


def test_a_worker_that_dies_before_it_notes_the_sending_sends_it_again_under_the_same_id(post: Post) -> None:
    order = post.scene.place(ONE_PORT)
    server = post.server
    real = SmtpNotifier.send

    def sends_and_dies(self: SmtpNotifier, letter: object) -> None:
        real(self, letter)  # type: ignore[arg-type]
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SmtpNotifier, "send", sends_and_dies)
        with pytest.raises(Died):
            post.deliver(order)
    with post.scene.app.app_context():
        db.session.rollback()
    assert post.deliver(order) == "sent 0", "it may still live"
    now_is_later(seconds=post.scene.config.lease_seconds + 1)
    assert post.deliver(order) == "sent 1"
    assert len(server.ids) == 2
    assert len(set(server.ids)) == 1, "the second hand-over is recognised as the first"
    assert post.states() == ["sent"]


@ON_SQLITE
def test_a_worker_that_dies_while_it_writes_the_mails_has_written_none_and_the_next_writes_all(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = post.scene.place(ONE_PORT, additional_cc=["noc@harbour.example"])
    written: list[str] = []
    real = choices.wants

    def dies_at_the_second(*what: object) -> bool:
        written.append("one")
        if len(written) == 2:
            raise Died
        return real(*what)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(choices, "wants", dies_at_the_second)
        with pytest.raises(Died):
            post.deliver(order)
    with post.scene.app.app_context():
        db.session.rollback()
    assert post.states() == []
    assert post.deliver(order) == "sent 2"


@ON_SQLITE
def test_a_mail_server_that_is_down_keeps_no_order_and_the_mail_follows(post: Post) -> None:
    post.server.answers["EHLO"] = post.server.answers["HELO"] = CLOSE
    order = post.scene.place(ONE_PORT)
    for _ in range(breaker.OPENS_AFTER + 1):
        assert post.deliver(order).startswith("sent 0")
        now_is_later(seconds=30)
    post.scene.work()
    assert post.scene.status(order) == "awaiting_agent", "the order has gone its way"
    assert post.states() == ["pending"]
    post.server.answers.clear()
    now_is_later(minutes=20)
    assert post.deliver(order) == "sent 1"


@ON_SQLITE
def test_an_address_that_is_refused_for_now_keeps_nobody_elses_mail(post: Post) -> None:
    order = post.scene.place(ONE_PORT, additional_cc=["noc@harbour.example"])
    post.server.answers["RCPT"] = "450 greylisted"
    assert post.deliver(order) == "sent 0"
    post.server.answers.clear()
    with post.scene.app.app_context():
        db.session.execute(update(Mail).where(Mail.to_address == ORDERER).values(tries=0))
        db.session.commit()
        assert breaker.open_until(["notifier"]) is None
    now_is_later(minutes=20)
    assert post.deliver(order) == "sent 2"


@ON_SQLITE
def test_an_address_that_does_not_exist_is_seen_as_failed_and_the_order_goes_on(post: Post) -> None:
    order = post.scene.place(ONE_PORT)
    post.server.answers["RCPT"] = "550 no such user"
    post.deliver(order)
    assert post.states() == ["failed"]
    post.scene.work()
    assert post.scene.status(order) == "awaiting_agent"


@ON_SQLITE
def test_who_wants_no_mail_of_a_kind_gets_none_but_is_told_on_the_page(post: Post) -> None:
    with post.scene.app.app_context():
        choices.save(ORDERER, {"received": False}, by="test")
    order = post.scene.place(ONE_PORT)
    assert post.deliver(order) == "sent 0"
    with post.scene.app.app_context():
        assert db.session.scalars(select(Notification.event)).all() == ["received"]


@ON_SQLITE
def test_a_colleague_hears_of_all_orders_only_on_wish(post: Post) -> None:
    first = post.scene.place(ONE_PORT)
    post.deliver(first)
    assert post.subjects(cast.MEMBER) == []
    with post.scene.app.app_context():
        choices.save(cast.MEMBER, {choices.ALL_ORDERS: True}, by="test")
    post.deliver(post.scene.place(ONE_PORT))
    assert len(post.subjects(cast.MEMBER)) == 1


@ON_SQLITE
def test_the_sweep_finds_mails_that_nobody_was_woken_for(post: Post) -> None:
    from_now = post.scene.place(ONE_PORT)
    with post.scene.app.app_context():
        found = mails.due(clock.now(), 10)
    assert from_now in found
    post.deliver(from_now)
    with post.scene.app.app_context():
        assert from_now not in mails.due(clock.now(), 10)


def look(post: Post) -> lateness.Told:
    with post.scene.app.app_context():
        durations.forget()
        return lateness.look(post.scene.config)


def test_who_does_not_answer_in_time_is_reminded_once_and_then_sales_are_told(post: Post) -> None:
    order = post.scene.placed(*JOIN, type="join_pvlan")
    assert look(post).reminded == 0
    now_is_later(hours=25)
    assert look(post).reminded
    look(post)
    post.deliver(order)
    _asked, reminder = post.subjects(cast.MEMBER2)
    assert reminder == "Reminder – Harbour Connect asks for your agreement"
    assert "Film rushes (104001)" in post.server.to(cast.MEMBER2)[-1].text
    assert post.subjects(cast.SALES) == []

    now_is_later(hours=25)
    assert look(post).overdue == 1
    assert look(post).overdue == 0
    post.deliver(order)
    assert post.subjects(cast.SALES) == [f"Order {number(post.scene, order)}: the member has not answered"]
    (told,) = post.server.to(cast.SALES)
    assert f"{post.scene.config.public_url}/orders/{order}" in told.text
    assert len(post.subjects(cast.MEMBER2)) == 2
    assert mails_in_the_log(post, order) == [
        "Email notification to Lighthouse Media, whose agreement is needed.",
        "Email reminder to Lighthouse Media, whose agreement is needed.",
    ]


@ON_SQLITE
def test_a_mail_that_nobody_wants_is_not_in_the_log(post: Post) -> None:
    with post.scene.app.app_context():
        choices.save(cast.MEMBER2, {"confirm": False}, by="test")
    order = post.scene.placed(*JOIN, type="join_pvlan")
    post.deliver(order)
    assert mails_in_the_log(post, order) == []


def mails_in_the_log(post: Post, order: uuid.UUID) -> list[str]:
    """What who ordered reads of mails to others."""
    with post.scene.app.app_context():
        lines = db.session.scalars(
            select(OrderLog.user_message)
            .where(OrderLog.order_id == order, OrderLog.user_message.startswith("Email"))
            .order_by(OrderLog.id)
        )
        return [str(line) for line in lines]


@ON_SQLITE
def test_an_order_that_waits_too_long_for_an_engineer_is_told_to_be_delayed_once(post: Post) -> None:
    order = post.scene.placed(ONE_PORT)
    assert look(post).delayed == 0
    now_is_later(hours=5)
    assert look(post).delayed == 1
    assert look(post).delayed == 0
    post.deliver(order)
    (told,) = [one for one in post.server.to(ORDERER) if "longer" in str(one.message["Subject"])]
    assert "takes longer than usual: our engineers are working on it." in told.text
    assert "Next update" in told.text


@ON_SQLITE
def test_a_stage_is_late_when_it_takes_far_longer_than_measured(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    order = post.scene.placed(ONE_PORT)
    with post.scene.app.app_context():
        item = post.scene.item(order)
        assert item.stage is not None
        usual = {(Kind(item.service_type, item.action, "normal", False), item.stage): Usual(60, 600)}
    monkeypatch.setattr(durations, "measured", lambda: usual)
    now_is_later(minutes=15)
    assert look(post).delayed == 0
    now_is_later(minutes=10)
    assert look(post).delayed == 1


@ON_SQLITE
def test_an_order_that_waits_for_its_own_member_is_not_delayed_by_us(post: Post) -> None:
    order = post.scene.placed(*JOIN, type="join_pvlan")
    with post.scene.app.app_context():
        audience = f"account:{cast.HARBOUR}"
        db.session.execute(update(Wait).where(Wait.item_id == post.scene.item(order).id).values(audience=audience))
        db.session.commit()
    now_is_later(hours=50)
    assert look(post).delayed == 0
