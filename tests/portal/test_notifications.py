"""What members are told on the page, and which mails they choose."""

import uuid

import pytest
from sqlalchemy import select

from app.domain.models import Notification
from app.domain.notices import Event
from app.extensions import db
from app.services import lateness
from app.services.mails import choices, signing
from tests import cast
from tests.portal.scene import JOIN, ONE_PORT, Scene, now_is_later, text_of
from tests.support.statements import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def notification(scene: Scene, order: uuid.UUID, event: str = "received") -> int:
    with scene.app.app_context():
        return db.session.scalars(
            select(Notification.id).where(Notification.order_id == order, Notification.event == event)
        ).one()


def nav(scene: Scene, email: str = cast.MEMBER) -> str:
    return text_of(scene.browser(email).get("/portal/notifications")).partition("Sign out")[0]


def test_a_member_reads_what_happened_and_marks_it(scene: Scene) -> None:
    first, second = scene.place(ONE_PORT), scene.place(ONE_PORT)
    member = scene.browser()
    assert "Notifications 2" in nav(scene)
    said = text_of(member.get("/portal/notifications"))
    assert "Order 100002 has been received New" in said

    number = notification(scene, first)
    assert member.post(f"/portal/notifications/{number}/read").status_code == 303
    assert "Notifications 1" in nav(scene)
    member.post("/portal/notifications/read-all", data={"up_to": notification(scene, second)})
    assert "Notifications 1" not in nav(scene)
    member.post(f"/portal/notifications/{number}/unread")
    assert "Notifications 1" in nav(scene)


def test_what_came_after_the_page_was_made_stays_unread(scene: Scene) -> None:
    shown = notification(scene, scene.place(ONE_PORT))
    scene.place(ONE_PORT)
    scene.browser().post("/portal/notifications/read-all", data={"up_to": shown})
    assert "Notifications 1" in nav(scene)


def test_somebody_elses_notification_does_not_exist(scene: Scene) -> None:
    number = notification(scene, scene.place(ONE_PORT))
    stranger = scene.browser(cast.RESELLER)
    assert "100001" not in text_of(stranger.get("/portal/notifications"))
    assert stranger.post(f"/portal/notifications/{number}/read").status_code == 404
    assert stranger.post("/portal/notifications/99999999999999/read").status_code == 404


def test_a_question_from_somebody_elses_order_leads_to_the_request(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")
    owner = scene.browser(cast.MEMBER2).get("/portal/notifications")
    assert "Harbour Connect asks for your agreement by" in text_of(owner)
    assert f'href="/portal/requests/{scene.wait_id(order)}"' in owner.text
    assert f"/portal/orders/{order}" not in owner.text


def test_sales_read_of_members_who_do_not_answer(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")
    with scene.app.app_context():
        for _ in range(2):
            now_is_later(hours=25)
            lateness.look(scene.config)
    page = scene.browser(cast.SALES).get("/notifications")
    assert "Order 100001: the member has not answered" in text_of(page)
    assert f'href="/orders/{order}"' in page.text


def test_the_list_costs_the_same_however_long_it_is(scene: Scene) -> None:
    def cost() -> int:
        member = scene.browser()
        member.get("/portal/notifications")
        with scene.app.app_context():
            engine = db.engine
        with counted(engine) as sent:
            member.get("/portal/notifications")
        return len(sent)

    scene.more_ports(1)
    scene.place(ONE_PORT)
    few = cost()
    for _ in range(4):
        scene.place(ONE_PORT)
    assert cost() == few


def test_a_long_list_has_pages_that_fit_together(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.queries.notices.PAGE", 2)
    scene.more_ports(1)
    for _ in range(5):
        scene.place(ONE_PORT)
    member, seen, address = scene.browser(), [], "/portal/notifications"
    while address:
        page = member.get(address)
        seen += [number for number in range(100001, 100006) if f"Order {number} has" in page.text]
        found = page.text.partition('rel="next" href="')[2].partition('"')[0]
        address = found.replace("&amp;", "&")
    assert sorted(seen) == list(range(100001, 100006))


def test_a_member_chooses_mails(scene: Scene) -> None:
    member = scene.browser()
    assert 'name="delayed" value="y" checked' in member.get("/portal/settings").text
    assert member.post("/portal/settings/mails", data={"received": "y", "all_orders": "y"}).status_code == 303
    shown = member.get("/portal/settings").text
    assert 'name="delayed" value="y" checked' not in shown
    assert 'name="all_orders" value="y" checked' in shown


def test_a_time_zone_that_does_not_exist_is_told_at_its_field(scene: Scene) -> None:
    answer = scene.browser().post("/portal/settings/looks", data={"timezone": "Mars/Base", "theme": "dark"})
    assert answer.status_code == 422
    assert "There is no time zone “Mars/Base”." in text_of(answer)
    assert '<option value="dark" selected>' in answer.text


def test_the_link_of_a_mail_stops_mails_of_its_kind_without_signing_in(scene: Scene) -> None:
    with scene.app.app_context():
        address = signing.stop_url(scene.config, "Noc@harbour.example", Event.DELAYED)
    path = address.removeprefix(scene.config.public_url)
    anybody = scene.app.test_client()
    assert "Order delayed" in text_of(anybody.get(path))
    with scene.app.app_context():
        assert choices.of(["noc@harbour.example"]) == {}, "a look does nothing"
    answer = anybody.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    with scene.app.app_context():
        chosen = choices.of(["noc@harbour.example"])
        assert not choices.wants(chosen, "noc@harbour.example", "delayed")
        assert choices.wants(chosen, "noc@harbour.example", "received")


def test_a_forged_link_stops_nothing(scene: Scene) -> None:
    assert scene.app.test_client().post("/mail/stop/WyJhQGIuYyIsInJlY2VpdmVkIl0.AAAA").status_code == 404
