"""Five hundred open pages on one web process: how soon a change is seen on them, and what they cost.

Fifty are the desk's: ten show the item that changes, forty the queue; all of these show counts. The others are members'
pages of orders that do not change.
"""

import json
import re
import subprocess
import sys
import time
import uuid
from typing import Any

import httpx
from sqlalchemy import select

from app.domain.models import Order, Wait
from app.extensions import db
from app.services import claims
from app.services.actor import Actor
from bench import crowd
from bench.house import ROOT, House, cpu_seconds, megabytes
from tests import cast

ORDERS, CHANGES, WARM, APART_S = 10_000, 20, 2, 5.0
OPEN = {"on_item": 10, "on_queue": 40, "on_order": 450}
IDLE_HOURS = 4


def streams(house: House) -> dict[str, Any]:
    """Each page's stream and fetches carry a sign-in cookie, as the site gave it to an engineer and to a member."""
    crowd.load(ORDERS)
    order = _order_of_a_member()
    url = house.web()
    web = house.started["web"].pid
    alone = megabytes(web)
    item_id = db.session.execute(
        select(Wait.item_id).where(Wait.open, Wait.claimed_by_id.is_(None), Wait.audience == "team:engineering")
    ).scalars().first()  # fmt: skip
    assert item_id is not None
    pages = subprocess.Popen(
        [sys.executable, "-m", "bench.pages"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    what = {"url": url, "staff_cookie": _cookie(url, cast.ENGINEER), "member_cookie": _cookie(url, cast.MEMBER),
            "item": str(item_id), "order": str(order), **OPEN}  # fmt: skip
    assert pages.stdin is not None
    pages.stdin.write(json.dumps(what) + "\n")
    pages.stdin.flush()
    try:
        return {**_measured(pages, item_id, web), "mb_before": round(alone)}
    finally:
        pages.kill()
        pages.wait()


def _measured(pages: "subprocess.Popen[str]", item_id: uuid.UUID, web: int) -> dict[str, Any]:
    assert pages.stdin is not None and pages.stdout is not None
    opened = json.loads(pages.stdout.readline())["open"]
    shown: list[float] = []
    listed: list[float] = []
    errors: list[str] = []
    before, most = cpu_seconds(web), 0.0
    for number in range(-WARM, CHANGES):
        at = _change(item_id, claim=number % 2 == 0)
        time.sleep(APART_S)  # each change is measured alone, after the pages have fetched for the last one
        pages.stdin.write("\n")
        pages.stdin.flush()
        seen = json.loads(pages.stdout.readline())
        if number < 0:  # templates compiled, connections open, statements prepared
            before = cpu_seconds(web)
            continue
        shown += [(one - at) * 1000 for one in seen["items"]]
        listed += [one - at for one in seen["lists"]]
        errors += seen["errors"]
        most = max(most, megabytes(web))
    if errors:
        print(f"  {len(errors)} errors, the first: {errors[0]}")
    return {
        "open": opened, "errors": len(errors),
        "item_median_ms": round(_part(shown, 0.5)), "item_p95_ms": round(_part(shown, 0.95)), "items": len(shown),
        "lists_p95_s": round(_part(listed, 0.95), 2), "lists_last_s": round(max(listed), 2), "lists": len(listed),
        "web_cpu_s_per_change": round((cpu_seconds(web) - before) / CHANGES, 2), "web_mb": round(most),
    }  # fmt: skip


def _part(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _change(item_id: uuid.UUID, *, claim: bool) -> float:
    """Claim the item or give it back; the clock's time at which that was committed."""
    person = cast.user(cast.ENGINEER)
    engineer = Actor(person.name, person.id, person.role)
    if claim:
        claims.claim(item_id, engineer, IDLE_HOURS * 3600)
    else:
        claims.unclaim(item_id, engineer)
    at = time.time()
    db.session.rollback()
    return at


def _order_of_a_member() -> uuid.UUID:
    order = Order(id=uuid.uuid4(), number=1, account_id=cast.HARBOUR, ticket_number=None)
    db.session.add(order)
    db.session.commit()
    return order.id


def _cookie(url: str, email: str) -> str:
    """Signed in through the page, as people do."""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
        assert token is not None
        form = {"csrf_token": token[1], "email": email, "password": cast.PASSWORD}
        answer = client.post("/login", data=form)
        assert answer.status_code == 303, answer.status_code
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())
