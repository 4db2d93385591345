"""Configuring: everything that is wrong is told at once, each at its field."""

import html
import re

import pytest
from werkzeug.test import TestResponse

from tests import cast
from tests.portal.ordering import CONTACT, ON_OUR_PORT, PEERING, Wizard, begin, changing, details, peering, sell
from tests.portal.scene import Scene, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(page: TestResponse) -> list[tuple[str, str]]:
    """The summary: where each line leads, and what it says."""
    summary = page.get_data(as_text=True).partition('<div class="summary')[2].partition("</div>")[0]
    found = re.findall(r'<li><a href="#([^"]*)">(.*?)</a>', summary)
    return [(where, html.unescape(words)) for where, words in found]


def packaged(scene: Scene) -> Wizard:
    """A peering unit in a package that needs somebody to call."""
    sell(scene)
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where=ON_OUR_PORT)
    wizard.go("what", package="PEER")
    return wizard


def test_all_that_is_wrong_is_told_in_one_answer_in_the_order_of_the_page(scene: Scene) -> None:
    wizard = packaged(scene)

    page = wizard.send(
        "configure",
        **{"i1-service_capacity": "40000", "i1-mac_address": "11:11:11:11:11:11", "i1-asn": "-5",
           "i1-contact_technical_full_name": "Ola Wire", "i1-contact_technical_email": "nobody"},
    )  # fmt: skip

    assert page.status_code == 422
    assert [where for where, _ in told(page)] == [
        "f-i1-service_capacity", "f-i1-mac_address", "f-i1-asn", "f-i1-contact_technical_email",
    ]  # fmt: skip
    said = text_of(page)
    for words in ("40000 Mbit/s do not fit", "must be a unicast address", "Enter an e-mail address"):
        assert words in said
    assert "mac_address" not in details(scene)[0], "nothing is kept"
    wizard.go("configure", **PEERING, **CONTACT)


def test_what_is_missing_is_told_together_with_what_is_wrong_and_once(scene: Scene) -> None:
    page = packaged(scene).send("configure", **{"i1-service_capacity": "lots", "i1-mac_address": ""})

    assert [where for where, _ in told(page)] == [
        "f-i1-service_capacity", "f-i1-mac_address",
        "f-i1-contact_technical_who",
    ]  # fmt: skip


def test_all_items_are_told_together(scene: Scene) -> None:
    wizard = peering(scene.browser())
    wizard.go("configure", **PEERING, then="add", service="pvlan")

    page = wizard.send("configure", **{"i1-mac_address": "01:00:5e:00:53:aa", "i2-bandwidth": "-1", "i2-start": "soon"})

    assert [where for where, _ in told(page)] == [
        "f-i1-mac_address", "f-i2-where", "f-i2-pvlan_type", "f-i2-service_name", "f-i2-bandwidth", "f-i2-start",
    ]  # fmt: skip
    assert all(words.startswith(("Order item 1 - Peering: ", "Order item 2 - CUG: ")) for _, words in told(page))


def test_who_goes_on_later_is_told_what_is_wrong_but_not_what_is_missing(scene: Scene) -> None:
    page = packaged(scene).send(
        "configure",
        **{"i1-mac_address": "nonsense", "i1-contact_technical_full_name": "Ola Wire",
           "i1-contact_technical_email": "nobody", "then": "later"},
    )  # fmt: skip

    assert [where for where, _ in told(page)] == ["f-i1-mac_address", "f-i1-contact_technical_email"]


def test_an_item_that_is_taken_away_may_have_said_anything(scene: Scene) -> None:
    wizard = peering(scene.browser())
    wizard.go("configure", **PEERING, then="add", service="pvlan")

    wizard.go("configure", **{"i2-bandwidth": "lots", "i2-start": "soon", "then": "remove:2"})

    assert len(details(scene)) == 1


def test_a_change_that_is_mistyped_is_not_also_told_that_nothing_changes(scene: Scene) -> None:
    wizard = changing(scene.browser(), cast.CONNEXIONS, "modify")

    page = wizard.send("configure", **{"i1-mac_address": "nonsense"})

    assert [where for where, _ in told(page)] == ["f-i1-mac_address"]
