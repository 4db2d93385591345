"""Every component in every state: readable for all, in light and dark, on a desk and on a phone."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support import axe, design

pytestmark = pytest.mark.browser

PAGES = ("styleguide/staff", "styleguide/queue", "styleguide/portal", "login", "error")
WIDTHS = (1280, 320)
SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "styleguide"

SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter((element) => element.checkVisibility() && !element.matches('.skip, dialog *, .field-check input'))
    .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 90)])
    .filter(([box]) => box.height < 24 || box.width < 24)
    .map(([box, html]) => `${box.width} × ${box.height} ${html}`)
"""  # a box beside a label is as large as its label


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with design.served(design.design_app()) as url:
        yield url


@pytest.fixture
def opened(browser: Browser, address: str, path: str, width: int, scheme: str) -> Iterator[tuple[Page, list[str]]]:
    """The page, and what the browser complained about."""
    complaints: list[str] = []
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
        reduced_motion="reduce",
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/{path}")
    yield page, [one for one in complaints if "404 (NOT FOUND)" not in one]
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_fits(opened: tuple[Page, list[str]], path: str, width: int, scheme: str) -> None:
    page, complaints = opened
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{path.replace('/', '-')}-{width}-{scheme}.png", full_page=True)

    assert axe.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert complaints == []


@pytest.mark.parametrize("scheme", ["dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES[:3])
def test_every_target_is_at_least_24_pixels(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    assert page.evaluate(SMALL_TARGETS) == []
