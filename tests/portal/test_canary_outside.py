"""The canary outside of the pages: no mail, no notification and no answer of the API to a member sings either.

`test_canary.py` walks the pages themselves.
"""

import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.models import Mail, Notification, OrderItem, OrderLog
from app.domain.permissions import Scope
from app.extensions import db
from app.services import items, lateness, notifications, orders
from app.services.mails import letters
from tests import cast
from tests.portal.scene import CRM, JOIN, ONE_PORT, Scene, now_is_later
from tests.portal.test_canary import CANARY, NELL, every_page, failed_port, sing

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MEMBERS = (cast.MEMBER, cast.MEMBER2, cast.RESELLER)


def late_and_ended(scene: Scene) -> list[uuid.UUID]:
    """Orders that make every kind of notification, each with the canary wherever staff and far systems write."""
    failed, joins, gone = failed_port(scene), scene.placed(*JOIN, type="join_pvlan"), scene.placed(ONE_PORT)
    made = [failed, joins, gone, scene.placed(ONE_PORT, account=cast.PARTNER)]
    for order in made:
        sing(scene, order)
    with scene.app.app_context():
        for _ in range(2):
            now_is_later(hours=25)
            lateness.look(scene.config)
        orders.cancel(gone, CRM, f"because {CANARY}")
    scene.work()
    return made


def spread(scene: Scene, made: list[uuid.UUID]) -> list[letters.Letter]:
    with scene.app.app_context():
        for order in made:
            notifications.spread(order)
        return [letters.compose(row, scene.config) for row in db.session.scalars(select(Mail))]


def test_no_mail_sings(scene: Scene) -> None:
    found = spread(scene, late_and_ended(scene))
    with scene.app.app_context():
        assert set(db.session.scalars(select(Notification.event))) >= {
            "received", "confirm", "delayed", "cancelled", "overdue",
        }  # fmt: skip
    assert len(found) > 5
    singing = [one.subject for one in found if CANARY in f"{one.subject}{one.text}{one.html}{one.stop_url}".lower()]
    assert singing == []


def test_no_page_of_notifications_account_or_settings_sings(scene: Scene) -> None:
    late_and_ended(scene)
    for email in MEMBERS:
        pages = every_page(scene.browser(email), "/portal/notifications")
        assert {"/portal/notifications", "/portal/account", "/portal/settings", "/portal/orders"} <= set(pages)
        assert [address for address, html in pages.items() if CANARY in html.lower()] == []


def api_gets(app: Flask) -> list[str]:
    """Every address of the API that a program may read, its placeholders still in it."""
    rules = [str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    return sorted(rule for rule in rules if rule.startswith("/oms/"))


def answers_of(program: FlaskClient, address: str, known: dict[str, list[str]]) -> dict[str, str]:
    """What the API says at this address, for everything that is known to fit its placeholder."""
    placeholder = re.search(r"<(?:\w+:)?(\w+)>", address)
    if placeholder is None:
        return {address: program.get(address).text}
    return {
        where: program.get(where).text
        for one in known.get(placeholder[1], [])
        for where in [address.replace(placeholder[0], one)]
    }


def test_no_answer_of_the_api_to_a_member_sings(scene: Scene) -> None:
    made = late_and_ended(scene)
    with scene.app.app_context():
        found = [str(one) for one in db.session.scalars(select(OrderItem.id))]
    ids = [*(str(one) for one in made), *found]
    names = {name for rule in api_gets(scene.app) for name in re.findall(r"<(?:\w+:)?(\w+)>", rule)}
    reading = [scope.value for scope in Scope if scope.value.endswith(":read")]
    for email in MEMBERS:
        program = cast.program(scene.app, email, *reading)
        said: dict[str, str] = {}
        for address in api_gets(scene.app):
            said |= answers_of(program, address, dict.fromkeys(names, ids))
        assert len(said) > 5
        assert [address for address, text in said.items() if CANARY in text.lower()] == []


def test_the_canary_is_in_the_logs_that_members_may_not_read(scene: Scene) -> None:
    """The answers above could sing: staff read it there, and what is told to the member is told."""
    order = failed_port(scene)
    with scene.app.app_context():
        items.add_note(scene.item(order).id, NELL, f"internal {CANARY}", to_member=False)
        items.add_note(scene.item(order).id, NELL, f"to you: {CANARY}", to_member=True)
        assert db.session.scalar(select(OrderLog.id).where(OrderLog.internal, OrderLog.order_id == order)) is not None
    program = cast.program(scene.app, cast.MEMBER, Scope.ORDERS_READ.value)
    logs = program.get(f"/oms/orders/{order}").text + program.get("/oms/order-logs").text
    assert f"to you: {CANARY}" in logs
    assert f"internal {CANARY}" not in logs
