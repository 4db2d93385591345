"""The ordering wizard as a browser without scripts goes through it: each page's own form, filled in and sent."""

import html
import re
import uuid
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.models import Order, OrderItem, Service
from app.domain.states import Status
from app.extensions import db
from app.services import demo_packages
from tests import cast
from tests.portal.scene import Scene, hidden

FORMS = {"where": "where-form", "what": "what-form", "configure": "configure-form", "review": "review-form"}
PORT = {"i1-port_capacity": "10000", "i1-quantity": "1", "i1-encapsulation": "dot1q"}
PEERING = {"i1-service_capacity": "1000", "i1-mac_address": "00:00:5e:00:53:aa"}
CONTACT = {"i1-contact_technical_full_name": "Ola Wire", "i1-contact_technical_email": "ola@harbour.example"}
ON_OUR_PORT = f"port|{cast.PORT}"


@dataclass
class Wizard:
    """One draft in one browser."""

    browser: FlaskClient
    address: str

    @property
    def draft_id(self) -> uuid.UUID:
        return uuid.UUID(self.address.rpartition("/")[2])

    def page(self, step: str) -> TestResponse:
        return self.browser.get(f"{self.address}/{step}")

    def filled(self, step: str, **typed: str) -> dict[str, str]:
        """What the form of this step would send."""
        return {**values(self.page(step), FORMS[step.partition("?")[0]]), **typed}

    def send(self, step: str, **typed: str) -> TestResponse:
        return self.browser.post(f"{self.address}/{step}", data=self.filled(step, **typed))

    def go(self, step: str, **typed: str) -> TestResponse:
        """Fill in and continue; it must be accepted."""
        answer = self.send(step, **typed)
        assert answer.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", answer.get_data(as_text=True))
        return answer


def begin(browser: FlaskClient, what: str, **typed: str) -> Wizard:
    """Choose a service; the draft is made."""
    form = hidden(browser.get("/portal/new"), "new-form")
    answer = browser.post("/portal/new", data={**form, "what": what, **typed})
    assert answer.status_code == 303, answer.status_code
    return Wizard(browser, answer.headers["Location"])


def a_port(browser: FlaskClient, **typed: str) -> Wizard:
    """A port that is ready for review."""
    wizard = begin(browser, "multiservice-port", **typed)
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", **PORT)
    return wizard


def peering(browser: FlaskClient) -> Wizard:
    """A peering unit on one's own port, ready to be configured."""
    wizard = begin(browser, "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    return wizard


def order_count(scene: Scene) -> int:
    """Orders that are no drafts."""
    with scene.app.app_context():
        return db.session.query(Order).filter(Order.status != Status.DRAFT).count()


def details(scene: Scene) -> list[dict[str, object]]:
    with scene.app.app_context():
        return [item.details for item in db.session.query(OrderItem).order_by(OrderItem.item_number)]


def sell(scene: Scene, *, terms: str = "") -> None:
    """The demo's packages are sold here, and terms are in force."""
    with scene.app.app_context():
        demo_packages.build()
        if terms:
            demo_packages.enable_terms(terms)
        db.session.commit()


def values(answer: TestResponse, form: str) -> dict[str, str]:
    """Everything that a browser would send of a form as it stands on the page."""
    source = answer.get_data(as_text=True)
    found = re.search(rf'<form[^>]*id="{form}".*?</form>', source, re.S)
    assert found, f"There is no form {form} on the page ({answer.status_code})."
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", found[0]):
        kind, name, value = (_attribute(tag, one) for one in ("type", "name", "value"))
        if name and name != "csrf_token" and (kind not in ("checkbox", "radio") or " checked" in tag):
            sent[name] = value
    for tag, inside in re.findall(r"(<select[^>]*>)(.*?)</select>", found[0], re.S):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', inside)
        sent[_attribute(tag, "name")] = html.unescape((chosen[1] or chosen[2] or "") if chosen else "")
    for tag, inside in re.findall(r"(<textarea[^>]*>)(.*?)</textarea>", found[0], re.S):
        sent[_attribute(tag, "name")] = html.unescape(inside).strip()
    return sent


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def changing(browser: FlaskClient, number: int, action: str) -> Wizard:
    """A change of the service of this number, begun."""
    with browser.application.app_context():
        service_id = db.session.query(Service.id).filter_by(number=number).scalar()
    address = f"/portal/services/{service_id}/{action}"
    answer = browser.post(address, data=hidden(browser.get(address), "changing-form"))
    assert answer.status_code == 303, answer.status_code
    return Wizard(browser, answer.headers["Location"])
