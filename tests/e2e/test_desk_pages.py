"""Every page of the desk, as people with any eyes, hands and screens meet it: axe, width, no complaints."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Error

from app.config import Config
from app.domain import clock
from tests import cast
from tests.e2e.desk_site import Site, open_site
from tests.support import axe
from tests.web.desk import CONNEXIONS, PATCHED, open_desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
    pytest.mark.xdist_group("desk"),
]
SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "desk"
long = pytest.mark.acceptance


@pytest.fixture
def site(app: Flask, config: Config, browser: Browser) -> Iterator[Site]:
    clock.reset()
    with open_site(open_desk(app, config), browser) as made:
        yield made


def pages(site: Site) -> dict[str, tuple[str, str]]:
    """Name → who looks, and at what: an exchange with an item in every state."""
    desk = site.desk
    paused, failed, taken, done = desk.port(), desk.failed(), desk.port(), desk.port(fabric="lon2")
    desk.claim(taken, cast.ENGINEER2)
    desk.answer(done, **PATCHED)
    asks_member = desk.place(("connexions", "new", CONNEXIONS)).items[0]
    by_hand, big = desk.by_hand(), desk.big()
    order = desk.value(failed, "order_id")
    looks = {
        "start": "/", "unclaimed": "/work?view=unclaimed", "all": "/work?view=all&site=LD8", "empty": "/work?view=mine",
        "item-paused": f"/items/{paused}?view=unclaimed", "item-failed": f"/items/{failed}?view=failed",
        "item-taken": f"/items/{taken}", "item-done": f"/items/{done}", "item-member": f"/items/{asks_member}",
        "takeover": f"/items/{taken}/takeover", "cancel": f"/items/{paused}/cancel", "orders": "/orders",
        "order": f"/orders/{order}", "tickets": "/tickets?view=info", "ticket": "/tickets/20001",
        "ticket-log": "/tickets/20001?show=log", "search": "/search?q=harbour", "nothing": "/search?q=nothing",
        "workers": "/workers", "me": "/me", "help": "/help",
    }  # fmt: skip
    found = {name: (cast.ENGINEER, path) for name, path in looks.items()}
    found |= {name: (cast.SALES, path) for name, path in {
        "sales-start": "/", "sales-order": f"/orders/{big.id}", "sales-item": f"/items/{by_hand}",
        "sales-tickets": "/tickets?view=action", "sales-for-member": f"/items/{asks_member}"}.items()}  # fmt: skip
    return found | {"audit": (cast.ADMIN, "/audit"), "member-settings": (cast.MEMBER, "/me")}


def _noted(complaints: list[str], said: Error | ConsoleMessage) -> None:
    """What the browser's console would show in red."""
    if isinstance(said, Error):
        complaints.append(said.message)
    elif said.type == "error":
        complaints.append(said.text)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        *(pytest.param(width, scheme, marks=long) for width, scheme in ((320, "dark"), (1280, "dark"), (320, "light"))),
    ],
)
def test_every_page_can_be_used_by_everybody(site: Site, width: int, scheme: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    wrong = []
    looking = pages(site)
    contexts = {
        email: site.signed_in(email, viewport={"width": width, "height": 900}, color_scheme=scheme)
        for email in {who for who, _ in looking.values()}
    }
    for name, (who, path) in looking.items():
        page = contexts[who].new_page()
        complaints: list[str] = []
        page.on("pageerror", partial(_noted, complaints))
        page.on("console", partial(_noted, complaints))
        answer = page.goto(path)
        if answer is None or answer.status != 200:
            wrong.append(f"{name}: {answer.status if answer else 'no answer'}")
        page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        wrong += [f"{name}: {violation}" for violation in axe.violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name}: scrolls sideways")
        wrong += [f"{name}: {complaint}" for complaint in complaints]
        page.close()
    assert wrong == []
