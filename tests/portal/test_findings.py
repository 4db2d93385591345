"""What is wrong, in members' words: no name or code that only programs know reaches a page."""

import re

import pytest

from app.catalogue import every_action
from app.domain.errors import Finding
from app.domain.models import Location, Order, OrderItem, Service
from app.extensions import db
from app.queries import portal_findings
from tests import cast
from tests.portal.ordering import ON_OUR_PORT, PEERING, Wizard, a_port, begin, changing, peering
from tests.portal.scene import Scene, text_of
from tests.portal.test_configure import told

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNIT = ("pvlan_unit", "new")


def spoken(
    scene: Scene, sentence: str, item: tuple[str, str] = UNIT, order_type: str = "normal",
    pointer: str = "/items/0/details/x",
) -> str:  # fmt: skip
    """What a member reads of this sentence about an order of this item."""
    with scene.app.app_context():
        order = Order(type=order_type, items=[OrderItem(service_type=item[0], action=item[1])])
        return portal_findings.spoken([Finding(pointer, "rule", sentence)], order)[0].detail


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("The port is on “lon1”, the private VLAN on “edi2”.", "The port is on LON1 Lab, the CUG on EDI2."),
        ("Private VLAN (pvlan) is missing.", "Service Name is missing."),
        ("It can be “vlan_id”, “port”.", "It can be VLAN ID, Port Details."),
        ("Use “dot1q” or “qinq”, not “none”.", "Use Dot1Q or QinQ, not None."),
        ("Item 2 is a private VLAN unit, not a multiservice port.", "Item 2 is a CUG unit, not a port."),
        ("There is no account “harbour”.", "There is no account “harbour”."),
    ],
)
def test_what_programs_call_something_becomes_what_members_read(scene: Scene, sentence: str, words: str) -> None:
    assert spoken(scene, sentence) == words


def test_a_building_is_named_with_its_code(scene: Scene) -> None:
    with scene.app.app_context():
        place = db.session.query(Location).filter_by(code="THN").one()
        place.name = "Thames North"
        db.session.commit()

    assert spoken(scene, "The port is at “THN”.") == "The port is at Thames North (THN)."


def test_what_is_told_about_another_pointer_than_an_items_stays_as_it_is(scene: Scene) -> None:
    for pointer in ("/terms", "/items", "/items/7/details/x", "/items/x", ""):
        assert spoken(scene, "“vlan_id” stays.", pointer=pointer) == "“vlan_id” stays."


def test_every_field_that_is_missing_is_called_as_members_know_it(scene: Scene) -> None:
    for kind, action, order_type in every_action():
        for field in action.fields:
            sentence = f"{field.label} ({field.name}) is missing."
            said = spoken(scene, sentence, (kind.key, action.name), order_type)
            assert said == f"{field.label_for('member')} is missing."


def test_a_change_that_changes_nothing_is_told_at_the_first_field_what_can_change(scene: Scene) -> None:
    page = changing(scene.browser(), cast.CONNEXIONS, "modify").send("configure")

    assert page.status_code == 422
    assert told(page) == [("f-i1-vlan_id", "Say what is to change; it can be VLAN ID, Bandwidth, MAC address, ASN.")]
    assert 'id="f-i1-vlan_id-error"' in page.get_data(as_text=True)


def test_a_mac_address_in_use_names_the_fabric_by_its_name(scene: Scene) -> None:
    with scene.app.app_context():
        db.session.query(Service).filter_by(number=cast.PVLAN).one().mac_address = PEERING["i1-mac_address"]
        db.session.commit()

    page = peering(scene.browser()).send("configure", **PEERING)

    assert "already in use on EDI2." in text_of(page) and "edi2" not in text_of(page).replace("edge1-edi2", "")


def test_a_draft_that_another_tab_changed_speaks_of_no_versions(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    form = wizard.filled("review")
    wizard.go("review", po_number="PO-1", then="later")

    page = wizard.browser.post(f"{wizard.address}/review", data=form)

    assert page.status_code == 409 and "changed meanwhile" in text_of(page)
    assert not re.search(r"version \d", text_of(page))


def test_what_is_too_long_says_how_long_it_may_be(scene: Scene) -> None:
    page = a_port(scene.browser()).send("review", po_number="x" * 101)

    assert told(page) == [("f-po_number", "PO number: at most 100 characters.")]


def test_what_was_typed_stands_at_the_field_as_it_was_typed(scene: Scene) -> None:
    page = a_port(scene.browser()).send("review", additional_cc="nobody")

    assert "This is not an e-mail address: “nobody”." in text_of(page)


def test_a_unit_on_an_untagged_port_is_told_what_to_do_in_words(scene: Scene) -> None:
    with scene.app.app_context():
        port = db.session.query(Service).filter_by(number=cast.PORT).one()
        port.details = {**port.details, "encapsulation": "none"}
        db.session.commit()
    wizard = begin(scene.browser(), "pvlan-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("configure", **{"i1-vlan_id": "44", "then": "remove:2"})

    page = wizard.send("configure", **{"i1-vlan_id": "44"})

    assert "change its encapsulation to Dot1Q or QinQ first" in text_of(page)
    assert [where for where, _ in told(page)] == ["f-i1-where", "f-i1-pvlan"]
    assert 'aria-describedby="f-i1-where-error"' in page.get_data(as_text=True)


def test_the_review_names_the_item_and_the_place_of_what_stands_in_the_way(scene: Scene) -> None:
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("configure", then="later")

    said = text_of(Wizard(wizard.browser, wizard.address).page("review"))

    assert "MAC address is missing." in said and "mac_address" not in said
