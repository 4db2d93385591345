"""The page that shows the API to people: open to all, complete, readable, and without anything from elsewhere."""

import re

import pytest
from playwright.sync_api import Browser

from tests.support import axe
from tests.support.design import served

# What these tests are about does not depend on the database; one is enough.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_it_is_open_and_names_every_call_and_service(app):
    page = app.test_client().get("/api")
    html = page.get_data(as_text=True)
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    for path, calls in app.test_client().get("/openapi.json").json["paths"].items():
        assert path in html.replace("<wbr>", "")
        for call in calls.values():
            assert f'id="{call["operationId"]}"' in html
    assert "port_group_id" in html
    assert "<code>pvlan_unit</code>" in html


def test_every_link_on_it_leads_somewhere(app):
    html = app.test_client().get("/api").get_data(as_text=True)
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= targets


def test_nothing_on_it_is_inline_or_from_elsewhere(app):
    html = app.test_client().get("/api").get_data(as_text=True)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_it_is_accessible_and_fits(app, browser: Browser, width, scheme):
    with served(app) as address:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.goto(f"{address}/api")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found = axe.violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.close()
    assert found == []
    assert wide <= width, "the page scrolls sideways"
