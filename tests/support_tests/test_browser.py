"""The browser that the tests drive is a real one and reaches nothing but this machine."""

import pytest
from playwright.sync_api import Error, Page
from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.browser


def test_it_shows_a_page_of_this_machine_and_runs_its_script(page: Page, httpserver: HTTPServer) -> None:
    script = "<p id=n>0</p><script>document.querySelector('#n').textContent = 6 * 7</script>"
    httpserver.expect_request("/").respond_with_data(script, content_type="text/html")
    page.goto(httpserver.url_for("/"))
    assert page.text_content("#n") == "42"


def test_it_cannot_reach_any_other_machine(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://elsewhere.example/")
