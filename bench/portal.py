"""What pages of the portal cost: the ordering wizard, and an order with 50 items and 2,000 lines in its log."""

import itertools
import statistics
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert

from app.catalogue import ItemInput
from app.domain import clock
from app.domain.models import OrderLog
from app.domain.states import Status
from app.extensions import db
from app.services import demo_packages, orders
from app.services.actor import Actor
from app.services.orders import OrderInput
from bench.house import House, timed
from tests import cast
from tests.portal.ordering import Wizard, begin

REQUESTS = 60
ITEMS, LINES = 50, 2_000
CRM = Actor("CRM", trusted=True)
UNIT = {"i1-service_capacity": "1000", "i1-mac_address": "00:00:5e:00:53:aa", "i2-port_capacity": "10000",
        "i1-contact_technical_full_name": "Ola Wire", "i1-contact_technical_email": "ola@harbour.example"}  # fmt: skip


def portal(house: House) -> dict[str, Any]:
    """p50 and p95 in ms of each page, answered by the application itself."""
    demo_packages.build()
    demo_packages.enable_terms()
    big = _big_order(house)
    person = cast.browser(house.app, cast.MEMBER)
    with ThreadPoolExecutor(1) as elsewhere:  # a request made inside our own app context would share its g
        draft = elsewhere.submit(_draft, person).result()
        pages = _pages(person, draft, big)
        found = {name: elsewhere.submit(_times, act).result() for name, act in pages.items()}
    print(f"{REQUESTS} requests each")
    for name, times in found.items():
        print(f"  {name:34} median {times['median_ms']:6.1f} ms   p95 {times['p95_ms']:6.1f} ms", flush=True)
    return found


def _draft(person: FlaskClient) -> Wizard:
    """A peering unit with a package and a new port, ready for review."""
    wizard = begin(person, "peering-unit")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("what", package="PEER")
    wizard.go("configure", **UNIT)
    return wizard


def _pages(person: FlaskClient, draft: Wizard, big: uuid.UUID) -> dict[str, Callable[[], None]]:
    def get(url: str) -> Callable[[], None]:
        def act() -> None:
            answer = person.get(url)
            assert answer.status_code == 200, f"{url}: {answer.status_code}"

        return act

    def saved() -> None:
        form["version"], form["form_key"] = str(next(versions)), uuid.uuid4().hex
        answer = person.post(f"{draft.address}/configure", data=form)
        assert answer.status_code == 303, answer.status_code

    form = draft.filled("configure")
    versions = itertools.count(int(form["version"]), 2)  # items and what stands beside them: two changes each time
    steps = {f"wizard: {step}": get(f"{draft.address}/{step}") for step in ("where", "what", "configure", "review")}
    return {
        "wizard: choose a service": get("/portal/new"), **steps, "wizard: continue from configure": saved,
        "order, 50 items, 2,000 log lines": get(f"/portal/orders/{big}"), "orders": get("/portal/orders"),
        "home": get("/portal/"),
    }  # fmt: skip


def _times(act: Callable[[], None]) -> dict[str, float]:
    for _ in range(3):
        act()  # connections open, statements prepared, templates compiled
    times = sorted(timed(act) for _ in range(REQUESTS))
    return {"median_ms": round(statistics.median(times), 1), "p95_ms": round(times[int(REQUESTS * 0.95)], 1)}


def _big_order(house: House) -> uuid.UUID:
    """An order of 50 private VLANs, as a program places it, with a long story."""
    details = {"fabric": "edi2", "pvlan_type": "p2p", "bandwidth": 50}
    order = orders.place(
        OrderInput(
            account_id=cast.HARBOUR, requestor={"account_id": cast.HARBOUR, "full_name": "Ada Quayside"},
            items=[ItemInput("pvlan", "new", {**details, "service_name": f"Tide {n}"}) for n in range(ITEMS)],
            channel="api",
        ),
        CRM, house.config,
    )  # fmt: skip
    now, ids = clock.now(), [item.id for item in order.items]
    db.session.execute(
        insert(OrderLog),
        [
            {"order_id": order.id, "item_id": ids[n % ITEMS], "status": Status.PROVISIONING,
             "user_message": None if n % 3 else f"Step {n} is done.", "debug_message": f"debug {n}",
             "created_at": now + timedelta(seconds=n)}
            for n in range(LINES)
        ],
    )  # fmt: skip
    order_id = order.id
    db.session.commit()
    return order_id
