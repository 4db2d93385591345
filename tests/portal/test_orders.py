"""The list of orders: whose, which, in which order, how many queries."""

import csv
import io

import pytest

from app.domain.models import OrderItem
from app.extensions import db
from tests import cast
from tests.portal.ordering import changing
from tests.portal.scene import JOIN, ONE_CONNEXIONS, ONE_PORT, PVLAN, Scene, text_of
from tests.support.statements import counted

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def numbers(html: str) -> list[int]:
    return [int(part.split('"')[0]) for part in html.split('id="order-row-')[1:]]


@ON_SQLITE
def test_a_member_without_orders_is_shown_where_to_go(scene: Scene) -> None:
    page = scene.browser(cast.MEMBER2).get("/portal/orders")

    assert page.status_code == 200
    assert "No orders yet" in text_of(page)
    assert 'href="/portal/new"' in page.get_data(as_text=True)


@ON_SQLITE
def test_the_list_shows_number_date_who_and_status_in_members_words(scene: Scene) -> None:
    order = scene.placed(ONE_PORT)

    page = scene.browser().get("/portal/orders")

    said = text_of(page)
    assert "100001" in said and "Ada Quayside" in said and "Port" in said
    assert "In progress: an engineer does this step" in said
    assert f'href="/portal/orders/{order}"' in page.get_data(as_text=True)


def test_the_chips_choose_what_needs_the_member_is_in_progress_or_completed(scene: Scene) -> None:
    scene.placed(ONE_PORT)
    scene.placed(ONE_CONNEXIONS)
    scene.placed(("pvlan", "new", PVLAN))
    browser = scene.browser()

    def shown(view: str) -> list[int]:
        return numbers(browser.get(f"/portal/orders?show={view}").get_data(as_text=True))

    assert shown("needs") == [100002]
    assert shown("progress") == [100002, 100001]
    assert shown("completed") == [100003]
    assert shown("all") == [100003, 100002, 100001]
    assert shown("nonsense") == [100003, 100002, 100001]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("100002", [100002]),
        ("po-77", [100001]),
        ("QUAYSIDE", [100002, 100001]),
        ("106001", [100001]),
        ("50%", []),
        ("nothing like it", []),
        ("99999999999999999999999", []),
    ],
)
def test_a_search_finds_by_order_service_po_number_and_name(scene: Scene, typed: str, found: list[int]) -> None:
    scene.place(ONE_PORT, po_number="PO-77")
    scene.place(ONE_CONNEXIONS)

    page = scene.browser().get("/portal/orders", query_string={"q": typed})

    assert page.status_code == 200
    assert numbers(page.get_data(as_text=True)) == found


def test_pages_follow_each_other_in_both_directions_without_gaps(scene: Scene) -> None:
    for _ in range(55):
        scene.place(("pvlan", "new", PVLAN))
    browser = scene.browser()
    first = browser.get("/portal/orders").get_data(as_text=True)
    second = browser.get("/portal/orders?before=100031").get_data(as_text=True)
    back = browser.get("/portal/orders?after=100030").get_data(as_text=True)

    assert numbers(first) == list(range(100055, 100030, -1))
    assert "before=100031" in first and 'rel="prev"' not in first
    assert numbers(second) == list(range(100030, 100005, -1))
    assert "after=100030" in second and "before=100006" in second
    assert numbers(back) == numbers(first)


@ON_SQLITE
def test_a_member_sees_only_its_own_orders(scene: Scene) -> None:
    scene.place(ONE_PORT)
    scene.place(ONE_PORT, account=cast.PARTNER)

    assert numbers(scene.browser().get("/portal/orders").get_data(as_text=True)) == [100001]
    assert numbers(scene.browser(cast.MEMBER2).get("/portal/orders").get_data(as_text=True)) == []


def test_a_reseller_sees_its_customers_orders_with_their_names(scene: Scene) -> None:
    scene.place(ONE_PORT, account=cast.PARTNER)
    scene.place(ONE_PORT, account=cast.PARTNER, sub_customer={"account_id": cast.CUSTOMER})
    scene.place(ONE_PORT, account=cast.CUSTOMER)

    page = scene.browser(cast.RESELLER).get("/portal/orders")

    assert numbers(page.get_data(as_text=True)) == [100003, 100002, 100001]
    # Two rows, one of which was ordered by the customer itself; and once to choose from.
    assert text_of(page).count("Lamp Studios") == 4
    theirs = scene.browser(cast.RESELLER).get(f"/portal/orders?customer={cast.CUSTOMER}")
    assert numbers(theirs.get_data(as_text=True)) == [100003, 100002]


@ON_SQLITE
def test_a_sub_customer_sees_what_its_reseller_ordered_for_it_and_by_whom(scene: Scene) -> None:
    scene.place(ONE_CONNEXIONS, sub_customer={"account_id": cast.LIGHTHOUSE})

    said = text_of(scene.browser(cast.MEMBER2).get("/portal/orders"))

    assert "100001" in said and "Ada Quayside, Harbour Connect" in said


def test_a_request_of_somebody_else_stands_under_needs_you_and_in_the_navigation(scene: Scene) -> None:
    order = scene.placed(*JOIN, type="join_pvlan")
    browser = scene.browser(cast.MEMBER2)

    page = browser.get("/portal/orders?show=needs")

    assert "Harbour Connect asks to join your private VLAN" in text_of(page)
    assert f"/portal/requests/{scene.wait_id(order)}" in page.get_data(as_text=True)
    assert 'class="count">1</span>' in page.get_data(as_text=True)
    assert numbers(page.get_data(as_text=True)) == []


def test_the_csv_holds_the_whole_list_and_no_formulas(scene: Scene) -> None:
    scene.more_ports(27)
    for _ in range(30):
        scene.place(ONE_PORT)
    scene.place(ONE_PORT, po_number="=1+1")

    answer = scene.browser().get("/portal/orders.csv")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert len(rows) == 31
    assert rows[0]["Order ID"] == "100031" and rows[0]["PO number"] == "'=1+1" and rows[0]["Status"] == "Not started"


def test_the_number_of_queries_does_not_grow_with_the_rows(scene: Scene) -> None:
    browser = scene.browser()
    scene.more_ports(9)
    scene.place(ONE_PORT)

    def cost() -> int:
        with scene.app.app_context(), counted(db.engine) as sent:
            assert browser.get("/portal/orders").status_code == 200
        return len(sent)

    with_one = cost()
    for _ in range(12):
        scene.place(ONE_PORT, ("pvlan", "new", PVLAN))

    assert cost() == with_one


@ON_SQLITE
def test_htmx_gets_the_list_alone(scene: Scene) -> None:
    scene.place(ONE_PORT)

    part = scene.browser().get("/portal/orders", headers={"HX-Request": "true"}).get_data(as_text=True)

    assert part.lstrip().startswith('<div id="orders-list"') and "<html" not in part
    with scene.app.app_context():
        live = {f"order-{item.order_id}" for item in db.session.query(OrderItem)}
    assert all(topic in part for topic in live)


@ON_SQLITE
def test_the_lists_say_what_is_done_not_only_to_what(scene: Scene) -> None:
    unit = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 0,
            "mac_address": "00:00:5e:00:53:61"}  # fmt: skip
    scene.placed(("peering_unit", "new", unit))
    scene.place(("peering_unit", "cease", {"number": 106_001}), ("multiservice_port", "cease", {"number": cast.PORT}))
    scene.place(*JOIN, type="join_pvlan")
    browser = scene.browser()
    changing(browser, cast.CONNEXIONS, "modify")

    said = text_of(browser.get("/portal/orders"))
    for line in ("100001 Peering ", "100002 Cease: Peering, Port ", "100003 Join: CUG "):
        assert line in said
    assert "100004 Change: ConneXions" in text_of(browser.get("/portal/orders?show=drafts"))
    assert "Change: ConneXions" in text_of(browser.get("/portal/"))
