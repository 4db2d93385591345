"""Staff words never reach a member: a canary is sung wherever staff and far systems write, and heard on no page."""

import re
import uuid

import pytest
from flask.testing import FlaskClient

from app.domain.models import Account, OrderItem, OutboundCall, Service, StepRow, Ticket, Wait
from app.extensions import db
from app.services import items
from app.services.actor import Actor
from tests import cast
from tests.portal.scene import JOIN, ONE_CONNEXIONS, ONE_PORT, PVLAN, Scene

CANARY = "kanarienvogel"
NELL = Actor("Nell Patcher", trusted=True)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sing(scene: Scene, order: uuid.UUID) -> None:
    """Every text that staff, steps and far systems may write about an order holds the canary."""
    with scene.app.app_context():
        for item in list(scene.order(order).items):
            items.add_note(item.id, NELL, f"internal {CANARY}", to_member=False)
            item = db.session.get_one(OrderItem, item.id)
            item.last_error, item.error_class = f"far side said {CANARY}", CANARY[:10]
            item.held_reason = f"held because {CANARY}"
            item.changed_by = f"Somebody {CANARY}"
            item.facts = {**item.facts, "note": CANARY}
            db.session.query(StepRow).filter_by(item_id=item.id).update(
                {"error": CANARY, "reason": CANARY, "tell": CANARY, "title": f"step {CANARY}", "by": CANARY}
            )
            db.session.query(Wait).filter(Wait.item_id == item.id, Wait.audience.like("team:%")).update(
                {"title": f"wait {CANARY}", "tell": f"do {CANARY}", "ask": {}}, synchronize_session=False
            )
            db.session.query(Wait).filter_by(item_id=item.id).update({"reference": CANARY})
            db.session.add(
                OutboundCall(item_id=item.id, step_key="s", system="network", verb="GET", error=f"500 {CANARY}")
            )
        db.session.query(Ticket).update({"subject": CANARY})
        db.session.commit()


def failed_port(scene: Scene) -> uuid.UUID:
    """A port whose light an engineer's step judged too weak: the real words of a failure."""
    order = scene.placed(ONE_PORT)
    scene.engineer_answers(order, patch_position=f"LD8 {CANARY}", light_dbm="-28")
    return order


def every_page(browser: FlaskClient, start: str) -> dict[str, str]:
    """All portal pages that can be reached by links from `start`, with their fragments."""
    seen: dict[str, str] = {}
    ahead = [start]
    while ahead:
        address = ahead.pop()
        if address in seen:
            continue
        answer = browser.get(address)
        assert answer.status_code in (200, 303), f"{address}: {answer.status_code}"
        seen[address] = answer.get_data(as_text=True)
        seen[f"{address} (part)"] = browser.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
        ahead += [link.replace("&amp;", "&") for link in re.findall(r'href="(/portal/[^"#]*)"', seen[address])]
    return seen


@pytest.mark.parametrize("email", [cast.MEMBER, cast.MEMBER2, cast.RESELLER])
def test_no_portal_page_sings(scene: Scene, email: str) -> None:
    partner = {"port_group_id": cast.PORT_GROUP, "connexions_port": "edge2-dev ge-3/0/1", "vlan_id": 9}
    for order in (
        failed_port(scene),
        scene.placed(ONE_PORT),
        scene.placed(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE}),
        scene.placed(*JOIN, type="join_pvlan"),
        scene.placed(("pvlan", "new", PVLAN)),
        scene.placed(("multiservice_port", "new", {**ONE_PORT[2], "port_capacity": 100_000})),
        scene.placed(ONE_PORT, account=cast.PARTNER),
        scene.placed(
            ("connexions", "new", {**ONE_CONNEXIONS[2], **partner, "mac_address": "00:00:5e:00:53:44"}),
            account=cast.PARTNER, sub_customer={"account_id": cast.CUSTOMER},
        ),
    ):  # fmt: skip
        sing(scene, order)

    pages = every_page(scene.browser(email), "/portal/orders")

    assert any("/portal/orders/" in address for address in pages)
    assert [address for address, html in pages.items() if CANARY in html.lower()] == []
    assert CANARY not in scene.browser(email).get("/portal/orders.csv").get_data(as_text=True)


def test_the_canary_is_there_to_be_heard(scene: Scene) -> None:
    """The pages above could sing: what a step says to the member is shown."""
    order = failed_port(scene)
    with scene.app.app_context():
        items.add_note(scene.item(order).id, NELL, f"to you: {CANARY}", to_member=True)
        assert db.session.query(StepRow).filter(StepRow.error.is_not(None)).count() > 0
        assert db.session.query(Service).count() and db.session.query(Account).count()

    assert CANARY in scene.browser().get(f"/portal/orders/{order}").get_data(as_text=True)
