"""`make screenshots`: pictures of the pages with the demo's data, at 1280 and 320 px, light and dark.

All go to the folder screenshots; the three of the README also to docs/pictures.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from app.domain.models import Order, OrderItem, Service, Ticket, User, Wait
from app.domain.states import Status
from app.extensions import db
from tests.support import browser as chromium
from tests.support.exchange import Exchange, exchange
from tests.support.redis import RedisServer
from tests.support.schema import make_schema
from tests.support.waiting import until

ROOT = Path(__file__).parents[1]
ALL = ROOT / "screenshots"
PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "handoff-demo"
LOOKS = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
IN_README = {"queue": "queue", "item": "item", "tracker": "tracker"}


def main() -> int:
    ALL.mkdir(parents=True, exist_ok=True)
    redis = RedisServer().start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/handoff.db"
            make_schema(url, Path(folder))
            # The demo's own switches and help desk: nothing outside is asked.
            local = {"TICKETING": "local", "NETWORK": "local", "INVENTORY": "local"}
            with exchange(url, redis.url, Path(folder) / "run", **local) as running:
                load_demo(running)
                _take_all(running)
    finally:
        redis.stop()
    return 0


def load_demo(running: Exchange) -> None:
    """Load the demo and let the workers bring its orders to where people are needed."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "load"]
    subprocess.run(command, cwd=ROOT, env={**running.environment, "DEMO": "on"}, check=True)
    until(lambda: _paused(running), "the workers have brought an item to an engineer", 60)


def _paused(running: Exchange) -> str:
    """The item of a port that waits to be patched, with its order."""
    with running.inside():
        row = db.session.execute(
            select(OrderItem.id, OrderItem.order_id)
            .join(Wait, Wait.item_id == OrderItem.id)
            .where(Wait.open, Wait.step_key == "patch_cross_connect", OrderItem.status == Status.AWAITING_AGENT)
            .order_by(Wait.due_at)
        ).first()
        return f"{row.id} {row.order_id}" if row else ""


def pages_of(running: Exchange) -> dict[str, dict[str, str]]:
    """Person → name of the page → its address, with an item, an order and a ticket that are there."""
    item, order = _paused(running).split()
    with running.inside():
        ticket = db.session.scalars(select(Ticket.number).order_by(Ticket.number.desc())).first()
        mine = _orders_of_the_member()
        failed = db.session.scalars(select(OrderItem.id).where(OrderItem.status == Status.ERROR).limit(1)).first()
        service = db.session.scalars(select(Service.id).order_by(Service.number).limit(1)).first()
        engineer = db.session.scalars(select(User.id).where(User.email == "engineer@handoff.example")).first()
    return {
        "engineer": {
            "home": "/", "queue": "/work?view=unclaimed", "mine": "/work?view=mine", "failed": "/work?view=failed",
            "waiting": "/work?view=waiting", "all": "/work?view=all", "batches": "/batches", "views": "/views",
            "item": f"/items/{item}?view=unclaimed", "item-failed": f"/items/{failed or item}?view=failed",
            "cancel": f"/items/{item}/cancel", "takeover": f"/items/{item}/takeover", "orders": "/orders",
            "job-sheet": f"/items/{item}/job-sheet",
            "order": f"/orders/{order}", "workers": "/workers", "services": "/services",
            "service": f"/services/{service}", "reports": "/reports", "search": "/search?q=example",
            "palette": "/palette?q=example", "help": "/help", "me": "/me",
        },
        "sales": {
            "sales-home": "/", "imports": "/imports", "tickets": "/tickets", "tickets-info": "/tickets?view=info",
            "ticket": f"/tickets/{ticket}", "sales-order": f"/orders/{order}",
            "order-new": "/orders/new?account=account-harbour&add=new:multiservice-port",
            "order-edit": f"/orders/{order}/edit", "order-cancel": f"/orders/{order}/cancel",
            "ticket-print": f"/tickets/{ticket}/print",
        },
        "admin": {
            "audit": "/audit", "users": "/admin/users", "user": f"/admin/users/{engineer}", "tokens": "/admin/tokens",
            "packages": "/admin/packages", "package": "/admin/packages/START-10G", "package-new": "/admin/packages/new",
            "product-lines": "/admin/packages/lines", "product-line": "/admin/packages/lines/PM",
            "terms": "/admin/terms", "terms-version": "/admin/terms/2026-1", "terms-new": "/admin/terms/new",
            "mails": "/admin/mails", "mails-failed": "/admin/mails?show=failed",
            "catalogue": "/admin/catalogue", "catalogue-type": "/admin/catalogue/connexions",
        },
        "member": {
            "portal-orders": "/portal/orders", "tracker": f"/portal/orders/{mine}", "portal-new": "/portal/new",
            "portal-services": "/portal/services", "portal-notices": "/portal/notifications",
            "portal-settings": "/portal/settings", "portal-account": "/portal/account", "portal-palette": "/palette",
            "portal-help": "/help",
        },
    }  # fmt: skip


def _take_all(running: Exchange) -> None:
    pages = pages_of(running)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_args({}))
        for width, scheme in LOOKS:
            for who, paths in pages.items():
                _take(browser, running.url, who, paths, width, scheme)
        browser.close()


def _orders_of_the_member() -> str:
    """An order of member@ that is under way, else any."""
    account = db.session.execute(select(User.account_id).where(User.email == "member@handoff.example")).scalar_one()
    rows = db.session.execute(
        select(Order.id, Order.status).where(Order.account_id == account).order_by(Order.number.desc()).limit(50)
    ).all()
    busy = [
        row.id for row in rows if row.status in (Status.AWAITING_AGENT, Status.PROVISIONING, Status.AWAITING_MEMBER)
    ]
    return str(busy[0] if busy else rows[0].id)


def _take(browser: Browser, url: str, who: str, paths: dict[str, str], width: int, scheme: str) -> None:
    context = browser.new_context(
        base_url=url, locale="en-GB", timezone_id="Europe/London", viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, f"{who}@handoff.example")
    for name, path in paths.items():
        answer = page.goto(path)
        if answer is None or answer.status != 200:
            print(f"{name}: {path} answers {answer.status if answer else 'nothing'}")
        file = ALL / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=str(file), full_page=True)
        if name in IN_README and (width, scheme) == (1280, "light"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(PICTURES / f"{IN_README[name]}.png"))
        print(file.relative_to(ROOT))
    context.close()


def sign_in(page: Page, email: str) -> None:
    """Through the sign-in page, with the demo's password."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("load")


if __name__ == "__main__":
    shutil.rmtree(ALL, ignore_errors=True)
    sys.exit(main())
