"""The desk in a browser: a threaded server on a free port, and a worker that works whatever becomes due."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import cast
from tests.support.design import served
from tests.web.desk import Desk

LIVE = "html[data-ui-live=live]"
PAUSE_S = 0.05


@dataclass
class Site:
    url: str
    desk: Desk
    browser: Browser

    def signed_in(self, email: str, **context: object) -> BrowserContext:
        """A browser of this person's own; `context` = what Playwright's new_context takes."""
        cookie = cast.browser(self.desk.app, email).get_cookie("handoff")
        assert cookie is not None
        more = {"locale": "en-GB", "timezone_id": "Europe/London", "reduced_motion": "reduce", **context}
        made = self.browser.new_context(base_url=self.url, **more)  # type: ignore[arg-type]
        made.add_cookies([{"name": "handoff", "value": cookie.value, "url": self.url}])
        return made

    def page(self, email: str, path: str, **context: object) -> Page:
        """That person's page, with its stream open."""
        page = self.signed_in(email, **context).new_page()
        page.goto(path)
        if context.get("java_script_enabled", True):
            expect(page.locator(LIVE)).to_be_attached()
        return page


@contextlib.contextmanager
def open_site(desk: Desk, browser: Browser) -> Iterator[Site]:
    """Everything running; contexts that tests made are closed at the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    over = threading.Event()
    worker = threading.Thread(target=_work, args=(desk, over), daemon=True)
    worker.start()
    try:
        with served(desk.app) as url:
            yield Site(url, desk, browser)
            for context in browser.contexts:
                context.close()
            desk.app.extensions["hub"].stop()
    finally:
        over.set()
        worker.join(10)


def _work(desk: Desk, over: threading.Event) -> None:
    while not over.wait(PAUSE_S):
        desk.work()
