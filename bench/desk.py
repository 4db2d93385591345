"""What pages of the desk, and the API's list of orders, cost with a thousand orders and with a million."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask.testing import FlaskClient

from bench import crowd
from bench.house import House, timed
from tests import cast

REQUESTS = 100
PAGES = {
    "queue: unclaimed": "/work?view=unclaimed",
    "queue: my work": "/work?view=mine",
    "queue: failed": "/work?view=failed",
    "queue: waiting": "/work?view=waiting",
    "queue: all": "/work?view=all",
    "queue: all, one service": "/work?view=all&service=connexions",
    "queue: unclaimed, one site": "/work?view=unclaimed&site=SEC",
    "queue: all, one member": "/work?view=all&member=member-77",
    "rail": "/rail",
    "list of orders": "/orders",
    "search: order number": "/search?q=200321",
    "search: VLAN": "/search?q=321",
    "search: member": "/search?q=Networks%20321",
    "GET /oms/orders": "/oms/orders?limit=50",
}


def small(house: House) -> dict[str, Any]:
    """A thousand orders."""
    return _measure(house, 1_000)


def large(house: House) -> dict[str, Any]:
    """A million orders."""
    return _measure(house, 1_000_000)


def _measure(house: House, number: int) -> dict[str, Any]:
    began = time.perf_counter()
    crowd.load(number)
    found: dict[str, Any] = {"orders": number, "loaded_in_s": round(time.perf_counter() - began, 1)}
    person = cast.browser(house.app, cast.ENGINEER)
    program = cast.program(house.app)
    with ThreadPoolExecutor(1) as elsewhere:  # a request made inside our own app context would share its g
        for name, url in PAGES.items():
            client = program if url.startswith("/oms/") else person
            found[name] = elsewhere.submit(_times, client, url).result()
    _print(found)
    return found


def _times(client: FlaskClient, url: str) -> dict[str, float]:
    get = _get(client, url)
    for _ in range(3):
        get()  # connections open, statements prepared, pages read into memory
    times = sorted(timed(get) for _ in range(REQUESTS))
    return {"median_ms": round(statistics.median(times), 1), "p95_ms": round(times[int(REQUESTS * 0.95)], 1)}


def _get(client: FlaskClient, url: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(url)
        assert answer.status_code in (200, 303), f"{url}: {answer.status_code}"

    return get


def _print(found: dict[str, Any]) -> None:
    print(f"{found['orders']:,} orders, loaded in {found['loaded_in_s']} s; {REQUESTS} requests each")
    for name in PAGES:
        print(
            f"  {name:28} median {found[name]['median_ms']:7.1f} ms   p95 {found[name]['p95_ms']:7.1f} ms", flush=True
        )
