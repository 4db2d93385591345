"""The number of queries of a page does not grow with what it shows."""

import uuid

import pytest

from app.queries import staff_reports
from tests import cast
from tests.web.desk import CONNEXIONS, Desk, press

PAGES = (
    "/", "/work?view=all", "/work?view=unclaimed&site=LD8", "/work?view=failed", "/work?view=waiting", "/orders",
    "/orders?q=harbour", "/tickets?view=all", "/search?q=harbour", "/search?q=1", "/workers", "/rail", "/audit",
    "/services", "/services?q=harbour", "/reports/orders", "/reports/automation", "/reports/stages", "/reports/pauses",
    "/reports/busiest", "/admin/users", "/admin/tokens", "/admin/catalogue/pvlan", "/me",
)  # fmt: skip
MOST = 30
"""Queries that any page may need, its rail and the sign-in included."""


def fill(desk: Desk, number: int) -> tuple[uuid.UUID, uuid.UUID]:
    """One of each kind; the failed item and its order."""
    desk.port()
    desk.by_hand()
    desk.big()
    desk.place(
        ("connexions", "new", {**CONNEXIONS, "vlan_id": 720 + number, "mac_address": f"00:00:5e:00:53:3{number}"})
    )
    failed = desk.failed()
    return failed, desk.value(failed, "order_id")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_more_rows_need_no_more_queries(desk: Desk) -> None:
    item_id, order_id = fill(desk, 1)
    browser = cast.browser(desk.app, cast.ENGINEER)
    admin = cast.browser(desk.app, cast.ADMIN)
    pages = (*PAGES, f"/items/{item_id}?view=failed", f"/items/{item_id}/job-sheet",
             f"/items/{item_id}/cancel", f"/orders/{order_id}", "/tickets/20001")  # fmt: skip

    def count(page: str) -> int:
        client = admin if page.startswith(("/audit", "/admin")) else browser
        staff_reports.forget()
        with desk.counted() as sent:
            assert client.get(page).status_code == 200, page
        return len(sent)

    before = {page: count(page) for page in pages}
    fill(desk, 2)
    press(browser, f"/items/{item_id}", f"/items/{item_id}/note", note="One line more.", audience="staff")
    after = {page: count(page) for page in pages}
    assert {page: number for page, number in after.items() if number > before[page]} == {}  # fewer may do
    assert max(after.values()) <= MOST, after
