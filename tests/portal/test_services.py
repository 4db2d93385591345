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

    assert "103127 Port edge1-edi2 xe-0/0/3 · 10 Gbps EDI2 · PUL Active" in said
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
    assert "106001 CUG Tide tables · 50 Mbps EDI2 Ceased" in text_of(wizard.browser.get("/portal/services?show=ended"))


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
    review = wizard.page("review").get_data(as_text=True)
    assert "edge1-edi2" not in review
    assert "remove:1" in review and "remove:2" not in review  # the unit ends because its private VLAN does
    assert "Payment reference" not in review and 'aria-label="Steps of the order"' not in review
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

    assert refused.status_code == 409 and "ends because its CUG does" in text_of(refused)
    with scene.app.app_context():
        assert len(scene.order(wizard.draft_id).items) == 2


@ON_SQLITE
def test_a_unit_of_another_member_does_not_end_without_its_private_vlan(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest(107_778)
    with pytest.raises(Invalid, match="not right") as refused:
        scene.place(("pvlan_unit", "cease", {"number": 107_778}), account=cast.LIGHTHOUSE)

    assert "There is no private VLAN unit with service number 107778." in refused.value.errors[0].detail


@ON_SQLITE
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("103127", [103127]), ("edge1-edi2 xe", [103127]), ("701", [106552]), ("00:00:5E:00:53:02", [106552]),
        ("edi2", [103127]), ("connex", [106552]), ("Lighthouse", [106552]), ("%", []), ("99999999999999", []),
    ],
)  # fmt: skip
def test_services_are_found_by_what_one_knows_of_them(scene: Scene, text: str, found: list[int]) -> None:
    page = scene.browser().get("/portal/services", query_string={"q": text})
    assert [number for number in (103127, 106552) if f"View service {number}" in text_of(page)] == found
    assert page.status_code == 200 and (found or "Nothing found" in text_of(page))


@ON_SQLITE
def test_services_are_told_apart_by_what_they_are_on_and_in(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest()
    scene.placed(("peering_unit", "new", UNIT))

    said = text_of(scene.browser().get("/portal/services"))

    for line in (
        "CUG Unit in Film rushes · on edge1-edi2 xe-0/0/3 · VLAN 321",
        "ConneXions on edge2-dev ge-3/0/2 · VLAN 701 · 2 Gbps",
        "Peering on edge1-edi2 xe-0/0/3 · 00:00:5e:00:53:61",
    ):  # fmt: skip
        assert line in said


@ON_SQLITE
def test_a_unit_is_found_by_the_name_of_its_private_vlan_and_a_connexion_by_its_port(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest()
    for text, number in (("film rush", 107_777), ("edge2-dev ge-3/0/2", cast.CONNEXIONS)):
        said = text_of(scene.browser().get("/portal/services", query_string={"q": text}))
        assert f"View service {number}" in said and f"View service {cast.PORT}" not in said


@ON_SQLITE
@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("type=connexions", [106552]), ("fabric=edi2", [103127]), ("type=connexions&fabric=edi2", []),
        ("type=nonsense&fabric=x&show=y", [103127, 106552]), ("show=setup", []), ("show=ended&type=connexions", []),
    ],
)  # fmt: skip
def test_services_are_narrowed_down_by_type_fabric_and_state(scene: Scene, address: str, found: list[int]) -> None:
    page = scene.browser().get(f"/portal/services?{address}")
    assert [number for number in (103127, 106552) if f"View service {number}" in text_of(page)] == found


@ON_SQLITE
def test_what_the_list_is_narrowed_to_stays_when_another_state_is_chosen(scene: Scene) -> None:
    source = scene.browser().get("/portal/services?type=connexions&fabric=jsp1&q=701").get_data(as_text=True)
    assert 'href="/portal/services?show=ended&amp;q=701&amp;type=connexions&amp;fabric=jsp1"' in source
    assert '<option value="connexions" selected>' in source and '<option value="jsp1" selected>' in source


@ON_SQLITE
def test_what_is_still_being_set_up_has_a_list_of_its_own(scene: Scene) -> None:
    scene.place(("peering_unit", "new", UNIT))
    said = text_of(scene.browser().get("/portal/services?show=setup"))
    assert "View service 106001" in said and "View service 103127" not in said


@ON_SQLITE
def test_a_reseller_narrows_its_services_down_to_a_customer(scene: Scene) -> None:
    with scene.app.app_context():
        for number, customer in ((cast.PORT, None), (cast.CONNEXIONS, cast.CUSTOMER)):
            service = db.session.query(Service).filter_by(number=number).one()
            service.account_id, service.sub_account_id = cast.PARTNER, customer
        db.session.commit()
    browser = scene.browser(cast.RESELLER)
    for customer, shown, hidden in ((cast.CUSTOMER, 106552, 103127), (cast.PARTNER, 103127, 106552)):
        said = text_of(browser.get(f"/portal/services?customer={customer}"))
        assert f"View service {shown}" in said and f"View service {hidden}" not in said
    page = browser.get(f"/portal/account/customers/{cast.CUSTOMER}").get_data(as_text=True)
    for address in ("orders", "services", "new"):
        assert f'href="/portal/{address}?customer={cast.CUSTOMER}"' in page
    customer = text_of(browser.get(f"/portal/services?customer={cast.HARBOUR}"))
    assert "View service 103127" in customer  # a filter that is nothing is left out


@ON_SQLITE
def test_a_page_leads_to_what_the_service_carries_and_to_what_carries_it(scene: Scene) -> None:
    scene.placed(("peering_unit", "new", UNIT))
    browser = scene.browser()
    port = f"/portal/services/{service_id(scene, cast.PORT)}"
    unit = f"/portal/services/{service_id(scene, 106_001)}"
    assert "On this port" in text_of(browser.get(port)) and f'href="{unit}"' in browser.get(port).get_data(as_text=True)
    assert "Stands on Port 103127" in text_of(browser.get(unit))


@ON_SQLITE
def test_the_owner_of_a_private_vlan_reads_whose_units_are_in_it_and_a_guest_only_its_own(scene: Scene) -> None:
    with scene.app.app_context():
        cast.guest()
    owner = scene.browser(cast.MEMBER2).get(f"/portal/services/{service_id(scene, cast.PVLAN)}")
    assert "107777 CUG Unit Harbour Connect" in text_of(owner)
    assert f"/portal/services/{service_id(scene, 107_777)}" not in owner.get_data(as_text=True)
    guest = scene.browser().get(f"/portal/services/{service_id(scene, 107_777)}")
    assert "Stands on Port 103127" in text_of(guest) and "Belongs to" not in text_of(guest)


@ON_SQLITE
def test_a_change_that_was_begun_is_taken_up_again(scene: Scene) -> None:
    first = changing(scene, cast.CONNEXIONS, "modify")
    first.go("configure", **{"i1-bandwidth": "5000"})
    again = changing(scene, cast.CONNEXIONS, "modify")
    assert again.draft_id == first.draft_id
    said = again.browser.get(again.address, follow_redirects=True)
    assert "You have begun this change already." in text_of(said) and 'value="5000"' in said.get_data(as_text=True)
    again.go("configure", then="add", service="pvlan")
    assert changing(scene, cast.CONNEXIONS, "modify").draft_id != first.draft_id  # that one is about more by now


@ON_SQLITE
def test_what_has_to_end_first_is_told_instead_of_an_error(scene: Scene) -> None:
    scene.place(("peering_unit", "new", UNIT))  # still being set up
    address = f"/portal/services/{service_id(scene, cast.PORT)}/cease"
    browser = scene.browser()
    page = browser.post(address, data={"form_key": "e" * 32, "together": "y"})
    assert page.status_code == 409 and "Peering 106001 (00:00:5e:00:53:61), which is still being set up" in text_of(
        page
    )
