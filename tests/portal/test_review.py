"""The last page before an order is placed: what it asks, keeps, and says when something is wrong."""

import pytest

from app.domain.models import Order, Payment
from app.extensions import db
from tests.portal.ordering import Wizard, begin, order_count, sell
from tests.portal.scene import Scene, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READ_TERMS = "Please read and accept the terms"


def a_pvlan(scene: Scene) -> Wizard:
    """A private VLAN that is ready for review, where terms are in force."""
    sell(scene, terms="2026-1")
    wizard = begin(scene.browser(), "pvlan")
    wizard.go("where", where="fabric|edi2")
    wizard.go("what", package="alone")
    wizard.go("configure", **{"i1-pvlan_type": "p2p", "i1-service_name": "Tides", "i1-bandwidth": "5"})
    return wizard


def test_terms_that_are_ticked_are_not_asked_because_something_else_is_wrong(scene: Scene) -> None:
    wizard = a_pvlan(scene)

    page = wizard.send("review", terms="2026-1", additional_cc="bad")

    assert page.status_code == 422 and READ_TERMS not in text_of(page)
    assert 'value="2026-1" checked' in page.get_data(as_text=True)


def test_terms_that_are_not_ticked_are_asked_together_with_what_else_is_wrong(scene: Scene) -> None:
    page = a_pvlan(scene).send("review", additional_cc="bad")

    source = page.get_data(as_text=True)
    assert page.status_code == 422 and READ_TERMS in text_of(page) and 'href="#f-additional_cc"' in source
    assert 'href="#f-terms"' in source and 'id="f-terms-error"' in source


def test_terms_that_never_were_are_refused_at_the_tick(scene: Scene) -> None:
    page = a_pvlan(scene).send("review", terms="1999-1")

    assert page.status_code == 422 and 'href="#f-terms"' in page.get_data(as_text=True)
    assert "There are no terms of version “1999-1”." in text_of(page) and order_count(scene) == 0


def test_who_goes_on_later_is_not_asked_for_the_terms(scene: Scene) -> None:
    page = a_pvlan(scene).send("review", additional_cc="bad", then="later")

    assert page.status_code == 422 and READ_TERMS not in text_of(page)


def test_all_that_the_review_asks_is_kept_for_later_the_payment_reference_too(scene: Scene) -> None:
    wizard = a_pvlan(scene)
    typed = {
        "po_number": "PO-7", "payment_reference": "BANK-78", "additional_cc": "a@x.example",
        "start": "2099-05-01T09:00", "completion": "2099-05-02T09:00", "notes": "Ring the bell",
    }  # fmt: skip

    wizard.go("review", **typed, then="later")

    kept = wizard.filled("review")
    assert {name: kept[name] for name in typed} == typed
    with scene.app.app_context():
        assert db.session.query(Payment).count() == 0, "nothing is paid for what is not ordered"


def test_a_payment_reference_that_was_kept_is_recorded_once_when_the_order_is_placed(scene: Scene) -> None:
    wizard = a_pvlan(scene)
    wizard.go("review", payment_reference="BANK-78", then="later")

    wizard.go("review", terms="2026-1")

    with scene.app.app_context():
        assert [row.reference for row in db.session.query(Payment)] == ["BANK-78"]
        assert db.session.query(Order).one().payment_reference is None
