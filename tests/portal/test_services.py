"""The member's services, and changing and ceasing them."""

import uuid

import pytest

from app.domain.errors import Invalid
from app.domain.models import Order, Service
from app.extensions import db
from tests import cast
from tests.portal.ordering import Wizard, values
from tests.portal.scene import PVLAN, Scene, text_of
from tests.support.statements import counted

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

UNIT = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 0,
        "mac_address": "00:00:5e:00:53:61"}  # fmt: skip


def service_id(scene: Scene, number: int) -> uuid.UUID:
    with scene.app.app_context():
        found: uuid.UUID = db.session.query(Service.id).filter_by(number=number).scalar()
        return found


def changing(scene: Scene, number: int, action: str, email: str = cast.MEMBER, **typed: str) -> Wizard:
    """The draft of a change, or an end, of this service."""
    browser, address = scene.browser(email), f"/portal/services/{service_id(scene, number)}/{action}"
    answer = browser.post(address, data={**values(browser.get(address), "changing-form"), **typed})
    assert answer.status_code == 303, text_of(answer)
    return Wizard(browser, answer.headers["Location"])


def test_a_member_sees_its_services_with_where_and_state(scene: Scene) -> None:
    said = text_of(scene.browser().get("/portal/services"))

    assert "103127 Port edge1-edi2 xe-0/0/3 EDI2 · PUL Active" in said
    assert "106552 ConneXions" in said and "104001" not in said


def test_a_service_page_shows_its_details_and_its_orders(scene: Scene) -> None:
    scene.placed(("connexions", "modify", {"number": cast.CONNEXIONS, "bandwidth": 5_000}))

    said = text_of(scene.browser().get(f"/portal/services/{service_id(scene, cast.CONNEXIONS)}"))

    assert "Bandwidth" in said and "VLAN ID 701" in said and "Customer Lighthouse Media" in said
    assert "100001 Order item 1 - ConneXions: Change" in said


def test_a_change_sends_only_what_changed(scene: Scene) -> None:
    wizard = changing(scene, cast.CONNEXIONS, "modify")
    assert 'value="2000"' in wizard.page("configure").get_data(as_text=True)

    wizard.go("configure", **{"i1-bandwidth": "5000"})
    looked_at = text_of(wizard.page("review"))
    wizard.go("review")

    assert "Bandwidth 2 Gbps → 5 Gbps" in looked_at and "VLAN ID" not in looked_at and "Where" not in looked_at
    with scene.app.app_context():
        order = db.session.query(Order).one()
        assert order.items[0].details == {"bandwidth": 5_000} and order.items[0].service_number == cast.CONNEXIONS
        assert order.sub_account_id == cast.LIGHTHOUSE


@ON_SQLITE
def test_a_change_of_nothing_is_refused(scene: Scene) -> None:
    page = changing(scene, cast.CONNEXIONS, "modify").send("configure")

    assert page.status_code == 422 and "Say what is to change" in text_of(page)


@ON_SQLITE
def test_a_cease_shows_what_ends_and_ends_it(scene: Scene) -> None:
    scene.placed(("pvlan", "new", PVLAN))

    wizard = changing(scene, 106_001, "cease")
    looked_at = text_of(wizard.page("review"))
    wizard.go("review")
    scene.work()

    assert "This service ends." in looked_at and "Service Name Tide tables" in looked_at
    assert "106001 CUG" not in text_of(wizard.browser.get("/portal/services"))
    assert "106001 CUG Tide tables EDI2 Ceased" in text_of(wizard.browser.get("/portal/services?show=ended"))


@ON_SQLITE
def test_a_port_ends_only_together_with_what_it_carries_which_is_told_before(scene: Scene) -> None:
    scene.placed(("peering_unit", "new", UNIT))
    address = f"/portal/services/{service_id(scene, cast.PORT)}/cease"
    browser = scene.browser()
    page = browser.get(address)
    assert "These services are on the port and end with it: Peering 106001" in text_of(page)

    refused = browser.post(address, data=values(page, "changing-form"))
    assert refused.status_code == 422 and 'href="#f-together"' in refused.get_data(as_text=True)
    wizard = changing(scene, cast.PORT, "cease", together="y")
    assert "Starts when Order item 2 - Peering: Cease is completed." in text_of(wizard.page("review"))
    wizard.go("review")
    scene.work()

    assert scene.status(wizard.draft_id) == "completed"


@ON_SQLITE
def test_the_last_service_on_a_port_offers_the_end_of_the_port(scene: Scene) -> None:
    scene.placed(("peering_unit", "new", UNIT))

    wizard = changing(scene, 106_001, "cease", port="y")
    wizard.go("review")

    with scene.app.app_context():
        ended = [item.service_number for item in scene.order(wizard.draft_id).items]
        assert ended == [106_001, cast.PORT]


@ON_SQLITE
def test_a_customer_sees_the_service_that_its_reseller_has_for_it_but_cannot_change_it(scene: Scene) -> None:
    browser = scene.browser(cast.MEMBER2)
    address = f"/portal/services/{service_id(scene, cast.CONNEXIONS)}"

    assert browser.get(address).status_code == 200
    assert "/modify" not in browser.get(address).get_data(as_text=True)
    assert browser.get(f"{address}/modify").status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("action", ["new", "edit-encap", "nonsense"])
def test_what_the_service_does_not_know_cannot_be_ordered(scene: Scene, action: str) -> None:
    address = f"/portal/services/{service_id(scene, cast.CONNEXIONS)}/{action}"

    assert scene.browser().get(address).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_services(scene: Scene) -> None:
    browser = scene.browser()

    def cost() -> int:
        with scene.app.app_context(), counted(db.engine) as sent:
            assert browser.get("/portal/services").status_code == 200
        return len(sent)

    before = cost()
    scene.place(*[("pvlan", "new", PVLAN)] * 15)

    assert cost() == before


@ON_SQLITE
def test_services_are_paged(scene: Scene) -> None:
    scene.place(*[("pvlan", "new", PVLAN)] * 30)
    browser = scene.browser()

    first = browser.get("/portal/services").get_data(as_text=True)

    assert first.count("View service") == 25 and "before=106007" in first
    assert browser.get("/portal/services?before=106007").get_data(as_text=True).count("View service") == 7


def test_a_private_vlan_ends_for_all_of_its_units_and_their_owners_are_told(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest()
    alone = scene.browser(cast.MEMBER2).get(f"/portal/services/{service_id(scene, cast.PVLAN)}/cease")
    assert "CUG Unit 107777 , of Harbour Connect, whose contacts are told" in text_of(alone)

    wizard = changing(scene, cast.PVLAN, "cease", cast.MEMBER2, together="y")
    assert "edge1-edi2" not in text_of(wizard.page("review"))
    wizard.go("review")
    scene.work()

    assert "Your service 107777 is going to end" in text_of(scene.browser().get("/portal/notifications"))
    page = text_of(wizard.browser.get(f"/portal/orders/{wizard.draft_id}"))
    assert "edge1-edi2" not in page and "321" not in page
    assert scene.status(wizard.draft_id) == "completed"
    with scene.app.app_context():
        ended = db.session.query(Service.number).filter_by(state="ceased").order_by(Service.number)
        assert [row.number for row in ended] == [cast.PVLAN, 107_777]


@ON_SQLITE
def test_a_unit_cannot_be_taken_out_of_the_order_that_ends_its_private_vlan(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest()
    wizard = changing(scene, cast.PVLAN, "cease", cast.MEMBER2, together="y")

    refused = wizard.send("configure", then="remove:2")

    assert refused.status_code == 409 and "ends because its private VLAN does" in text_of(refused)
    with scene.app.app_context():
        assert len(scene.order(wizard.draft_id).items) == 2


@ON_SQLITE
def test_a_unit_of_another_member_does_not_end_without_its_private_vlan(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest(107_778)
    with pytest.raises(Invalid, match="not right") as refused:
        scene.place(("pvlan_unit", "cease", {"number": 107_778}), account=cast.LIGHTHOUSE)

    assert "There is no private VLAN unit with service number 107778." in refused.value.errors[0].detail
