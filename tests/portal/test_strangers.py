"""Somebody else's order, service or request is not there: every portal address, every verb, every stranger."""

import uuid

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.domain.models import Service
from app.extensions import db
from tests import cast
from tests.portal.scene import JOIN, ONE_CONNEXIONS, Scene

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FORM = {"form_key": "d" * 32, "version": "1", "reason": "because", "step": "submit"}


def addresses(scene: Scene) -> list[tuple[str, str]]:
    """Every portal address that names something, filled in with what is Harbour's, or Lighthouse's to answer."""
    order = scene.placed(ONE_CONNEXIONS)
    request = scene.wait_id(scene.placed(*JOIN, type="join_pvlan"))
    with scene.app.app_context():
        service = db.session.query(Service.id).filter_by(number=cast.CONNEXIONS).scalar()
    names = {"order_id": order, "wait_id": request, "service_id": service, "number": 1, "action": "modify"}
    rules: list[Rule] = [rule for rule in scene.app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    found = []
    for rule in rules:
        if not {"order_id", "wait_id", "service_id"} & rule.arguments:
            continue
        built = rule.build({name: names[name] for name in rule.arguments})
        assert built is not None
        found += [(method, built[1]) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found


def ask(browser: FlaskClient, method: str, address: str) -> int:
    answer = browser.get(address) if method == "GET" else browser.post(address, data=FORM)
    return answer.status_code


def test_every_address_of_somebody_elses_is_not_found(scene: Scene) -> None:
    asked = addresses(scene)
    assert len(asked) >= 11

    stranger = scene.browser(cast.RESELLER)
    answers = {f"{method} {address}": ask(stranger, method, address) for method, address in asked}

    assert {where: status for where, status in answers.items() if status != 404} == {}


@ON_SQLITE
def test_what_never_existed_is_answered_alike(scene: Scene) -> None:
    order = scene.placed(ONE_CONNEXIONS)
    stranger = scene.browser(cast.RESELLER)

    for path in ("orders", "requests", "services"):
        nothing = stranger.get(f"/portal/{path}/{uuid.uuid4()}")
        assert nothing.status_code == 404
    theirs, nothing = stranger.get(f"/portal/orders/{order}"), stranger.get(f"/portal/orders/{uuid.uuid4()}")
    assert words(theirs.get_data(as_text=True)) == words(nothing.get_data(as_text=True))


def words(html: str) -> str:
    return html.split('id="error-sentence">')[1].split("<")[0]


@pytest.mark.parametrize("email", [cast.ENGINEER, cast.SALES, cast.ADMIN])
@ON_SQLITE
def test_staff_have_a_desk_and_no_portal(scene: Scene, email: str) -> None:
    browser = scene.browser(email)

    assert {browser.get(path).status_code for path in ("/portal/orders", "/portal/new", "/portal/services")} == {403}


@ON_SQLITE
def test_nobody_sees_the_portal_without_signing_in(scene: Scene) -> None:
    answer = scene.app.test_client().get("/portal/orders")

    assert answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")


@ON_SQLITE
def test_a_customers_own_order_is_its_resellers_to_see_but_not_another_customers(scene: Scene) -> None:
    order = scene.placed(("pvlan", "new", {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "x", "bandwidth": 1}),
                         account=cast.CUSTOMER)  # fmt: skip

    assert scene.browser(cast.RESELLER).get(f"/portal/orders/{order}").status_code == 200
    assert scene.browser(cast.MEMBER2).get(f"/portal/orders/{order}").status_code == 404


@ON_SQLITE
def test_a_customer_does_not_read_what_its_reseller_wrote_for_itself(scene: Scene) -> None:
    unit = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 1000,
            "mac_address": "00:00:5e:00:53:44", "asn": 64500}  # fmt: skip
    order = scene.placed(
        ("reseller_peering_unit", "new", unit), sub_customer={"account_id": cast.LIGHTHOUSE},
        po_number="PO-of-Harbour", additional_cc=["boss@mail.example"],
    )  # fmt: skip

    page = scene.browser(cast.MEMBER2).get(f"/portal/orders/{order}")

    assert page.status_code == 200 and "For customer" in page.text
    assert "PO-of-Harbour" not in page.text and "boss@mail.example" not in page.text
    assert "PO-of-Harbour" in scene.browser(cast.MEMBER).get(f"/portal/orders/{order}").text
    found = {
        who: scene.browser(who).get("/portal/orders.csv?q=PO-of-Harbour").text for who in (cast.MEMBER, cast.MEMBER2)
    }
    assert "PO-of-Harbour" in found[cast.MEMBER] and "PO-of-Harbour" not in found[cast.MEMBER2]
    assert "PO-of-Harbour" not in scene.browser(cast.MEMBER2).get("/portal/orders.csv").text
