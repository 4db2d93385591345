"""A unit is offered the private VLANs that fit its port; of the others it is told why not."""

import re

import pytest
from flask.testing import FlaskClient

from app.domain.models import Service
from app.extensions import db
from tests import cast
from tests.portal.ordering import ON_OUR_PORT, Wizard, begin
from tests.portal.scene import Scene, text_of
from tests.portal.test_configure import told

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def pvlan(number: int, name: str, fabric: str = "edi2", kind: str = "mp2mp", bandwidth: int = 50) -> None:
    details = {"fabric": fabric, "pvlan_type": kind, "service_name": name, "bandwidth": bandwidth}
    db.session.add(
        Service(number=number, service_type="pvlan", state="active", account_id=cast.HARBOUR, fabric_code=fabric,
                name=name, capacity=bandwidth, details=details)
    )  # fmt: skip
    db.session.flush()


@pytest.fixture
def wizard(scene: Scene) -> Wizard:
    """A unit on the port 103127 (EDI2, 10 Gbit/s), where there are private VLANs of all kinds."""
    with scene.app.app_context():
        pvlan(300_001, "Fits")
        pvlan(300_002, "Elsewhere", fabric="lon1")
        pvlan(300_003, "Too wide", bandwidth=40_000)
        pvlan(300_004, "Taken", kind="p2p")
        pvlan(300_005, "Half taken", kind="p2p")
        taken, half = (db.session.query(Service).filter_by(number=one).one() for one in (300_004, 300_005))
        for number, within in ((300_011, taken), (300_012, taken), (300_013, half)):
            db.session.add(
                Service(number=number, service_type="pvlan_unit", state="active", account_id=cast.HARBOUR,
                        fabric_code="edi2", pvlan_service_id=within.id, details={})
            )  # fmt: skip
        db.session.commit()
    wizard = begin(scene.browser(), "pvlan-unit")
    wizard.go("where", where=ON_OUR_PORT)
    return wizard


def options(browser: FlaskClient, address: str) -> dict[str, tuple[bool, str]]:
    """What the choice of the private VLAN shows: value → whether it can be chosen, and its words."""
    source = browser.get(f"{address}/configure").get_data(as_text=True)
    chosen = re.search(r'<select[^>]*name="i1-pvlan".*?</select>', source, re.S)
    assert chosen is not None
    found = re.findall(r"<option([^>]*)>(.*?)</option>", chosen[0])
    return {re.findall(r'value="([^"]*)"', tag)[0]: ("disabled" not in tag, words) for tag, words in found}


def test_only_what_fits_can_be_chosen_and_the_others_say_why_not(wizard: Wizard) -> None:
    found = options(wizard.browser, wizard.address)

    assert {value for value, (possible, _) in found.items() if possible} == {"", "300001", "300005"}
    for number, why in (
        ("300002", "the port is on EDI2"), ("300003", "too much for the port's 10 Gbps"),
        ("300004", "has its two units already"),
    ):  # fmt: skip
        possible, words = found[number]
        assert not possible and words.replace("&#39;", "'").endswith(f" – {why}")


@pytest.mark.parametrize(("number", "words"), [
    ("300002", "The port is on EDI2, the CUG on LON1 Lab."), ("300003", "The CUG's 40000 Mbit/s do not fit"),
    ("300004", "at most 2 units"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_at_the_field_all_the_same(wizard: Wizard, number: str, words: str) -> None:
    page = wizard.send("configure", **{"i1-pvlan": number, "i1-vlan_id": "44"})

    assert page.status_code == 422 and [where for where, _ in told(page)] == ["f-i1-pvlan"]
    assert words in text_of(page) and 'id="f-i1-pvlan-error"' in page.get_data(as_text=True)


def test_a_private_vlan_of_the_same_order_is_offered_only_on_its_own_fabric(scene: Scene) -> None:
    wizard = begin(scene.browser(), "pvlan-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("configure", then="add", service="pvlan")
    wizard.go("where?item=2", where="fabric|lon1")

    assert options(wizard.browser, wizard.address)["item:2"][0] is False

    wizard.go("where?item=2", where="fabric|edi2")
    assert options(wizard.browser, wizard.address)["item:2"][0] is True
