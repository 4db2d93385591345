"""The lists of whoever is concerned look again when an order comes, and when a question comes or goes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.domain.after_commit import account_topic
from app.live import Signals
from tests import cast
from tests.portal.scene import JOIN, ONE_CONNEXIONS, ONE_PORT, Scene, hidden

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAMES = {account_topic(one): one for one in (cast.HARBOUR, cast.LIGHTHOUSE, cast.PARTNER, cast.CUSTOMER)}


@contextmanager
def told(scene: Scene) -> Iterator[set[str]]:
    """The accounts whose lists are told meanwhile to look again."""
    found: set[str] = set()

    def send(_self: Signals, topics: list[str]) -> None:
        found.update(NAMES[topic] for topic in topics if topic in NAMES)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Signals, "send", send)
        yield found


def test_an_order_concerns_its_account_the_customer_it_is_for_and_the_reseller_of_who_ordered(scene: Scene) -> None:
    with told(scene) as own:
        scene.place(ONE_PORT)
    assert own == {cast.HARBOUR}
    with told(scene) as for_a_customer:
        scene.place(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE})
    assert for_a_customer == {cast.HARBOUR, cast.LIGHTHOUSE}
    with told(scene) as of_a_customer:
        scene.place(ONE_PORT, account=cast.CUSTOMER)
    assert of_a_customer == {cast.CUSTOMER, cast.PARTNER}


def test_a_question_concerns_who_is_asked_when_it_comes_and_when_it_goes(scene: Scene) -> None:
    order = scene.place(*JOIN, type="join_pvlan")
    with told(scene) as asked:
        scene.work()
    assert asked == {cast.LIGHTHOUSE}
    address = f"/portal/requests/{scene.wait_id(order)}"
    owner = scene.browser(cast.MEMBER2)
    form = hidden(owner.get(address), "agree-form")
    with told(scene) as answered:
        owner.post(f"{address}/agree", data=form)
    assert answered == {cast.LIGHTHOUSE}


def test_lists_listen_to_the_viewers_own_account_also_while_they_are_empty(scene: Scene) -> None:
    for email, account in ((cast.MEMBER2, cast.LIGHTHOUSE), (cast.RESELLER, cast.PARTNER)):
        browser = scene.browser(email)
        for page in ("/portal/", "/portal/orders", "/portal/orders?show=needs"):
            assert f'data-live="{account_topic(account)}"' in browser.get(page).text
