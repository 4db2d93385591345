"""Reports: what they count, over which period, how they are drawn, and their CSV."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from app.domain.models import Order
from app.extensions import db
from app.queries import staff_reports
from app.queries.staff_reports import Period
from app.web.staff import plots
from app.web.staff.plots import Plot, Series
from tests.web.desk import CONNEXIONS, PATCHED, Desk, words

NAMES = ("orders", "automation", "stages", "pauses", "busiest")
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    staff_reports.forget()
    yield
    staff_reports.forget()


def table(page: str, number: int) -> list[list[str]]:
    """The cells of one of the page's tables."""
    found = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[number]
    rows = re.findall(r"<tr>(.*?)</tr>", found)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@BOTH
def test_all_reports_count_what_has_happened(desk: Desk, sales: FlaskClient) -> None:
    desk.place(("connexions", "new", CONNEXIONS))
    desk.answer(desk.port(), **PATCHED)
    desk.by_hand()
    pages = {name: sales.get(f"/reports/{name}?span=30d").text for name in NAMES}
    by_status = {row[0]: row[1] for row in table(pages["orders"], 1)}
    assert sum(map(int, by_status.values())) == 3
    assert by_status["Manual processing"] == "1"
    rows = {tuple(row[:2]): row[2:] for row in table(pages["automation"], 1)}
    assert all(row[2].endswith(" %") for row in rows.values())
    assert "Inventory" in pages["stages"]
    steps = {row[0]: row[1:4] for row in table(pages["pauses"], 1)}
    assert steps["Patch the cross-connect"] == ["Manual step", "1", "0"]
    assert [row[:2] for row in table(pages["busiest"], 1)] == [["Harbour Connect", "3"]]
    assert {row[0] for row in table(pages["busiest"], 0)} >= {"LON1 Lab", "IMN1"}


@BOTH
def test_only_what_lies_in_the_period_counts(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    with desk.app.app_context():
        day = db.session.query(Order.created_at).scalar().date()
    assert len(table(sales.get(f"/reports/orders?from={day}&to={day}").text, 0)) == 1
    assert "Nothing in this period" in words(sales.get("/reports/orders?from=2020-01-01&to=2020-02-01"))
    months = table(sales.get("/reports/orders?span=12m").text, 0)
    assert len(months) in (12, 13)
    assert months[0][:2] == [f"{day:%Y-%m}", "1"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [("span=ever", "Choose 30d, 90d, 12m, all"), ("from=soon", "“soon” is no day"),
     ("from=2026-02-01&to=2026-01-01", "must end after it begins"), ("from=0001-01-01", "no longer than ten years"),
     ("to=9999-12-31", "“9999-12-31” is no day")],
)  # fmt: skip
def test_a_period_that_is_none_is_told(sales: FlaskClient, asked: str, said: str) -> None:
    answer = sales.get(f"/reports/orders?{asked}")
    assert answer.status_code == 422
    assert said in words(answer)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_exchange_has_empty_reports(sales: FlaskClient, name: str) -> None:
    assert "Nothing in this period" in words(sales.get(f"/reports/{name}?span=all"))
    assert sales.get(f"/reports/{name}.csv").status_code == 200
    assert sales.get("/reports/nonsense").status_code == 404


def test_each_report_is_there_as_csv(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    for name in NAMES:
        answer = sales.get(f"/reports/{name}.csv")
        assert answer.mimetype == "text/csv"
        assert f"report-{name}.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(sales.get("/reports/orders.csv?span=30d").text.lstrip("\ufeff"))))
    assert rows[0][:2] == ["Day (UTC)", "Orders"]
    assert ["Manual processing", "1", "100.0 %"] in rows


def test_a_report_is_read_once_a_minute(desk: Desk, sales: FlaskClient) -> None:
    desk.by_hand()
    sales.get("/reports/busiest?span=30d")
    with desk.counted() as sent:
        sales.get("/reports/busiest?span=30d")
    assert not [one for one in sent if "max(fabric" in one.lower()]


PLOT = Plot(
    "p", "A <title>", "What & why", ["Jan", "<b>"],
    [Series("One", "a", [1.0, None]), Series("Two", "b", [0.25, 3.0])], " %",
)  # fmt: skip


@pytest.mark.parametrize("draw", [plots.stacked, plots.spans, plots.lines])
def test_a_plot_is_one_image_with_a_name_that_needs_no_inline_style(draw: object) -> None:
    assert callable(draw)
    drawn = str(draw(PLOT))
    tree = ElementTree.fromstring(drawn)
    (svg,) = (one for one in tree.iter("svg") if one.get("role") == "img")
    assert (svg.get("aria-labelledby") or "").split() == ["p-title", "p-desc"]
    assert [svg.find("title").text, svg.find("desc").text] == ["A <title>", "What & why"]  # type: ignore[union-attr]
    assert "style" not in drawn
    assert "<b>" not in drawn


def test_a_plot_of_nothing_breaks_nothing() -> None:
    for draw in (plots.stacked, plots.lines):
        ElementTree.fromstring(str(draw(Plot("p", "t", "d", [], [Series("One", "a", [])]))))
    ElementTree.fromstring(str(plots.ranked(Plot("p", "t", "d", ["x"], [Series("One", "a", [0])]))))


@pytest.mark.parametrize(("largest", "end"), [(0, 4), (1, 1), (3, 4), (7, 8), (99, 100), (101, 200), (1234, 2000)])
def test_scales_end_at_round_numbers(largest: float, end: float) -> None:
    assert plots._scale(largest) == end


def test_a_period_names_all_its_days_or_months() -> None:
    day = datetime(2026, 1, 30, tzinfo=UTC)
    short = Period(day, day + timedelta(days=3))
    assert short.slots() == ["2026-01-30", "2026-01-31", "2026-02-01"]
    long = Period(day, day + timedelta(days=60))
    assert long.slots() == ["2026-01", "2026-02", "2026-03"]
